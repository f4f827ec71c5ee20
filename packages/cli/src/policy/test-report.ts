import { type Io, paint } from '../io.ts'
import type { Coverage, CoveredStatement } from './coverage.ts'
import type { RunResult, TestResult } from './test-run.ts'
import { plain } from './words.ts'

/** How many gaps of the coverage are shown without `--verbose`. */
const gapsShown = 20

/** The result for a person: what failed, then the totals. */
export function textResult(result: RunResult, io: Io, verbose: boolean): readonly string[] {
  const lines = result.files.flatMap(({ file, cases }) => {
    const shown = cases.filter(({ status }) => verbose || status !== 'passed')
    return shown.length === 0
      ? []
      : [paint(io, 'bold', plain(file)), ...shown.flatMap((one) => caseLines(one, io))]
  })
  const { passed, failed, errors } = result
  const bad = failed + errors > 0
  const totals = `${passed} passed, ${failed} failed${errors > 0 ? `, ${errors} could not be decided` : ''}`
  return [
    ...lines,
    ...(result.coverage ? coverageLines(result.coverage, io, verbose) : []),
    paint(io, bad ? 'red' : 'green', totals),
  ]
}

function caseLines({ name, status, message }: TestResult, io: Io): readonly string[] {
  const word = {
    passed: paint(io, 'green', 'ok    '),
    failed: paint(io, 'red', 'FAILED'),
    error: paint(io, 'red', 'ERROR '),
  }
  const why = message?.split('\n').map((line) => `         ${line}`) ?? []
  return [`  ${word[status]} ${plain(name)}`, ...why]
}

/** `87.5`: one digit, and never 100 when something is missing. */
export function percentText({ percent }: Coverage): string {
  return (Math.floor(percent * 10) / 10).toFixed(1)
}

export function coverageLines(coverage: Coverage, io: Io, verbose: boolean): readonly string[] {
  const { covered, points, statements } = coverage
  const gaps = statements.flatMap((statement) => statementGaps(statement))
  const shown = verbose ? gaps : gaps.slice(0, gapsShown)
  const rest = gaps.length - shown.length
  const applied = statements.filter((one) => one.applied > 0).length
  return [
    paint(io, 'bold', `coverage ${percentText(coverage)} %`) +
      `: ${covered} of ${points} (${applied} of ${statements.length} statements applied, the rest are outcomes of conditions)`,
    ...shown.map((gap) => `  ${gap}`),
    ...(rest > 0 ? [`  and ${rest} more (all of them: --verbose)`] : []),
  ]
}

function statementGaps(statement: CoveredStatement): readonly string[] {
  const { policy, line, statement: name, effect, limits, applied, decided, conditions } = statement
  const where = `${plain(policy)}${line === undefined ? '' : `:${line}`}, statement ${plain(name)} (${effect})`
  return [
    ...(applied === 0 ? [`${where}: never applied`] : []),
    ...(applied > 0 && decided === 0 && !(limits && effect === 'Allow')
      ? [`${where}: applied, and another statement always decided`]
      : []),
    ...conditions.flatMap(({ operator, key, met, unmet }) => {
      const never =
        met === 0 && unmet === 0 ? 'looked at' : met === 0 ? 'met' : unmet === 0 ? 'unmet' : undefined
      return never ? [`${where}: ${plain(operator)} ${plain(key)} was never ${never}`] : []
    }),
  ]
}

/** The result in the XML form of JUnit, which build servers read. */
export function junitXml({ files, passed, failed, errors }: RunResult): string {
  const suites = files.map(({ file, seconds, cases }) => {
    const count = (status: TestResult['status']) => cases.filter((one) => one.status === status).length
    const head = `tests="${cases.length}" failures="${count('failed')}" errors="${count('error')}" skipped="0" time="${seconds.toFixed(3)}"`
    const rows = cases.map((one) => `    ${caseXml(file, one)}`)
    return [`  <testsuite name="${xml(file)}" ${head}>`, ...rows, '  </testsuite>'].join('\n')
  })
  const tests = passed + failed + errors
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="keyward policy test" tests="${tests}" failures="${failed}" errors="${errors}">`,
    ...suites,
    '</testsuites>',
  ].join('\n')
}

function caseXml(file: string, { name, status, message = '' }: TestResult): string {
  const start = `<testcase classname="${xml(file)}" name="${xml(name)}"`
  if (status === 'passed') return `${start}/>`
  const element = status === 'failed' ? 'failure' : 'error'
  const [first = ''] = message.split('\n')
  return `${start}><${element} message="${xml(first)}">${xml(message)}</${element}></testcase>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text for XML 1.0, which has no way to write most control characters and no lone surrogates. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (c) => entities[c]!)
}
