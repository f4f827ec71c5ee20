import { createPrivateKey, type KeyObject } from 'node:crypto'
import { writeOpenSshPrivateKey } from './openssh-private.ts'
import { fromJwk, type Jwk, type PublicKey } from './public-key.ts'
import { Malformed } from './reading.ts'

/** A private key of one of the accepted algorithms, with the public key that its own numbers give. */
export interface PrivateKey {
  readonly public: PublicKey
  readonly key: KeyObject
}

/** The texts a private key can be written in. `sec1` is of EC keys alone, `pkcs1` of RSA keys alone. */
export type PrivateKeyFormat = 'pkcs1' | 'pkcs8' | 'sec1' | 'openssh'

/** Takes a private `KeyObject` in. Raises `Malformed` when its algorithm is not accepted. */
export function fromKeyObject(key: KeyObject): PrivateKey {
  const family = key.asymmetricKeyType ?? 'none'
  if (family === 'dsa') throw new Malformed('dsa keys are not accepted: they are too weak')
  if (family !== 'rsa' && family !== 'ec' && family !== 'ed25519') {
    throw new Malformed(`private keys of type \`${family}\` are not accepted`)
  }
  let jwk: Jwk
  try {
    jwk = key.export({ format: 'jwk' })
  } catch {
    throw new Malformed('the private key is on a curve that is not accepted')
  }
  return Object.freeze({ public: fromJwk(jwk), key })
}

/** Makes a private key from a whole JWK. */
export function fromPrivateJwk(jwk: Jwk): PrivateKey {
  let key: KeyObject
  try {
    key = createPrivateKey({ key: jwk, format: 'jwk' })
  } catch {
    throw new Malformed('the private key is not a valid key of its algorithm')
  }
  return fromKeyObject(key)
}

/** The format that every OpenSSH version reads, and the documented one for RSA. */
export function customaryFormat(key: PrivateKey): PrivateKeyFormat {
  const type = key.key.asymmetricKeyType
  return type === 'rsa' ? 'pkcs1' : type === 'ec' ? 'sec1' : 'openssh'
}

/** Writes a private key as text with a final newline, unencrypted. */
export function writePrivateKey(key: PrivateKey, format: PrivateKeyFormat, comment = ''): string {
  if (format === 'openssh') return writeOpenSshPrivateKey(key, comment)
  return key.key.export({ type: format, format: 'pem' }) as string
}
