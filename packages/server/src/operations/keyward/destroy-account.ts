import { Type } from 'typebox'
import { type ClosureRow, destroyIdentitiesOf, findClosure, noteDestroyed } from '../../identity/closing.ts'
import type { DestroyStep } from '../../identity/closing-job.ts'
import { destroyKeypairsOf, keypairsHeld } from '../../keypairs/account-end.ts'
import { destroyKeysOf } from '../../kms/account-end.ts'
import type { RunAct } from '../../pipeline/act.ts'
import type { Step } from '../../pipeline/answer.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { actCheck } from '../../pipeline/system-layer.ts'
import { destroySecretsOf } from '../../secrets/account-end.ts'
import { irreversibleTime } from '../../store/clock/watched.ts'

interface Target {
  readonly closure: ClosureRow | undefined
  readonly due: boolean
}

/** Keys or secrets of one step: a transaction stays short, however much an account holds. */
const AT_A_TIME = 100

/**
 * One step of the end of a closed account, for good, so only by a clock that is trusted. It may be cut off after any step:
 * what is left is found again.
 */
export const destroyAccount = writeOperation({
  name: 'keyward:DestroyAccount',
  summary: 'Destroy what is left of a closed account whose window has ended',
  effect: 'write',
  by: 'service',
  input: Type.Object({ AccountUid: Type.String() }, { additionalProperties: false }),
  output: Type.Object({}),
  async resolve({ caller, clock, store }, { AccountUid }): Promise<Target> {
    const trusted = await irreversibleTime(clock)
    const closure = AccountUid === caller.account.uid ? await findClosure(store.read, AccountUid) : undefined
    const due =
      closure !== undefined &&
      trusted !== undefined &&
      Number(closure.destroyed_at) === 0 &&
      Number(closure.ends_at) <= trusted &&
      // No key goes that a host still lets in.
      (await keypairsHeld(store.read, AccountUid)).bound === 0
    return { closure, due }
  },
  checks: (scope, { AccountUid }, { due }: Target) => [
    actCheck(scope, 'keyward:DestroyAccount', `acs:keyward:*:${AccountUid}:world`, due),
  ],
  decided: ({ closure }) =>
    closure ? [{ table: 'account_closures', id: closure.id, version: closure.version }] : [],
  touches: ({ caller }) =>
    (['identity', 'keys', 'secrets'] as const).map((kind) => ({ account: caller.account.uid, kind })),
  prepare: (_scope, _input, { closure }) => closure as ClosureRow,
  async work(tx, { clock, outcome }, _input, _target, closure) {
    const { id } = closure
    const more =
      (await destroySecretsOf(tx, id, AT_A_TIME)) > 0 || (await destroyKeysOf(tx, id, AT_A_TIME)) > 0
    if (!more) {
      await destroyKeypairsOf(tx, id)
      await destroyIdentitiesOf(tx, id)
    } else outcome('Continues')
    await noteDestroyed(tx, closure, more ? 0 : clock.now())
    return {}
  },
  example: { AccountUid: '{accountUid}' },
})

/** How the job takes the next step of an account's end. */
export function accountDestroyer(run: RunAct): (step?: Step) => DestroyStep {
  return (step) => async (AccountUid) => {
    const answer = await run({
      operation: destroyAccount,
      account: AccountUid,
      input: { AccountUid },
      ...(step && { step }),
    })
    return answer.ok ? undefined : answer.problem
  }
}
