import type { Failure } from '@keyward/policy'
import { failureWords, plain, policyOfLayer } from '../policy/words.ts'
import type { Answered } from './answer.ts'
import { findOperation } from './operations.ts'
import type { Session } from './profile.ts'
import { callOperation } from './send.ts'

/** What a decoded message holds; a service of another version may leave members out. */
interface Decoded {
  readonly action?: string
  readonly resource?: string
  readonly explicit_deny?: boolean
  readonly denied_by?: string
  readonly matched?: readonly {
    readonly policy: string
    readonly statement: string
    readonly effect: string
  }[]
  readonly nearMisses?: readonly {
    readonly policy: string
    readonly statement: string
    readonly failed: Failure
  }[]
  readonly conditions?: Readonly<Record<string, readonly string[]>>
}

/**
 * A refusal in words: what was asked, what forbids it or that nothing allows it, and what came nearest. The service opens
 * its own message, as the caller where the caller may, else as `others`. Undefined where nobody of them may, or the answer
 * carries no message.
 */
export async function whyDenied(
  answer: Answered,
  who: string,
  sessions: readonly Session[],
): Promise<readonly string[] | undefined> {
  const message = messageOf(answer)
  if (message === undefined) return undefined
  const decode = findOperation('sts', 'DecodeAuthorizationMessage')
  for (const session of sessions) {
    const { exitCode, content } = await callOperation(session, decode, { encoded_message: message })
    if (exitCode === 0) return words(JSON.parse(String(content.decoded_message)), who)
  }
  return undefined
}

function messageOf({ content }: Answered): string | undefined {
  const detail = content.AccessDeniedDetail as Record<string, unknown> | undefined
  const message = detail?.EncodedDiagnosticMessage ?? content.encoded_authorization_message
  return typeof message === 'string' ? message : undefined
}

function words(decoded: Decoded, who: string): readonly string[] {
  const { action = '', resource = '', matched = [], nearMisses = [], conditions = {} } = decoded
  const layer = policyOfLayer[decoded.denied_by ?? ''] ?? 'policy'
  const forbids = matched.filter(({ effect }) => effect === 'Deny')
  const why = decoded.explicit_deny
    ? `${forbids.map((one) => `statement ${plain(one.statement)} of \`${plain(one.policy)}\``).join(' and ') || 'a statement'} forbids it (${layer})`
    : `no ${layer} allows it`
  return [
    `${who} asked for ${plain(action)} on ${plain(resource)}`,
    why,
    ...nearMisses.map(
      (one) =>
        `nearest: statement ${plain(one.statement)} of \`${plain(one.policy)}\` would allow it: ${failureWords(one.failed, action)}`,
    ),
    ...Object.entries(conditions).map(
      ([key, values]) =>
        `${plain(key)} was ${values.map((one) => `\`${plain(one)}\``).join(', ') || 'absent'}`,
    ),
  ]
}

/** An answer as a terminal shows it: a message that only the service can read is shown by its length. */
export function withoutMessages(content: unknown): unknown {
  if (typeof content !== 'object' || content === null) return content
  if (Array.isArray(content)) return content.map(withoutMessages)
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) =>
      /^(EncodedDiagnosticMessage|encoded_authorization_message)$/.test(name) && typeof value === 'string'
        ? [name, `(${value.length} characters: --why reads them, --output json shows them)`]
        : [name, withoutMessages(value)],
    ),
  )
}
