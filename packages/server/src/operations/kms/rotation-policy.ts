import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { generateMaterial } from '../../crypto/algorithms/index.ts'
import { VERSIONS_PER_KEY } from '../../kms/limits.ts'
import { canRotate, nextRotation, type RotationPolicy, readRotationPolicy } from '../../kms/rotation.ts'
import { countVersions, insertVersion, type PreparedVersion, prepareVersion } from '../../kms/versions.ts'
import { Input, KeyId } from './fields.ts'
import { keyChange } from './key-change.ts'

interface Prepared {
  readonly policy: RotationPolicy
  /** The version that is due at once: the interval since the last one has passed already. */
  readonly version: PreparedVersion | undefined
}

/** Turns automatic rotation on or off (reference: alibaba-kms.md C.3). */
export const updateRotationPolicy = keyChange({
  action: 'UpdateRotationPolicy',
  summary: 'Change how a key rotates',
  input: Input({
    KeyId,
    EnableAutomaticRotation: Type.Boolean(),
    RotationInterval: Type.Optional(Type.String({ maxLength: 32 })),
  }),
  async prepare(scope, input, key): Promise<Prepared> {
    if (!canRotate(key)) throw refuse({ code: 'OperationRejected' })
    const policy = readRotationPolicy(input.EnableAutomaticRotation, input.RotationInterval)
    const next = nextRotation(policy, key.lastRotationAt)
    const due = next !== null && next <= scope.clock.now()
    if (!due || (await countVersions(scope.store.read, key.id)).count >= VERSIONS_PER_KEY) {
      return { policy, version: undefined }
    }
    const material = await generateMaterial(key.kind)
    return { policy, version: prepareVersion(scope.keyring, key.accountUid, key.id, material) }
  },
  async also(tx, key, now, { version }) {
    if (version) await insertVersion(tx, key, version, now)
  },
  change(_input, key, now, { policy, version }) {
    const last = version ? now : key.lastRotationAt
    return {
      automatic_rotation: policy.on ? 1 : 0,
      rotation_interval_s: policy.intervalS,
      last_rotation_at: last,
      next_rotation_at: nextRotation(policy, last),
      ...(version ? { primary_version_id: version.id } : {}),
    }
  },
  example: { KeyId: '{keyId}', EnableAutomaticRotation: true, RotationInterval: '30d' },
})
