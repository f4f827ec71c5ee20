import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { suiteSchema } from './suite-schema.ts'
import { policyFolder } from './testing/folder.ts'
import { strictly } from './testing/validators.ts'

const { policy } = policyFolder({ 'a.json': { Version: '1', Statement: [] } })
const valid = strictly(suiteSchema())

const right = `language: ram
policies:
  all: { system: AdministratorAccess }
people:
  ann: { principal: "acs:ram::1:user/ann", identity: [all] }
resources:
  key: "acs:kms:r:1:key/k"
tests:
  - as: ann
    action: kms:Encrypt
    resource: key
    expect: Allow
`

test('a suite that is right is one by its schema too', async () => {
  expect(await policy('test -', { input: right })).toMatchObject({ exitCode: 0, err: '' })
  expect(valid(parse(right)), JSON.stringify(valid.errors)).toBe(true)
})

test('a suite states acts, trust policies and who manages the organization', async () => {
  const trust =
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1:user/ann"}}]}'
  const suite = `language: ram
policies:
  all: { system: AdministratorAccess }
  trust: { document: '${trust}' }
  nothing: { document: '{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}' }
people:
  ann: { principal: "acs:ram::1:user/ann", identity: [all] }
  bob: { principal: "acs:ram::1:user/bob", identity: [all] }
  chief: { principal: "acs:ram::1:user/chief", identity: [all], managesOrganization: true, organization: [nothing] }
  held: { principal: "acs:ram::1:user/held", identity: [all], organization: [nothing] }
resources:
  role: { name: "acs:ram:*:1:role/r", trust: [trust] }
  key: "acs:kms:r:1:key/k"
tests:
  - { resource: role, act: assume, expect: { "sts:AssumeRole": { ann: Allow, bob: ImplicitDeny } } }
  - { resource: key, act: veto, expect: { "kms:Decrypt": { ann: Allow, held: ExplicitDeny } } }
  - { resource: key, expect: { "kms:Decrypt": { chief: Allow, held: ExplicitDeny } } }
`
  expect(await policy('test -', { input: suite })).toMatchObject({ exitCode: 0, err: '' })
  expect(valid(parse(suite)), JSON.stringify(valid.errors)).toBe(true)
  for (const [from, to, says] of [
    ['act: veto', 'act: vetto', '`vetto` is none of call, assume, veto; did you mean `veto`?'],
    ['trust: [trust] }', 'trust: [trust], policy: [all] }', 'a resource has `policy` or `trust`, not both'],
    ['managesOrganization: true', 'managesOrganization: yes', '`managesOrganization` is true or false'],
  ] as const) {
    const wrong = await policy('test -', { input: suite.replace(from, to) })
    expect(wrong).toMatchObject({ exitCode: 2, err: expect.stringContaining(says) })
  }
})

/** What is wrong, by a replacement in the right one, and whether a schema can see it. */
test.each<[from: string, to: string, says: string, schemaSees: boolean]>([
  ['language: ram', 'language: aws', '1:11: `language` is `ram` or `iam`', true],
  ['language: ram\n', '', '1:1: `language` is `ram` or `iam`', true],
  ['people:', 'peeple:', '4:1: a suite has no `peeple`; did you mean `people`?', true],
  ['identity:', 'identiy:', '5:44: a person has no `identiy`; did you mean `identity`?', true],
  ['principal: "acs:ram::1:user/ann", ', '', '5:8: `principal` is missing', true],
  ['[all]', '[al]', '5:54: there is no policy `al`; did you mean `all`?', false],
  ['system: Adm', 'system: Admin', 'has no built-in policy `AdmininistratorAccess`', false],
  [
    '{ system: AdministratorAccess }',
    '{}',
    '3:8: this policy has none of `file`, `document` and `system`: give one',
    true,
  ],
  [
    '{ system: AdministratorAccess }',
    '{ system: AdministratorAccess, file: a.json }',
    '3:8: this policy has 2 of `file`, `document` and `system`: give one',
    true,
  ],
  [
    '{ system: AdministratorAccess }',
    'none.json',
    '3:8: `none.json`, named in <stdin>, cannot be read: ENOENT',
    false,
  ],
  ['as: ann', 'as: bob', '9:9: there is no person `bob`', false],
  ['as: ann\n    ', '', 'nobody asks in this test: it has no `as`', false],
  ['    action: kms:Encrypt\n', '', 'this test asks for nothing: it has no `action`', false],
  ['resource: key', 'resource: kye', 'there is no resource `kye`; did you mean `key`?', false],
  [
    'expect: Allow',
    'expect: Allowed',
    '`Allowed` is none of Allow, Deny, ExplicitDeny, ImplicitDeny; did you mean `Allow`?',
    true,
  ],
  ['    expect: Allow\n', '', '9:5: `expect` is missing', true],
  [
    'expect: Allow',
    'expect: { kms:Encrypt: { ann: Allow } }',
    '`expect` is a table of actions: leave `action` out',
    false,
  ],
  ['expect: Allow', 'facts: [1]\n    expect: Allow', '`facts` is a map', true],
  ['expect: Allow', 'facts: { k: { a: b } }\n    expect: Allow', '`k` is a text', true],
  ['expect: Allow', 'expect: Allow\n    expct: Deny', 'a test has no `expct`; did you mean `expect`?', true],
  ['{ principal:', '{ root: 1, principal:', '`root` is true or false', true],
  ['tests:', 'tests: []\nx:', 'a suite has `tests`', true],
  ['as: ann', 'as: ann\n    as: ann', 'Map keys must be unique', false],
  ['resources:', 'resources: [', ' at line', false],
])('%j for %j is reported at its place', async (from, to, says, schemaSees) => {
  expect(right).toContain(from)
  const wrong = right.replace(from, to)
  const { exitCode, out, err } = await policy('test -', { input: wrong })
  if (says !== ' at line') expect(err).toContain(says)
  expect(err).toMatch(/^keyward: <stdin>:\d+:\d+: /)
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
  if (schemaSees) expect(valid(parse(wrong))).toBe(false)
})

test('of many mistakes the first are reported, and how many more there are', async () => {
  const tests = Array.from(
    { length: 50 },
    () => '  - { as: nobody, action: kms:Encrypt, expect: Allow }',
  ).join('\n')
  const { err } = await policy('test -', { input: `language: ram\ntests:\n${tests}\n` })
  expect(err.split('\n')).toHaveLength(21)
  expect(err.split('\n').at(-1)).toBe('keyward: <stdin>: and 30 more')
})

test.each<[string, string]>([
  [
    'an alias bomb',
    `- &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
      .split('')
      .map((c, i) => `- &${c} [${Array(9).fill(`*${'abcdefghi'[i]}`).join()}]`)
      .join('\n')}\n`,
  ],
  ['a circle', '- &a { language: ram, request: *a }\n'],
  ['a circle in a document', right.replace('{ system: AdministratorAccess }', '{ document: &a { x: *a } }')],
  [
    'depth',
    `language: ram\npolicies: { p: { document: ${'{a: '.repeat(20_000)}${'}'.repeat(20_000)} } }\ntests: []\n`,
  ],
  ['a list of lists', `${'- '.repeat(5000)}x\n`],
  ['nothing', ''],
  ['a word', 'hello\n'],
  ['binary text', '\u0000\u0001\u0002'],
])('%s is refused with a sentence', async (_, input) => {
  const { exitCode, out, err } = await policy('test -', { input })
  expect(err).toMatch(/^keyward: /)
  expect(err).not.toContain('internal failure')
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
})

test('what a suite can say reaches the decision', async () => {
  const all = '{ document: { Version: "1", Statement: [ { Effect: Allow, Action: "*", Resource: "*" } ] } }'
  const input = `language: ram
policies:
  all: ${all}
  none: { document: '{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}' }
  mine: { document: { Version: "1", Statement: [ { Effect: Allow, Action: "kms:*", Resource: "*", Principal: { RAM: "acs:ram::2:*" } } ] } }
people:
  free: { principal: "acs:ram::1:user/free", identity: all, organization: [] }
  bound: { principal: "acs:ram::1:user/bound", identity: all }
  session: { principal: "acs:ram::1:assumed-role/r/s", identity: all, organization: [], session: [none] }
  stranger: { principal: "acs:ram::2:user/x", identity: all, organization: [] }
  plain: acs:ram::1:user/plain
resources:
  shared: { name: "acs:kms:r:1:key/k", owner: 1, policy: mine }
  other: { name: "*", owner: 7 }
organization: [all, [all, none]]
tests:
  - expect: { kms:Encrypt: { free: Allow, bound: ExplicitDeny, session: ExplicitDeny, plain: Deny, stranger: Allow } }
    resource: shared
  - { as: stranger, action: kms:Encrypt, resource: other, expect: ImplicitDeny }
  - { as: "acs:ram::1:user/free", action: kms:ListKeys, expect: Deny }
`
  expect(valid(parse(input)), JSON.stringify(valid.errors)).toBe(true)
  const { out, exitCode } = await policy('test -', { input })
  expect(exitCode, out).toBe(0)
})
