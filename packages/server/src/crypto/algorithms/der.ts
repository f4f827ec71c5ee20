/*
 * The few DER types that keys are made of. Strict: definite, minimal lengths; nothing after the end. OpenSSL reads RSA
 * keys; EC keys are read here because it exports no scalar of SM2 and accepts explicit curve parameters.
 */

export const TAG = Object.freeze({
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  sequence: 0x30,
  context0: 0xa0,
  context1: 0xa1,
})

export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
}

/** One value: tag, minimal length, the parts joined. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff]
  if (length > 0xffff) throw new RangeError('der value too long')
  return Buffer.concat([Buffer.from(head), ...parts])
}

/** A BIT STRING of whole bytes. */
export function derBits(content: Uint8Array): Buffer {
  return der(TAG.bits, Buffer.of(0), content)
}

/** All values that stand one after another in `bytes`. Throws RangeError when they are not strict DER. */
export function readDer(bytes: Uint8Array): DerValue[] {
  const values: DerValue[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at]!
    let length = bytes[at + 1] ?? Number.NaN
    at += 2
    if (length >= 0x80) {
      const count = length & 0x7f
      if (count < 1 || count > 2 || at + count > bytes.length) throw malformed()
      length = count === 1 ? bytes[at]! : (bytes[at]! << 8) | bytes[at + 1]!
      if (length < (count === 1 ? 0x80 : 0x100)) throw malformed()
      at += count
    }
    // Also false for NaN, a header cut off.
    if (!(at + length <= bytes.length)) throw malformed()
    values.push({ tag, content: bytes.subarray(at, at + length) })
    at += length
  }
  return values
}

/** The content of the one value in `bytes`, which must have this tag. Throws RangeError. */
export function readOnly(bytes: Uint8Array, tag: number): Uint8Array {
  const [value, ...rest] = readDer(bytes)
  return contentOf(rest.length === 0 ? value : undefined, tag)
}

/** The content of a value that must be there and have this tag. Throws RangeError. */
export function contentOf(value: DerValue | undefined, tag: number): Uint8Array {
  if (value?.tag !== tag) throw malformed()
  return value.content
}

/** The bytes of a BIT STRING's content that has no unused bits. Throws RangeError. */
export function bytesOfBits(content: Uint8Array): Uint8Array {
  if (content[0] !== 0) throw malformed()
  return content.subarray(1)
}

export function malformed(): RangeError {
  return new RangeError('malformed der')
}
