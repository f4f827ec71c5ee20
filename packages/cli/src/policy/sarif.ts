import { type Finding, type FindingCode, findingCodes } from '@keyward/policy'
import type { Checked } from './check-report.ts'

const levels: Readonly<Record<Finding['severity'], 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  suggestion: 'note',
}

/** The findings as a SARIF 2.1.0 log (OASIS). Columns count UTF-16 units, as the findings do. */
export function sarifLog(checked: readonly Checked[], version: string) {
  const codes = [...new Set(checked.flatMap(({ findings }) => findings.map(({ code }) => code)))].sort()
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'keyward',
            version,
            rules: codes.map((id) => ({
              id,
              ...rule(id),
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        artifacts: checked.map(({ label }) => ({ location: { uri: uri(label) }, encoding: 'UTF-8' })),
        results: checked.flatMap(({ label, text, findings }, index) =>
          findings.map((finding) => ({
            ruleId: finding.code,
            ruleIndex: codes.indexOf(finding.code),
            level: levels[finding.severity],
            message: { text: finding.message },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: uri(label), index },
                  region: region(text, finding),
                },
              },
            ],
          })),
        ),
      },
    ],
  }
}

/** A path as a URI reference: relative ones stay relative, for whoever knows the folder. */
function uri(label: string): string {
  if (label === '<stdin>') return 'stdin'
  const path = label.replaceAll('\\', '/')
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return path.startsWith('/') ? `file://${encoded}` : encoded
}

function region(text: string, { line, column, offset, length }: Finding) {
  const covered = text.slice(offset, offset + length).split('\n')
  const last = covered.at(-1)!.length
  return {
    startLine: line,
    startColumn: column,
    endLine: line + covered.length - 1,
    endColumn: covered.length === 1 ? column + last : last + 1,
    charOffset: offset,
    charLength: length,
  }
}

/** The page that explains every code. */
export const findingsUrl = 'https://github.com/keyward/keyward/blob/main/docs/reference/findings.md'

/** What a code means, what to do about it, and where to read on. */
function rule(code: Finding['code']) {
  const { meaning, help, severity } = findingCodes[code as FindingCode]
  const text = `${meaning[0]!.toUpperCase()}${meaning.slice(1)}.`
  return {
    shortDescription: { text },
    help: { text: help, markdown: `${help} [More](${findingsUrl}#${code.toLowerCase()})` },
    helpUri: `${findingsUrl}#${code.toLowerCase()}`,
    defaultConfiguration: { level: levels[severity] },
  }
}
