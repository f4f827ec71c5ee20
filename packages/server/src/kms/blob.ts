import { refuse } from '../base/problem.ts'
import { lengthPrefixed } from '../crypto/sealed-bytes.ts'

/*
 * Symmetric ciphertext blob (reference: alibaba-kms.md B.4), Base64 on the wire:
 *
 *   offset 0                     36         48                48+n
 *          +---------------------+----------+-----------------+---------+
 *          | key version id      | IV 12 B  | ciphertext n B  | tag 16  |
 *          | 36 ASCII characters |          |                 |         |
 *          +---------------------+----------+-----------------+---------+
 */
const ID = 36
const IV = 12
const TAG = 16

export interface Blob {
  readonly versionId: string
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

/** The Base64 text of a blob. */
export function writeBlob(blob: Blob): string {
  const out = Buffer.allocUnsafe(ID + IV + blob.ciphertext.length + TAG)
  out.write(blob.versionId, 0, ID, 'latin1')
  out.set(blob.iv, ID)
  out.set(blob.ciphertext, ID + IV)
  out.set(blob.tag, ID + IV + blob.ciphertext.length)
  return out.toString('base64')
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Reads the Base64 text of a blob. Raises `InvalidParameter` for anything that was never one. */
export function readBlob(text: string, parameter = 'CiphertextBlob'): Blob {
  const bytes = Buffer.from(text, 'base64')
  // Node skips what is not Base64: only the text that these bytes encode to is accepted.
  if (bytes.length < ID + IV + TAG || bytes.toString('base64') !== text) {
    throw refuse({ code: 'InvalidParameter', name: parameter })
  }
  const versionId = bytes.toString('latin1', 0, ID)
  if (!UUID.test(versionId)) throw refuse({ code: 'InvalidParameter', name: parameter })
  return {
    versionId,
    iv: bytes.subarray(ID, ID + IV),
    ciphertext: bytes.subarray(ID + IV, bytes.length - TAG),
    tag: bytes.subarray(bytes.length - TAG),
  }
}

export type EncryptionContext = Readonly<Record<string, string>>

const NOTHING = new Uint8Array(0)

/**
 * Associated data of an encryption context: its pairs sorted by name, each name and value preceded by its length, so
 * that no two contexts encode alike (design, section 5; alibaba-kms.md H-21). Absent or empty: no associated data.
 */
export function contextAad(context: EncryptionContext | undefined): Uint8Array {
  if (context === undefined) return NOTHING
  const names = Object.keys(context)
  if (names.length === 0) return NOTHING
  if (names.length > 1) names.sort()
  const parts: string[] = []
  for (const name of names) parts.push(name, context[name] as string)
  return lengthPrefixed(parts)
}
