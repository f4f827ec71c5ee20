import type { PolicyCase } from '@keyward/policy'
import { misused } from '../exit.ts'
import type { Io } from '../io.ts'
import { nameOf, readCases } from './case-file.ts'
import { type GivenFile, parseJson } from './files.ts'
import { unknownNames } from './known.ts'
import { type Expectation, suiteCases, suiteSize, type TestCase } from './suite.ts'
import { readSuite } from './suite-read.ts'
import { yamlReader } from './suite-yaml.ts'

/** How many mistakes of a file are reported at once. */
const mostShown = 20

/** The tests of one file, made one by one. */
export interface TestFile {
  readonly file: GivenFile
  readonly size: number
  cases(): Iterable<TestCase>
}

/** Opens a file of tests: a suite, or cases. What it holds tells which; JSON is not read as YAML, which is slower. */
export function testFile(file: GivenFile, io: Io): TestFile {
  const isJson = /\.json$/i.test(file.label) || (!/\.ya?ml$/i.test(file.label) && /^\s*[[{]/.test(file.text))
  if (isJson) {
    const value = parseJson(file)
    if (!isSuite(value)) return caseFile(file, readCases(value, file.label))
  }
  const yaml = yamlReader(file)
  if (!isJson && !isSuiteNode(yaml)) return caseFile(file, readCases(yamlValue(yaml, file), file.label))
  const suite = readSuite(yaml, file, io)
  return { file, size: suiteSize(suite), cases: () => suiteCases(suite) }
}

function yamlValue(yaml: ReturnType<typeof yamlReader>, file: GivenFile): unknown {
  try {
    // Through text and back: what JSON cannot hold (a circle of aliases) is found here.
    return JSON.parse(JSON.stringify(yaml.value(yaml.root)))
  } catch {
    throw misused(`\`${file.label}\` cannot be written as JSON`)
  }
}

const isSuite = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('request' in value)

function isSuiteNode(yaml: ReturnType<typeof yamlReader>): boolean {
  return yaml.isMap(yaml.root) ? !yaml.members(yaml.root, 'a suite')!.has('request') : !yaml.isList(yaml.root)
}

function caseFile(file: GivenFile, entries: readonly PolicyCase[]): TestFile {
  if (entries.length === 0) throw misused(`\`${file.label}\` holds no cases`)
  const unknown = entries.flatMap((entry, index) =>
    unknownNames(entry).map((problem) => `${file.label}: case ${nameOf(entry, index)}: ${problem}`),
  )
  if (unknown.length > mostShown)
    unknown.splice(mostShown, Infinity, `${file.label}: and ${unknown.length - mostShown} more`)
  if (unknown.length > 0) throw misused(unknown.join('\n'))
  const none = new Map<string, string>()
  return {
    file,
    size: entries.length,
    *cases() {
      for (const [index, entry] of entries.entries())
        yield { name: nameOf(entry, index), entry, expected: expectationOf(entry), labels: none }
    },
  }
}

/** `reason` says more than `expect`; the two must not contradict each other, which the run finds out. */
function expectationOf({ expect, reason }: PolicyCase): Expectation | undefined {
  if (reason === 'ExplicitDeny' || reason === 'ImplicitDeny') return expect === 'Allow' ? 'Allow' : reason
  return expect ?? (reason === 'Allowed' ? 'Allow' : undefined)
}
