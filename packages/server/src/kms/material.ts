import { refuse } from '../base/problem.ts'
import { type KeyPair, knownKeySpec, loadMaterial } from '../crypto/algorithms/index.ts'
import { isKeyedDigest, type Keyring, keyedDigest } from '../crypto/keyring.ts'
import { lengthPrefixed, type SealLabel } from '../crypto/sealed-bytes.ts'
import { CLOCK_BOUND } from '../store/clock/judge.ts'
import type { Key } from './keys.ts'

/** How long an import token serves (reference: alibaba-kms.md B.7). */
const TOKEN_LIFE = 24 * 3600 * 1000

/*
 * Import token, Base64 on the wire: bytes sealed under the keyring, bound to the account and the key. Nothing is kept
 * of it here, so any process of the service can take it back:
 *
 *   offset 0          8                 8+4+n             8+8+n+m
 *          +----------+-----------------+-----------------+-------------------+
 *          | end, ms  | key spec of the | wrapping        | private key, as   |
 *          | 64 bit   | wrapping key,   | algorithm,      | its spec's stored |
 *          |          | length-prefixed | length-prefixed | material          |
 *          +----------+-----------------+-----------------+-------------------+
 */
const HEAD = 8

/** What an import token says. */
export interface ImportToken {
  readonly wrappingKey: KeyPair
  readonly algorithm: string
}

/** A token for the import into one key, and when it ends. Takes the wrapping key's private half and wipes it. */
export function sealImportToken(
  keyring: Keyring,
  key: Pick<Key, 'id' | 'accountUid'>,
  wrapping: { readonly keySpec: string; readonly algorithm: string },
  privateKey: Uint8Array,
  now: number,
): { readonly token: string; readonly expiresAt: number } {
  const expiresAt = now + TOKEN_LIFE
  const end = Buffer.alloc(HEAD)
  end.writeBigUInt64BE(BigInt(expiresAt))
  const plain = Buffer.concat([end, lengthPrefixed([wrapping.keySpec, wrapping.algorithm]), privateKey])
  const token = Buffer.from(keyring.seal(plain, tokenLabel(key))).toString('base64')
  plain.fill(0)
  privateKey.fill(0)
  return { token, expiresAt }
}

/** Opens a token. Raises `InvalidImportToken` for what was never one of this key's, `ExpiredImportToken` for an old one. */
export function openImportToken(
  keyring: Keyring,
  key: Pick<Key, 'id' | 'accountUid'>,
  token: string,
  now: number,
): ImportToken {
  const plain = unseal(keyring, key, token)
  try {
    const left = Number(plain.readBigUInt64BE(0)) - now
    // One that lives longer than any was made by a clock that was ahead.
    if (left <= 0 || left > TOKEN_LIFE + CLOCK_BOUND) throw refuse({ code: 'ExpiredImportToken' })
    const spec = textAt(plain, HEAD)
    const algorithm = textAt(plain, spec.end)
    return {
      wrappingKey: loadMaterial(knownKeySpec(spec.text), plain.subarray(algorithm.end)) as KeyPair,
      algorithm: algorithm.text,
    }
  } finally {
    plain.fill(0)
  }
}

function unseal(keyring: Keyring, key: Pick<Key, 'id' | 'accountUid'>, token: string): Buffer {
  const sealed = Buffer.from(token, 'base64')
  if (sealed.toString('base64') !== token) throw refuse({ code: 'InvalidImportToken' })
  try {
    return keyring.open(sealed, tokenLabel(key))
  } catch {
    throw refuse({ code: 'InvalidImportToken' })
  }
}

function textAt(bytes: Buffer, at: number): { readonly text: string; readonly end: number } {
  const start = at + 4
  const end = start + bytes.readUInt32BE(at)
  return { text: bytes.toString('utf8', start, end), end }
}

function tokenLabel({ id, accountUid }: Pick<Key, 'id' | 'accountUid'>): SealLabel {
  return { what: 'import-token', owner: accountUid, id }
}

/**
 * A keyed digest of imported material. It outlives the material, so that only the same bytes can ever come back, and
 * tells nothing of them to who has the database alone.
 */
export function materialCheck(
  keyring: Pick<Keyring, 'keyFor'>,
  key: Pick<Key, 'id'>,
  material: Uint8Array,
): Uint8Array {
  return keyedDigest(keyring, CHECK, lengthPrefixed([key.id]), material)
}

const CHECK = 'kms/material-check/v1'

/** Raises `InvalidKeyMaterial` when the key was once given other material. */
export function assertSameMaterial(
  keyring: Pick<Keyring, 'keyOf'>,
  key: Pick<Key, 'id' | 'materialCheck'>,
  material: Uint8Array,
): void {
  const first = key.materialCheck
  if (first && !isKeyedDigest(keyring, first, CHECK, lengthPrefixed([key.id]), material)) {
    throw refuse({ code: 'InvalidKeyMaterial' })
  }
}
