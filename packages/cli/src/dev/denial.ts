import type { Diagnosis } from '@keyward/server'
import { failureWords, policyOfLayer } from '../policy/words.ts'

/** A denial as a test prints it. */
export interface Denied {
  readonly time: string
  readonly requestId: string
  readonly who: string
  readonly action: string
  readonly resource: string
  readonly reason: string
  /** Everything in words: what was refused, why, and what came nearest to allowing it. */
  readonly text: string
}

/** The diagnosis of a denial in words, real names and spelling. */
export function deniedText(diagnosis: Diagnosis): Denied {
  const { language, caller, action, resource, reason, layer, conditions, matched, nearMisses } = diagnosis
  const who = language === 'ram' ? caller.arn : caller.urn
  const forbids = matched.filter(({ effect }) => effect === 'Deny')
  const why =
    reason === 'ExplicitDeny'
      ? `statement ${forbids.map((one) => `${one.statement} of \`${one.policy}\``).join(', ') || 'one'} forbids it (${policyOfLayer[layer]})`
      : `no ${policyOfLayer[layer]} allows it`
  const near = nearMisses.map(
    (one) =>
      `nearest: statement ${one.statement} of \`${one.policy}\` would allow it: ${failureWords(one.failed, action)}`,
  )
  const facts = conditions.map(
    ({ key, values }) => `${key} was ${values.map((one) => `\`${one}\``).join(', ') || 'absent'}`,
  )
  const lines = [`denied: ${who} ${action} on ${resource}`, why, ...near, ...facts]
  return {
    time: diagnosis.time,
    requestId: diagnosis.requestId,
    who,
    action,
    resource,
    reason,
    text: lines.join('\n  '),
  }
}
