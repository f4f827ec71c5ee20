import type { Finding } from '@keyward/policy'
import type { Colour, Io } from '../io.ts'
import { paint } from '../io.ts'
import type { GivenFile } from './files.ts'
import type { ChosenKind } from './kind.ts'

/** A document and what there is to say of it. */
export interface Checked extends GivenFile {
  readonly kind: ChosenKind
  readonly findings: readonly Finding[]
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

/** The findings for a person: below each, the line that it is about. */
export function textReport(checked: readonly Checked[], io: Io): readonly string[] {
  return checked.flatMap(({ label, text, kind, findings }) => {
    const lines = io.person.reads ? text.split('\n') : []
    const what = `${kind.language} ${kind.type} policy${kind.guessed ? ' (guessed)' : ''}`
    return [
      ...findings.flatMap((finding) => [
        findingLine(label, finding, io),
        ...(io.person.reads ? excerpt(lines[finding.line - 1] ?? '', finding, io) : []),
      ]),
      `${label}: ${what}: ${summary(findings, io)}`,
    ]
  })
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

/** The findings as one JSON value. */
export function jsonReport(checked: readonly Checked[]) {
  return {
    files: checked.map(({ label, kind, findings }) => ({
      file: label,
      language: kind.language,
      type: kind.type,
      guessed: kind.guessed,
      refused: findings.some(isError),
      findings,
    })),
  }
}
