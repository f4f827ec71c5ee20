import { randomBytes } from 'node:crypto'
import { type AlgorithmRow, algorithms } from '../algorithms.ts'
import { fromPrivateJwk, type PrivateKey } from './private-key.ts'
import { type Jwk, parseBlob } from './public-key.ts'
import { Malformed, type SshReader, sshPositive, sshReader, sshString } from './reading.ts'

/*
 * The private key format of OpenSSH (its PROTOCOL.key), in the types of RFC 4251:
 *
 *   "openssh-key-v1" 00
 *   string cipher ("none"), string kdf ("none"), string kdf options (empty)
 *   uint32 number of keys (1)
 *   string public key blob
 *   string private section:
 *     uint32 check, uint32 the same check
 *     string type, then
 *       ssh-rsa              mpint n, mpint e, mpint d, mpint iqmp, mpint p, mpint q
 *       ecdsa-sha2-<curve>   string <curve>, string point, mpint d
 *       ssh-ed25519          string public key (32), string seed || public key (64)
 *     string comment
 *     padding 01 02 03 ... up to a multiple of 8
 *
 * All of it in base64, in lines of 70, between the markers below.
 */
const MAGIC = Buffer.from('openssh-key-v1\0', 'latin1')
const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----'
const END = '-----END OPENSSH PRIVATE KEY-----'
const BLOCK = 8

/** Writes an unencrypted OpenSSH private key with a final newline. */
export function writeOpenSshPrivateKey(key: PrivateKey, comment: string): string {
  const check = randomBytes(4)
  const body = Buffer.concat([check, check, ...privateNumbers(key), sshString(comment)])
  const padding = Buffer.from(
    Array.from({ length: (BLOCK - (body.length % BLOCK)) % BLOCK }, (_, i) => i + 1),
  )
  const data = Buffer.concat([
    MAGIC,
    sshString('none'),
    sshString('none'),
    sshString(''),
    Buffer.of(0, 0, 0, 1),
    sshString(key.public.blob),
    sshString(Buffer.concat([body, padding])),
  ])
  return armorOpenSsh(data)
}

/** What stands between the markers, as text with a final newline. */
export function armorOpenSsh(data: Buffer): string {
  const lines = data.toString('base64').match(/.{1,70}/g) as string[]
  return `${[BEGIN, ...lines, END].join('\n')}\n`
}

function privateNumbers(key: PrivateKey): Buffer[] {
  const row = algorithms[key.public.algorithm]
  const jwk = key.key.export({ format: 'jwk' })
  const type = sshString(row.sshType)
  const mpint = (name: keyof Jwk) => sshPositive(number(jwk, name))
  switch (row.family) {
    case 'rsa':
      return [type, mpint('n'), mpint('e'), mpint('d'), mpint('qi'), mpint('p'), mpint('q')]
    case 'ecdsa': {
      const point = Buffer.concat([Buffer.of(4), number(jwk, 'x'), number(jwk, 'y')])
      return [type, sshString(row.sshCurve), sshString(point), mpint('d')]
    }
    case 'ed25519':
      return [
        type,
        sshString(number(jwk, 'x')),
        sshString(Buffer.concat([number(jwk, 'd'), number(jwk, 'x')])),
      ]
  }
}

function number(jwk: Jwk, name: keyof Jwk): Buffer {
  return Buffer.from(jwk[name] as string, 'base64url')
}

/** Reads what stands between the markers, decoded. Raises `Malformed` in words. */
export function parseOpenSshPrivateKey(data: Buffer): PrivateKey {
  const outer = sshReader(data)
  if (!outer.bytes(MAGIC.length).equals(MAGIC)) throw new Malformed('the private key is not an openssh key')
  const cipher = outer.string().toString('latin1')
  const kdf = outer.string().toString('latin1')
  if (cipher !== 'none' || kdf !== 'none') throw new Malformed(PASSPHRASE)
  if (outer.string().length !== 0) throw new Malformed('the private key is not an openssh key')
  if (outer.uint32() !== 1) throw new Malformed('the private key file must hold one key')
  const blob = outer.string()
  const section = outer.string()
  outer.end()
  const known = parseBlob(blob)
  const key = fromPrivateJwk(readSection(section, algorithms[known.algorithm]))
  if (!known.blob.equals(blob) || !key.public.blob.equals(blob)) {
    throw new Malformed('the private key file holds two keys that do not belong together')
  }
  return key
}

/** Why a key that only its owner can open is refused. */
export const PASSPHRASE =
  'private keys with a passphrase are not accepted: remove it with `ssh-keygen -p` and an empty new passphrase'

function readSection(section: Buffer, row: AlgorithmRow): Jwk {
  if (section.length % BLOCK !== 0) throw new Malformed('the private key is cut off')
  const reader = sshReader(section)
  const check = reader.bytes(4)
  if (!check.equals(reader.bytes(4))) throw new Malformed('the private key is damaged')
  if (reader.string().toString('latin1') !== row.sshType) {
    throw new Malformed('the private key file holds two keys that do not belong together')
  }
  const jwk = readNumbers(reader, row)
  reader.string() // the comment
  const padding = reader.rest()
  if (padding.length >= BLOCK || padding.some((byte, i) => byte !== i + 1)) {
    throw new Malformed('the private key is damaged')
  }
  return jwk
}

function readNumbers(reader: SshReader, row: AlgorithmRow): Jwk {
  switch (row.family) {
    case 'rsa': {
      const [n, e, d, qi, p, q] = Array.from({ length: 6 }, () => reader.positive()) as RsaNumbers
      return rsaJwk({ n, e, d, qi, p, q })
    }
    case 'ecdsa': {
      if (reader.string().toString('latin1') !== row.sshCurve)
        throw new Malformed('the private key is damaged')
      const point = reader.string()
      const d = reader.positive()
      if (point.length !== 1 + 2 * row.size || point[0] !== 4 || d.length > row.size) {
        throw new Malformed('the private key is damaged')
      }
      return {
        kty: 'EC',
        crv: row.jwkCurve,
        x: base64url(point.subarray(1, 1 + row.size)),
        y: base64url(point.subarray(1 + row.size)),
        d: base64url(Buffer.concat([Buffer.alloc(row.size - d.length), d])),
      }
    }
    case 'ed25519': {
      const x = reader.string()
      const seedAndKey = reader.string()
      if (x.length !== 32 || seedAndKey.length !== 64 || !seedAndKey.subarray(32).equals(x)) {
        throw new Malformed('the private key is damaged')
      }
      return { kty: 'OKP', crv: 'Ed25519', x: base64url(x), d: base64url(seedAndKey.subarray(0, 32)) }
    }
  }
}

type RsaNumbers = [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]

/** The format leaves out d mod p-1 and d mod q-1, which a JWK wants. */
function rsaJwk(numbers: Readonly<Record<'n' | 'e' | 'd' | 'qi' | 'p' | 'q', Buffer>>): Jwk {
  const modulo = (prime: Buffer) => {
    const p = toBigInt(prime)
    if (p < 3n) throw new Malformed('the private key is damaged')
    const hex = (toBigInt(numbers.d) % (p - 1n)).toString(16)
    return base64url(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'))
  }
  const { n, e, d, qi, p, q } = numbers
  return {
    kty: 'RSA',
    n: base64url(n),
    e: base64url(e),
    d: base64url(d),
    p: base64url(p),
    q: base64url(q),
    dp: modulo(p),
    dq: modulo(q),
    qi: base64url(qi),
  }
}

function toBigInt(value: Buffer): bigint {
  return BigInt(`0x${value.toString('hex')}`)
}

function base64url(value: Buffer): string {
  return value.toString('base64url')
}
