import { randomBytes } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { decryptWith, verify } from '../algorithms/asymmetric.ts'
import { algorithmsOf, keySpec } from '../algorithms/key-specs.ts'
import { loadMaterial, publicKeyDer } from '../algorithms/material.ts'
import { PAIR_SPECS, testMaterial, testPair } from '../algorithms/testing/keys.ts'
import { wrap } from '../algorithms/wrapping.ts'
import { createAsymmetric } from './asymmetric.ts'

const service = createAsymmetric({ threads: 1 })
afterAll(() => service.close())

const problemOf = (error: unknown) => (error instanceof Refusal ? error.problem : error)
const outcome = (work: Promise<unknown>) => work.then(() => 'done', problemOf)

describe('key pair operations in threads', () => {
  it('starts no thread before there is work for one', () => {
    expect(createAsymmetric().load).toEqual({ waiting: 0, running: 0, threads: 0 })
  })

  it.each(PAIR_SPECS)('%s: every algorithm gives what the plain functions give', async (name) => {
    const key = await testPair(name)
    const uses = ['SIGN/VERIFY', 'ENCRYPT/DECRYPT'] as const
    expect(uses.flatMap((usage) => algorithmsOf(key.spec, usage))).not.toEqual([])
    for (const algorithm of algorithmsOf(key.spec, 'SIGN/VERIFY')) {
      const digest = randomBytes(32)
      const signature = await service.sign(key, algorithm, digest)
      expect(verify(key, algorithm, digest, signature)).toBe(true)
      expect(await service.verify(key, algorithm, digest, signature)).toBe(true)
      expect(await service.verify(key, algorithm, digest, signature.subarray(1))).toBe(false)
    }
    for (const algorithm of algorithmsOf(key.spec, 'ENCRYPT/DECRYPT')) {
      const plaintext = randomBytes(40)
      const ciphertext = await service.encrypt(key, algorithm, plaintext)
      expect(Buffer.from(decryptWith(key, algorithm, ciphertext))).toEqual(plaintext)
      expect(await service.decrypt(key, algorithm, ciphertext)).toEqual(plaintext)
    }
  })

  it('unwraps imports and exports data keys', async () => {
    const spec = keySpec('EC_SM2')
    const wrappingKey = await testPair('EC_SM2')
    const material = Buffer.from(await testMaterial('EC_SM2'))
    const wrapped = wrap(spec, 'SM2PKE_SM4_ECB', publicKeyDer(wrappingKey), material)
    expect(await service.unwrap(spec, 'SM2PKE_SM4_ECB', wrappingKey, wrapped)).toEqual(material)
    for (const [name, algorithm] of [
      ['EC_SM2', 'SM2PKE'],
      ['RSA_2048', 'RSAES_OAEP_SHA_256'],
    ] as const) {
      const key = await testPair(name)
      const dataKey = randomBytes(32)
      const exported = await service.exportDataKey(name, algorithm, publicKeyDer(key), dataKey)
      expect(Buffer.from(decryptWith(key, algorithm, exported))).toEqual(dataKey)
    }
  })

  it('brings the problems of the functions back, typed, and goes on', async () => {
    const key = await testPair('EC_SM2')
    const rsa = await testPair('RSA_2048')
    const cases = [
      [
        () => service.decrypt(key, 'SM2PKE', Buffer.alloc(120)),
        { code: 'InvalidParameter', name: 'CiphertextBlob' },
      ],
      [() => service.decrypt(rsa, 'RSAES_OAEP_SHA_1', Buffer.alloc(256)), { code: 'InvalidParameter' }],
      [() => service.sign(key, 'SM2DSA', Buffer.alloc(31)), { code: 'InvalidParameter', name: 'Digest' }],
      [() => service.sign(key, 'ECDSA_SHA_256', Buffer.alloc(32)), { code: 'UnsupportedOperation' }],
      [
        () => service.encrypt(rsa, 'RSAES_OAEP_SHA_1', Buffer.alloc(215)),
        { code: 'InvalidParameter', name: 'Plaintext' },
      ],
      [
        () => service.verify(rsa, 'SM2DSA', Buffer.alloc(32), Buffer.alloc(9)),
        { code: 'UnsupportedOperation' },
      ],
      [
        () => service.unwrap(keySpec('Aliyun_SM4'), 'SM2PKE', key, Buffer.alloc(9)),
        { code: 'InvalidKeyMaterial' },
      ],
      [
        () => service.exportDataKey('EC_SM2', 'SM2PKE', Buffer.alloc(9), Buffer.alloc(32)),
        { name: 'PublicKeyBlob' },
      ],
    ] as const
    for (const [work, problem] of cases) expect(await outcome(work())).toMatchObject(problem)
    expect((await service.sign(key, 'SM2DSA', Buffer.alloc(32))).length).toBeGreaterThan(60)
  })

  it('a burst of RSA_4096 signatures does not hold up the loop', async () => {
    const key = await testPair('RSA_4096')
    const digest = randomBytes(32)
    await service.sign(key, 'RSA_PSS_SHA_256', digest)
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    // It measures from one of its own ticks to the next.
    await setTimeout(20)
    const started = performance.now()
    await Promise.all(Array.from({ length: 400 }, () => service.sign(key, 'RSA_PSS_SHA_256', digest)))
    const took = performance.now() - started
    // A hold-up is written down by the next turn of the loop.
    await setTimeout(20)
    delay.disable()
    // On the loop it would be held up for all of `took` (some 500 ms) at once.
    expect(delay.max / 1e6).toBeLessThan(took / 3)
    expect(delay.percentile(99) / 1e6).toBeLessThan(took / 10)
  })
})

describe('making keys', () => {
  it('makes every kind', async () => {
    for (const name of ['Aliyun_AES_256', 'HMAC_SM3', 'EC_P256', 'EC_P256K', 'EC_SM2', 'RSA_2048'] as const) {
      expect(loadMaterial(keySpec(name), await service.generate(keySpec(name))).spec.name).toBe(name)
    }
  })

  it('lets RSA keys wait, a few at most, and other keys pass them', async () => {
    const narrow = createAsymmetric({ generations: 1, generationQueue: 1 })
    const first = narrow.generate(keySpec('RSA_2048'))
    const second = outcome(narrow.generate(keySpec('RSA_2048')))
    expect(await outcome(narrow.generate(keySpec('RSA_2048')))).toEqual({ code: 'Overloaded' })
    expect(await outcome(narrow.generate(keySpec('EC_P256')))).toBe('done')
    const closed = narrow.close()
    expect(await second).toMatchObject({ code: 'Unavailable' })
    expect((await first).length).toBeGreaterThan(1000)
    await closed
    expect(await outcome(narrow.generate(keySpec('RSA_2048')))).toMatchObject({ code: 'Unavailable' })
  })
})
