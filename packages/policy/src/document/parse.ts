import { findNodeAtLocation, type Node } from 'jsonc-parser'
import type { LanguageName, PolicyType } from '../decide/types.ts'
import { languages } from '../language/index.ts'
import type { LanguageDefinition, PolicyTypeRules } from '../language/types.ts'
import { checkDocument } from './check.ts'
import { checkRisks } from './check-risks.ts'
import type { Finding } from './findings.ts'
import { readJson } from './json.ts'
import type { PolicyDocument, Statement } from './model.ts'
import { readStatement } from './statement.ts'
import { kindOf, type Member, measure, members, type Report, report, span } from './syntax.ts'

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
export function parsePolicy(
  text: string,
  as: {
    readonly language: LanguageName
    readonly type: PolicyType
    /** The account that owns the resource of the policy, where that is known. */
    readonly account?: string
    /** Whether to warn also of what is valid and allows more than most authors mean. */
    readonly risks?: boolean
  },
): ParsedPolicy {
  const { language, rules } = rulesOf(as)
  const to = report(text)
  const document = readText(text, language, as.type, rules, to)
  if (document) {
    checkDocument(document, language, to, as.account)
    if (as.risks) checkRisks(document, language, rules, to)
  }
  to.findings.sort((a, b) => a.offset - b.offset)
  const isRefused = document === undefined || hasError(to)
  return Object.freeze({ ...(!isRefused && { document }), findings: Object.freeze(to.findings) })
}

/**
 * Reads a policy document without judging it: for one that was judged when it was written. Gives what `parsePolicy` gives
 * as `document`, in a fraction of the time.
 *
 * @throws TypeError when the language has no such policy type.
 */
export function readPolicy(
  text: string,
  as: { readonly language: LanguageName; readonly type: PolicyType },
): PolicyDocument | undefined {
  const { language, rules } = rulesOf(as)
  const to = report(text)
  const document = readText(text, language, as.type, rules, to)
  return hasError(to) ? undefined : document
}

function rulesOf(as: { readonly language: LanguageName; readonly type: PolicyType }) {
  const language = languages[as.language]
  const rules = language.policyTypes.get(as.type)
  if (!rules) throw new TypeError(`the language \`${as.language}\` has no policy type \`${as.type}\``)
  return { language, rules }
}

const hasError = ({ findings }: Report) => findings.some(({ severity }) => severity === 'error')

function readText(
  text: string,
  language: LanguageDefinition,
  type: PolicyType,
  rules: PolicyTypeRules,
  to: Report,
): PolicyDocument | undefined {
  const { size, unit, spacing } = rules.limit
  const length = measure(text, unit, spacing)
  if (length > size) {
    to.add(
      'POLICY_TOO_LONG',
      { offset: 0, length: text.length },
      `the document has ${length} ${unit}; a policy of the type \`${type}\` can have ${size}`,
    )
    // A text far beyond every limit is not read further.
    if (length > 4 * size) return undefined
  }
  const root = readJson(text, to)
  return root && readDocument(root, language, type, rules, to)
}

function readDocument(
  root: Node,
  language: LanguageDefinition,
  type: PolicyType,
  rules: PolicyTypeRules,
  to: Report,
): PolicyDocument | undefined {
  if (root.type !== 'object') {
    to.add('DATA_TYPE_MISMATCH', span(root), `the document is ${kindOf(root)}, not an object`)
    return undefined
  }
  const found = new Map<string, Member>()
  for (const member of members(root, to)) {
    if (documentElements.includes(member.name)) found.set(member.name, member)
    // A role is refused as what it is, by its version.
    else if (member.name !== 'Depends' || !isRole(root)) {
      const meant = to.nearest(member.name, documentElements)
      const behind = meant === undefined ? '' : `; did you mean \`${meant}\`?`
      to.add(
        'INVALID_POLICY_ELEMENT',
        member.nameSpan,
        `\`${member.name}\` is no element of a policy${behind}`,
      )
      if (meant !== undefined && !found.has(meant)) found.set(meant, member)
    }
  }
  const version = readVersion(found.get('Version'), language, rules, root, to)
  const list = found.get('Statement')?.value
  if (!list) to.add('MISSING_STATEMENT', span(root), 'the document has no `Statement`')
  const nodes = list ? (list.type === 'array' ? list.children! : [list]) : []
  if (list?.type === 'array' && nodes.length === 0) {
    to.add('MISSING_STATEMENT', span(list), '`Statement` is an empty list')
  }
  const dialect = language.dialects.get(version ?? rules.versions.at(isRole(root) ? -1 : 0)!)!
  const statements: Statement[] = []
  for (const [index, node] of nodes.entries()) {
    const statement = readStatement(node, index, language, dialect, rules, to)
    if (statement) statements.push(statement)
  }
  if (version === undefined) return undefined
  return Object.freeze({
    language: language.name,
    type,
    version,
    statements: Object.freeze(statements),
  })
}

const documentElements: readonly string[] = ['Version', 'Statement']

/** The version of roles, which the cloud makes and nobody writes (reference: huawei-iam D.7). */
const roleVersion = '1.0'

function isRole(root: Node): boolean {
  return findNodeAtLocation(root, ['Version'])?.value === roleVersion
}

function readVersion(
  member: Member | undefined,
  language: LanguageDefinition,
  rules: PolicyTypeRules,
  root: Node,
  to: Report,
): string | undefined {
  if (!member) {
    to.add(
      'MISSING_VERSION',
      span(root),
      `the document has no \`Version\`; write \`"Version": "${rules.versions[0]}"\``,
    )
    return undefined
  }
  const { value } = member
  if (value.type !== 'string') {
    to.add(
      'DATA_TYPE_MISMATCH',
      span(value),
      `\`Version\` is ${kindOf(value)}, not a text; write \`"${rules.versions[0]}"\``,
    )
    return undefined
  }
  if (rules.versions.includes(value.value)) return value.value
  const known = rules.versions.map((version) => `\`${version}\``).join(' or ')
  to.add(
    'INVALID_VERSION',
    span(value),
    `\`Version\` cannot be \`${value.value}\` here${whatVersion(value.value, language)}; write ${known}`,
  )
  return undefined
}

/** What a version belongs to that this policy type has not. */
function whatVersion(version: string, language: LanguageDefinition): string {
  const other = Object.values(languages).find(
    ({ name, dialects }) => name !== language.name && dialects.has(version),
  )
  if (other) return `, which is a version of the language \`${other.name}\``
  if (language.dialects.has(version)) return ', which other policy types of this language have'
  if (version === roleVersion && language.dialects.has('1.1'))
    return ': that is a role, a permission set of the cloud under the rules before policies, and what it allows has to be written as a policy'
  return /^20[0-9]{2}-[0-9]{2}-[0-9]{2}$/.test(version) ? ', which is a version of another cloud' : ''
}
