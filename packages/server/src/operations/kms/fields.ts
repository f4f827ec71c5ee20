import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Digested, Secret } from '../../base/secret.ts'
import type { EncryptionContext } from '../../kms/blob.ts'
import { LONGEST_KEY_REFERENCE } from '../../kms/names.ts'

/** Input fields that several KMS operations share (reference: alibaba-kms.md A.2, B). */
export const KeyId = Type.String({ minLength: 1, maxLength: LONGEST_KEY_REFERENCE })
export const KeyVersionId = Type.String({ minLength: 1, maxLength: 64 })
export const EncryptionContext_ = Digested(Type.Record(Type.String(), Type.String()))
/** A blob of the longest text: 8,192 bytes and 64 of frame, in Base64. */
export const CiphertextBlob = Type.String({ minLength: 1, maxLength: Math.ceil((8192 + 64) / 3) * 4 })
export const Plaintext = Secret(Type.String())
export const PageNumber = Type.Optional(Type.Integer())
export const PageSize = Type.Optional(Type.Integer())
export const Description = Type.String({ maxLength: 8192 })

/** An object that takes no members but these. */
export function Input<P extends Parameters<typeof Type.Object>[0]>(properties: P) {
  return Type.Object(properties, { additionalProperties: false })
}

/** What a call without an answer answers. */
export const Nothing = Type.Object({})

/** The members that every page of a list has. */
export const Paged = { PageNumber: Type.Integer(), PageSize: Type.Integer(), TotalCount: Type.Integer() }

/** JSON text of an encryption context, at most (reference: alibaba-kms.md B.5). */
const LONGEST_CONTEXT = 8192

/** Raises `InvalidParameter` for a context over its limit. */
export function assertContext(name: string, context: EncryptionContext | undefined): void {
  if (context === undefined) return
  // No escape is longer than six characters: the test of most calls.
  let most = 2
  for (const key of Object.keys(context)) most += 6 * (key.length + String(context[key]).length) + 6
  if (most > LONGEST_CONTEXT && JSON.stringify(context).length > LONGEST_CONTEXT)
    throw refuse({ code: 'InvalidParameter', name })
}

/** Longest plaintext: as text, and decoded where it is Base64 (reference: alibaba-kms.md H-19). */
const LONGEST_TEXT = 8192
const LONGEST_DECODED = 6144

/** Raises `InvalidParameter` for a plaintext over its limits. Text that is not Base64 is accepted as it is. */
export function assertPlaintext(text: string): void {
  // No text of this length can be over either limit: the test of most calls.
  if (text.length * 3 <= LONGEST_DECODED) return
  const bytes = Buffer.byteLength(text)
  const decoded = Buffer.from(text, 'base64')
  const isBase64 = decoded.toString('base64') === text
  if (bytes > LONGEST_TEXT || (isBase64 && decoded.length > LONGEST_DECODED)) {
    throw refuse({ code: 'InvalidParameter', name: 'Plaintext' })
  }
}

/** The bytes of a Base64 parameter. Raises `InvalidParameter` for text that no bytes encode to. */
export function bytesOf(name: string, text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw refuse({ code: 'InvalidParameter', name })
  return bytes
}

/** `2026-11-21T21:06:46Z`: the wire's form of a time. */
export function wireTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

/** Beyond every list, and times the largest page still an integer that any database takes. */
const LAST_PAGE = 1_000_000_000_000

/** A page within its limits: anything outside is brought inside (reference: alibaba-kms.md H-36). */
export function page(input: { PageNumber?: number; PageSize?: number }): { number: number; size: number } {
  return {
    number: Math.min(LAST_PAGE, Math.max(1, input.PageNumber ?? 1)),
    size: Math.min(100, Math.max(1, input.PageSize ?? 10)),
  }
}
