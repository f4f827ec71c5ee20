import { type Static, type TObject, Type } from 'typebox'
import type { Clock } from '../../base/clock.ts'
import { type Example, type Facts, writeOperation } from '../../pipeline/operation.ts'
import type { Scope } from '../../pipeline/scope.ts'
import { changeSecret, type Secret, type SecretChange } from '../../secrets/secrets.ts'
import type { WriteHandle } from '../../store/store.ts'
import {
  decidedSecret,
  managementCheck,
  resolveSecret,
  type SecretTarget,
  secretFor,
  touchedSecret,
} from './secret-target.ts'

/** A call that changes one secret of the caller's account and answers its name. */
export interface SecretChangeRecord<I extends TObject, P> {
  readonly action: string
  readonly summary: string
  readonly input: I
  /** Condition keys of the request, besides those of the secret. */
  facts?(input: Static<I>): Facts
  /** The secret, or what its state forbids; by default it must not be planned to be deleted. */
  secret?(target: SecretTarget, input: Static<I>): Secret
  /** What `change` needs and is slow or random, and refusals that are no matter of the secret's state. */
  prepare?(scope: Scope, input: Static<I>, secret: Secret): P | Promise<P>
  /** New values of columns; undefined: nothing is to change. */
  change(input: Static<I>, secret: Secret, now: number, prepared: P, clock: Clock): SecretChange | undefined
  /** Rows of other tables that change with it. */
  also?(tx: WriteHandle, input: Static<I>, secret: Secret, prepared: P): Promise<void>
  readonly example: Example
}

/** The operation of a {@link SecretChangeRecord}. */
export function secretChange<I extends TObject, P = undefined>(record: SecretChangeRecord<I, P>) {
  const { action } = record
  return writeOperation({
    name: `kms:${action}`,
    summary: record.summary,
    effect: 'write',
    input: record.input,
    output: Type.Object({ SecretName: Type.String() }),
    resolve: (scope, input) => resolveSecret(scope, (input as { SecretName: string }).SecretName),
    checks: (scope, input, target: SecretTarget) => [
      managementCheck(scope, `kms:${action}`, target, record.facts?.(input)),
    ],
    decided: decidedSecret,
    touches: (_scope, _input, target) => [touchedSecret(target)],
    quick: true,
    async prepare(scope, input, target) {
      const secret = (record.secret ?? secretFor)(target, input)
      return { secret, prepared: (await record.prepare?.(scope, input, secret)) as P }
    },
    async work(tx, scope, input, _target, { prepared, secret }) {
      const now = scope.clock.now()
      await record.also?.(tx, input, secret, prepared)
      const change = record.change(input, secret, now, prepared, scope.clock)
      if (change) await changeSecret(tx, secret, { updated_at: now, ...change })
      return { SecretName: secret.name }
    },
    example: record.example,
  })
}
