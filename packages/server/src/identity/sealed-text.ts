import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'

/*
 * Text that the service hands out and later takes back, and that nobody else can read, make or change: security tokens,
 * diagnostic messages. Base64 of:
 *
 *   offset 0                6          18               18+n
 *          +----------------+----------+----------------+---------+
 *          | 1 1 0 0 0 0    | IV 12 B  | ciphertext n B | tag 16  |
 *          +----------------+----------+----------------+---------+
 *
 * AES-256-GCM under a key of its own for each purpose (derived from the root key), the first six bytes as associated
 * data. The plaintext is UTF-8, raw deflate; zeros may follow it, so that the length tells nothing of the text. The cloud's diagnostic messages begin with the same six bytes.
 */
const HEAD = Buffer.of(1, 1, 0, 0, 0, 0)
const IV = 12
const TAG = 16
/** Bytes of text that a sealed one may unfold to. */
const LONGEST = 64 * 1024

/** `size`: bytes of the sealed text before Base64, at least. */
export function sealText(key: KeyObject, text: string, size = 0): string {
  const iv = randomBytes(IV)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(HEAD)
  const packed = deflateRawSync(text)
  const padding = Buffer.alloc(Math.max(0, size - HEAD.length - IV - packed.length - TAG))
  const body = Buffer.concat([cipher.update(packed), cipher.update(padding), cipher.final()])
  return Buffer.concat([HEAD, iv, body, cipher.getAuthTag()]).toString('base64')
}

/** The text, or undefined for anything that was not sealed by this key. */
export function openText(key: KeyObject, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.length < HEAD.length + IV + TAG || !bytes.subarray(0, HEAD.length).equals(HEAD)) return undefined
  // One text has one sealed form: what decodes to it in other ways is none.
  if (bytes.toString('base64') !== sealed) return undefined
  const iv = bytes.subarray(HEAD.length, HEAD.length + IV)
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG })
  decipher.setAAD(HEAD)
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG))
  try {
    const body = bytes.subarray(HEAD.length + IV, bytes.length - TAG)
    const plain = Buffer.concat([decipher.update(body), decipher.final()])
    return inflateRawSync(plain, { maxOutputLength: LONGEST }).toString('utf8')
  } catch {
    return undefined
  }
}
