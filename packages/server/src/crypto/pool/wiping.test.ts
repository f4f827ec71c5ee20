import { createSecretKey, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { testPair } from '../algorithms/testing/keys.ts'
import type { JobMessage } from './messages.ts'
import { bytesIn, portableArgs, portableKey, wipe } from './portable-key.ts'
import { answer } from './worker.ts'
import { createWorkerPool, type WorkerPool } from './worker-pool.ts'

const DIGEST = new Uint8Array(32).fill(7)
const isEmpty = (bytes: Uint8Array) => bytes.every((byte) => byte === 0)

describe('what is sent to a thread', () => {
  let pool: WorkerPool | undefined
  afterEach(() => pool?.close())

  it('is copied, moved and not left behind; what it was copied from stays', async () => {
    const key = portableKey(await testPair('EC_P256'))
    const before = bytesIn([key]).map((bytes) => Buffer.from(bytes))
    const args = portableArgs([key, 'ECDSA_SHA_256', DIGEST])
    for (const bytes of bytesIn(args)) expect(bytes.buffer.byteLength).toBe(bytes.length)
    const { port1, port2 } = new MessageChannel()
    const arrived = new Promise<unknown[]>((resolve) => {
      port2.onmessage = ({ data }) => resolve(data)
    })
    port1.postMessage(
      args,
      bytesIn(args).map(({ buffer }) => buffer),
    )
    expect(bytesIn(args).map((bytes) => bytes.length)).toEqual([0, 0, 0])
    expect(bytesIn(await arrived).map((bytes) => bytes.length)).toEqual([32, 65, 32])
    port1.close()
    expect(bytesIn([key]).map((bytes) => Buffer.from(bytes))).toEqual(before)
    // And the pool does it so: the same key serves again.
    pool = createWorkerPool({ threads: 1 })
    const one = await pool.run('sign', key as never, 'ECDSA_SHA_256' as never, DIGEST)
    expect(await pool.run('sign', key as never, 'ECDSA_SHA_256' as never, DIGEST)).toEqual(one)
  })

  it.each([
    ['done', 'ECDSA_SHA_256'],
    ['refused', 'none'],
  ])('is overwritten there when its job is %s', async (_how, algorithm) => {
    const args = portableArgs([portableKey(await testPair('EC_P256')), algorithm, DIGEST])
    const [scalar, point, digest] = bytesIn(args)
    expect(isEmpty(scalar!)).toBe(false)
    const answered = answer({ id: 0, name: 'sign', args } as JobMessage)
    expect('value' in answered).toBe(algorithm !== 'none')
    expect([scalar, point, digest].map((bytes) => isEmpty(bytes!))).toEqual([true, true, true])
  })

  it('of keys of the runtime, nothing is copied', () => {
    const secret = createSecretKey(randomBytes(32))
    const [sent] = portableArgs([{ spec: 'x', secret }]) as [{ secret: unknown }]
    expect(sent.secret).toBe(secret)
    wipe([sent])
    expect(secret.export()).toHaveLength(32)
  })
})
