import { createPublicKey, createSecretKey, generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { curve } from './curves.ts'
import { decodeEcPrivateKey, encodeEcPrivateKey, encodeEcPublicKey, importEcPrivateKey } from './ec-key.ts'
import type { KeySpec } from './key-specs.ts'
import type { KeyPair, LoadedKey } from './loaded-key.ts'
import { badMaterial, brokenMaterial } from './refusals.ts'
import { importRsaPrivateKey, readRsaPrivateKey } from './rsa-key.ts'

/*
 * Key material, as it is sealed and stored:
 *
 *   symmetric, MAC   the raw key, as long as the table says
 *   RSA              PKCS#8 DER as OpenSSL writes it
 *   EC, SM2 too      PKCS#8 DER in the canonical form drawn in ec-key.ts
 *
 * One key has one encoding, so "the same material" is "the same bytes".
 */

const makePair = promisify(generateKeyPair)
const PKCS8 = { type: 'pkcs8', format: 'der' } as const
const SPKI = { type: 'spki', format: 'der' } as const

/**
 * New random material. Key pairs are made in the thread pool of the runtime (RSA_4096: about a second, with a long tail);
 * whoever serves requests bounds how many run at once (pool/asymmetric.ts does).
 */
export async function generateMaterial(spec: KeySpec): Promise<Uint8Array> {
  switch (spec.kind) {
    case 'symmetric':
    case 'mac':
      return randomBytes(spec.materialBytes)
    case 'rsa': {
      const options = { modulusLength: spec.modulusBits, publicExponent: 65_537 }
      const pair = await makePair('rsa', { ...options, privateKeyEncoding: PKCS8, publicKeyEncoding: SPKI })
      return pair.privateKey
    }
    case 'ec': {
      const namedCurve = curve(spec.curve).openssl
      const encodings = { privateKeyEncoding: PKCS8, publicKeyEncoding: SPKI }
      const { privateKey } = await makePair('ec', { namedCurve, paramEncoding: 'named', ...encodings })
      return encodeEcPrivateKey(spec.curve, decodeEcPrivateKey(spec.curve, privateKey))
    }
  }
}

/**
 * Checks material from outside and gives it in the one encoding that is stored: raw for symmetric and MAC keys, otherwise
 * from any PKCS#8 DER. Raises `InvalidKeyMaterial`.
 */
export function importMaterial(spec: KeySpec, bytes: Uint8Array): Uint8Array {
  try {
    switch (spec.kind) {
      case 'symmetric':
      case 'mac':
        if (bytes.length !== spec.materialBytes) throw badMaterial()
        return Uint8Array.from(bytes)
      case 'rsa':
        return importRsaPrivateKey(bytes, spec.modulusBits)
      case 'ec':
        return encodeEcPrivateKey(spec.curve, importEcPrivateKey(spec.curve, bytes))
    }
  } catch {
    throw badMaterial()
  }
}

/** Parses stored material, once: callers keep the result. Raises `Unavailable` when it is not material of this spec. */
export function loadMaterial(spec: KeySpec, bytes: Uint8Array): LoadedKey {
  try {
    switch (spec.kind) {
      case 'symmetric':
      case 'mac':
        if (bytes.length !== spec.materialBytes) throw brokenMaterial()
        return Object.freeze({ kind: spec.kind, spec, secret: createSecretKey(bytes) }) as LoadedKey
      case 'rsa': {
        const privateKey = readRsaPrivateKey(bytes, spec.modulusBits)
        return Object.freeze({ kind: 'rsa', spec, privateKey, publicKey: createPublicKey(privateKey) })
      }
      case 'ec': {
        const { scalar, point } = decodeEcPrivateKey(spec.curve, bytes)
        // Copies: the caller wipes the bytes that it gave.
        return Object.freeze({
          kind: 'ec',
          spec,
          scalar: Uint8Array.from(scalar),
          point: Uint8Array.from(point),
        })
      }
    }
  } catch {
    throw brokenMaterial()
  }
}

/** The public key as SubjectPublicKeyInfo, DER. */
export function publicKeyDer(key: KeyPair): Buffer {
  return key.kind === 'rsa' ? key.publicKey.export(SPKI) : encodeEcPublicKey(key.spec.curve, key.point)
}

/** The public key as PEM `PUBLIC KEY`: lines of 64 characters, a newline at the end (alibaba-kms B.3). */
export function publicKeyPem(key: KeyPair): string {
  const lines = publicKeyDer(key)
    .toString('base64')
    .match(/.{1,64}/g)!
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`
}
