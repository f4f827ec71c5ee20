import { randomBytes } from 'node:crypto'
import { algorithms } from '../algorithms.ts'
import type { PrivateKey } from './private-key.ts'
import type { Jwk } from './public-key.ts'
import { sshPositive, sshString } from './reading.ts'

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
export const MAGIC = Buffer.from('openssh-key-v1\0', 'latin1')
export const BEGIN = '-----BEGIN OPENSSH PRIVATE KEY-----'
export const END = '-----END OPENSSH PRIVATE KEY-----'
export const BLOCK = 8

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
