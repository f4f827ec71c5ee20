import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { rootCaller } from '../../identity/callers.ts'
import type { Account } from '../../identity/principal.ts'
import type { Answer, Pipeline } from '../../pipeline/answer.ts'
import { applyOperation } from './apply.ts'

export interface StartApply {
  readonly pipeline: Pipeline
  readonly clock: Clock
  /** The operator's account: `Directory.operator()`. */
  readonly operator: Account
  /** The whole file, every `file:` put in. */
  readonly world: string
}

/** What stands in the audit where a signed call has its access key. */
export const START_APPLY_KEY = 'serve --apply'

/**
 * `serve --apply FILE`: the same operation through the same pipeline, decided and audited, with the operator's root
 * identity as its caller: whoever may start the service with this root key is the operator. Deletes nothing.
 */
export function applyAtStart({ pipeline, clock, operator, world }: StartApply): Promise<Answer> {
  return pipeline({
    operation: applyOperation,
    caller: rootCaller(operator, START_APPLY_KEY),
    connection: {
      requestId: randomUUID().toUpperCase(),
      sourceAddress: '127.0.0.1',
      tlsVersion: '0',
      userAgent: 'keyward serve --apply',
      referer: undefined,
      receivedAt: clock.now(),
    },
    input: { World: world },
  })
}
