import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'
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

/*
 * Sealed bytes. What was sealed under a generation of the keyring names it:
 *
 *   offset 0        1               5          17                17+n
 *          +--------+---------------+----------+-----------------+---------+
 *          | 2 (v)  | generation,   | IV 12 B  | ciphertext n B  | tag 16  |
 *          |        | 32-bit, BE    |          |                 |         |
 *          +--------+---------------+----------+-----------------+---------+
 *
 * AES-256-GCM under the sealing key of the generation. Associated data = the first five bytes, then the label, each part
 * preceded by its length in bytes as a 32-bit big-endian number: what, owner, id, version (empty when there is none).
 *
 * What was sealed under a key that stands alone (the root key, which seals the keyring; the data key of a private key in
 * custody; everything before there was a keyring) names none, and its associated data is the label alone:
 *
 *   offset 0        1          13                13+n
 *          +--------+----------+-----------------+---------+
 *          | 1 (v)  | IV 12 B  | ciphertext n B  | tag 16  |
 *          +--------+----------+-----------------+---------+
 */
const ALONE = 1
const NUMBERED = 2
const IV = 12
const TAG = 16

/** Generation 0 is a key that stands alone. */
export function sealUnder(
  key: KeyObject,
  generation: number,
  plaintext: Uint8Array,
  label: SealLabel,
): Buffer {
  const head = headOf(generation)
  const iv = randomBytes(IV)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(associatedData(generation, label))
  const body = cipher.update(plaintext)
  // GCM is a stream: the last call adds the tag and no byte.
  cipher.final()
  return Buffer.concat([head, iv, body, cipher.getAuthTag()])
}

/** Raises `Unavailable` when the bytes were not sealed by this key, of this generation, under this label. */
export function openUnder(key: KeyObject, generation: number, sealed: Uint8Array, label: SealLabel): Buffer {
  const start = headOf(generation).length
  if (generationOf(sealed) !== generation || sealed.length < start + IV + TAG) throw unreadable(label)
  const end = sealed.length - TAG
  const iv = sealed.subarray(start, start + IV)
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG })
  decipher.setAAD(associatedData(generation, label))
  decipher.setAuthTag(sealed.subarray(end))
  const plaintext = decipher.update(sealed.subarray(start + IV, end))
  try {
    decipher.final()
    return plaintext
  } catch {
    plaintext.fill(0)
    throw unreadable(label)
  }
}

/** The generation that sealed bytes name, 0 for a key that stands alone; undefined for what is nothing of ours. */
export function generationOf(sealed: Uint8Array): number | undefined {
  if (sealed[0] === ALONE) return 0
  if (sealed[0] !== NUMBERED || sealed.length < 5) return undefined
  const number = new DataView(sealed.buffer, sealed.byteOffset).getUint32(1)
  return number === 0 ? undefined : number
}

/** First byte of what was sealed by a key that stands alone. */
export const SEALED_ALONE: Uint8Array = Uint8Array.of(ALONE)

export function unreadable(label: SealLabel) {
  return refuse({ code: 'Unavailable', detail: `stored ${label.what} cannot be opened with this root key` })
}

function headOf(generation: number): Buffer {
  if (generation === 0) return Buffer.of(ALONE)
  const head = Buffer.alloc(5)
  head[0] = NUMBERED
  head.writeUInt32BE(generation, 1)
  return head
}

function associatedData(generation: number, label: SealLabel): Buffer {
  const text = lengthPrefixed([label.what, label.owner, label.id, label.version ?? ''])
  return generation === 0 ? text : Buffer.concat([headOf(generation), text])
}

/** How many bytes sealing adds: under a generation, or under a key that stands alone. */
export function sealOverhead(generation: number): number {
  return (generation === 0 ? 1 : 5) + IV + TAG
}

/** Each part as UTF-8 preceded by its length in bytes, 32-bit big-endian: an injective encoding of a list of texts. */
export function lengthPrefixed(parts: readonly string[]): Buffer {
  let size = 4 * parts.length
  for (const part of parts) size += Buffer.byteLength(part)
  const out = Buffer.allocUnsafe(size)
  let at = 0
  for (const part of parts) {
    const written = out.write(part, at + 4)
    at = out.writeUInt32BE(written, at) + written
  }
  return out
}
