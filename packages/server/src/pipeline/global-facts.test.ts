import { describe, expect, it } from 'vitest'
import { globalFact } from './global-facts.ts'
import type { Check } from './operation.ts'
import type { Scope } from './scope.ts'

// Over the wire every key that a call carries is shown in test/global-keys.test.ts. No operation of the Huawei wire sets
// or reads tags yet, so what theirs would be is shown here.

const scope = { caller: { kind: 'user', tags: new Map([['Team', 'blue']]) } } as unknown as Scope
const check = {
  language: 'iam',
  resourceTags: new Map([['Project', 'A']]),
  requestTags: new Map([
    ['Stage', 'live'],
    ['__proto__', 'x'],
  ]),
} as unknown as Check
const fact = (key: string, of = check) => globalFact(scope, of, undefined, key)

describe('tags', () => {
  it('of resource, request and principal are found by their keys, in their letter case', () => {
    expect(fact('g:resourcetag/Project')).toBe('A')
    expect(fact('g:resourcetag/project')).toBeUndefined()
    expect(fact('g:requesttag/Stage')).toBe('live')
    expect(fact('g:requesttag/__proto__')).toBe('x')
    expect(fact('g:principaltag/Team')).toBe('blue')
    expect(fact('g:principaltag/constructor')).toBeUndefined()
    expect(fact('acs:resourcetag/Project')).toBe('A')
    expect(fact('acs:requesttag/Stage')).toBe('live')
  })

  it('that a request names are there as a list, and absent when it names none', () => {
    expect(fact('g:tagkeys')).toEqual(['Stage', '__proto__'])
    expect(fact('g:tagkeys', { language: 'iam', requestTags: new Map() } as unknown as Check)).toBeUndefined()
    expect(fact('g:tagkeys', { language: 'iam' } as unknown as Check)).toBeUndefined()
  })

  it('and places are absent where no directory is asked', () => {
    for (const key of ['g:principalorgid', 'g:principalorgpath', 'acs:principalrdid', 'acs:principalrdpath'])
      expect(fact(key)).toBeUndefined()
    expect(fact('g:nothing/known')).toBeUndefined()
  })
})
