import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Keyring, Purpose } from '../crypto/keyring.ts'

/*
 * Text that the service hands out and later takes back, and that nobody else can read, make or change: security tokens,
 * diagnostic messages. Base64 of:
 *
 *   offset 0                6               10         22               22+n
 *          +----------------+---------------+----------+----------------+---------+
 *          | 1 1 0 0 0 0    | generation,   | IV 12 B  | ciphertext n B | tag 16  |
 *          |                | 32-bit, BE    |          |                |         |
 *          +----------------+---------------+----------+----------------+---------+
 *
 * AES-256-GCM under the key of the generation for this purpose, the first ten bytes as associated data. The plaintext is
 * UTF-8, raw deflate; zeros may follow it, so that the length tells nothing of the text. The cloud's diagnostic messages
 * begin with the same six bytes.
 *
 * What was handed out before there was a keyring has no generation: its IV follows the first six bytes, which alone are
 * the associated data.
 */
const HEAD = Buffer.of(1, 1, 0, 0, 0, 0)
const NUMBER = 4
const IV = 12
const TAG = 16
/** Bytes of text that a sealed one may unfold to. */
const LONGEST = 64 * 1024

/** What of the keyring seals and opens texts. */
export type TextKeys = Pick<Keyring, 'keyFor' | 'keyOf' | 'opensCarried'>

/** `size`: bytes of the sealed text before Base64, at least. */
export function sealText(keys: TextKeys, purpose: Purpose, text: string, size = 0): string {
  const { generation, key } = keys.keyFor(purpose)
  const head = Buffer.alloc(HEAD.length + NUMBER)
  HEAD.copy(head)
  head.writeUInt32BE(generation, HEAD.length)
  const iv = randomBytes(IV)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(head)
  const packed = deflateRawSync(text)
  const padding = Buffer.alloc(Math.max(0, size - head.length - IV - packed.length - TAG))
  const body = [cipher.update(packed), cipher.update(padding)]
  packed.fill(0)
  // GCM is a stream: the last call adds the tag and no byte.
  cipher.final()
  return Buffer.concat([head, iv, ...body, cipher.getAuthTag()]).toString('base64')
}

/** Whether something has the form of such a text, whoever sealed it. */
export function looksSealed(sealed: string): boolean {
  const bytes = Buffer.from(sealed, 'base64')
  return (
    bytes.length >= HEAD.length + IV + TAG &&
    bytes.subarray(0, HEAD.length).equals(HEAD) &&
    // One text has one sealed form: what decodes to it in other ways is none.
    bytes.toString('base64') === sealed
  )
}

/** The text, or undefined for anything that was not sealed by these keys for this purpose. */
export function openText(keys: TextKeys, purpose: Purpose, sealed: string): string | undefined {
  if (!looksSealed(sealed)) return undefined
  const bytes = Buffer.from(sealed, 'base64')
  const numbered = HEAD.length + NUMBER
  if (bytes.length >= numbered + IV + TAG) {
    const generation = bytes.readUInt32BE(HEAD.length)
    const key = generation === 0 ? undefined : keys.keyOf(purpose, generation)
    const text = key && openWith(key, bytes, numbered)
    if (text !== undefined) return text
  }
  const carried = keys.opensCarried ? keys.keyOf(purpose, 0) : undefined
  return carried && openWith(carried, bytes, HEAD.length)
}

function openWith(key: KeyObject, bytes: Buffer, head: number): string | undefined {
  const iv = bytes.subarray(head, head + IV)
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG })
  decipher.setAAD(bytes.subarray(0, head))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG))
  const plain = decipher.update(bytes.subarray(head + IV, bytes.length - TAG))
  try {
    decipher.final()
    const text = inflateRawSync(plain, { maxOutputLength: LONGEST })
    return text.toString('utf8')
  } catch {
    return undefined
  } finally {
    plain.fill(0)
  }
}
