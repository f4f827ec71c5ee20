import { describe, expect, it } from 'vitest'
import { ownState, shadowState } from './account.ts'

const HASH = '$y$j9T$salt$hash'
const day = 20_786
const entry = (hash: string, rest = '19000:0:99999:7:::') => `${day}\nalice:${hash}:${rest}\n`

describe('the password of a user', () => {
  it.each([
    ['as usual', entry(HASH), true],
    ['of a network account', `${day}\n`, 'unknown'],
    ['that is none', entry(''), false],
    ['that is locked', entry(`!${HASH}`), false],
    ['that is locked otherwise', entry('*'), false],
    ['that is locked twice', entry('!!'), false],
    ['that is a word', entry('x'), false],
    ['of thirteen letters', entry('abJnggxhB/yWI'), true],
    ['that must be changed', entry(HASH, '0:0:99999:7:::'), false],
    ['that is too old', entry(HASH, '19000:0:90:7:::'), false],
    ['that is on its last day', entry(HASH, `${day - 90}:0:90:7:::`), true],
    ['without an age', entry(HASH, '::::::'), true],
    ['of an account that is over', entry(HASH, `19000:0:99999:7::${day}:`), false],
    ['of an account that ends tomorrow', entry(HASH, `19000:0:99999:7::${day + 1}:`), true],
  ] as const)('%s, in shadow', (_what, text, usable) => {
    expect(shadowState(text).usable).toBe(usable)
  })

  const own = (kind: string, expires = 'never', account = 'never', changed = 'Jan 08, 2022') =>
    `${day}\nalice ${kind} 01/08/2022 0 99999 7 -1\nLast password change\t\t: ${changed}\n` +
    `Password expires\t: ${expires}\nPassword inactive\t: never\nAccount expires\t\t: ${account}\n`
  it.each([
    ['as usual', own('P'), true],
    ['as Fedora says it', own('PS'), true],
    ['locked', own('L'), false],
    ['none', own('NP'), false],
    ['past', own('P', 'Nov 28, 2026'), false],
    ['to come', own('P', 'Dec 28, 2026'), true],
    ['to be changed', own('P', 'password must be changed'), false],
    ['of an account that is over', own('P', 'never', 'Nov 28, 2026'), false],
    ['with a date that cannot be read', own('P', 'bald'), 'unknown'],
    ['of a tool that says something else', `${day}\nusage: passwd\n`, 'unknown'],
  ] as const)('%s, as the user is told', (_what, text, usable) => {
    expect(ownState(text).usable).toBe(usable)
  })
})
