import { describe, expect, it } from 'vitest'
import { admitted, keyAdmitted } from './admission.ts'
import { parseEffective } from './effective.ts'
import { passwordAdmitted } from './ways-in.ts'

describe('what sshd says of a user', () => {
  it.each([
    ['', 'yes'],
    ['denyusers bob', 'yes'],
    ['denyusers al*', 'no'],
    ['denyusers alice@192.0.2.7', 'no'],
    ['denyusers alice@192.0.2.8', 'yes'],
    ['denyusers alice@192.0.2.0/24', 'unknown'],
    ['allowusers bob', 'no'],
    ['allowusers bob\nallowusers ali?e', 'yes'],
    ['allowusers *\nallowusers !alice', 'no'],
    ['allowusers alice@10.0.0.0/8', 'unknown'],
    ['denygroups wheel', 'no'],
    ['allowgroups ssh*', 'no'],
    ['allowgroups wheel\ndenyusers carol', 'yes'],
  ])('%s', (text, way) => {
    expect(admitted(parseEffective(text), 'alice', '192.0.2.7', ['alice', 'wheel']).way).toBe(way)
  })

  const password = 'passwordauthentication yes\nusepam no\n'
  it.each([
    ['permitrootlogin yes', true, 'yes', 'yes'],
    ['permitrootlogin without-password', true, 'no', 'yes'],
    ['permitrootlogin without-password', false, 'yes', 'yes'],
    ['permitrootlogin forced-commands-only', true, 'no', 'no'],
    ['permitrootlogin no', true, 'no', 'no'],
    ['pubkeyauthentication no', false, 'yes', 'no'],
    ['authenticationmethods any', false, 'yes', 'yes'],
    ['authenticationmethods publickey password,publickey', false, 'no', 'yes'],
    ['authenticationmethods publickey,password password', false, 'yes', 'no'],
    ['authenticationmethods publickey keyboard-interactive:pam', false, 'no', 'yes'],
    ['authenticationmethods publickey,password', false, 'no', 'no'],
  ] as const)('%s, root: %s', (text, root, byPassword, byKey) => {
    const effective = parseEffective(`${password}${text}\n`)
    expect([passwordAdmitted(effective, root).way, keyAdmitted(effective, root).way]).toEqual([
      byPassword,
      byKey,
    ])
  })

  it('asks questions only with PAM', () => {
    const asking = (pam: string) =>
      passwordAdmitted(
        parseEffective(`passwordauthentication no\nkbdinteractiveauthentication yes\nusepam ${pam}\n`),
        false,
      ).way
    expect([asking('yes'), asking('no')]).toEqual(['yes', 'no'])
  })
})
