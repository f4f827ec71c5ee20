import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { keysOf } from '../../identity/access-keys.ts'
import { QUOTAS } from '../../identity/limits.ts'
import { writeOperation } from '../../pipeline/operation.ts'
import type { Scope } from '../../pipeline/scope.ts'
import { insertRotation, newRotationId, rotationOf } from '../../secrets/rotation/journal.ts'
import type { Managed, Value } from '../../secrets/rotation/place.ts'
import { placeOf } from '../../secrets/rotation/run.ts'
import { changeSecret, type Secret } from '../../secrets/secrets.ts'
import { type ExtendedConfig, isManaged } from '../../secrets/types.ts'
import { CURRENT, PREVIOUS, versionAt } from '../../secrets/versions.ts'
import { Input } from '../kms/fields.ts'
import { SecretName, VersionId } from './fields.ts'
import { assertSameUser, lookingAt } from './managed-value.ts'
import { assertRamUser, KEY_ACTIONS, type RamUser, resolveRamUser, roleChecks } from './ram-user.ts'
import {
  decidedSecret,
  managementCheck,
  resolveSecret,
  type SecretTarget,
  secretFor,
  touchedSecret,
} from './secret-target.ts'
import { readSecretValue } from './value-key.ts'

/** Calls to rotate that one secret takes in an hour (reference: alibaba-kms.md D). */
const ROTATIONS_PER_HOUR = 50
const HOUR = 3_600_000

interface RotationTarget extends SecretTarget {
  readonly user: RamUser | undefined
}

const input = Input({ SecretName, VersionId })

/**
 * Rotates a managed secret (reference: alibaba-kms.md D). A version that is there already is no mistake: the rotation was
 * done. The call is answered once the rotation came to its end, or to its window, or did not go on: then it is tried again
 * by itself, and DescribeSecret says why.
 */
export const rotateSecret = writeOperation({
  name: 'kms:RotateSecret',
  summary: 'Rotate a managed secret now',
  effect: 'write',
  input,
  output: Type.Object({ Arn: Type.String(), SecretName: Type.String(), VersionId: Type.String() }),
  async resolve(scope, { SecretName }): Promise<RotationTarget> {
    const target = await resolveSecret(scope, SecretName)
    const { secret } = target
    const user = secret?.type === 'RAMCredentials' ? String(configOf(secret).UserName) : undefined
    return {
      ...target,
      user: user === undefined ? undefined : await resolveRamUser(scope, target.owner, user),
    }
  },
  checks: (scope, _input, target: RotationTarget) => [
    managementCheck(scope, 'kms:RotateSecret', target),
    ...(target.owner === scope.caller.account.uid ? roleChecks(target.user, KEY_ACTIONS) : []),
  ],
  decided: decidedSecret,
  touches: (_scope, _input, target) => [touchedSecret(target)],
  async prepare(scope, input, target: RotationTarget) {
    const secret = secretFor(target)
    if (!isManaged(secret.type)) throw refuse({ code: 'OperationRejected' })
    const done = { secret, rotationId: undefined, scope }
    if (secret.versions.some(({ versionId }) => versionId === input.VersionId)) return done
    const running = await rotationOf(scope.store.read, secret.id)
    if (running && running.version_id === input.VersionId) return done
    if (running) throw refuse({ code: 'SecretRotating' })
    if (target.user) {
      const { id } = assertRamUser(target.user)
      await assertSameUser(scope, secret, target.user)
      const keys = await keysOf(scope.store.read, secret.accountUid, id)
      if (keys.length >= QUOTAS.accessKeysPerOwner) {
        throw refuse({ code: 'IdentityQuota', entity: 'access-key', limit: QUOTAS.accessKeysPerOwner })
      }
    }
    await lookingAt(() => assertReachable(scope, secret))
    return { secret, rotationId: newRotationId(), scope }
  },
  async work(tx, scope, input, _target, { rotationId, secret }) {
    if (rotationId !== undefined) {
      const now = scope.clock.now()
      const { accountUid, id: secretId } = secret
      const begun = { cause: 'call', state: 'asked', newRow: null, versionId: input.VersionId } as const
      await insertRotation(tx, rotationId, { secretId, accountUid, ...begun }, now)
      await changeSecret(tx, secret, counted(secret, now))
    }
    return { Arn: secret.arn, SecretName: secret.name, VersionId: input.VersionId }
  },
  async committed({ rotationId, scope }) {
    if (rotationId !== undefined) await scope.secretRotations?.settled(rotationId)
  },
  example: { SecretName: '{secrets.managedSecretName}', VersionId: '{secrets.managedVersionId}' },
})

const configOf = ({ extendedConfig }: Secret) => JSON.parse(extendedConfig ?? '{}') as ExtendedConfig

/** What can be known to fail is told at once, before anything is begun. */
async function assertReachable(scope: Scope, secret: Secret): Promise<void> {
  const managed: Managed = { accountUid: secret.accountUid, type: secret.type, config: configOf(secret) }
  const place = placeOf({ read: scope.store.read, keyring: scope.keyring }, managed)
  if (!place) return
  const read = async (stage: string) => {
    const version = versionAt(secret.versions, stage)
    return version && (JSON.parse(await readSecretValue(scope, secret, version)) as Value)
  }
  const current = await read(CURRENT)
  if (!current) return
  await place.inspect(place.alternates ? await place.next(current, await read(PREVIOUS)) : current)
}

/** Raises `LimitExceeded` when the hour has seen as many as it may. */
function counted({ rotations: { count, since } }: Secret, now: number) {
  const same = since <= now && now < since + HOUR
  if (same && count >= ROTATIONS_PER_HOUR) throw refuse({ code: 'LimitExceeded', what: 'RotateSecret' })
  return same
    ? { rotations_since: since, rotations_count: count + 1 }
    : { rotations_since: now, rotations_count: 1 }
}
