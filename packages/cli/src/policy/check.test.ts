import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { allow, atTerminal, policyFolder } from './testing/folder.ts'
import { sarifValidator } from './testing/validators.ts'

const wrong = `{
  "Version": "1",
  "Statement": [
{"Effect": "Allow", "Action": "kms:Encryt", "Resource": "*", "Efect": 1}
  ]
}
`
const scp = {
  Version: '5.0',
  Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['kps:*:*:SSHKeyPair:*'] }],
}
const { folder, policy, write } = policyFolder({
  'good.json': allow('kms:Encrypt'),
  'wrong.json': wrong,
  'warned.json': allow('kms:Encryt'),
  'web.scp.json': scp,
  'trust.json': {
    Version: '5.0',
    Statement: [{ Effect: 'Allow', Action: ['sts:agencies:assume'], Principal: '*' }],
  },
  'key.json': {
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*', Principal: '*' }],
  },
  'empty.json': '',
})

test('findings are lines that editors read, and a last one sums up', async () => {
  expect(await policy('check good.json wrong.json')).toMatchObject({
    exitCode: 4,
    err: '',
    out: [
      'good.json: ram identity policy (guessed): no findings',
      'wrong.json:4:31: warning: no known action is `kms:Encryt`; did you mean `kms:Encrypt`? [UNKNOWN_ACTION]',
      'wrong.json:4:62: error: `Efect` is no element of a statement of this policy type; did you mean `Effect`? [INVALID_POLICY_ELEMENT]',
      'wrong.json: ram identity policy (guessed): 1 error, 1 warning; it would be refused',
    ].join('\n'),
  })
})

test('a person sees the place marked', async () => {
  const { out } = await policy('check wrong.json', atTerminal)
  expect(out).toContain(
    [
      '    {"Effect": "Allow", "Action": "kms:Encryt", "Resource": "*", "Efect": 1}',
      `${' '.repeat(34)}^^^^^^^^^^^^`,
    ].join('\n'),
  )
})

test('a long line is cut around the place, and control characters are not shown', async () => {
  write(
    'long.json',
    JSON.stringify({ ...allow('kms:Encrypt'), Id: `${'x'.repeat(300)}\u001b[2J` }).replace(
      '\\u001b',
      '\u009b',
    ),
  )
  const { out } = await policy('check long.json', atTerminal)
  const cut = out.split('\n').filter((one) => one.startsWith('    '))
  expect(cut.length).toBeGreaterThan(0)
  for (const line of cut) expect(line.length).toBeLessThan(81)
  expect(out).not.toMatch(/\p{Cc}(?<!\n)/u)
})

test('only an error fails: a warning does not', async () => {
  expect(await policy('check warned.json')).toMatchObject({ exitCode: 0 })
  expect(await policy('check warned.json wrong.json good.json')).toMatchObject({ exitCode: 4 })
})

test.each([
  ['good.json', 'ram identity'],
  ['key.json', 'ram key'],
  ['trust.json', 'iam trust'],
  ['web.scp.json', 'iam scp'],
  ['--type session good.json', 'ram session'],
  ['--type control good.json', 'ram control'],
  ['--language iam good.json', 'iam identity'],
  ['--language iam key.json', 'iam trust'],
  ['--language ram web.scp.json', 'ram identity'],
  ['--type scp good.json', 'iam scp'],
])('`%s` is read as %s', async (words, kind) => {
  const { out } = await policy(`check --format json ${words}`)
  const { language, type, guessed } = JSON.parse(out).files[0]
  expect([`${language} ${type}`, guessed]).toEqual([kind, true])
})

test('what is given in full is not called a guess', async () => {
  const { out } = await policy('check --language ram --type control good.json')
  expect(out).toBe('good.json: ram control policy: no findings')
})

test('as JSON, with every finding and whether the document would be refused', async () => {
  const { exitCode, out } = await policy('check --format json good.json wrong.json')
  expect(exitCode).toBe(4)
  expect(JSON.parse(out).files).toMatchObject([
    { file: 'good.json', refused: false, findings: [] },
    {
      file: 'wrong.json',
      refused: true,
      findings: [{ code: 'UNKNOWN_ACTION', severity: 'warning', line: 4, column: 31 }, { severity: 'error' }],
    },
  ])
})

test('the SARIF log is one by the official schema, with regions that hold the text', async () => {
  const valid = sarifValidator()
  write('a b#.json', wrong)
  const { exitCode, out } = await policy(
    'check --format sarif good.json empty.json wrong.json',
    {},
    'a b#.json',
  )
  expect(exitCode).toBe(4)
  const log = JSON.parse(out)
  expect(valid(log), JSON.stringify(valid.errors)).toBe(true)
  expect(valid({ ...log, runs: [{ results: [] }] })).toBe(false)
  const [run] = log.runs
  expect(run.artifacts.map((one: { location: { uri: string } }) => one.location.uri)).toEqual([
    'good.json',
    'empty.json',
    'wrong.json',
    'a%20b%23.json',
  ])
  const results = run.results.filter(
    (one: { locations: [{ physicalLocation: { artifactLocation: { index: number } } }] }) =>
      one.locations[0].physicalLocation.artifactLocation.index === 2,
  )
  expect(results).toMatchObject([{ ruleId: 'UNKNOWN_ACTION', level: 'warning' }, { level: 'error' }])
  for (const { ruleId, ruleIndex, locations } of results) {
    expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId)
    const { charOffset, charLength, startLine, startColumn, endColumn } = locations[0].physicalLocation.region
    const text = wrong.slice(charOffset, charOffset + charLength)
    expect(wrong.split('\n')[startLine - 1]!.slice(startColumn - 1, endColumn - 1)).toBe(text)
  }
})

test('standard input is a file like others, once', async () => {
  expect(await policy('check -', { input: wrong })).toMatchObject({ exitCode: 4 })
  expect((await policy('check -', { input: wrong })).out).toContain('<stdin>:4:31: warning')
  expect(await policy('check - -')).toMatchObject({
    exitCode: 2,
    err: 'keyward: standard input (`-`) can be read only once',
  })
})

test('what cannot be read is reported at once, and nothing else is done', async () => {
  write('garbage.json', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x80]))
  write('folder.json', '{}')
  expect(await policy('check good.json garbage.json none.json')).toEqual({
    exitCode: 2,
    out: '',
    statuses: [],
    err: [
      'keyward: `garbage.json` is not text: it holds bytes that are not UTF-8',
      'keyward: `none.json` cannot be read: ENOENT',
    ].join('\n'),
  })
})

test.each([
  ['', 'JSON_SYNTAX_ERROR'],
  ['null', 'DATA_TYPE_MISMATCH'],
  ['\ufeff{}', 'JSON_SYNTAX_ERROR'],
  ['['.repeat(3000), 'JSON_SYNTAX_ERROR'],
  ['['.repeat(100_000), 'POLICY_TOO_LONG'],
  [`{"a":${'"\\"'.repeat(20_000)}`, 'POLICY_TOO_LONG'],
  ['\u0000\u0001', 'JSON_SYNTAX_ERROR'],
])('a document that is none is a finding', async (text, code) => {
  const { exitCode, out } = await policy('check --format json -', { input: text })
  expect(exitCode).toBe(4)
  expect(JSON.parse(out).files[0].findings[0]).toMatchObject({ code, severity: 'error' })
})

test.each([
  ['check', 'usage: keyward policy check FILE|FOLDER...|-'],
  ['check --type keys good.json', 'unknown policy type `keys`; did you mean `key`?'],
  ['check --language alibaba good.json', 'unknown language `alibaba`; it is ram or iam'],
  [
    'check --language ram --type scp good.json',
    'the language `ram` has no policy type `scp`; it has identity,',
  ],
  ['check --format xml good.json', 'unknown format `xml`; it is one of text, json, sarif, github'],
  [
    'check --fail-on worse good.json',
    '`--fail-on worse` is no severity; it is one of error, warning, suggestion',
  ],
  [
    'check --ignore UNKNOWN_ACTON good.json',
    'no finding has the code `UNKNOWN_ACTON`; did you mean `UNKNOWN_ACTION`?',
  ],
  [
    'check --ignore MISSING_VERSION good.json',
    '`MISSING_VERSION` is an error, for which the document is refused',
  ],
  ['check --baseline none.json good.json', 'the baseline `none.json` cannot be read: ENOENT; make one with'],
  ['check --baseline good.json good.json', '`good.json` is no baseline'],
])('`policy %s` is a misuse with a sentence', async (line, says) => {
  const { exitCode, out, err } = await policy(line)
  expect(err).toContain(says)
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
})

test.each([
  ['good.json', 'error', 0],
  ['warned.json', 'error', 0],
  ['warned.json', 'warning', 4],
  ['warned.json --ignore UNKNOWN_ACTION', 'warning', 0],
  ['warned.json --ignore UNKNOWN_ACTION:warn*.json', 'warning', 0],
  ['warned.json --ignore UNKNOWN_ACTION:other.json', 'warning', 4],
  ['key.json', 'warning', 4],
  ['key.json --ignore LOCKS_OUT,OPEN_TO_EVERYONE', 'warning', 0],
])('`%s` that is to fail on %s ends with %i', async (words, severity, exitCode) => {
  expect(await policy(`check ${words} --fail-on ${severity}`)).toMatchObject({ exitCode })
})

test('what is left out is counted, and an error stays', async () => {
  const { out } = await policy('check wrong.json --ignore UNKNOWN_ACTION')
  expect(out).not.toContain('kms:Encryt')
  expect(out).toContain('1 error; it would be refused\n1 finding ignored')
})

test('a baseline holds what was there before, wherever it stands now, and only what is new fails', async () => {
  expect(await policy('check warned.json wrong.json --write-baseline known.json')).toMatchObject({
    exitCode: 4,
    out: '',
    err: 'keyward: 2 findings noted in known.json',
  })
  const check = (files: string) => policy(`check ${files} --baseline known.json --fail-on warning`)
  expect(await check('warned.json')).toMatchObject({ exitCode: 0 })
  expect(await check('wrong.json')).toMatchObject({ exitCode: 4 })
  write('warned.json', `\n\n${JSON.stringify(allow('kms:Encryt'))}`)
  expect(await check('warned.json')).toMatchObject({ exitCode: 0 })
  write('warned.json', allow(['kms:Encryt', 'kms:Decyrpt']))
  const { exitCode, out } = await check('warned.json')
  expect(exitCode).toBe(4)
  expect(out).toContain('kms:Decyrpt')
  expect(out).not.toContain('`kms:Encryt`')
  write('warned.json', allow('kms:Encryt'))
})

const world = `accounts:
  - name: main
    policies:
      - name: Admin
        language: ram
        document:
          Version: "1"
          Statement:
            - Effect: Allow
              Action: "*"
              Resource: "*"
      - name: Beside
        language: ram
        file: warned.json
    roles:
      - name: open
        trust:
          iam: {Version: "5.0", Statement: [{Effect: Allow, Action: [sts:agencies:assume], Principal: "*"}]}
organization:
  policies:
    - name: Guard
      language: iam
      document: |
        {
          "Version": "5.0",
          "Statement": [{"Effect": "Maybe", "Action": ["*"]}]
        }
`

test('of a world every policy is judged, at its line', async () => {
  write('world.yaml', world)
  const { exitCode, out } = await policy('check world.yaml --format json')
  expect(exitCode).toBe(4)
  const found = JSON.parse(out).files.map(
    ({ policy: name, language, type, findings }: Record<string, { code: string; line: number }[]>) =>
      `${name} ${language} ${type}: ${findings!.map(({ code, line }) => `${code} ${line}`).join()}`,
  )
  expect(found).toEqual([
    'Admin ram identity: ALLOWS_EVERYTHING 10',
    'Beside ram identity: UNKNOWN_ACTION 14',
    'trust of open iam trust: OPEN_TO_EVERYONE 18',
    'Guard iam scp: INVALID_EFFECT 26',
  ])
  const text = (await policy('check world.yaml', atTerminal)).out
  expect(text).toContain(`              Action: "*"\n${' '.repeat(26)}^^^`)
  expect(text).toContain('world.yaml: ram identity policy Admin: 1 warning')
  write('not.yaml', 'accounts: [')
  expect(await policy('check not.yaml')).toMatchObject({ exitCode: 2 })
})

test('of a folder what looks like a policy or a world is judged, in one line when nothing is wrong', async () => {
  const files = [
    'mine/a.json',
    'mine/deep/b.session.json',
    'mine/package.json',
    'mine/cases.json',
    'mine/broken.json',
  ]
  mkdirSync(join(folder, 'mine/deep'), { recursive: true })
  mkdirSync(join(folder, 'mine/node_modules'))
  for (const file of ['mine/a.json', 'mine/deep/b.session.json', 'mine/node_modules/c.json'])
    write(file, allow('kms:Encrypt'))
  write('mine/package.json', { name: 'x', version: '1' })
  write('mine/cases.json', [{ policies: { identity: [allow('kms:Encrypt')] } }])
  expect(files).toHaveLength(5)
  expect(await policy('check mine')).toMatchObject({ exitCode: 0, out: '2 policies in 2 files: no findings' })
  expect(await policy('check mine --quiet')).toMatchObject({ exitCode: 0, out: '' })
  write('mine/broken.json', '{"Version": "1", "Statement": [}')
  write('mine/world.yaml', world)
  const { exitCode, out } = await policy('check mine --ignore ALLOWS_EVERYTHING', {})
  // The world names a file that is not beside it here.
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
  write('mine/warned.json', allow('kms:Encryt'))
  const whole = await policy('check mine --ignore ALLOWS_EVERYTHING')
  expect(whole.exitCode).toBe(4)
  expect(whole.out.split('\n').at(-1)).toBe(
    '8 policies in 5 files: 2 errors, 3 warnings; 2 would be refused; 1 finding ignored',
  )
  rmSync(join(folder, 'mine'), { recursive: true })
  mkdirSync(join(folder, 'mine'))
  expect(await policy('check mine')).toMatchObject({
    exitCode: 2,
    err: 'keyward: no policy and no world file in mine',
  })
})

test('as commands of GitHub Actions', async () => {
  write('odd,name.json', allow('kms:Encryt'))
  const { out } = await policy('check --format github odd,name.json wrong.json')
  expect(out.split('\n')).toEqual([
    '::warning file=odd%2Cname.json,line=6,col=17,title=UNKNOWN_ACTION::no known action is `kms:Encryt`; did you mean `kms:Encrypt`?',
    expect.stringMatching(/^::warning file=wrong.json,line=4,col=31,title=UNKNOWN_ACTION::/),
    expect.stringMatching(/^::error file=wrong.json,line=4,col=62,title=INVALID_POLICY_ELEMENT::/),
  ])
})

test('every rule of a SARIF log says what to do and where to read on', async () => {
  const { out } = await policy('check --format sarif wrong.json key.json')
  const page = readFileSync(new URL('../../../../docs/reference/findings.md', import.meta.url), 'utf8')
  const { rules } = JSON.parse(out).runs[0].tool.driver
  expect(rules.length).toBeGreaterThan(2)
  for (const { id, help, helpUri } of rules) {
    expect(help.text.length).toBeGreaterThan(20)
    expect(helpUri).toBe(
      `https://github.com/keyward/keyward/blob/main/docs/reference/findings.md#${id.toLowerCase()}`,
    )
    expect(page).toContain(`\n## ${id}\n`)
  }
})
