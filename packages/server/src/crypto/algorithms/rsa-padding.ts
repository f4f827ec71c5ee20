import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/*
 * The paddings of RFC 8017 that the platform offers only together with its own hashing, over a SHA-256 digest that is
 * given; and the one of encryption that it answers with random bytes when it is wrong.
 */

/** Bytes of the digest and of the PSS salt. */
export const DIGEST_BYTES = 32
const SALT_BYTES = 32
/** DER of DigestInfo { SHA-256, NULL } up to the digest (RFC 8017, 9.2, note 1). */
const DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** EMSA-PKCS1-v1_5: 00 01 ff..ff 00 DigestInfo, `length` bytes. */
export function encodePkcs1(digest: Uint8Array, length: number): Buffer {
  const encoded = Buffer.alloc(length, 0xff)
  encoded[0] = 0
  encoded[1] = 1
  const at = length - DIGEST_INFO.length - DIGEST_BYTES
  encoded[at - 1] = 0
  encoded.set(DIGEST_INFO, at)
  encoded.set(digest, at + DIGEST_INFO.length)
  return encoded
}

/**
 * EMSA-PSS with SHA-256, MGF1-SHA-256 and a salt of 32 bytes, for moduli of whole bytes (emBits = 8 * length - 1):
 * maskedDB, H, bc; `length` bytes with the top bit clear.
 */
export function encodePss(digest: Uint8Array, length: number, salt = randomBytes(SALT_BYTES)): Buffer {
  const h = pssHash(digest, salt)
  const db = Buffer.alloc(length - DIGEST_BYTES - 1)
  db[db.length - SALT_BYTES - 1] = 1
  db.set(salt, db.length - SALT_BYTES)
  xorMask(db, h)
  db[0]! &= 0x7f
  return Buffer.concat([db, h, Buffer.of(0xbc)])
}

/** EMSA-PSS-VERIFY (RFC 8017, 9.1.2), the salt exactly 32 bytes long. */
export function verifyPss(digest: Uint8Array, encoded: Uint8Array): boolean {
  const db = Buffer.from(encoded.subarray(0, encoded.length - DIGEST_BYTES - 1))
  const h = encoded.subarray(db.length, db.length + DIGEST_BYTES)
  if (encoded.at(-1) !== 0xbc || db[0]! > 0x7f) return false
  xorMask(db, h)
  db[0]! &= 0x7f
  const separator = db.length - SALT_BYTES - 1
  if (db[separator] !== 1 || db.subarray(0, separator).some((byte) => byte !== 0)) return false
  return timingSafeEqual(h, pssHash(digest, db.subarray(separator + 1)))
}

function pssHash(digest: Uint8Array, salt: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.alloc(8), digest, salt]), 'buffer')
}

/** MGF1-SHA-256 of `seed`, applied in place. */
function xorMask(data: Buffer, seed: Uint8Array): void {
  const input = Buffer.concat([seed, Buffer.alloc(4)])
  for (let at = 0, counter = 0; at < data.length; at += DIGEST_BYTES, counter++) {
    input.writeUInt32BE(counter, seed.length)
    const mask = hash('sha256', input, 'buffer')
    for (let i = 0; i < DIGEST_BYTES && at + i < data.length; i++) data[at + i]! ^= mask[i]!
  }
}

/**
 * EME-PKCS1-v1_5 of a message whose length is known: 00 02, non-zero bytes, 00, message. Undefined when it is not that.
 *
 * The length is fixed, so every byte is looked at in the same order whatever they hold, and a wrong key is noticed:
 * implicit rejection would give random bytes, of the wanted length now and then, and bind a key to them for ever.
 */
export function decodePkcs1Message(encoded: Uint8Array, messageLength: number): Buffer | undefined {
  const zero = encoded.length - messageLength - 1
  // At least eight bytes of padding (RFC 8017, 7.2.2).
  if (zero < 10) return undefined
  let bad = encoded[0]! | (encoded[1]! ^ 2) | encoded[zero]!
  // (byte - 1) >> 8 has all bits set for a zero byte and none otherwise.
  for (let i = 2; i < zero; i++) bad |= (encoded[i]! - 1) >> 8
  return bad === 0 ? Buffer.from(encoded.subarray(zero + 1)) : undefined
}
