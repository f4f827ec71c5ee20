import { getNodeValue } from 'jsonc-parser'
import type { LanguageName, PolicyType } from '../decide/types.ts'
import { languages } from '../language/index.ts'
import { readJson } from './json.ts'
import { report } from './syntax.ts'

export interface DocumentKind {
  readonly language: LanguageName
  readonly type: PolicyType
}

/**
 * The language and type that a text most likely is: by its `Version`, whether its statements have a principal, and what
 * they are about. Limits (session, control, scp) look like identity policies and are guessed as such. Undefined when the
 * text is no JSON object, nor would be with the plain signs of JSON for what looks like them.
 */
export function guessKind(text: string): DocumentKind | undefined {
  const root = readJson(text, report(text))
  if (root?.type !== 'object') return undefined
  const { Version, Statement } = getNodeValue(root) as { Version?: unknown; Statement?: unknown }
  const statements = (Array.isArray(Statement) ? Statement : [Statement]).filter(
    (one): one is Record<string, unknown> => typeof one === 'object' && one !== null,
  )
  const words = statements.flatMap(({ Action, NotAction }) => [Action, NotAction].flat()).map(String)
  const known = Object.values(languages).find(
    (one) => typeof Version === 'string' && one.dialects.has(Version),
  )
  const language = known?.name ?? (words.some((word) => word.split(':').length === 3) ? 'iam' : 'ram')
  if (!statements.some((statement) => 'Principal' in statement || 'NotPrincipal' in statement))
    return { language, type: 'identity' }
  if (!languages[language].policyTypes.has('key') || words.some((word) => /^sts:/i.test(word)))
    return { language, type: 'trust' }
  return { language, type: words.some((word) => /secret/i.test(word)) ? 'secret' : 'key' }
}
