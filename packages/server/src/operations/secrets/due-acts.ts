import { Type } from 'typebox'
import type { RunAct } from '../../pipeline/act.ts'
import type { Step } from '../../pipeline/answer.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { actCheck } from '../../pipeline/system-layer.ts'
import { type DestroySecret, isDoomed } from '../../secrets/due.ts'
import { secretArn } from '../../secrets/names.ts'
import { removeSecret, type SecretRow } from '../../secrets/secrets.ts'
import { irreversibleTime } from '../../store/clock/watched.ts'

interface Target {
  readonly row: SecretRow | undefined
  /** The time by a clock that is trusted; undefined while it is in doubt. */
  readonly trusted: number | undefined
}

/** For good, so only by a clock that is trusted, and on the row as it is now. */
export const destroySecret = writeOperation({
  name: 'keyward:DestroySecret',
  summary: 'Delete a secret whose recovery window has ended',
  effect: 'write',
  by: 'service',
  input: Type.Object({ SecretId: Type.String() }, { additionalProperties: false }),
  output: Type.Object({}),
  async resolve(scope, { SecretId }): Promise<Target> {
    const trusted = await irreversibleTime(scope.clock)
    const row = await scope.store.read
      .selectFrom('secrets')
      .selectAll()
      .where('id', '=', SecretId)
      .where('account_uid', '=', scope.caller.account.uid)
      .executeTakeFirst()
    return { row, trusted }
  },
  checks(scope, { SecretId }, { row, trusted }: Target) {
    const { uid } = scope.caller.account
    const arn = secretArn(scope.regions.alibaba, uid, row?.name ?? SecretId)
    const due = row !== undefined && trusted !== undefined && isDoomed(row, trusted)
    return [actCheck(scope, 'keyward:DestroySecret', arn, due)]
  },
  decided: ({ row }) => (row ? [{ table: 'secrets', id: row.id, version: row.version }] : []),
  touches: ({ caller }, _input, { row }) => [
    { account: caller.account.uid, kind: 'secrets', items: row ? [row.name] : [] },
  ],
  prepare: (_scope, _input, { row }) => row as SecretRow,
  async work(tx, _scope, _input, _target, row) {
    await removeSecret(tx, row.id)
    return {}
  },
  example: { SecretId: '{keyId}' },
})

/** How the job takes away what it found due. */
export function secretDestroyer(run: RunAct): (step?: Step) => DestroySecret {
  return (step) => async (secret) => {
    const answer = await run({
      operation: destroySecret,
      account: secret.account_uid,
      input: { SecretId: secret.id },
      ...(step && { step }),
    })
    return answer.ok ? undefined : answer.problem
  }
}
