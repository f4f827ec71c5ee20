import { type Finding, type PolicyDocument, parsePolicy } from '@keyward/policy'
import { refuse } from '../base/problem.ts'

/** Whole key policy, bytes of JSON (reference: alibaba-kms.md E.1). */
export const LONGEST_KEY_POLICY = 32_768

/**
 * The policy of a key or secret that was created without one: it names only the account, so that RAM policies govern its users
 * (design, section 5). The cloud's own text names every identity of the account instead; a setting asks for it.
 */
export function defaultKeyPolicy(
  accountUid: string,
  type: AttachedPolicy = 'key',
  named: 'root' | '*' = 'root',
): string {
  return JSON.stringify({
    Version: '1',
    Statement: [
      {
        Sid: `kms default ${type} policy`,
        Effect: 'Allow',
        Principal: { RAM: [`acs:ram::${accountUid}:${named}`] },
        Action: ['kms:*'],
        Resource: ['*'],
      },
    ],
  })
}

/** What a policy is attached to. Both are judged alike. */
export type AttachedPolicy = 'key' | 'secret'

/** A policy that may be stored. */
export interface JudgedPolicy {
  readonly document: PolicyDocument
  readonly warnings: readonly Finding[]
}

/** Judges a key or secret policy before it is stored. Raises `MalformedPolicy` or `InvalidParameter`. */
export function judgeKeyPolicy(
  text: string,
  accountUid?: string,
  type: AttachedPolicy = 'key',
): JudgedPolicy {
  if (Buffer.byteLength(text) > LONGEST_KEY_POLICY) throw refuse({ code: 'InvalidParameter', name: 'Policy' })
  const { document, findings } = parsePolicy(text, {
    language: 'ram',
    type,
    ...(accountUid !== undefined && { account: accountUid }),
  })
  if (document) return { document, warnings: findings.filter(({ severity }) => severity === 'warning') }
  const error = findings.find(({ severity }) => severity === 'error')!
  const detail = `${error.message} (line ${error.line}, column ${error.column})`
  throw refuse({ code: 'MalformedPolicy', detail })
}

/** What the audit entry of a call that sets this policy should say: its warnings, and first that it locks out. */
export function policyWarnings(
  text: string,
  accountUid: string,
  type: AttachedPolicy = 'key',
): readonly string[] {
  const { warnings } = judgeKeyPolicy(text, accountUid, type)
  const locked = warnings.find(({ code }) => code === 'LOCKS_OUT')
  const messages = warnings
    .filter(({ code }) => code !== 'LOCKS_OUT')
    .slice(0, 10)
    .map((finding) => `${type} policy: ${finding.message} (line ${finding.line}, column ${finding.column})`)
  return locked ? [locked.message, ...messages] : messages
}
