import { createHmac } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { eciesDecrypt, eciesEncrypt, sharedSecret } from './ecies.ts'
import { deriveBytes } from './kdf.ts'
import type { EcKey } from './specs/ec.ts'
import { describeWith, run } from './testing/command.ts'
import { testPair } from './testing/keys.ts'

const SCRIPT = fileURLToPath(new URL('./testing/ecies.py', import.meta.url))
const CURVES = [
  ['EC_P256', 'P-256'],
  ['EC_P256K', 'secp256k1'],
] as const
const MESSAGES = [1, 19, 20, 21, 40, 1000, 6059].map((length) => Buffer.alloc(length, `message of ${length}`))

const keys = new Map<string, EcKey>()
beforeAll(async () => {
  for (const [spec] of CURVES) keys.set(spec, (await testPair(spec)) as EcKey)
})

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describeWith('python3', ['--version'])('ECIES agrees with a script that shares nothing with it', () => {
  it.each(CURVES)('%s, both ways', (spec, curve) => {
    const { scalar, point } = keys.get(spec)!
    const ours = MESSAGES.map((message) => eciesEncrypt(curve, point, message))
    const bad = Buffer.from(ours[3]!)
    bad[70]! ^= 1
    const task = {
      curve,
      encrypt: MESSAGES.map((message) => ({ point: hex(point), message: hex(message) })),
      decrypt: [...ours, bad].map((ciphertext) => ({ scalar: hex(scalar), ciphertext: hex(ciphertext) })),
    }
    const answer = JSON.parse(run('python3', [SCRIPT], Buffer.from(JSON.stringify(task))).toString())
    expect(answer.decrypt).toEqual([...MESSAGES.map(hex), null])
    const opened = answer.encrypt.map((theirs: string) =>
      hex(eciesDecrypt(curve, scalar, Buffer.from(theirs, 'hex'))),
    )
    expect(opened).toEqual(MESSAGES.map(hex))
  })
})

describe('ECIES', () => {
  it.each(CURVES)('%s: known plaintext gives no MAC key for a shorter message', (spec, curve) => {
    const { scalar, point } = keys.get(spec)!
    const message = Buffer.from('0123456789'.repeat(10))
    const good = eciesEncrypt(curve, point, message)
    const body = good.subarray(65, -20)
    const stream = body.map((byte, at) => byte ^ message[at]!)
    for (let length = 1; length < 80; length++) {
      const short = body.subarray(0, length)
      const forged = createHmac('sha1', stream.subarray(length, length + 20))
        .update(short)
        .digest()
      const ciphertext = Buffer.concat([good.subarray(0, 65), short, forged])
      expect(() => eciesDecrypt(curve, scalar, ciphertext)).toThrow(Refusal)
    }
  })
})

describe('ECIES, as docs/decisions/0010 lays it out', () => {
  it.each(CURVES)('%s: a point, the body, the MAC', (spec, curve) => {
    const { point } = keys.get(spec)!
    const ciphertext = eciesEncrypt(curve, point, Buffer.alloc(100))
    expect(ciphertext.length).toBe(65 + 100 + 20)
    expect(ciphertext[0]).toBe(4)
  })

  it.each(CURVES)(
    '%s: refuses what is too short, compressed, off the curve or at infinity, all alike',
    (spec, curve) => {
      const { scalar, point } = keys.get(spec)!
      const good = eciesEncrypt(curve, point, Buffer.from('message'))
      const compressed = Buffer.concat([
        Buffer.of(2 + (good[64]! & 1)),
        good.subarray(1, 33),
        good.subarray(65),
      ])
      const off = Buffer.from(good)
      off[64]! ^= 1
      // With a good MAC, and nothing inside.
      const secret = sharedSecret(curve, scalar, good.subarray(0, 65))
      const nothing = createHmac('sha1', deriveBytes('sha1', secret, 20)).digest()
      const empty = Buffer.concat([good.subarray(0, 65), nothing])
      const infinity = Buffer.concat([Buffer.alloc(65), good.subarray(65)])
      const hybrid = Buffer.concat([Buffer.of(6 + (good[64]! & 1)), good.subarray(1)])
      const bad = [
        Buffer.alloc(0),
        good.subarray(0, 65),
        good.subarray(0, 85),
        empty,
        compressed,
        off,
        infinity,
        hybrid,
      ]
      for (const ciphertext of bad) expect(() => eciesDecrypt(curve, scalar, ciphertext)).toThrow(Refusal)
      expect(eciesDecrypt(curve, scalar, good).toString()).toBe('message')
    },
  )
})
