import { type LanguageName, type PolicyType, parsePolicy } from '@keyward/policy'
import { refuse } from '../base/problem.ts'

/** Findings that an answer or an audit entry tells: of a document that is wrong throughout, the first are enough. */
const MOST = 20

/**
 * Judges a document that a call writes as an apply judges one of a file. Gives its warnings, a sentence each. Raises
 * `MalformedPolicy` with every mistake and its place.
 */
export function judgeDocument(text: string, language: LanguageName, type: PolicyType): readonly string[] {
  const { document, findings } = parsePolicy(text, { language, type })
  const messages = (severity: 'error' | 'warning') =>
    findings
      .filter((finding) => finding.severity === severity)
      .slice(0, MOST)
      .map(({ message, line, column }) => `${message} (line ${line}, column ${column})`)
  if (!document) throw refuse({ code: 'MalformedPolicy', detail: messages('error').join('; ') })
  return messages('warning')
}
