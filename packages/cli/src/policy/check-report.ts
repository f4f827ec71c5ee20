import type { Finding } from '@keyward/policy'
import type { Colour, Io } from '../io.ts'
import { paint } from '../io.ts'
import type { GivenFile } from './files.ts'
import type { ChosenKind } from './kind.ts'

/** A document and what there is to say of it. */
export interface Checked extends GivenFile {
  readonly kind: ChosenKind
  readonly findings: readonly Finding[]
  /** The name of the policy, where its file is a world with several. */
  readonly policy?: string
}

export const isError = ({ severity }: Finding): boolean => severity === 'error'

const colours: Readonly<Record<Finding['severity'], Colour>> = {
  error: 'red',
  warning: 'yellow',
  suggestion: 'dim',
}

/** One line a finding, as compilers write it: `FILE:LINE:COLUMN: severity: message [CODE]`. */
export function findingLine(label: string, finding: Finding, io: Io): string {
  const { line, column, severity, message, code } = finding
  return `${label}:${line}:${column}: ${paint(io, colours[severity], severity)}: ${message} [${code}]`
}

export interface ReportOptions {
  /** Leave out the lines of documents without findings, and say how many documents there were. */
  readonly many: boolean
  /** Findings alone. */
  readonly quiet: boolean
  /** How many findings were left out, by the ignore list or the baseline. */
  readonly ignored: number
}

/** The findings for a person: below each, the line that it is about. */
export function textReport(checked: readonly Checked[], io: Io, options: ReportOptions): readonly string[] {
  const rows = checked.flatMap(({ label, text, kind, findings, policy }) => {
    const lines = io.person.reads ? text.split('\n') : []
    const what = `${kind.language} ${kind.type} policy${kind.guessed ? ' (guessed)' : ''}`
    return [
      ...findings.flatMap((finding) => [
        findingLine(label, finding, io),
        ...(io.person.reads ? excerpt(lines[finding.line - 1] ?? '', finding, io) : []),
      ]),
      ...(options.quiet || (options.many && findings.length === 0)
        ? []
        : [`${label}: ${what}${policy === undefined ? '' : ` ${policy}`}: ${summary(findings, io)}`]),
    ]
  })
  return options.quiet ? rows : [...rows, ...totals(checked, io, options)]
}

/** The one line that sums up many documents; and what was left out of any. */
function totals(checked: readonly Checked[], io: Io, { many, ignored }: ReportOptions): readonly string[] {
  const out = ignored > 0 ? `${ignored} finding${ignored === 1 ? '' : 's'} ignored` : ''
  if (!many) return out ? [out] : []
  const files = new Set(checked.map(({ label }) => label)).size
  const refused = checked.filter(({ findings }) => findings.some(isError)).length
  const counted = summary(
    checked.flatMap(({ findings }) => findings.filter((one) => !isError(one))),
    io,
  )
  const errors = checked.flatMap(({ findings }) => findings.filter(isError)).length
  return [
    [
      `${checked.length} ${checked.length === 1 ? 'policy' : 'policies'} in ${files} file${files === 1 ? '' : 's'}: ${errors > 0 ? `${errors} error${errors === 1 ? '' : 's'}, ` : ''}${counted}`,
      ...(refused > 0 ? [`${refused} would be refused`] : []),
      ...(out ? [out] : []),
    ].join('; '),
  ]
}

function summary(findings: readonly Finding[], io: Io): string {
  if (findings.length === 0) return paint(io, 'green', 'no findings')
  const counts = (['error', 'warning', 'suggestion'] as const).flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`]
  })
  const refused = findings.some(isError) ? '; it would be refused' : ''
  return counts.join(', ') + refused
}

/** The line of a finding with a mark under the place; of a long line, what stands around it. */
function excerpt(line: string, { column, length }: Finding, io: Io): readonly string[] {
  const room = Math.max(20, io.columns - 6)
  const start = column - 1 < room - 10 ? 0 : column - 1 - Math.floor(room / 2)
  const shown = line.slice(start, start + room).replace(/[^\P{C}]/gu, ' ')
  const at = column - 1 - start
  const marks = '^'.repeat(Math.max(1, Math.min(length, shown.length - at)))
  return [`    ${shown}`, `    ${' '.repeat(at)}${paint(io, 'dim', marks)}`]
}

/** The findings as commands of GitHub Actions, which shows them in the change that is reviewed. */
export function githubReport(checked: readonly Checked[]): readonly string[] {
  const level = { error: 'error', warning: 'warning', suggestion: 'notice' } as const
  return checked.flatMap(({ label, findings }) =>
    findings.map(({ severity, line, column, message, code }) => {
      const place = `file=${property(label)},line=${line},col=${column},title=${property(code)}`
      return `::${level[severity]} ${place}::${data(message)}`
    }),
  )
}

const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** The findings as one JSON value. */
export function jsonReport(checked: readonly Checked[], ignored: number) {
  return {
    ignored,
    files: checked.map(({ label, kind, findings, policy }) => ({
      file: label,
      ...(policy !== undefined && { policy }),
      language: kind.language,
      type: kind.type,
      guessed: kind.guessed,
      refused: findings.some(isError),
      findings,
    })),
  }
}
