import { refuse } from '../../base/problem.ts'
import { whenReady } from '../../base/when-ready.ts'
import { algorithmsOf, type KeyPair, type KeyUsage, type MacKey } from '../../crypto/algorithms/index.ts'
import type { Key } from '../../kms/keys.ts'
import { findKeyVersion, type KeyVersion } from '../../kms/versions.ts'
import type { Scope } from '../../pipeline/scope.ts'
import { versionOf } from './key-versions.ts'

/** Raises `UnsupportedOperation` for a key that is no symmetric cipher. */
export function assertCipher({ kind }: Key): void {
  if (kind.kind !== 'cipher') throw refuse({ code: 'UnsupportedOperation' })
}

/**
 * The version of a symmetric cipher that encrypts now, for one message. Raises `OperationRejected` when it is used up,
 * `UnsupportedOperation` for any other key.
 */
export function encryptingVersion(scope: Scope, key: Key): KeyVersion | Promise<KeyVersion> {
  if (key.kind.kind !== 'cipher' || key.primaryVersionId === undefined) {
    throw refuse({ code: 'UnsupportedOperation' })
  }
  const version = findKeyVersion(scope.cache, key.primaryVersionId)
  const counted = (found: KeyVersion | undefined) => {
    const one = present(found)
    scope.versionUses?.spend(one)
    return one
  }
  return whenReady(version, counted)
}

function present(version: KeyVersion | undefined): KeyVersion {
  if (!version) throw new Error('a key names a primary version that does not exist')
  return version
}

/**
 * What a key that is used with the wrong algorithm is told. The pages of AsymmetricEncrypt and AsymmetricDecrypt list
 * one code, those of all other calls another (reference: alibaba-kms.md A.2).
 */
type Unfit = 'UnsupportedOperation' | 'OperationRejected'

/** Raises `unfit` unless the key, with the usage it was made for, offers the algorithm. */
export function assertOffers(key: Key, usage: KeyUsage, algorithm: string, unfit: Unfit): void {
  if (key.usage !== usage || !algorithmsOf(key.kind, usage).includes(algorithm)) throw refuse({ code: unfit })
}

/** A version of a key pair with its material. Raises `KeyVersionNotFound`; `KeyStateRejects` while it has none. */
export async function keyPairOf(scope: Scope, key: Key, versionId: string): Promise<KeyPair> {
  const material = (await versionOf(scope, key, versionId)).material(scope.keyring)
  if (!material) throw refuse({ code: 'KeyStateRejects', state: 'PendingImport' })
  if (material.spec.kind !== 'pair') throw refuse({ code: 'UnsupportedOperation' })
  return material as KeyPair
}

/** The one version of a MAC key. */
export async function macKeyOf(scope: Scope, key: Key): Promise<MacKey> {
  const material = (await versionOf(scope, key, key.primaryVersionId ?? '')).material(scope.keyring)
  if (!material) throw refuse({ code: 'KeyStateRejects', state: 'PendingImport' })
  if (material.spec.kind !== 'mac') throw refuse({ code: 'UnsupportedOperation' })
  return material as MacKey
}
