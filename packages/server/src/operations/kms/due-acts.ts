import { type Static, Type } from 'typebox'
import { generateMaterial, keySpec } from '../../crypto/algorithms/index.ts'
import type { ActOnKey, KeyAct } from '../../kms/due.ts'
import {
  destroyKey as destroy,
  expireMaterial as expire,
  isAstray,
  isDoomed,
  isExpired,
  rotateKey as rotate,
  turns,
} from '../../kms/due-changes.ts'
import type { KeyRow } from '../../kms/keys.ts'
import { keyArn } from '../../kms/names.ts'
import { prepareVersion } from '../../kms/versions.ts'
import type { RunAct } from '../../pipeline/act.ts'
import type { Step } from '../../pipeline/answer.ts'
import { type DecidedRow, type Operation, writeOperation } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope } from '../../pipeline/scope.ts'
import { actCheck } from '../../pipeline/system-layer.ts'
import { irreversibleTime } from '../../store/clock/watched.ts'

// What the clock asks of keys, as acts of the service.
//
// INVARIANT: an act is decided and done on the row as it is now, by its version: what two workers found, or one found
// twice, happens once.

interface Target {
  readonly row: KeyRow | undefined
  /** The time by a clock that is trusted; undefined while it is in doubt. */
  readonly trusted: number | undefined
  readonly now: number
}

const Input = Type.Object({ KeyId: Type.String() }, { additionalProperties: false })
const Output = Type.Object({})

async function resolve(scope: ResolveScope, { KeyId }: Static<typeof Input>): Promise<Target> {
  const trusted = await irreversibleTime(scope.clock)
  const row = await scope.store.read
    .selectFrom('kms_keys')
    .selectAll()
    .where('id', '=', KeyId)
    .where('account_uid', '=', scope.caller.account.uid)
    .executeTakeFirst()
  return { row, trusted, now: trusted ?? scope.clock.now() }
}

function keyActCheck(scope: CheckScope, act: KeyAct, id: string, due: boolean) {
  const arn = keyArn(scope.regions.alibaba, scope.caller.account.uid, id)
  return actCheck(scope, `keyward:${act}`, arn, due)
}

const common = {
  effect: 'write',
  by: 'service',
  input: Input,
  output: Output,
  resolve,
  decided: ({ row }: Target): readonly DecidedRow[] =>
    row ? [{ table: 'kms_keys', id: row.id, version: row.version }] : [],
  touches: (scope: CheckScope) => [{ account: scope.caller.account.uid, kind: 'keys' as const }],
  example: { KeyId: '{keyId}' },
} as const

/** For good, so only by a clock that is trusted. */
export const destroyKey = writeOperation({
  ...common,
  name: 'keyward:DestroyKey',
  summary: 'Destroy a key whose deletion window has ended',
  checks: (scope, { KeyId }, { row, trusted }: Target) => [
    keyActCheck(
      scope,
      'DestroyKey',
      KeyId,
      row !== undefined && trusted !== undefined && isDoomed(row, trusted),
    ),
  ],
  prepare: (_scope, _input, { row }) => row as KeyRow,
  async work(tx, _scope, _input, _target, row) {
    await destroy(tx, row)
    return {}
  },
})

/** For good as well: the one who imported the material may have no copy any more. */
export const expireKeyMaterial = writeOperation({
  ...common,
  name: 'keyward:ExpireKeyMaterial',
  summary: 'Drop imported key material that has expired',
  checks: (scope, { KeyId }, { row, trusted }: Target) => [
    keyActCheck(
      scope,
      'ExpireKeyMaterial',
      KeyId,
      row !== undefined && trusted !== undefined && isExpired(row, trusted),
    ),
  ],
  prepare: (_scope, _input, { row }) => row as KeyRow,
  async work(tx, _scope, _input, _target, row) {
    await expire(tx, row)
    return {}
  },
})

export const rotateKey = writeOperation({
  ...common,
  name: 'keyward:RotateKey',
  summary: 'Give a key that rotates its next version',
  checks: (scope, { KeyId }, { row, trusted, now }: Target) => {
    const due = row !== undefined && (turns(row, now) || (trusted !== undefined && isAstray(row, trusted)))
    return [keyActCheck(scope, 'RotateKey', KeyId, due)]
  },
  async prepare({ keyring }, _input, { row, now }) {
    const key = row as KeyRow
    const spec = turns(key, now) ? keySpec(key.key_spec) : undefined
    const version = spec && prepareVersion(keyring, key.account_uid, key.id, await generateMaterial(spec))
    return { key, version }
  },
  async work(tx, scope, _input, { now }, { key, version }) {
    scope.outcome(await rotate(tx, key, now, version))
    return {}
  },
})

const ACTS: Readonly<Record<KeyAct, Operation>> = {
  DestroyKey: destroyKey,
  ExpireKeyMaterial: expireKeyMaterial,
  RotateKey: rotateKey,
}

/** How the job does what it found due. */
export function keyActs(run: RunAct): (step?: Step) => ActOnKey {
  return (step) => async (act, key) => {
    const answer = await run({
      operation: ACTS[act],
      account: key.account_uid,
      input: { KeyId: key.id },
      ...(step && { step }),
    })
    return answer.ok ? undefined : answer.problem
  }
}
