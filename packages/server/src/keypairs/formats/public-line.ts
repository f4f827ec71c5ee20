import { type PublicKey, parseBlob, printable } from './public-key.ts'
import { Malformed, strictBase64 } from './reading.ts'

/** Longest line that is read, in UTF-16 units. The largest accepted key needs about 720 without its comment. */
export const MAX_PUBLIC_LINE = 8192

/** An OpenSSH public key line: `<type> <base64 of the key blob> [comment]`. */
export interface PublicLine extends PublicKey {
  /** What stands after the key; empty where nothing does. */
  readonly comment: string
}

/**
 * Reads an OpenSSH public key line, as `ssh-keygen` writes it to a `.pub` file. Raises `Malformed` in words.
 *
 * INVARIANT: the blob of the result is byte for byte the one in the line, so writing it again gives the same key.
 */
export function parsePublicLine(text: string): PublicLine {
  if (text.length > MAX_PUBLIC_LINE) throw new Malformed('the public key is too long')
  const line = text.trim()
  if (/^-----|^---- BEGIN/.test(line)) throw new Malformed('the public key must be one openssh line')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break in a comment would start a second key
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) throw new Malformed('the public key must be one line')
  const [, type, base64, comment = ''] = /^([^ \t]+)[ \t]+([^ \t]+)(?:[ \t]+(.*))?$/.exec(line) ?? []
  if (type === undefined || base64 === undefined) throw new Malformed('the public key is not an openssh line')
  const blob = strictBase64(base64)
  if (!blob) throw new Malformed('the public key is not an openssh line')
  const key = parseBlob(blob)
  const inner = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1')
  if (inner !== type)
    throw new Malformed(`the line says \`${printable(type)}\` but holds a key of another type`)
  if (!key.blob.equals(blob)) throw new Malformed('the public key is not in its normal form')
  return Object.freeze({ ...key, comment: comment.trimEnd() })
}

/** The OpenSSH line of a key, without a final newline. */
export function writePublicLine(key: PublicKey, comment: string): string {
  const type = key.blob.subarray(4, 4 + key.blob.readUInt32BE(0)).toString('latin1')
  return `${type} ${key.blob.toString('base64')}${comment === '' ? '' : ` ${comment}`}`
}
