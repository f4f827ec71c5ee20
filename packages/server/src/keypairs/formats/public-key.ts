import { createPublicKey, hash, type KeyObject, type webcrypto } from 'node:crypto'
import { type Algorithm, type AlgorithmRow, algorithmNames, algorithms } from '../algorithms.ts'
import { Malformed, sshPositive, sshReader, sshString } from './reading.ts'

export type Jwk = webcrypto.JsonWebKey

/** A public key of one of the accepted algorithms. */
export interface PublicKey {
  readonly algorithm: Algorithm
  /** The key blob (RFC 4253, section 6.6): what an OpenSSH line carries in base64 and what fingerprints are of. */
  readonly blob: Buffer
  readonly key: KeyObject
}

/*
 * Key blobs, in the types of RFC 4251:
 *
 *   ssh-rsa              string "ssh-rsa", mpint e, mpint n
 *   ecdsa-sha2-<curve>   string "ecdsa-sha2-<curve>", string <curve>, string point (04 || X || Y)
 *   ssh-ed25519          string "ssh-ed25519", string 32 bytes
 */

/** Reads a key blob. Raises `Malformed` in words when it is none, or of an algorithm that is not accepted. */
export function parseBlob(blob: Buffer): PublicKey {
  const reader = sshReader(blob)
  const type = reader.string().toString('latin1')
  if (type === 'ssh-dss') throw new Malformed('dsa keys are not accepted: they are too weak')
  const candidates = algorithmNames.filter((name) => algorithms[name].sshType === type)
  if (candidates.length === 0) throw new Malformed(`keys of type \`${printable(type)}\` are not accepted`)
  const jwk = readNumbers(reader, algorithms[candidates[0] as Algorithm])
  reader.end()
  return fromJwk(jwk)
}

function readNumbers(reader: ReturnType<typeof sshReader>, row: AlgorithmRow): Jwk {
  switch (row.family) {
    case 'rsa': {
      const e = reader.positive()
      const n = reader.positive()
      return { kty: 'RSA', e: base64url(e), n: base64url(n) }
    }
    case 'ecdsa': {
      const curve = reader.string().toString('latin1')
      if (curve !== row.sshCurve)
        throw new Malformed(`the key names two curves, \`${row.sshCurve}\` and another`)
      const point = reader.string()
      if (point.length !== 1 + 2 * row.size || point[0] !== 4) {
        throw new Malformed('the key does not hold an uncompressed point of its curve')
      }
      const x = point.subarray(1, 1 + row.size)
      return { kty: 'EC', crv: row.jwkCurve, x: base64url(x), y: base64url(point.subarray(1 + row.size)) }
    }
    case 'ed25519': {
      const point = reader.string()
      if (point.length !== 32) throw new Malformed('an ed25519 key has 32 bytes')
      return { kty: 'OKP', crv: 'Ed25519', x: base64url(point) }
    }
  }
}

/** Makes a public key from the public members of a JWK. Raises `Malformed` as `parseBlob` does. */
export function fromJwk(jwk: Jwk): PublicKey {
  const algorithm = algorithmOf(jwk)
  const { kty, crv, x, y, n, e } = jwk
  const numbers = kty === 'RSA' ? { kty, n, e } : kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x }
  return Object.freeze({
    algorithm,
    blob: blobOf(jwk, algorithms[algorithm]),
    key: importNumbers(numbers as Jwk),
  })
}

function importNumbers(jwk: Jwk): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    throw new Malformed('the key is not a valid key of its algorithm')
  }
}

function algorithmOf(jwk: Jwk): Algorithm {
  for (const name of algorithmNames) {
    const row = algorithms[name]
    if (row.family === 'rsa' && jwk.kty === 'RSA' && rsaBits(jwk) === row.bits) return name
    if (row.family === 'ecdsa' && jwk.kty === 'EC' && jwk.crv === row.jwkCurve) return name
    if (row.family === 'ed25519' && jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return name
  }
  if (jwk.kty !== 'RSA') throw new Malformed(`keys on the curve \`${jwk.crv ?? 'unknown'}\` are not accepted`)
  throw new Malformed(`rsa keys have 2048, 3072 or 4096 bits here, not \`${rsaBits(jwk)}\``)
}

/** Bits of the modulus. An even modulus or a bad exponent is no key at all, which OpenSSL would not notice here. */
function rsaBits(jwk: Jwk): number {
  const modulus = number(jwk.n)
  const exponent = number(jwk.e)
  const odd = (value: Buffer) => ((value.at(-1) ?? 0) & 1) === 1
  if (
    !odd(modulus) ||
    !odd(exponent) ||
    exponent.length > 8 ||
    (exponent.length === 1 && exponent[0] === 1)
  ) {
    throw new Malformed('the key is not a valid key of its algorithm')
  }
  return 8 * modulus.length - Math.clz32(modulus[0] as number) + 24
}

function blobOf(jwk: Jwk, row: AlgorithmRow): Buffer {
  const type = sshString(row.sshType)
  if (row.family === 'rsa')
    return Buffer.concat([type, sshPositive(number(jwk.e)), sshPositive(number(jwk.n))])
  if (row.family === 'ed25519') return Buffer.concat([type, sshString(number(jwk.x))])
  const point = Buffer.concat([Buffer.of(4), number(jwk.x), number(jwk.y)])
  return Buffer.concat([type, sshString(row.sshCurve), sshString(point)])
}

/** MD5 of the key blob as 16 hex pairs joined by `:`, the form of the Huawei wire and of `ssh-keygen -l -E md5`. */
export function md5Fingerprint(blob: Uint8Array): string {
  return (hash('md5', blob, 'hex').match(/../g) as string[]).join(':')
}

/** `SHA256:` and base64 without padding, as `ssh-keygen -l` prints it. */
export function sha256Fingerprint(blob: Uint8Array): string {
  return `SHA256:${hash('sha256', blob, 'base64').replace(/=+$/, '')}`
}

/** A foreign name, short and harmless enough to be quoted in a message. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]|`/g, '?').slice(0, 64)
}

function number(value: unknown): Buffer {
  return Buffer.from(String(value), 'base64url')
}

function base64url(value: Buffer): string {
  return value.toString('base64url')
}
