import type { Command } from '../command.ts'
import { misused } from '../exit.ts'
import { json } from '../io.ts'
import { readFiles } from './files.ts'
import { type TestFile, testFile } from './test-files.ts'
import { coverageLines, junitXml, percentText, textResult } from './test-report.ts'
import { runTests } from './test-run.ts'

const formats = ['text', 'json', 'junit']

/** Runs suites of policy tests. */
export const policyTest: Command = {
  name: 'policy test',
  usage: 'FILE...|- [FLAGS]',
  about: `Runs tests of policies, without a service. It ends with 0 when every test comes out as expected, else with 5; a file that cannot be read, or is no file of tests, ends it with 2 before anything runs.
A file holds one case or an array of cases, in JSON: language, policies by layer, request, and what is expected (\`expect\`, \`reason\`). Or it is a suite, in YAML, with policies that its tests share:

  language: ram
  policies:
    operators: operators.json               # a file beside the suite
    read: {system: AliyunKMSReadOnlyAccess} # a built-in policy
    guard:                                  # a document, also in YAML
      document:
        Version: "1"
        Statement: {Effect: Allow, Action: "kms:*", Resource: "*"}
  people:
    ann: {principal: "acs:ram::1:user/ann", identity: [operators]}
    bob: {principal: "acs:ram::1:user/bob", identity: [read]}
  resources:
    payroll: {name: "acs:kms:cn-hangzhou:1:key/k1", facts: {kms:tag/Project: A}}
  organization: [guard]                     # level by level, root first
  facts: {kms:TlsVersion: 1.3}              # in every request
  tests:
    - name: nobody deletes
      as: [ann, bob]
      action: [kms:ScheduleKeyDeletion, kms:DeleteAlias]
      resource: payroll
      expect: Deny
    - name: who may use payroll
      resource: payroll
      expect:
        kms:Decrypt: {ann: Allow, bob: ImplicitDeny}
        kms:DescribeKey: {ann: Allow, bob: Allow}

A person also takes \`root: true\`, \`session\` and an \`organization\` of its own; a resource \`owner\` and \`policy\`. A principal or resource may stand in a test by its full name. A list of \`facts\` in a test makes one request of each. \`expect\` is Allow, Deny, ExplicitDeny or ImplicitDeny.
Actions, condition keys and names of resources have to be known: a mistyped one is denied by every policy, so that a test would pass for no reason. What the catalogue does not have, such as actions of another service, a suite or a case lists under \`known\`.
Coverage counts statements that applied to some request, and, for each condition, whether it was met and whether it was unmet by requests that the rest of its statement fits.`,
  examples: [
    ['keyward policy test tests/*.yaml', 'run some suites'],
    ['keyward policy test tests/*.yaml --run "nobody deletes"', 'only some of their tests'],
    ['keyward policy test tests/*.yaml --coverage --fail-under 90', 'and see that they cover the policies'],
    ['keyward policy test tests/*.yaml --format junit > report.xml', 'for a build server'],
  ],
  flags: [
    {
      name: 'format',
      type: 'text',
      value: 'text|json|junit',
      description: 'How to report; text by default.',
    },
    {
      name: 'verbose',
      type: 'switch',
      description: 'Tell of the tests that passed as well, and of every gap.',
    },
    {
      name: 'run',
      type: 'text',
      value: 'PATTERN',
      description:
        'Run only the tests whose names fit this regular expression; a name is shown by --verbose. No such test is an error.',
    },
    { name: 'coverage', type: 'switch', description: 'Say which statements and conditions were exercised.' },
    {
      name: 'fail-under',
      type: 'text',
      value: 'PERCENT',
      description: 'End with 5 when coverage is below this. Switches coverage on.',
    },
  ],
  words: [1, Number.POSITIVE_INFINITY],
  async run(line, io) {
    const format = line.text('format') ?? 'text'
    if (!formats.includes(format))
      throw misused(`unknown format \`${format}\`; it is one of ${formats.join(', ')}`)
    const least = percentage(line.text('fail-under'))
    const files = chosen(
      line.text('run'),
      (await readFiles(line.words, io)).map((file) => testFile(file, io)),
    )
    const result = runTests(files, io, { coverage: line.has('coverage') || least !== undefined })
    const { coverage, ...rest } = result
    if (format === 'text') for (const row of textResult(result, io, line.has('verbose'))) io.out(row)
    else io.out(format === 'json' ? json(io, result) : junitXml(rest))
    // JUnit has no place for coverage.
    if (coverage && format === 'junit')
      for (const row of coverageLines(coverage, { ...io, person: { ...io.person, reads: false } }, false))
        io.err(row)
    const short = coverage && least !== undefined && coverage.percent < least
    if (short) io.err(`keyward: coverage is ${percentText(coverage)} %, below ${least} %`)
    return short || result.failed + result.errors > 0 ? 5 : 0
  },
}

/** The tests that a pattern picks. @throws Stop when it picks none: a run of nothing would look like success. */
function chosen(pattern: string | undefined, files: readonly TestFile[]): readonly TestFile[] {
  if (pattern === undefined) return files
  let expression: RegExp
  try {
    expression = new RegExp(pattern, 'u')
  } catch {
    throw misused(`\`--run ${pattern}\` is not a regular expression`)
  }
  const picked = files.flatMap((file): TestFile[] => {
    const cases = [...file.cases()].filter(({ name }) => expression.test(name))
    return cases.length > 0 ? [{ ...file, size: cases.length, cases: () => cases }] : []
  })
  if (picked.length === 0) throw misused(`no test has a name that fits \`--run ${pattern}\``)
  return picked
}

function percentage(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value > 100)
    throw misused(`\`--fail-under ${text}\` is no percentage: 0 to 100`)
  return value
}
