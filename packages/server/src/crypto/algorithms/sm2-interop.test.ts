import { hash } from 'node:crypto'
import fc from 'fast-check'
import { sm2, sm3 } from 'sm-crypto-v2'
import { beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { curve } from './curves.ts'
import { sm2Decrypt, sm2Encrypt } from './sm2-encryption.ts'
import { sm2Digest, sm2Sign, sm2Verify } from './sm2-signature.ts'
import type { EcKey } from './specs/ec.ts'
import { testPair } from './testing/keys.ts'

/* A second library for SM2 and SM3, of other authors. Its keys and results are hex; its C1 has no leading 04. */

let key: EcKey
let secret: string
let point: string
beforeAll(async () => {
  key = (await testPair('EC_SM2')) as EcKey
  secret = Buffer.from(key.scalar).toString('hex')
  point = Buffer.from(key.point).toString('hex')
})

const messages = fc.uint8Array({ minLength: 2, maxLength: 300 })
const RUNS = { numRuns: 25 }

describe('SM2 with sm-crypto-v2', () => {
  it('agrees on the public key and on e, also of other user ids', () => {
    expect(sm2.getPublicKeyFromPrivateKey(secret)).toBe(point)
    const message = Buffer.from('message')
    expect(sm2Digest(key.point, message).toString('hex')).toBe(sm2.getHash(message, point))
    const id = Buffer.from('ALICE123@YAHOO.COM')
    expect(sm2Digest(key.point, message, id).toString('hex')).toBe(sm2.getHash(message, point, id.toString()))
  })

  it('signs both ways', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const options = { der: true, hash: true, publicKey: point }
        const e = sm2Digest(key.point, message)
        expect(sm2Verify(key.point, e, Buffer.from(sm2.doSignature(message, secret, options), 'hex'))).toBe(
          true,
        )
        const ours = Buffer.from(sm2Sign(key.scalar, e)).toString('hex')
        expect(sm2.doVerifySignature(message, ours, point, options)).toBe(true)
      }),
      RUNS,
    )
  })

  it('encrypts both ways, C1 C3 C2', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const theirs = Buffer.from(`04${sm2.doEncrypt(message, point, 1)}`, 'hex')
        expect(sm2Decrypt(key.scalar, theirs)).toEqual(Buffer.from(message))
        const ours = sm2Encrypt(key.point, message).subarray(1).toString('hex')
        expect(Buffer.from(sm2.doDecrypt(ours, secret, 1, { output: 'array' }))).toEqual(Buffer.from(message))
      }),
      RUNS,
    )
  })

  it('refuses an empty message, though all in it fits', () => {
    const { Point } = curve('SM2')
    const c1 = Point.BASE.toBytes(false)
    // C1 is G: the shared point is the public key itself.
    const c3 = hash('sm3', key.point.subarray(1), 'buffer')
    expect(() => sm2Decrypt(key.scalar, Buffer.concat([c1, c3]))).toThrow(Refusal)
    expect(() => sm2Encrypt(key.point, Buffer.alloc(0))).toThrow(RangeError)
  })

  it('refuses the older order C1 C2 C3', () => {
    const older = Buffer.from(`04${sm2.doEncrypt(Buffer.alloc(40, 1), point, 0)}`, 'hex')
    expect(() => sm2Decrypt(key.scalar, older)).toThrow(Refusal)
  })
})

it('SM3 of the platform is that of sm-crypto-v2, and of the standard', () => {
  // GB/T 32905-2016, A.1.
  const abc = '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'
  expect(hash('sm3', 'abc')).toBe(abc)
  fc.assert(
    fc.property(messages, (message) => {
      expect(hash('sm3', message)).toBe(sm3(message))
    }),
  )
})
