import { describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import type { WorldFinding } from '../problems.ts'
import { readWorld } from './declared.ts'
import { MAX_WORLD_TEXT } from './source.ts'

/** The mistakes of a file, as `line:column path: message`. */
function mistakes(text: string): string[] {
  try {
    readWorld(text)
    return []
  } catch (error) {
    if (!(error instanceof Refusal) || error.problem.code !== 'InvalidWorld') throw error
    return error.problem.findings.map(line)
  }
}
const line = (f: WorldFinding) => `${f.line}:${f.column} ${f.path}: ${f.message}`

const account = (body: string) => `accounts:\n  - name: main\n${body.replace(/^/gm, '    ')}\n`

describe('a mistake stands at its place', () => {
  it.each<[string, string, string[]]>([
    [
      'not YAML',
      'accounts: [',
      ['1:12 : flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    ['not an object', '- a', ['1:1 : is an array, not an object']],
    ['empty', '', ['1:1 : is empty, not an object']],
    ['no accounts', '{}', ['1:1 : `accounts` is missing']],
    ['a duplicate member', 'accounts: []\naccounts: []\n', ['2:1 : `accounts` is written twice']],
    [
      'an unknown member, at its name',
      account('user: []'),
      [
        '3:5 accounts[0].user: unknown member `user`: known are `name`, `alias`, `uid`, `domainId`, `projectId`, `policies`, `groups`, `users`, `roles`, `accessKeys`, `hosts`, `targets`',
      ],
    ],
    ['a wrong type', account('users: {name: alice}'), ['3:12 accounts[0].users: is an object, not an array']],
    [
      'a number that should be quoted',
      'accounts:\n  - uid: 1234567890123456\n',
      ['2:10 accounts[0].uid: is a number, not a string: put it in quotes'],
    ],
    [
      'a uid of the wrong length',
      'accounts:\n  - uid: "123"\n',
      ['2:10 accounts[0].uid: `123` is no uid: 16 digits'],
    ],
    [
      'a name with a character that no cloud takes',
      account('users:\n  - name: a/b'),
      [
        '4:15 accounts[0].users[0].name: `a/b` is no user name: 1 to 64 of letters, digits, `.`, `_`, `-` and inner spaces',
      ],
    ],
    [
      'a name that is too long',
      account(`users:\n  - name: ${'a'.repeat(65)}`),
      [
        `4:15 accounts[0].users[0].name: \`${'a'.repeat(57)}...\` is no user name: 1 to 64 of letters, digits, \`.\`, \`_\`, \`-\` and inner spaces`,
      ],
    ],
    [
      'a ram policy with a name of the other language',
      account('policies:\n  - name: a_b\n    language: ram\n    document: {Version: "1", Statement: []}'),
      [
        '4:15 accounts[0].policies[0].name: `a_b` is no name of a ram policy: 1 to 128 of letters, digits and `-`',
        '6:45 accounts[0].policies[0].document: `Statement` is an empty list',
      ],
    ],
    [
      'a language that does not exist',
      account('policies:\n  - name: a\n    language: aws\n    document: {}'),
      ['5:19 accounts[0].policies[0].language: is `aws`, not `ram` or `iam`'],
    ],
    [
      'an account without a name',
      'accounts:\n  - users: []\n',
      ['2:5 accounts[0]: this account has neither a `name` nor a `uid`: give one of them'],
    ],
    [
      'a twin',
      account('users:\n  - name: alice\n  - name: bob\n  - name: alice'),
      ['6:9 accounts[0].users[2]: user alice is declared twice: first on line 4'],
    ],
    [
      'a twin account',
      'accounts:\n  - name: a\n  - name: a\n',
      ['3:11 accounts[1].name: `a` names two accounts: first on line 2'],
    ],
    [
      'a member who is nobody',
      account('groups:\n  - name: g\n    members: [alice]'),
      ['5:19 accounts[0].groups[0].members[0]: there is no user alice in this account of the file'],
    ],
    [
      'an attached policy of the other language',
      account(
        'policies:\n  - name: P\n    language: iam\n    document: {Version: "5.0", Statement: [{Effect: Allow, Action: [kps:SSHKeyPair:list]}]}\nusers:\n  - name: alice\n    policies: {ram: [P]}',
      ),
      ['9:26 accounts[0].users[0].policies.ram[0]: there is no ram policy P in this account of the file'],
    ],
    [
      'an access key without its secret',
      account('accessKeys:\n  - id: LTAIexample'),
      ['4:9 accounts[0].accessKeys[0]: this access key has an `id` without its `secret`'],
    ],
    [
      'an access key that is temporary by its name',
      account('accessKeys:\n  - id: STS.example\n    secret: a-long-secret'),
      [
        '4:13 accounts[0].accessKeys[0].id: `STS.example` is no access key id: 1 to 128 of letters, digits, `.`, `_`, `-`; not `STS.` first',
      ],
    ],
    [
      'a twin access key in another account',
      'accounts:\n  - name: a\n    accessKeys: [{id: K1, secret: long-enough}]\n  - name: b\n    accessKeys: [{id: K1, secret: long-enough}]\n',
      ['5:23 accounts[1].accessKeys[0].id: access key `K1` is declared twice: first on line 3'],
    ],
    [
      'a policy with document and file',
      account('policies:\n  - {name: P, language: ram, file: x, document: "{}"}'),
      ['4:9 accounts[0].policies[0]: a policy has exactly one of `document` and `file`'],
    ],
    [
      'a file that nobody has put in',
      account('policies:\n  - {name: P, language: ram, file: x.json}'),
      [
        '4:40 accounts[0].policies[0].file: `file` is read where `keyward apply` runs: the service takes `document` only',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(mistakes(text)).toEqual(expected)
  })

  it('at the very node of a policy written as an object, names and values alike', () => {
    const text = account(
      [
        'policies:',
        '  - name: P',
        '    language: ram',
        '    document:',
        '      Version: "1"',
        '      Statement:',
        '        - Effect: Permit',
        '          Action: kms:Encrypt',
        '          Resource: "*"',
        '          Condition:',
        '            StringsEqual: {kms:KeySpec: x}',
      ].join('\n'),
    )
    const found = mistakes(text)
    expect(found).toHaveLength(2)
    expect(found[0]).toMatch(
      /^9:23 accounts\[0\]\.policies\[0\]\.document: `Effect` is .*it can be `Allow` or `Deny`/,
    )
    expect(found[1]).toMatch(/^13:17 accounts\[0\]\.policies\[0\]\.document: .*`StringsEqual`/)
  })

  it('at the very character of a policy in a block of JSON text', () => {
    const text = account(
      [
        'policies:',
        '  - name: P',
        '    language: iam',
        '    document: |',
        '      {',
        '        "Version": "5.0",',
        '        "Statement": [{"Effect": "Allow", "Action": ["kps:SSHKeyPair:list"], "Sidd": "x"}]',
        '      }',
      ].join('\n'),
    )
    expect(mistakes(text)).toEqual([
      expect.stringMatching(/^9:82 accounts\[0\]\.policies\[0\]\.document: .*`Sidd`/),
    ])
  })

  it('at the start of a policy in quotes, with every mistake of it', () => {
    const text = account('policies:\n  - {name: P, language: ram, document: "{}"}')
    const found = mistakes(text)
    expect(found.length).toBeGreaterThan(1)
    for (const one of found) expect(one).toMatch(/^4:44 /)
  })

  it('follows aliases to where the policy is written', () => {
    const text = account(
      'policies:\n  - {name: P, language: ram, document: &d {Version: "1"}}\n  - {name: Q, language: ram, document: *d}',
    )
    expect(mistakes(text).map((m) => m.split(' ')[0])).toEqual(['4:47', '4:47'])
  })

  it('in a role: the trust policy of either language', () => {
    const text = account('roles:\n  - name: r\n    trust: {ram: {Version: "2"}}')
    expect(mistakes(text)[0]).toMatch(/^5:\d+ accounts\[0\]\.roles\[0\]\.trust\.ram: /)
  })

  it('tells the mistakes of one account together with those of another that has the wrong shape', () => {
    const text = 'accounts:\n  - name: a\n    groups: [{name: g, members: [x]}]\n  - name: b\n    users: 1\n'
    expect(mistakes(text)).toEqual([
      '3:34 accounts[0].groups[0].members[0]: there is no user x in this account of the file',
      '5:12 accounts[1].users: is a number, not an array',
    ])
  })

  it('in JSON as in YAML', () => {
    const text = JSON.stringify({ accounts: [{ name: 'a', users: [{ name: 'a/b' }] }] }, null, 2)
    expect(mistakes(text)).toEqual([expect.stringMatching(/^7:19 accounts\[0\]\.users\[0\]\.name: /)])
  })
})

describe('a secret', () => {
  it('is never quoted, however wrong', () => {
    const found = mistakes(account('accessKeys:\n  - {id: K1, secret: "has blanks in it"}'))
    expect(found).toEqual([
      '4:26 accounts[0].accessKeys[0].secret: this is no access key secret: 8 to 128 visible ASCII characters',
    ])
  })
})

describe('limits', () => {
  const many = (n: number, one: (i: number) => string) =>
    Array.from({ length: n }, (_, i) => one(i)).join(', ')
  const policies = (n: number) =>
    `policies: [${many(n, (i) => `{name: P${i}, language: ram, document: *d}`)}]`
  const anchor =
    'policies: [{name: D, language: ram, document: &d {Version: "1", Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}'

  it.each<[string, string, RegExp | undefined]>([
    [
      'two access keys of a user',
      `users: [{name: a, accessKeys: [${many(2, (i) => `{generate: k${i}}`)}]}]`,
      undefined,
    ],
    [
      'three access keys of a user',
      `users: [{name: a, accessKeys: [${many(3, (i) => `{generate: k${i}}`)}]}]`,
      /accessKeys\[2\]: generated access key k2 of user a is one too many: user `a` has at most 2 access keys$/,
    ],
    [
      'three access keys of root',
      `accessKeys: [${many(3, (i) => `{generate: k${i}}`)}]`,
      /the root identity has at most 2/,
    ],
    [
      'ten groups of a user',
      `users: [{name: a}]\ngroups: [${many(10, (i) => `{name: g${i}, members: [a]}`)}]`,
      undefined,
    ],
    [
      'eleven groups of a user',
      `users: [{name: a}]\ngroups: [${many(11, (i) => `{name: g${i}, members: [a]}`)}]`,
      /groups\[10\]\.members\[0\]: user a in group g10 is one too many/,
    ],
    ['fifty groups', `groups: [${many(50, (i) => `{name: g${i}}`)}]`, undefined],
    [
      'fifty-one groups',
      `groups: [${many(51, (i) => `{name: g${i}}`)}]`,
      /groups\[50\]: group g50 is one too many/,
    ],
    [
      'a thousand and one users, of which a file may have more than a call makes',
      `users: [${many(1001, (i) => `{name: u${i}}`)}]`,
      undefined,
    ],
    [
      'a thousand and one roles',
      `roles: [${many(1001, (i) => `{name: r${i}}`)}]`,
      /roles\[1000\]: .*at most 1000 roles$/,
    ],
    [
      'eleven ram policies on a user',
      `${anchor}, ${policies(10).slice(11)}\nusers: [{name: a, policies: {ram: [D, ${many(10, (i) => `P${i}`)}]}}]`,
      /ram policy P9 on user a is one too many: user `a` has at most 10 ram policies$/,
    ],
    [
      'six ram policies on a group',
      `${anchor}, ${policies(5).slice(11)}\ngroups: [{name: g, policies: {ram: [D, ${many(5, (i) => `P${i}`)}]}}]`,
      /ram policy P4 on group g is one too many/,
    ],
    [
      'a document of more than 6144 characters',
      `policies: [{name: P, language: ram, document: {Version: "1", Statement: [{Effect: Allow, Action: "*", Resource: ["${'x'.repeat(6144)}"]}]}}]`,
      /has 6\d+ characters; .* can have 6144$/,
    ],
  ])('%s', (_, body, expected) => {
    const found = mistakes(account(body))
    if (expected === undefined) expect(found).toEqual([])
    else expect(found).toEqual([expect.stringMatching(expected)])
  })
})

describe('a hostile file', () => {
  it.each([
    ['deep nesting', '['.repeat(100_000)],
    ['deep nesting that is closed', `${'['.repeat(2000)}${']'.repeat(2000)}`],
    ['an alias that contains itself', 'accounts: &a [*a]'],
    ['an unknown alias', 'accounts: *a'],
    [
      'aliases that multiply',
      `a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(10)}]`).join('\n')}`,
    ],
    ['more text than is taken', 'a'.repeat(MAX_WORLD_TEXT + 1)],
    ['a prototype', '__proto__: {accounts: []}'],
    ['two documents', 'accounts: []\n---\naccounts: []\n'],
    ['a tag', 'accounts: !!js/function x'],
  ])('%s is refused in words', (_, text) => {
    const found = mistakes(text)
    expect(found.length).toBeGreaterThan(0)
    expect(found.join()).not.toMatch(/undefined|Maximum|Error/)
  })
})
