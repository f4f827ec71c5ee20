import type { Static, TObject } from 'typebox'
import type { Clock } from '../../base/clock.ts'
import { changeKey, type Key, type KeyChange } from '../../kms/keys.ts'
import type { StatefulOperation } from '../../kms/states.ts'
import { type Example, type Facts, writeOperation } from '../../pipeline/operation.ts'
import type { Scope } from '../../pipeline/scope.ts'
import type { WriteHandle } from '../../store/store.ts'
import { Nothing } from './fields.ts'
import { managementCheck } from './key-checks.ts'
import { decidedKey, type KeyTarget, keyFor, resolveKeyId, touchedKeys } from './key-target.ts'

/** A call that changes one key of the caller's account, named by id or ARN, and answers nothing. */
export interface KeyChangeRecord<I extends TObject, P> {
  readonly action: StatefulOperation
  readonly summary: string
  readonly input: I
  /** Condition keys of the request, besides those of the key. */
  facts?(input: Static<I>): Facts
  /** What `change` needs and is slow or random, and refusals that are no matter of the key's state. */
  prepare?(scope: Scope, input: Static<I>, key: Key): P | Promise<P>
  /** `prepare` does more than look: it is not run again within the transaction. */
  readonly slow?: true
  /** New values of columns. */
  change(input: Static<I>, key: Key, now: number, prepared: P, clock: Clock): KeyChange
  /** Rows of other tables that change with it. */
  also?(tx: WriteHandle, key: Key, now: number, prepared: P): Promise<void>
  readonly example: Example
}

/** The operation of a {@link KeyChangeRecord}. */
export function keyChange<I extends TObject, P = undefined>(record: KeyChangeRecord<I, P>) {
  const { action } = record
  return writeOperation({
    name: `kms:${action}`,
    summary: record.summary,
    effect: 'write',
    input: record.input,
    output: Nothing,
    resolve: (scope, input) => resolveKeyId(scope, (input as { KeyId: string }).KeyId),
    checks: (scope, input, target: KeyTarget) => [
      managementCheck(scope, `kms:${action}`, target, record.facts?.(input)),
    ],
    decided: decidedKey,
    touches: (_scope, _input, target) => touchedKeys([target]),
    ...(record.slow ? {} : { quick: true as const }),
    async prepare(scope, input, target) {
      const key = keyFor(scope, action, target)
      return { key, prepared: (await record.prepare?.(scope, input, key)) as P }
    },
    async work(tx, scope, input, _target, { key, prepared }) {
      const now = scope.clock.now()
      await record.also?.(tx, key, now, prepared)
      await changeKey(tx, key, record.change(input, key, now, prepared, scope.clock))
      return {}
    },
    example: record.example,
  })
}
