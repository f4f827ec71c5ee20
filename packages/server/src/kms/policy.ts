import { type Finding, parsePolicy } from '@keyward/policy'
import { refuse } from '../base/problem.ts'

/** Whole key policy, bytes of JSON (reference: alibaba-kms.md E.1). */
export const LONGEST_KEY_POLICY = 32_768

/**
 * The policy of a key that was created without one: it names only the account, so that RAM policies govern its users
 * (design, section 5). The cloud's own text names every identity of the account instead.
 */
export function defaultKeyPolicy(accountUid: string): string {
  return JSON.stringify({
    Version: '1',
    Statement: [
      {
        Sid: 'kms default key policy',
        Effect: 'Allow',
        Principal: { RAM: [`acs:ram::${accountUid}:root`] },
        Action: ['kms:*'],
        Resource: ['*'],
      },
    ],
  })
}

/** Judges a key policy before it is stored. Returns its warnings. Raises `MalformedPolicy` or `InvalidParameter`. */
export function judgeKeyPolicy(text: string): readonly Finding[] {
  if (Buffer.byteLength(text) > LONGEST_KEY_POLICY) throw refuse({ code: 'InvalidParameter', name: 'Policy' })
  const { findings } = parsePolicy(text, { language: 'ram', type: 'key' })
  const error = findings.find((finding) => finding.severity === 'error')
  if (error) {
    const detail = `${error.message} (line ${error.line}, column ${error.column})`
    throw refuse({ code: 'MalformedPolicy', detail })
  }
  return findings
}
