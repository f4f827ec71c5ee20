import type { ExitCode } from '../exit.ts'
import type { Incoming } from './transport.ts'

/** What came back from a service, as a command reports it. */
export interface Answered {
  readonly exitCode: ExitCode
  /** The answer's JSON; an empty object where it has none. */
  readonly content: Record<string, unknown>
  /** For a person, on standard error; absent when all went well. */
  readonly sentence?: string
  /** What the service remarks on what it did. */
  readonly warnings?: readonly string[]
  /** How a person who has the answer learns why it was denied; absent where it carries no diagnosis. */
  readonly more?: string
}

/** Judges an answer of either wire. */
export function readAnswer({
  status,
  body,
  headers,
}: Pick<Incoming, 'status' | 'body'> & Partial<Incoming>): Answered {
  const content = parse(body)
  if (status >= 200 && status < 300) {
    const warnings = warningsIn(headers?.['x-keyward-warnings'])
    return content
      ? { exitCode: 0, content, ...(warnings && { warnings }) }
      : { exitCode: 1, content: {}, sentence: noJson(status) }
  }
  if (!content) return { exitCode: 1, content: {}, sentence: noJson(status) }
  const code = String(content.Code ?? content.error_code ?? status)
  const message = String(content.Message ?? content.error_msg ?? 'no message')
  const detail = content.AccessDeniedDetail as Record<string, string> | undefined
  const denied =
    detail !== undefined || code.includes('NoPermission') || (status === 403 && 'error_code' in content)
  if (!denied) return { exitCode: 1, content, sentence: `refused: ${message} (${code}, HTTP ${status})` }
  const sentence = `denied: ${detail ? reason(detail) : message}`
  return { exitCode: 3, content, sentence, ...decoding(content, detail) }
}

/** See `WARNINGS_HEADER` of the service. */
function warningsIn(header: string | string[] | undefined): string[] | undefined {
  const list: unknown = typeof header === 'string' ? parse(header) : undefined
  return Array.isArray(list) ? list.map(String) : undefined
}

/** A denial that carries its diagnosis can be opened by the service. */
function decoding(
  content: Record<string, unknown>,
  detail: Record<string, string> | undefined,
): { more?: string } {
  const message = detail?.EncodedDiagnosticMessage ?? content.encoded_authorization_message
  return message === undefined ? {} : { more: 'see why: the same command with --why' }
}

/** The reason of a denial in words, from the vendor's detail. */
function reason({ AuthAction, NoPermissionType, PolicyType }: Record<string, string>): string {
  const kind: Record<string, string> = {
    AccountLevelIdentityBasedPolicy: 'identity policy',
    ResourceBasedPolicy: 'resource policy',
    ControlPolicy: 'control policy',
    SessionPolicy: 'session policy',
    AssumeRolePolicy: 'trust policy',
  }
  const policy = kind[PolicyType ?? ''] ?? 'policy'
  return NoPermissionType === 'ExplicitDeny'
    ? `a statement of ${/^[aeio]/.test(policy) ? 'an' : 'a'} ${policy} forbids ${AuthAction}`
    : `no ${policy} allows ${AuthAction}`
}

function parse(body: string): Record<string, unknown> | undefined {
  if (body.trim() === '') return {}
  try {
    const content: unknown = JSON.parse(body)
    return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function noJson(status: number): string {
  return `the service answered HTTP ${status} without JSON: is this the endpoint of a keyward?`
}
