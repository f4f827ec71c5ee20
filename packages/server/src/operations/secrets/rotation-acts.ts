import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import {
  createAccessKeys,
  deleteAccessKey,
  generateAccessKey,
  keysOf,
  sealSecret,
} from '../../identity/access-keys.ts'
import { nextRotation } from '../../kms/rotation.ts'
import type { RunAct } from '../../pipeline/act.ts'
import type { Step } from '../../pipeline/answer.ts'
import { type DecidedRow, type Operation, writeOperation } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, Scope } from '../../pipeline/scope.ts'
import { actCheck } from '../../pipeline/system-layer.ts'
import { RotationFailure } from '../../secrets/rotation/failure.ts'
import {
  changeRotation,
  endRotation,
  findRotation,
  insertRotation,
  newRotationId,
  pauseAfter,
  type Rotation,
  rotationOf,
  windowOf,
} from '../../secrets/rotation/journal.ts'
import type { Managed, Value } from '../../secrets/rotation/place.ts'
import { placeOf, type Refused, type RotationActs } from '../../secrets/rotation/run.ts'
import { openManaged } from '../../secrets/rotation/values.ts'
import { changeSecret, readSecret, type Secret, type SecretRow } from '../../secrets/secrets.ts'
import type { ExtendedConfig } from '../../secrets/types.ts'
import { CURRENT, listVersions, moveStages, PREVIOUS, putVersion, versionAt } from '../../secrets/versions.ts'
import { irreversibleTime, latestTime } from '../../store/clock/watched.ts'
import type { Touched } from '../../store/store.ts'
import { assertSameUser } from './managed-value.ts'
import { assertRamUser, KEY_ACTIONS, type RamUser, resolveRamUser, roleChecks } from './ram-user.ts'
import { prepareValue, readSecretValue, resolveSecretKey, type ValueKey } from './value-key.ts'

// What rotations change in this service, as acts of the service. Access keys are made and deleted by the policies of the
// account's own role, which are decided beside the act.
//
// INVARIANT: an act is decided and done on the rotation as it is now: what two workers found happens once.

interface Target {
  readonly rotation: Rotation | undefined
  readonly secret: Secret | undefined
  readonly key: ValueKey | undefined
  readonly user: RamUser | undefined
  readonly now: number
  /** Undefined while the clock is in doubt. */
  readonly trusted: number | undefined
}

const closed = { additionalProperties: false }
const OfRotation = Type.Object({ RotationId: Type.String() }, closed)
const Output = Type.Object({})

async function loadSecret(scope: ResolveScope, id: string): Promise<Secret | undefined> {
  const db = scope.store.read
  const row = await db
    .selectFrom('secrets')
    .selectAll()
    .where('id', '=', id)
    .where('account_uid', '=', scope.caller.account.uid)
    .executeTakeFirst()
  return row && readSecret(row as SecretRow, await listVersions(db, row.id))
}

async function load(scope: ResolveScope, rotation: Rotation | undefined): Promise<Target> {
  const secret = rotation && (await loadSecret(scope, rotation.secret_id))
  const user = secret?.type === 'RAMCredentials' ? String(configOf(secret).UserName) : undefined
  return {
    rotation,
    secret,
    key: secret && (await resolveSecretKey(scope, secret)),
    user: user === undefined ? undefined : await resolveRamUser(scope, scope.caller.account.uid, user),
    now: scope.clock.now(),
    trusted: await irreversibleTime(scope.clock),
  }
}

const configOf = ({ extendedConfig }: Secret) => JSON.parse(extendedConfig ?? '{}') as ExtendedConfig

const resolve = async (scope: ResolveScope, { RotationId }: { readonly RotationId: string }) =>
  load(scope, await findRotation(scope.store.read, RotationId))

function check(scope: CheckScope, act: string, { secret }: Target, due: boolean) {
  return actCheck(scope, `keyward:${act}`, secret?.arn ?? '*', due)
}

/** Where it is due, both are there. */
function found({ rotation, secret }: Target): { readonly rotation: Rotation; readonly secret: Secret } {
  if (!rotation || !secret) throw new Error('an act on nothing')
  return { rotation, secret }
}

const common = {
  effect: 'write',
  by: 'service',
  output: Output,
  decided: ({ secret }: Target): readonly DecidedRow[] =>
    secret ? [{ table: 'secrets', id: secret.id, version: secret.rowVersion }] : [],
  touches: (scope: CheckScope, _input: unknown, { secret, user }: Target): readonly Touched[] => {
    const account = scope.caller.account.uid
    const items = secret ? [secret.name] : []
    return [{ account, kind: 'secrets', items }, ...(user ? [{ account, kind: 'identity' } as const] : [])]
  },
} as const

const ofRotation = {
  ...common,
  input: OfRotation,
  resolve,
  example: { RotationId: '00000000-0000-4000-8000-000000000000' },
} as const

/** By schedule. A secret that is planned to be deleted waits. */
export const startSecretRotation = writeOperation({
  ...common,
  name: 'keyward:StartSecretRotation',
  summary: 'Begin the rotation of a secret that is due',
  input: Type.Object({ SecretId: Type.String() }, closed),
  async resolve(scope, { SecretId }): Promise<Target> {
    const secret = await loadSecret(scope, SecretId)
    const target = await load(scope, undefined)
    return { ...target, secret, rotation: await rotationOf(scope.store.read, SecretId) }
  },
  checks: (scope, _input, target: Target) => {
    const { now, rotation, secret } = target
    const due = (secret?.nextRotationAt ?? Number.POSITIVE_INFINITY) <= now
    const waits = !secret?.automaticRotation || secret.deleteAt !== undefined || rotation !== undefined
    return [check(scope, 'StartSecretRotation', target, due && !waits)]
  },
  prepare: () => ({ id: newRotationId(), versionId: randomUUID() }),
  async work(tx, scope, { SecretId }, _target, { id, versionId }) {
    const accountUid = scope.caller.account.uid
    const begun = {
      secretId: SecretId,
      accountUid,
      versionId,
      cause: 'schedule',
      state: 'asked',
      newRow: null,
    } as const
    await insertRotation(tx, id, begun, scope.clock.now())
    return {}
  },
  example: { SecretId: '00000000-0000-4000-8000-000000000000' },
})

/** Makes the next value and stores it, without a stage. Of an access key this is also where it becomes valid. */
export const storeNextSecretValue = writeOperation({
  ...ofRotation,
  name: 'keyward:StoreNextSecretValue',
  summary: 'Make and store the next value of a secret that rotates',
  checks: (scope, _input, target: Target) => [
    check(scope, 'StoreNextSecretValue', target, target.rotation?.state === 'asked'),
    ...roleChecks(target.user, KEY_ACTIONS),
  ],
  state(_scope, _input, { user }) {
    if (user) assertRamUser(user)
  },
  async prepare(scope, _input, target) {
    const { rotation, secret } = found(target)
    const current = versionAt(secret.versions, CURRENT)
    if (!current) throw new Error('a secret without a current version')
    if (target.user) await assertSameUser(scope, secret, target.user)
    const made = target.user ? newKey(scope, target.user) : undefined
    const next = made?.value ?? (await nextValue(scope, secret))
    const value = await prepareValue(
      scope,
      target.key as ValueKey,
      { accountUid: secret.accountUid, secretId: secret.id },
      { versionId: rotation.version_id, dataType: 'text', value: JSON.stringify(next) },
    )
    return { value, old: current.rowId, key: made?.key }
  },
  async work(tx, scope, _input, target, { key, old, value }) {
    const { rotation, secret } = found(target)
    const now = scope.clock.now()
    if (key) await createAccessKeys(tx, secret.accountUid, [key], { by: 'api', now })
    const { version } = await value.finish(tx)
    await putVersion(tx, secret, version, [], now)
    const stored = { state: 'stored', new_row: value.rowId, old_row: old, attempts: 0 } as const
    await changeRotation(tx, rotation.id, stored, now)
    return {}
  },
})

async function nextValue(scope: Scope, secret: Secret): Promise<Value> {
  const managed: Managed = { accountUid: secret.accountUid, type: secret.type, config: configOf(secret) }
  const place = placeOf({ read: scope.store.read, keyring: scope.keyring }, managed)
  if (!place) throw new Error(`nothing makes values of ${secret.type}`)
  const read = async (stage: string) => {
    const version = versionAt(secret.versions, stage)
    return version && (JSON.parse(await readSecretValue(scope, secret, version)) as Value)
  }
  return place.next((await read(CURRENT)) ?? {}, await read(PREVIOUS))
}

function newKey(scope: Scope, user: RamUser) {
  const { id: userId } = assertRamUser(user)
  const { id, secret } = generateAccessKey()
  const owner = { accountUid: user.accountUid, userId, accessKeyId: id }
  const GenerateTimestamp = new Date(scope.clock.now()).toISOString()
  return {
    key: { id, userId, sealed: sealSecret(scope.keyring, owner, secret) },
    value: { AccessKeyId: id, AccessKeySecret: secret, GenerateTimestamp },
  }
}

/** Whether what an old value opens is still there once the new one is current. */
function leavesOld(secret: Secret): boolean {
  return secret.type === 'RAMCredentials' || configOf(secret).SecretSubType === 'SSHKey'
}

/** The new value was proved: it becomes the current one. */
export const moveSecretStages = writeOperation({
  ...ofRotation,
  name: 'keyward:MoveSecretStages',
  summary: 'Make the value that a rotation has proved the current one',
  checks: (scope, _input, target: Target) => [
    check(scope, 'MoveSecretStages', target, target.rotation?.state === 'setting'),
  ],
  prepare: () => undefined,
  async work(tx, scope, _input, target) {
    const { rotation, secret } = found(target)
    const now = scope.clock.now()
    if (rotation.new_row) await moveStages(tx, secret.id, [CURRENT], rotation.new_row)
    const policy = { on: secret.automaticRotation, intervalS: secret.rotationIntervalS ?? null }
    const rotated =
      rotation.cause === 'create'
        ? {}
        : { last_rotation_at: now, next_rotation_at: policy.on ? nextRotation(policy, now) : null }
    await changeSecret(tx, secret, { updated_at: now, rotation_error: null, ...rotated })
    if (rotation.old_row === null || !leavesOld(secret)) {
      await endRotation(tx, rotation.id)
      return {}
    }
    // A clock that is behind must not shorten the window.
    const retire_at = latestTime(scope.clock) + windowOf(rotation.cause, secret.rotationIntervalS)
    const moved = { state: 'moved', retire_at, attempts: 0, next_attempt_at: now } as const
    await changeRotation(tx, rotation.id, { ...moved, error_code: '', error_message: '' }, now)
    return {}
  },
})

/** For good, so only by a clock that is trusted. */
export const retireSecretValue = writeOperation({
  ...ofRotation,
  name: 'keyward:RetireSecretValue',
  summary: 'Take away what the value before the rotation opens',
  checks: (scope, _input, target: Target) => {
    const { rotation, trusted } = target
    const ended = trusted !== undefined && (rotation?.retire_at ?? Number.POSITIVE_INFINITY) <= trusted
    return [
      check(scope, 'RetireSecretValue', target, rotation?.state === 'moved' && ended),
      ...roleChecks(target.user, ['UpdateAccessKey', 'DeleteAccessKey']),
    ]
  },
  state(_scope, _input, { user }) {
    if (user && !user.role) assertRamUser(user)
  },
  async prepare(scope, _input, target) {
    const { rotation } = found(target)
    if (!target.user) return undefined
    const old = await openManaged({ read: scope.store.read, keyring: scope.keyring }, rotation.old_row)
    return old?.AccessKeyId
  },
  async work(tx, scope, _input, target, accessKeyId) {
    const { rotation, secret } = found(target)
    const { user } = target
    // A user that is gone, or a key that somebody deleted, has nothing left to take away.
    if (user?.id !== undefined && accessKeyId !== undefined) {
      const keys = await keysOf(tx, user.accountUid, user.id)
      if (keys.some(({ id }) => id === accessKeyId)) await deleteAccessKey(tx, accessKeyId)
    }
    await endRotation(tx, rotation.id)
    await changeSecret(tx, secret, { updated_at: scope.clock.now(), rotation_error: null })
    return {}
  },
})

const OfFailure = Type.Object(
  { RotationId: Type.String(), Code: Type.String(), Message: Type.String() },
  closed,
)

/** Tried again later, each time after a longer pause. */
export const noteRotationFailure = writeOperation({
  ...common,
  name: 'keyward:NoteRotationFailure',
  summary: 'Note why a rotation does not go on now',
  input: OfFailure,
  resolve,
  checks: (scope, _input, target: Target) => [
    check(scope, 'NoteRotationFailure', target, target.rotation !== undefined),
  ],
  prepare: () => undefined,
  async work(tx, scope, { Code, Message }, target) {
    const { rotation, secret } = found(target)
    const now = scope.clock.now()
    const attempts = rotation.attempts + 1
    const next_attempt_at = now + pauseAfter(attempts)
    const change = { attempts, next_attempt_at, error_code: Code, error_message: Message }
    await changeRotation(tx, rotation.id, change, now)
    const rotation_error = `${Code}: ${Message}`
    if (secret.rotationError !== rotation_error) await changeSecret(tx, secret, { rotation_error })
    scope.outcome(Code)
    return {}
  },
  example: {
    RotationId: '00000000-0000-4000-8000-000000000000',
    Code: 'TargetUnreachable',
    Message: '',
  },
})

export const rotationActs: readonly Operation[] = Object.freeze([
  moveSecretStages,
  noteRotationFailure,
  retireSecretValue,
  startSecretRotation,
  storeNextSecretValue,
])

/** A rotation that did not go on, for the log. */
export interface FailedRotation {
  readonly account: string
  readonly secretId: string
  readonly code: string
  readonly reason: string
}

/** The acts, as the job of rotations does them. */
export function rotationActsBy(run: RunAct, onFailed: (failure: FailedRotation) => void = () => {}) {
  return (
    step: Step,
  ): RotationActs & {
    start(secret: { readonly id: string; readonly account_uid: string }): Promise<Refused | undefined>
  } => {
    const act = async (operation: Operation, account: string, input: Record<string, unknown>) => {
      const answer = await run({ operation, account, input, step })
      return answer.ok ? undefined : wordsOf(answer.problem)
    }
    const on = (operation: Operation) => (rotation: Rotation) =>
      act(operation, rotation.account_uid, { RotationId: rotation.id })
    return {
      start: ({ account_uid, id }) => act(startSecretRotation, account_uid, { SecretId: id }),
      store: on(storeNextSecretValue),
      move: on(moveSecretStages),
      retire: on(retireSecretValue),
      async fail(rotation, { code, message }) {
        onFailed({ account: rotation.account_uid, secretId: rotation.secret_id, code, reason: message })
        const input = { RotationId: rotation.id, Code: code, Message: message }
        const refused = await act(noteRotationFailure, rotation.account_uid, input)
        if (refused) throw new RotationFailure(refused.code, refused.message)
      },
    }
  }
}

type Problem = Extract<Awaited<ReturnType<RunAct>>, { ok: false }>['problem']

/** Why an act was refused, for those who look at the secret. */
function wordsOf(problem: Problem): Refused {
  switch (problem.code) {
    case 'AccessDenied':
      return {
        code: problem.code,
        message: `the role of the service may not ${problem.denial.action} on ${problem.denial.resource}`,
      }
    case 'ServiceRoleMissing':
      return {
        code: problem.code,
        message: `the account has no role ${problem.name} that trusts the service`,
      }
    case 'IdentityQuota':
      return { code: problem.code, message: 'the user has two access keys already' }
    case 'SecretTargetNotFound':
      return { code: problem.code, message: problem.detail }
    case 'KeyNotFound':
    case 'KeyStateRejects':
      return { code: problem.code, message: 'the key that encrypts the secret cannot be used' }
    default:
      return { code: problem.code, message: 'the rotation could not go on' }
  }
}
