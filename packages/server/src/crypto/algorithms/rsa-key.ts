import { checkPrimeSync, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { toScalar } from './curves.ts'
import { malformed } from './der.ts'

/**
 * Bounds of a public exponent from outside (FIPS 186-5 has the lower). The upper bound keeps public-key operations cheap:
 * they run on the event loop.
 */
const EXPONENT = { least: 65_537n, most: (1n << 32n) - 1n }

/** A composite that its maker chose passes with a probability of 2^-64 at most. */
const ROUNDS = { checks: 32 } as const

/** Reads a PKCS#8 private key that is stored: it was checked before. Throws when it is not an RSA key of this size. */
export function readRsaPrivateKey(pkcs8: Uint8Array, modulusBits: number): KeyObject {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  return checkShape(key, modulusBits)
}

/** Reads a SubjectPublicKeyInfo from outside. Throws when it is not an RSA key of this size. */
export function readRsaPublicKey(spki: Uint8Array, modulusBits: number): KeyObject {
  return checkShape(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }), modulusBits)
}

/**
 * Checks a private key from outside through and through and gives its canonical PKCS#8: OpenSSL believes all numbers of
 * a key as they stand, and a wrong prime would turn every use into a slow or faulty one.
 */
export function importRsaPrivateKey(pkcs8: Uint8Array, modulusBits: number): Buffer {
  const key = readRsaPrivateKey(pkcs8, modulusBits)
  const jwk = key.export({ format: 'jwk' })
  const number = (field: keyof typeof jwk) => toScalar(Buffer.from(String(jwk[field]), 'base64url'))
  const [n, e, d, p, q] = [number('n'), number('e'), number('d'), number('p'), number('q')]
  const half = 1n << BigInt(modulusBits / 2 - 1)
  const good =
    p !== q &&
    p > half &&
    q > half &&
    p * q === n &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    number('dp') === d % (p - 1n) &&
    number('dq') === d % (q - 1n) &&
    (number('qi') * q) % p === 1n &&
    checkPrimeSync(p, ROUNDS) &&
    checkPrimeSync(q, ROUNDS)
  if (!good) throw malformed()
  return key.export({ format: 'der', type: 'pkcs8' })
}

function checkShape(key: KeyObject, modulusBits: number): KeyObject {
  const { modulusLength, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  const odd = publicExponent % 2n === 1n
  const bounded = publicExponent >= EXPONENT.least && publicExponent <= EXPONENT.most
  // An `rsa-pss` key would bind us to its own padding parameters.
  if (key.asymmetricKeyType !== 'rsa' || modulusLength !== modulusBits || !odd || !bounded) throw malformed()
  return key
}
