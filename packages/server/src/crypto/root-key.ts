import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { refuse } from '../base/problem.ts'

/**
 * What sealed bytes are, whose they are and which version: bound as associated data, so that rows cannot be swapped.
 */
export interface SealLabel {
  /** `access-key-secret`, `key-material`, ... */
  readonly what: string
  /** Uid of the account that owns it. */
  readonly owner: string
  readonly id: string
  readonly version?: string
}

/**
 * The root key, as the rest of the service may use it: to seal, to open, and to derive keys for other purposes. The key
 * itself never leaves this object.
 */
export interface RootKey {
  seal(plaintext: Uint8Array, label: SealLabel): Uint8Array
  /** Raises `Unavailable` when the bytes were not sealed by this key under this label. */
  open(sealed: Uint8Array, label: SealLabel): Buffer
  /** A 32-byte HMAC or cipher key bound to a purpose (HKDF-SHA256). The same purpose gives the same key. */
  derive(purpose: string): KeyObject
  /** 16 hex digits that tell whether a database belongs to this key; reveals nothing of it. */
  readonly checkValue: string
}

/*
 * Sealed bytes:
 *
 *   offset 0        1          13                13+n
 *          +--------+----------+-----------------+---------+
 *          | 1 (v)  | IV 12 B  | ciphertext n B  | tag 16  |
 *          +--------+----------+-----------------+---------+
 *
 * AES-256-GCM under the sealing key (derived from the root key), associated data = the label, each part preceded by its
 * length in bytes as a 32-bit big-endian number: what, owner, id, version (empty when there is none).
 */
const FORMAT = 1
const IV = 12
const TAG = 16

export function sealOverhead(): number {
  return 1 + IV + TAG
}

/** Makes a root key of 32 random or stored bytes. The bytes are copied; wipe yours. */
export function createRootKey(bytes: Uint8Array): RootKey {
  if (bytes.length !== 32) throw new RangeError('a root key has 32 bytes')
  const root = createSecretKey(bytes)
  const derive = (purpose: string, length = 32) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', root, 'keyward', purpose, length)))
  const sealing = derive('seal/v1')
  const checkValue = Buffer.from(hkdfSync('sha256', root, 'keyward', 'check/v1', 8)).toString('hex')
  return Object.freeze({
    checkValue,
    derive: (purpose: string) => derive(`derive/v1/${purpose}`),
    seal(plaintext: Uint8Array, label: SealLabel) {
      const iv = randomBytes(IV)
      const cipher = createCipheriv('aes-256-gcm', sealing, iv)
      cipher.setAAD(encodeLabel(label))
      const body = cipher.update(plaintext)
      cipher.final()
      return Buffer.concat([Buffer.of(FORMAT), iv, body, cipher.getAuthTag()])
    },
    open(sealed: Uint8Array, label: SealLabel) {
      if (sealed.length < sealOverhead() || sealed[0] !== FORMAT) throw unreadable(label)
      const end = sealed.length - TAG
      const decipher = createDecipheriv('aes-256-gcm', sealing, sealed.subarray(1, 1 + IV), {
        authTagLength: TAG,
      })
      decipher.setAAD(encodeLabel(label))
      decipher.setAuthTag(sealed.subarray(end))
      try {
        return Buffer.concat([decipher.update(sealed.subarray(1 + IV, end)), decipher.final()])
      } catch {
        throw unreadable(label)
      }
    },
  })
}

function unreadable(label: SealLabel) {
  return refuse({ code: 'Unavailable', detail: `stored ${label.what} cannot be opened with this root key` })
}

/** Length-prefixed, so that no two labels encode alike. */
function encodeLabel(label: SealLabel): Buffer {
  return lengthPrefixed([label.what, label.owner, label.id, label.version ?? ''])
}

/** Each part as UTF-8 preceded by its length in bytes, 32-bit big-endian: an injective encoding of a list of texts. */
export function lengthPrefixed(parts: readonly string[]): Buffer {
  const size = parts.reduce((sum, part) => sum + 4 + Buffer.byteLength(part), 0)
  const out = Buffer.allocUnsafe(size)
  let at = 0
  for (const part of parts) {
    const written = out.write(part, at + 4)
    at = out.writeUInt32BE(written, at) + written
  }
  return out
}
