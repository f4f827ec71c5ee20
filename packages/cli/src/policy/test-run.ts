import { caseMemo, type Decision, decide, type PreparedCase, prepareCase } from '@keyward/policy'
import type { Io } from '../io.ts'
import { accountFor } from './account.ts'
import { type Coverage, coverageWatch } from './coverage.ts'
import type { Expectation, TestCase } from './suite.ts'
import type { TestFile } from './test-files.ts'
import { failureWords, plain, verdict } from './words.ts'

export interface TestResult {
  readonly name: string
  readonly status: 'passed' | 'failed' | 'error'
  readonly expected?: Expectation
  readonly decision?: 'Allow' | 'Deny'
  readonly reason?: Decision['reason']
  /** Why it failed, for a person. */
  readonly message?: string
}

export interface FileResult {
  readonly file: string
  readonly seconds: number
  readonly cases: readonly TestResult[]
}

export interface RunResult {
  readonly files: readonly FileResult[]
  readonly passed: number
  readonly failed: number
  readonly errors: number
  readonly coverage?: Coverage
}

/** How often the remark on progress changes, in milliseconds. */
const remarkEvery = 200

/** Runs every case of every file. */
export function runTests(files: readonly TestFile[], io: Io, options: { coverage: boolean }): RunResult {
  const memo = caseMemo()
  const watch = options.coverage ? coverageWatch() : undefined
  const total = files.reduce((sum, { size }) => sum + size, 0)
  const counts = { passed: 0, failed: 0, error: 0 }
  let done = 0
  let remarked = performance.now()
  const results = files.map(({ file, cases }): FileResult => {
    const started = performance.now()
    const list: TestResult[] = []
    for (const test of cases()) {
      const result = runCase(test, memo, watch)
      counts[result.status] += 1
      list.push(result)
      done += 1
      if (performance.now() - remarked < remarkEvery) continue
      remarked = performance.now()
      io.status(`${done} of ${total}, ${counts.failed + counts.error} failed`)
    }
    return { file: file.label, seconds: (performance.now() - started) / 1000, cases: list }
  })
  io.status('')
  const { passed, failed, error } = counts
  return { files: results, passed, failed, errors: error, ...(watch && { coverage: watch.result() }) }
}

function runCase(
  test: TestCase,
  memo: ReturnType<typeof caseMemo>,
  watch: ReturnType<typeof coverageWatch> | undefined,
): TestResult {
  const { name, entry, expected, labels } = test
  const broken = (message: string): TestResult => ({ name, status: 'error', message })
  let prepared: PreparedCase
  try {
    prepared = prepareCase(entry, memo)
  } catch (error) {
    if (error instanceof TypeError) return broken(error.message)
    throw error
  }
  for (const { at, findings } of prepared.refused) {
    const first = findings.find(({ severity }) => severity === 'error')!
    const place = `${plain(labels.get(at) ?? at)}:${first.line}:${first.column}`
    return broken(`a policy would be refused: ${place}: ${first.message} [${first.code}]`)
  }
  watch?.add(entry, prepared, labels, name)
  const { expect, reason } = entry
  if (expected === undefined) return broken('the case does not say what it expects: `expect`')
  if (expect && reason && (expect === 'Allow') !== (reason === 'Allowed'))
    return broken(`\`expect\` (${expect}) and \`reason\` (${reason}) contradict each other`)
  const decided = decide(entry.language, prepared.request, prepared.layers)
  const decision = decided.allowed ? 'Allow' : 'Deny'
  const outcome = { name, expected, decision, reason: decided.reason } as const
  if (expected === decision || expected === decided.reason) return { ...outcome, status: 'passed' }
  return { ...outcome, status: 'failed', message: whyFailed(test, prepared, expected, decided) }
}

/** What came instead of what was expected, with what decided; for a missing Allow, the nearest miss. */
function whyFailed(
  { entry, labels }: TestCase,
  prepared: PreparedCase,
  expected: Expectation,
  decision: Decision,
): string {
  const account = accountFor(entry, prepared, labels)
  const got = decision.allowed ? 'Allow' : decision.reason
  const [miss] = expected === 'Allow' ? account.explanation.nearMisses : []
  const name = (one: typeof miss & object) => {
    const { label, line } = account.placeOf(one)
    return `${plain(label)}${line === undefined ? '' : `:${line}`}, statement ${plain(one.statement)}`
  }
  const by = account.decided ? ` (${name(account.decided)})` : ''
  const near = miss
    ? `\nnearest: ${name(miss)}: ${failureWords(miss.failures[0]!, entry.request.action)}`
    : ''
  return `expected ${expected}, got ${got}: ${verdict(decision)}${by}${near}`
}
