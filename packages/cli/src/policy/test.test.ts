import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { allow, atTerminal, policyFolder } from './testing/folder.ts'

const operators = `{
  "Version": "1",
  "Statement": [
    {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*",
     "Condition": {"StringEquals": {"kms:tag/Project": "A"}}},
    {"Effect": "Deny", "Action": "kms:*", "Resource": "*",
     "Condition": {"NumericLessThan": {"kms:TlsVersion": "1.2"}}},
    {"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "*"}
  ]
}
`
const head = `language: ram
policies:
  operators: operators.json
  read: { system: AliyunKMSReadOnlyAccess }
  all: { document: { Version: "1", Statement: [ { Effect: Allow, Action: "*", Resource: "*" } ] } }
people:
  ann: { principal: "acs:ram::1:user/ann", identity: [operators] }
  bob: { principal: "acs:ram::1:user/bob", identity: read }
  boss: { principal: "acs:ram::1:root", root: true }
resources:
  payroll: { name: "acs:kms:cn-hangzhou:1:key/k1", facts: { kms:tag/Project: A } }
organization: [all]
facts: { kms:TlsVersion: 1.20 }
tests:
`
const suite = `${head}  - name: nobody deletes
    as: [ann, bob]
    action: [kms:ScheduleKeyDeletion, kms:DeleteAlias]
    resource: payroll
    expect: Deny
  - name: matrix
    resource: payroll
    expect:
      kms:Decrypt: { ann: Allow, bob: ImplicitDeny, boss: Allow }
      kms:DescribeKey: { bob: Allow }
  - as: ann
    action: kms:Decrypt
    resource: payroll
    facts: [ { kms:TlsVersion: 1.1 }, { kms:TlsVersion: "1.0" } ]
    expect: ExplicitDeny
`
const failing = `${head}  - name: lists
    as: [ann, bob]
    action: kms:ListKeys
    expect: ExplicitDeny
  - name: encrypts
    as: bob
    action: kms:Encrypt
    resource: payroll
    expect: Allow
`
const request = { principal: 'acs:ram::1:user/a', action: 'kms:Encrypt', resource: 'acs:kms:r:1:key/k' }
const one = (more: object) => ({
  language: 'ram',
  policies: { identity: [allow('kms:Encrypt')] },
  request,
  ...more,
})
const { policy, write } = policyFolder({
  'operators.json': operators,
  'suite.yaml': suite,
  'failing.yaml': failing,
  'case.json': one({ name: 'single', expect: 'Allow' }),
})

test('a suite of which everything comes out as expected', async () => {
  expect(await policy('test suite.yaml case.json')).toMatchObject({
    exitCode: 0,
    err: '',
    out: '11 passed, 0 failed',
  })
  const { out } = await policy('test suite.yaml --verbose')
  expect(out.split('\n')).toEqual([
    'suite.yaml',
    '  ok     nobody deletes: ann kms:ScheduleKeyDeletion payroll',
    '  ok     nobody deletes: bob kms:ScheduleKeyDeletion payroll',
    '  ok     nobody deletes: ann kms:DeleteAlias payroll',
    '  ok     nobody deletes: bob kms:DeleteAlias payroll',
    '  ok     matrix: ann kms:Decrypt payroll',
    '  ok     matrix: bob kms:Decrypt payroll',
    '  ok     matrix: boss kms:Decrypt payroll',
    '  ok     matrix: bob kms:DescribeKey payroll',
    '  ok     test 3: ann kms:Decrypt payroll [0]',
    '  ok     test 3: ann kms:Decrypt payroll [1]',
    '10 passed, 0 failed',
  ])
})

test('what fails says what came instead, what decided, and what was nearest', async () => {
  expect(await policy('test failing.yaml case.json')).toMatchObject({
    exitCode: 5,
    out: `failing.yaml
  FAILED lists: ann kms:ListKeys *
         expected ExplicitDeny, got Allow: the identity policies allow it (operators.json:8, statement #2)
  FAILED lists: bob kms:ListKeys *
         expected ExplicitDeny, got Allow: the identity policies allow it (system:AliyunKMSReadOnlyAccess, statement #0)
  FAILED encrypts: bob kms:Encrypt payroll
         expected Allow, got ImplicitDeny: no identity policy allows it
         nearest: system:AliyunKMSReadOnlyAccess, statement #0: Action wants kms:Describe*, kms:List*, kms:GetPublicKey, kms:GetKeyPolicy, kms:GetSecretPolicy, kms:GetDefaultKmsInstance and 1 more; the request is kms:Encrypt
1 passed, 3 failed`,
  })
})

test('coverage: what never applied, never decided, was never met or unmet', async () => {
  const { out, exitCode } = await policy('test suite.yaml --coverage')
  expect(exitCode).toBe(0)
  expect(out.split('\n')).toEqual([
    'coverage 77.7 %: 7 of 9 (4 of 5 statements applied, the rest are outcomes of conditions)',
    '  operators.json:4, statement #0 (Allow): StringEquals kms:tag/Project was never unmet',
    '  operators.json:8, statement #2 (Allow): never applied',
    '10 passed, 0 failed',
  ])
})

test.each<[least: string, exitCode: number, err: string]>([
  ['77.7', 0, ''],
  ['77.8', 5, 'keyward: coverage is 77.7 %, below 77.8 %'],
  ['100', 5, 'keyward: coverage is 77.7 %, below 100 %'],
])('coverage below %s fails', async (least, exitCode, err) => {
  expect(await policy(`test suite.yaml --fail-under ${least}`)).toMatchObject({ exitCode, err })
})

test('a statement that another always decides for is reported, and counts as covered', async () => {
  const twice = [allow('kms:Encrypt'), allow('kms:*')]
  write('twice.json', [
    one({ policies: { identity: twice, organization: [[allow('*')]] }, expect: 'Allow', name: 'x' }),
  ])
  const { out } = await policy('test twice.json --coverage')
  expect(out.split('\n').slice(0, -1)).toEqual([
    'coverage 100.0 %: 3 of 3 (3 of 3 statements applied, the rest are outcomes of conditions)',
    '  x: identity[1], statement #0 (Allow): applied, and another statement always decided',
  ])
})

test('as JSON', async () => {
  const { exitCode, out } = await policy('test failing.yaml --format json --coverage')
  expect(exitCode).toBe(5)
  const result = JSON.parse(out)
  expect(result).toMatchObject({
    passed: 0,
    failed: 3,
    errors: 0,
    files: [
      {
        file: 'failing.yaml',
        cases: [
          {
            name: 'lists: ann kms:ListKeys *',
            status: 'failed',
            expected: 'ExplicitDeny',
            decision: 'Allow',
            reason: 'Allowed',
          },
          { status: 'failed' },
          { status: 'failed', decision: 'Deny', reason: 'ImplicitDeny' },
        ],
      },
    ],
  })
  expect(result.coverage.statements[0]).toMatchObject({ policy: 'operators.json', line: 4, applied: 0 })
})

test('as JUnit XML, also of names that XML has no way to write', async () => {
  write('odd.json', [
    one({ name: 'a<b>&"\u0000\ud800\u{1f511}', expect: 'Deny' }),
    one({ name: 'fine', expect: 'Allow' }),
    one({ name: 'broken', policies: { identity: ['<'] }, expect: 'Allow' }),
  ])
  const { exitCode, out, err } = await policy('test odd.json --format junit --coverage')
  expect(exitCode).toBe(5)
  expect(err).toContain('coverage 100.0 %')
  expect(out.replace(/time="[\d.]+"/, 'time="0"')).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="keyward policy test" tests="3" failures="1" errors="1">
  <testsuite name="odd.json" tests="3" failures="1" errors="1" skipped="0" time="0">
    <testcase classname="odd.json" name="a&lt;b&gt;&amp;&quot;\ufffd\ufffd\u{1f511}"><failure message="expected Deny, got Allow: the identity policies allow it (identity[0], statement #0)">expected Deny, got Allow: the identity policies allow it (identity[0], statement #0)</failure></testcase>
    <testcase classname="odd.json" name="fine"/>
    <testcase classname="odd.json" name="broken"><error message="a policy would be refused: identity[0]:1:1: not JSON: a value is expected, not \`&lt;\` [JSON_SYNTAX_ERROR]">a policy would be refused: identity[0]:1:1: not JSON: a value is expected, not \`&lt;\` [JSON_SYNTAX_ERROR]</error></testcase>
  </testsuite>
</testsuites>`)
})

test.each<[string, object, string]>([
  ['no expectation', {}, 'the case does not say what it expects: `expect`'],
  [
    'a contradiction',
    { expect: 'Allow', reason: 'ImplicitDeny' },
    '`expect` (Allow) and `reason` (ImplicitDeny) contradict each other',
  ],
  [
    'a principal that is none',
    { expect: 'Deny', request: { ...request, principal: 'ann' } },
    '`ann` names no principal',
  ],
  [
    'a document that would be refused',
    { expect: 'Deny', policies: { session: [{}] } },
    'a policy would be refused: session[0]:1:1: ',
  ],
])('a case that cannot be judged is an error: %s', async (_, more, says) => {
  write('odd.json', one(more))
  const { exitCode, out } = await policy('test odd.json')
  expect(exitCode).toBe(5)
  expect(out).toContain(`ERROR  #0\n         ${says}`)
  expect(out).toContain('0 passed, 0 failed, 1 could not be decided')
})

test('a reason alone is an expectation, and the wrong kind of denial fails', async () => {
  write('reasons.json', [
    one({ reason: 'Allowed' }),
    one({ reason: 'ExplicitDeny', policies: {} }),
    one({ expect: 'Deny', reason: 'ImplicitDeny', policies: {} }),
  ])
  const { out } = await policy('test reasons.json')
  expect(out).toContain('expected ExplicitDeny, got ImplicitDeny')
  expect(out).toContain('2 passed, 1 failed')
})

test('every case of the engine, from its own folder', async () => {
  const folder = new URL('../../../policy/cases/', import.meta.url)
  const files = ['ram', 'iam'].flatMap((language) =>
    readdirSync(new URL(language, folder)).map((file) => `${language}/${file}`),
  )
  const count = files.reduce(
    (sum, file) => sum + JSON.parse(readFileSync(new URL(file, folder), 'utf8')).length,
    0,
  )
  const { exitCode, out } = await policy(`test ${files.join(' ')}`, { folder: folder.pathname })
  expect({ exitCode, out }).toEqual({ exitCode: 0, out: `${count} passed, 0 failed` })
})

test('the examples of the repository cover their policies', async () => {
  const folder = new URL('../../../../examples/', import.meta.url).pathname
  const { exitCode, out } = await policy('test policy-tests.yaml --fail-under 100', { folder })
  expect(exitCode, out).toBe(0)
})

test('the suite in the help is one that runs', async () => {
  const { out } = await policy('test --help')
  const [, example = ''] = /share:\n\n((?: {2}.*\n)+)/.exec(out) ?? []
  expect(example).toContain('  tests:')
  write(
    'operators.json',
    allow(['kms:Decrypt', 'kms:DescribeKey'], { Condition: { StringEquals: { 'kms:tag/Project': 'A' } } }),
  )
  const ran = await policy('test -', { input: example.replace(/^ {2}/gm, '') })
  write('operators.json', operators)
  expect(ran).toMatchObject({ exitCode: 0, out: '8 passed, 0 failed' })
})

test('a file tells what it is by what it holds', async () => {
  expect(
    (await policy('test -', { input: suite.replace('operators.json', '{ system: AliyunKMSFullAccess }') }))
      .out,
  ).toContain('passed')
  const cases = `- language: ram
  policies: { identity: [ { Version: "1", Statement: { Effect: Allow, Action: "kms:Encrypt", Resource: "*" } } ] }
  request: { principal: "acs:ram::1:user/a", action: kms:Encrypt, resource: "acs:kms:r:1:key/k", context: { kms:TlsVersion: 1.3 } }
  expect: Allow
`
  expect(await policy('test -', { input: cases })).toMatchObject({ exitCode: 0, out: '1 passed, 0 failed' })
  expect(
    await policy('test -', {
      input: JSON.stringify({
        language: 'ram',
        tests: [{ as: 'acs:ram::1:user/a', action: 'kms:Encrypt', expect: 'Deny' }],
      }),
    }),
  ).toMatchObject({ exitCode: 0 })
})

test('a matrix of ten thousand requests says how far it is', async () => {
  const names = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
  const people = Object.fromEntries(
    names(100, 'p').map((name) => [name, { principal: `acs:ram::1:user/${name}`, identity: ['operators'] }]),
  )
  write('matrix.json', {
    language: 'ram',
    policies: { operators: 'operators.json' },
    people,
    known: names(100, 'kms:X'),
    tests: [{ as: names(100, 'p'), action: names(100, 'kms:X'), expect: 'ImplicitDeny' }],
  })
  const { exitCode, out, statuses } = await policy('test matrix.json --coverage', atTerminal)
  expect(exitCode).toBe(0)
  expect(out).toContain('10000 passed, 0 failed')
  expect(statuses.at(-1)).toBe('')
  expect(statuses.length).toBeGreaterThan(1)
  for (const status of statuses.slice(0, -1)) expect(status).toMatch(/^\d+ of 10000, 0 failed$/)
})

/** A suite of one test; a request of it expects a denial, which a mistyped name gets from every policy. */
const denied = (
  action: string,
  more = '',
  facts = 'kms:tag/Project: B',
  resource = 'payroll',
) => `${head.replace('tests:\n', '')}${more}tests:
  - as: ann
    action: ${action}
    resource: ${resource}
    facts: { ${facts} }
    expect: Deny
`

test.each<[what: string, suite: string, says: string]>([
  [
    'an action',
    denied('kms:Decyrpt'),
    '16:13: no known action is `kms:Decyrpt`; did you mean `kms:Decrypt`?',
  ],
  [
    'an action in a table',
    `${head}  - expect: { kms:Decyrpt: { ann: Deny } }\n`,
    'no known action is `kms:Decyrpt`; did you mean `kms:Decrypt`?',
  ],
  [
    'a fact',
    denied('kms:Decrypt', '', 'kms:tags/Project: B'),
    'no known condition key is `kms:tags/Project`; did you mean `kms:tag/Project`?',
  ],
  [
    'a fact without its name',
    denied('kms:Decrypt', '', 'kms:EncryptionContext: B'),
    '`kms:EncryptionContext` lacks the name that follows it',
  ],
  [
    'a fact with the separator of another',
    denied('kms:Decrypt', '', '"kms:tag:Project": B'),
    'a name follows `kms:tag` after `/`, not after `:`',
  ],
  [
    'a fact of everything',
    denied('kms:Decrypt').replace('TlsVersion', 'TlsVersoin'),
    'did you mean `kms:TlsVersion`?',
  ],
  [
    'a fact of a resource',
    denied('kms:Decrypt').replace('facts: { kms:tag/Project: A }', 'facts: { kms:tgs/Project: A }'),
    'did you mean `kms:tag/Project`?',
  ],
  [
    'a resource',
    denied('kms:Decrypt', '', 'kms:tag/Project: B', 'acs:kms:r:1:keys/k1'),
    'kms has no resource with a name like `acs:kms:r:1:keys/k1`; it has ',
  ],
  [
    'a resource that has a name in the suite',
    denied('kms:Decrypt').replace('acs:kms:cn-hangzhou:1:key/k1', 'acs:kms:cn-hangzhou:key/k1'),
    'no resource is named `acs:kms:cn-hangzhou:key/k1`; a name is `acs:service:region:account:name`',
  ],
  ['a pattern', denied('kms:*'), '`kms:*` is a pattern; a request asks for one action by its whole name'],
  [
    'an action of another service',
    denied('oss:GetObject'),
    'no known action is `oss:GetObject`; a name that is right all the same belongs in `known`',
  ],
  [
    'a case',
    JSON.stringify(one({ expect: 'Deny', request: { ...request, action: 'kms:Decyrpt' } })),
    'case #0: no known action is `kms:Decyrpt`; did you mean `kms:Decrypt`?',
  ],
  [
    'a fact of a case',
    JSON.stringify(one({ expect: 'Deny', request: { ...request, context: { 'kms:tags/A': 'b' } } })),
    'no known condition key is `kms:tags/A`; did you mean `kms:tag/A`?',
  ],
  [
    'the legacy name of an action',
    JSON.stringify({
      language: 'iam',
      policies: {},
      expect: 'Deny',
      request: {
        principal: 'iam::d:user:ann',
        action: 'kps:domainKeypairs:create',
        resource: 'kps:r:d:SSHKeyPair:a',
      },
    }),
    '`kps:domainKeypairs:create` is a name of legacy policies; requests ask for `kps:SSHKeyPair:create`',
  ],
])('a mistyped name never passes for a denial: %s', async (_, input, says) => {
  const { exitCode, out, err } = await policy('test -', { input })
  expect(err).toContain(says)
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
})

test('what the catalogue does not have is declared', async () => {
  const known = 'known: [oss:GetObject, oss:Prefix]\n'
  expect(await policy('test -', { input: denied('oss:GetObject', known, 'oss:Prefix: a') })).toMatchObject({
    exitCode: 0,
    out: '1 passed, 0 failed',
  })
  const entry = one({
    expect: 'Deny',
    known: 'oss:GetObject',
    request: { ...request, action: 'oss:GetObject' },
  })
  expect(await policy('test -', { input: JSON.stringify(entry) })).toMatchObject({ exitCode: 0 })
})

test('a pattern picks tests by their names, and one that picks none is a mistake', async () => {
  expect(await policy('test suite.yaml case.json', {}, '--run', 'nobody.*DeleteAlias')).toMatchObject({
    exitCode: 0,
    out: '2 passed, 0 failed',
  })
  expect(await policy('test failing.yaml --run ^encrypts')).toMatchObject({ exitCode: 5 })
  expect(await policy('test suite.yaml --run nobdy')).toMatchObject({
    exitCode: 2,
    err: 'keyward: no test has a name that fits `--run nobdy`',
  })
  expect(await policy('test suite.yaml', {}, '--run', '(')).toMatchObject({ exitCode: 2 })
})

test.each([
  ['test', 'usage: keyward policy test FILE...|-'],
  ['test suite.yaml --format xml', 'unknown format `xml`; it is one of text, json, junit'],
  ['test suite.yaml --fail-under 101', '`--fail-under 101` is no percentage: 0 to 100'],
  ['test suite.yaml --fail-under x', '`--fail-under x` is no percentage'],
  ['test none.yaml suite.yaml', '`none.yaml` cannot be read: ENOENT'],
])('`policy %s` is a misuse with a sentence', async (line, says) => {
  const { exitCode, out, err } = await policy(line)
  expect(err).toContain(says)
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
})
