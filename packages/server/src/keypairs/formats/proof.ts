import { type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import { promisify } from 'node:util'
import type { PrivateKey } from './private-key.ts'
import { type Jwk, type PublicKey, parseBlob } from './public-key.ts'
import { Malformed } from './reading.ts'

const signAsync = promisify(sign) as (hash: string | null, data: Buffer, key: KeyObject) => Promise<Buffer>
const verifyAsync = promisify(verify) as (
  hash: string | null,
  data: Buffer,
  key: KeyObject,
  signature: Buffer,
) => Promise<boolean>

/**
 * Proves that a private key is whole and belongs to a public key: same blob, consistent RSA numbers, and a signature by
 * the one that the other verifies. Raises `Malformed`.
 *
 * A key file carries its public part as a claim of its own that OpenSSL does not check, so a look at the blob alone would
 * let a private key pass for another's.
 */
export async function proveBelongs(key: PrivateKey, other: PublicKey): Promise<void> {
  if (!key.public.blob.equals(other.blob))
    throw new Malformed('the private key does not belong to the public key')
  const damaged = new Malformed('the numbers of the private key do not fit together')
  if (key.key.asymmetricKeyType === 'rsa' && !rsaConsistent(key.key.export({ format: 'jwk' }))) throw damaged
  const hash = key.key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const data = randomBytes(32)
  try {
    const signature = await signAsync(hash, data, key.key)
    if (await verifyAsync(hash, data, parseBlob(other.blob).key, signature)) return
  } catch {
    // OpenSSL notices some damage only when the key is used.
  }
  throw damaged
}

/** The relations of RFC 8017, section 3.2. OpenSSL signs with a wrong half as long as the other numbers are right. */
function rsaConsistent(jwk: Jwk): boolean {
  const number = (name: 'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi') => {
    const hex = Buffer.from(jwk[name] ?? '', 'base64url').toString('hex')
    return BigInt(`0x0${hex}`)
  }
  const [n, e, d, p, q] = [number('n'), number('e'), number('d'), number('p'), number('q')]
  if (p < 3n || q < 3n || d >= n) return false
  return (
    p * q === n &&
    (d * e) % (p - 1n) === 1n &&
    (d * e) % (q - 1n) === 1n &&
    number('dp') === d % (p - 1n) &&
    number('dq') === d % (q - 1n) &&
    (number('qi') * q) % p === 1n
  )
}
