import type { Node } from 'jsonc-parser'
import type { LanguageName, PolicyType } from '../decide/types.ts'
import { languages } from '../language/index.ts'
import type { LanguageDefinition, PolicyTypeRules } from '../language/types.ts'
import { checkDocument } from './check.ts'
import type { Finding } from './findings.ts'
import type { PolicyDocument, Statement } from './model.ts'
import { readStatement } from './statement.ts'
import { type Member, measure, members, type Report, readJson, report, span } from './syntax.ts'

/** `document` is there unless a finding is an error. */
export interface ParsedPolicy {
  readonly document?: PolicyDocument
  /** In the order of the text. */
  readonly findings: readonly Finding[]
}

/**
 * Reads and judges a policy document. All findings come at once; one that is an error refuses the document on write.
 *
 * @throws TypeError when the language has no such policy type.
 */
export function parsePolicy(text: string, as: { language: LanguageName; type: PolicyType }): ParsedPolicy {
  const language = languages[as.language]
  const rules = language.policyTypes.get(as.type)
  if (!rules) throw new TypeError(`the language \`${as.language}\` has no policy type \`${as.type}\``)
  const to = report(text)
  const { size, unit, spacing } = rules.limit
  const length = measure(text, unit, spacing)
  if (length > size) {
    to.add('POLICY_TOO_LONG', { offset: 0, length: text.length }, `${length} ${unit}, the limit is ${size}`)
    // A text far beyond every limit is not read further.
    if (length > 4 * size) return { findings: to.findings }
  }
  const root = readJson(text, to)
  const document = root && readDocument(root, language, as.type, rules, to)
  to.findings.sort((a, b) => a.offset - b.offset)
  const refused = document === undefined || to.findings.some((finding) => finding.severity === 'error')
  return Object.freeze({ ...(!refused && { document }), findings: Object.freeze(to.findings) })
}

function readDocument(
  root: Node,
  language: LanguageDefinition,
  type: PolicyType,
  rules: PolicyTypeRules,
  to: Report,
): PolicyDocument | undefined {
  if (root.type !== 'object') {
    to.add('DATA_TYPE_MISMATCH', span(root), 'a policy is an object')
    return undefined
  }
  const found = new Map<string, Member>()
  for (const member of members(root, to)) {
    if (member.name === 'Version' || member.name === 'Statement') found.set(member.name, member)
    else to.add('INVALID_POLICY_ELEMENT', member.nameSpan, `\`${member.name}\` is no element of a policy`)
  }
  const version = readVersion(found.get('Version'), rules, root, to)
  const list = found.get('Statement')?.value
  if (!list) to.add('MISSING_STATEMENT', span(root), 'a policy has a `Statement`')
  const nodes = list ? (list.type === 'array' ? list.children! : [list]) : []
  if (list?.type === 'array' && nodes.length === 0) {
    to.add('MISSING_STATEMENT', span(list), 'a policy has at least one statement')
  }
  const dialect = language.dialects.get(version ?? rules.versions[0]!)!
  const statements: Statement[] = []
  for (const [index, node] of nodes.entries()) {
    const statement = readStatement(node, index, language, dialect, rules, to)
    if (statement) statements.push(statement)
  }
  if (version === undefined) return undefined
  const document = Object.freeze({
    language: language.name,
    type,
    version,
    statements: Object.freeze(statements),
  })
  checkDocument(document, language, to)
  return document
}

function readVersion(
  member: Member | undefined,
  rules: PolicyTypeRules,
  root: Node,
  to: Report,
): string | undefined {
  if (!member) {
    to.add('MISSING_VERSION', span(root), 'a policy has a `Version`')
    return undefined
  }
  const { value } = member
  if (value.type !== 'string') {
    to.add('DATA_TYPE_MISMATCH', span(value), '`Version` is a string')
    return undefined
  }
  if (rules.versions.includes(value.value)) return value.value
  const known = rules.versions.map((version) => `\`${version}\``).join(' or ')
  to.add('INVALID_VERSION', span(value), `\`Version\` is ${known}, not \`${value.value}\``)
  return undefined
}
