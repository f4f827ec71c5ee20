import { expect, test } from 'vitest'
import { policy } from '../../test/kit.ts'
import { conditionContext } from '../case/context.ts'
import { parsePolicy } from '../document/parse.ts'
import { services } from '../service/lookup.ts'
import { type CompiledSet, compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import type { RequestPrincipal } from './types.ts'

const principal: RequestPrincipal = { kind: 'user', account: '1', id: 'acs:ram::1:user/a' }
const compiled = (...statements: object[]) => {
  const { document } = parsePolicy(JSON.stringify({ Version: '1', Statement: statements }), {
    language: 'ram',
    type: 'identity',
  })
  return compilePolicies('ram', [{ name: 'p', document: document! }])
}
const ask = (identity: ReturnType<typeof compiled>, action: string, resource: string) =>
  decide('ram', { principal, action, resource, context: conditionContext({}) }, { identity })

const actionsOf = (language: 'ram' | 'iam') =>
  services(language).flatMap(({ actions }) => actions.map(({ name }) => name))

test('what decided: policy, and statement by Sid or number', () => {
  const identity = compiled(
    { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' },
    { Sid: 'no decryption', Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' },
    { Sid: '', Effect: 'Allow', Action: 'kms:GetPublicKey', Resource: '*' },
  )
  expect(identity).toMatchObject({ language: 'ram', statements: 3 })
  expect(ask(identity, 'kms:Encrypt', '*')).toEqual({
    allowed: true,
    reason: 'Allowed',
    layer: 'identity',
    policy: 'p',
    statement: '#0',
  })
  expect(ask(identity, 'kms:Decrypt', '*')).toMatchObject({
    reason: 'ExplicitDeny',
    statement: 'no decryption',
  })
  expect(ask(identity, 'kms:GetPublicKey', '*')).toMatchObject({ statement: '#2' })
  expect(ask(identity, 'kms:DescribeKey', '*')).toEqual({
    allowed: false,
    reason: 'ImplicitDeny',
    layer: 'identity',
  })
})

test('more actions and heads than an index remembers are decided all the same, again and again', () => {
  const identity = compiled({ Effect: 'Allow', Action: 'x:A*', Resource: 'acs:x:*:1:r/*' })
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 150; i++) {
      expect(ask(identity, `x:A${i}`, 'acs:x:r:1:r/a').allowed).toBe(true)
      expect(ask(identity, `x:B${i}`, 'acs:x:r:1:r/a').allowed).toBe(false)
      expect(ask(identity, 'x:A', `acs:x:region-${i}:1:r/a`).allowed).toBe(true)
    }
  }
})

test('a document of the other language is refused by its name', () => {
  expect(() =>
    compilePolicies('iam', [
      policy('ram', 'identity', 'odd', { Effect: 'Allow', Action: '*', Resource: '*' }),
    ]),
  ).toThrow(new TypeError('policy `odd` is not of the language `iam`'))
})

/** How often a set was sorted out for an action: each time it looks at the patterns of its wildcards. */
function sorted(statement: object, actions: readonly string[]): number {
  const named = policy('ram', 'identity', 'p', statement)
  const set = compilePolicies('ram', [named]) as CompiledSet
  const [one] = set.all
  let times = 0
  const [pattern] = one!.actions.patterns
  const { hits } = pattern!
  Object.assign(pattern!, {
    hits: (name: string) => {
      times++
      return hits(name)
    },
  })
  for (const action of actions) expect(ask(set, action, '*').allowed).toBe(true)
  return times
}

test('statements are sorted out once an action, whether the catalogue knows it or not', () => {
  const every = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
  const first = actionsOf('ram')[0]!
  expect(sorted(every, [first, first, first])).toBe(1)
  expect(sorted(every, ['kms:Decrypt', 'kms:Encrypt', 'kms:Decrypt'])).toBe(2)
  expect(sorted(every, ['kms:Unknown', 'kms:Other', 'kms:unknown', 'kms:Other'])).toBe(2)
})

test('a statement that names its actions is found by name alone', () => {
  expect(
    sorted({ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:Unknown'], Resource: '*' }, [
      'kms:Decrypt',
      'kms:Unknown',
    ]),
  ).toBe(0)
})

test('an action that the catalogue does not know is not taken for another', () => {
  const identity = compiled(
    { Effect: 'Allow', Action: 'kms:Unknown', Resource: '*' },
    { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' },
  )
  expect(
    ['kms:Unknown', 'kms:Other', 'kms:Decrypt', 'kms:Unknown'].map((one) => ask(identity, one, '*').allowed),
  ).toEqual([true, false, true, true])
})
