import { compilePolicies, decide, type Finding, parsePolicy } from '@keyward/policy'
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

/** What the audit entry of a call that sets this policy should say: its warnings, and first that it locks out. */
export function policyWarnings(text: string, accountUid: string): readonly string[] {
  const warnings = judgeKeyPolicy(text)
    // `locksOut` knows the account and the denials together: the finding, which knows one statement, would say it twice.
    .filter(({ code, severity }) => severity === 'warning' && code !== 'LOCKS_OUT')
    .slice(0, 10)
    .map((finding) => `key policy: ${finding.message} (line ${finding.line}, column ${finding.column})`)
  return locksOut(text, accountUid) ? [LOCKED_OUT, ...warnings] : warnings
}

export const LOCKED_OUT =
  'the key policy denies `kms:SetKeyPolicy` to everyone: only the root identity of the account can change it back'

/** A user that no policy can have meant by name: `.` at the end is no name of a user. */
const NOBODY = 'user/nobody.'

/**
 * Whether a judged key policy denies `kms:SetKeyPolicy` to every user, whatever their own policies say. Denials under a
 * condition are left aside: they may not hold for everyone, at every time.
 */
export function locksOut(text: string, accountUid: string): boolean {
  const { Statement } = JSON.parse(text) as { Statement: StatementView | readonly StatementView[] }
  const denials = [Statement].flat().filter((one) => one.Effect === 'Deny' && isUnconditional(one))
  if (denials.length === 0) return false
  const reduced = JSON.stringify({ Version: '1', Statement: denials })
  const { document } = parsePolicy(reduced, { language: 'ram', type: 'key' })
  if (!document) return false
  const request = {
    principal: { kind: 'user', account: accountUid, id: `acs:ram::${accountUid}:${NOBODY}` },
    action: 'kms:SetKeyPolicy',
    resource: `acs:kms:*:${accountUid}:key/*`,
    resourceAccount: accountUid,
    context: { get: () => undefined },
  } as const
  const resource = compilePolicies('ram', [{ name: 'default', document }])
  return decide('ram', request, { resource }).reason === 'ExplicitDeny'
}

interface StatementView {
  readonly Effect?: unknown
  readonly Condition?: unknown
}

function isUnconditional({ Condition }: StatementView): boolean {
  return Condition === undefined || Object.keys(Condition as object).length === 0
}
