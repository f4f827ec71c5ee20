import { createPrivateKey, type KeyObject } from 'node:crypto'
import { fromJwk, type Jwk, type PublicKey } from './public-key.ts'
import { Malformed } from './reading.ts'

/** A private key of one of the accepted algorithms, with the public key that its own numbers give. */
export interface PrivateKey {
  readonly public: PublicKey
  readonly key: KeyObject
}

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
    throw new Malformed(
      family === 'ec'
        ? 'the private key is on a curve that is not accepted'
        : 'the private key is not a valid key',
    )
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
