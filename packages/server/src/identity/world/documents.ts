import { type LanguageName, type PolicyType, systemPolicy } from '@keyward/policy'
import { NAME_RULES } from '../limits.ts'
import { readPolicy } from './policy-text.ts'
import { findingAt, type Reader } from './reader.ts'
import { shorten } from './shape.ts'
import type { Path } from './source.ts'

/** Finds a name that its language does not take, or that would hide a built-in policy. */
export function checkPolicyName(reader: Reader, language: LanguageName, name: string, at: Path): void {
  const { pattern, rule } = NAME_RULES.ramPolicy
  if (language === 'ram' && !new RegExp(pattern).test(name)) {
    reader.mistake(at, `\`${shorten(name)}\` is no name of a ram policy: ${rule}`)
  } else if (systemPolicy(language, name)) {
    reader.mistake(at, `\`${name}\` is the name of a built-in policy`)
  }
}

/** The document of a policy of the file, judged; undefined with a mistake where there is none. */
export function readDocument(
  reader: Reader,
  policy: { language: LanguageName; document?: unknown; file?: string },
  at: Path,
  type: PolicyType,
): string | undefined {
  if ((policy.document === undefined) === (policy.file === undefined)) {
    reader.mistake(at, 'a policy has exactly one of `document` and `file`')
    return undefined
  }
  if (policy.file !== undefined) {
    reader.mistake(
      [...at, 'file'],
      '`file` is read where `keyward apply` runs: the service takes `document` only',
    )
    return undefined
  }
  return readJudged(reader, [...at, 'document'], { language: policy.language, type })
}

/** The text of a document, its findings kept: errors are mistakes of the file, the rest are warnings. */
export function readJudged(
  reader: Reader,
  at: Path,
  as: { language: LanguageName; type: PolicyType },
): string {
  const { text, findings } = readPolicy(reader.source, at, as)
  for (const { severity, message, place } of findings) {
    const list = severity === 'error' ? reader.mistakes : reader.warnings
    list.push(findingAt(at, place, message))
  }
  return text
}
