import { Type } from 'typebox'
import { Refusal } from '../../base/problem.ts'
import { keyArn } from '../../kms/names.ts'
import { addUses, type CountedVersion, readCounted, type VersionUsesParts } from '../../kms/uses.ts'
import type { RunAct } from '../../pipeline/act.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import { actCheck } from '../../pipeline/system-layer.ts'

interface Target {
  readonly version: CountedVersion | undefined
  /** A key that rotates, and this is the version that encrypts: the next one follows. */
  readonly rotates: boolean
}

/** Counts what a version encrypted where that reaches a mark: a new version follows, or the operator is told. */
export const countKeyUses = writeOperation({
  name: 'keyward:CountKeyUses',
  summary: 'Count the uses of a key version that reach a mark, and have the key rotate where it rotates',
  effect: 'write',
  by: 'service',
  input: Type.Object(
    {
      KeyId: Type.String(),
      KeyVersionId: Type.String(),
      /** That are not counted yet. */
      Uses: Type.Integer({ minimum: 1 }),
      Mark: Type.Integer({ minimum: 1 }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({ Uses: Type.Integer(), Rotates: Type.Boolean() }),
  async resolve(scope, { KeyVersionId }): Promise<Target> {
    const version = await readCounted(scope.store.read, KeyVersionId)
    const rotates = version?.automatic_rotation === 1 && version.primary_version_id === KeyVersionId
    return { version, rotates }
  },
  checks: (scope, { KeyId, Mark, Uses }, { version }) => {
    const { uid } = scope.caller.account
    const own = version?.key_id === KeyId && version.account_uid === uid
    const before = Number(version?.uses ?? 0)
    const arn = keyArn(scope.regions.alibaba, uid, KeyId)
    return [actCheck(scope, 'keyward:CountKeyUses', arn, own && before < Mark && before + Uses >= Mark)]
  },
  decided: ({ version }) =>
    version ? [{ table: 'kms_keys', id: version.key_id, version: version.version }] : [],
  touches: ({ caller }, { KeyId }, { rotates }) =>
    rotates ? [{ account: caller.account.uid, kind: 'keys', items: [KeyId] }] : [],
  prepare: (_scope, _input, { version }) => version as CountedVersion,
  async work(tx, scope, { KeyId, KeyVersionId, Uses }, { rotates }, { version }) {
    const row = await addUses(tx, KeyVersionId, Uses)
    if (rotates) {
      // The job that rotates keys finds it due.
      const change = { next_rotation_at: scope.clock.now(), version: version + 1 }
      await tx.updateTable('kms_keys').set(change).where('id', '=', KeyId).execute()
    }
    scope.outcome(rotates ? 'RotationDue' : 'NearLimit')
    return { Uses: Number(row?.uses ?? 0), Rotates: rotates }
  },
  example: { KeyId: '{keyId}', KeyVersionId: '{kms.keyVersionId}', Uses: 2, Mark: 2 },
})

/** How the counter passes a mark. */
export function markPasser(run: RunAct): VersionUsesParts['pass'] {
  return async ({ accountUid, keyId, versionId, taken, mark }) => {
    const answer = await run({
      operation: countKeyUses,
      account: accountUid,
      input: { KeyId: keyId, KeyVersionId: versionId, Uses: taken, Mark: mark },
    })
    if (answer.ok) return { uses: answer.output.Uses as number, rotates: answer.output.Rotates as boolean }
    if (answer.problem.code === 'AccessDenied') return undefined
    throw new Refusal(answer.problem)
  }
}
