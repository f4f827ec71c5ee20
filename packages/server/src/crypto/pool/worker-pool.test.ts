import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { testPair } from '../algorithms/testing/keys.ts'
import { type PortableKey, portableBytes, portableKey } from './portable-key.ts'
import { createWorkerPool } from './worker-pool.ts'

let key: PortableKey
beforeAll(async () => {
  key = portableKey(await testPair('EC_P256'))
})

const DIGEST = new Uint8Array(32).fill(7)
const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof Refusal ? error.problem.code : String(error)),
  )

describe('the pool', () => {
  it('starts threads as work comes, no more than allowed, and keeps them', async () => {
    const pool = createWorkerPool({ threads: 2 })
    expect(pool.load.threads).toBe(0)
    await pool.run('sign', key, 'ECDSA_SHA_256', DIGEST)
    expect(pool.load).toEqual({ waiting: 0, running: 0, threads: 1 })
    const many = Array.from({ length: 30 }, () => pool.run('sign', key, 'ECDSA_SHA_256', DIGEST))
    expect(pool.load).toEqual({ waiting: 26, running: 4, threads: 2 })
    const signatures = await Promise.all(many)
    // RFC 6979: the same signature each time, so no answer went astray.
    expect(new Set(signatures.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(1)
    expect(pool.load).toEqual({ waiting: 0, running: 0, threads: 2 })
    await pool.close()
    expect(pool.load.threads).toBe(0)
  })

  it('answers each job with its own result', async () => {
    const pool = createWorkerPool({ threads: 2 })
    const digests = Array.from({ length: 40 }, (_, i) => new Uint8Array(32).fill(i))
    const signatures = await Promise.all(
      digests.map((digest) => pool.run('sign', key, 'ECDSA_SHA_256', digest)),
    )
    const verified = await Promise.all(
      digests.map((digest, i) => pool.run('verify', key, 'ECDSA_SHA_256', digest, signatures[i]!)),
    )
    expect(verified.every(Boolean)).toBe(true)
    expect(await pool.run('verify', key, 'ECDSA_SHA_256', digests[1]!, signatures[0]!)).toBe(false)
    await pool.close()
  })

  it('refuses as overloaded what exceeds its queue, and recovers', async () => {
    const pool = createWorkerPool({ threads: 1, queue: 3 })
    const burst = Array.from({ length: 9 }, () => outcome(pool.run('sign', key, 'ECDSA_SHA_256', DIGEST)))
    const results = await Promise.all(burst)
    expect(results).toEqual([...Array(5).fill('done'), ...Array(4).fill('Overloaded')])
    expect(await outcome(pool.run('sign', key, 'ECDSA_SHA_256', DIGEST))).toBe('done')
    await pool.close()
  })

  it('finishes what it has when it closes, and takes nothing more', async () => {
    const pool = createWorkerPool({ threads: 1 })
    const before = Array.from({ length: 5 }, () => outcome(pool.run('sign', key, 'ECDSA_SHA_256', DIGEST)))
    const closed = pool.close()
    expect(await outcome(pool.run('sign', key, 'ECDSA_SHA_256', DIGEST))).toBe('Unavailable')
    await closed
    expect(await Promise.all(before)).toEqual(Array(5).fill('done'))
    await pool.close()
  })

  it('a job that cannot be sent, or names no key spec, fails alone', async () => {
    const pool = createWorkerPool({ threads: 1 })
    const unsendable = (() => 0) as never
    const bad = outcome(pool.run('sign', unsendable, 'ECDSA_SHA_256', DIGEST))
    const good = outcome(pool.run('sign', key, 'ECDSA_SHA_256', DIGEST))
    expect(await bad).toContain('could not be sent')
    expect(await good).toBe('done')
    const defect = outcome(pool.run('sign', { ...key, spec: 'none' } as never, 'ECDSA_SHA_256', DIGEST))
    expect(await defect).toBe('Error: sign failed in its thread: Error')
    await pool.close()
  })
})

describe('a thread that dies', () => {
  const program = (onMessage: string) =>
    new URL(
      `data:text/javascript,import { parentPort } from 'node:worker_threads'; parentPort.on('message', ({ id }) => { ${onMessage}; parentPort.postMessage({ id, value: id }) })`,
    )

  it('takes the jobs that it had with it, as unavailable; the others go on in a new one', async () => {
    const pool = createWorkerPool({ threads: 1, program: program('if (id === 0) process.exit(3)') })
    const jobs = Array.from({ length: 5 }, () => outcome(pool.run('sign', key, 'ECDSA_SHA_256', DIGEST)))
    expect(await Promise.all(jobs)).toEqual(['Unavailable', 'Unavailable', 'done', 'done', 'done'])
    await pool.close()
  })

  it('says by what kind of error, not with its text', async () => {
    const pool = createWorkerPool({ threads: 1, program: program(`throw new RangeError('secret')`) })
    const error = await pool.run('sign', key, 'ECDSA_SHA_256', DIGEST).catch((refusal: Refusal) => refusal)
    expect(error).toMatchObject({
      problem: { code: 'Unavailable', detail: 'a crypto thread ended by RangeError' },
    })
    await pool.close()
  })
})

it('bytes are sent without the slab of memory that they lie in', () => {
  const bytes = Buffer.from('of a shared slab')
  expect(bytes.buffer.byteLength).toBeGreaterThan(bytes.length)
  expect(portableBytes(bytes).buffer.byteLength).toBe(bytes.length)
  expect(Buffer.from(portableBytes(bytes))).toEqual(bytes)
})

describe('processes', () => {
  const pool = fileURLToPath(new URL('./worker-pool.ts', import.meta.url))

  it('end by themselves when a pool is idle, though it was not closed', () => {
    const { status, stdout, stderr } = runScript(pool, dirname(pool))
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'true\n', stderr: '' })
  })

  it('find the thread’s program as JavaScript too, as a published package has it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-built-'))
    try {
      const source = fileURLToPath(new URL('../../', import.meta.url))
      for (const part of ['base', 'crypto/algorithms', 'crypto/algorithms/specs', 'crypto/pool'])
        build(join(source, part), join(folder, part))
      symlinkSync(
        fileURLToPath(new URL('../../../node_modules', import.meta.url)),
        join(folder, 'node_modules'),
      )
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
      const { status, stdout, stderr } = runScript(join(folder, 'crypto/pool/worker-pool.js'), folder)
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'true\n', stderr: '' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** Signs and verifies through the pool in that file, in a process of its own. */
function runScript(file: string, cwd: string) {
  const text = `
    import { createWorkerPool } from ${JSON.stringify(file)}
    import { Buffer } from 'node:buffer'
    const pool = createWorkerPool()
    const key = ${JSON.stringify(key, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value))}
    const bytes = (hex) => new Uint8Array(Buffer.from(hex, 'hex'))
    const portable = { spec: key.spec, scalar: bytes(key.scalar), point: bytes(key.point) }
    const signature = await pool.run('sign', portable, 'ECDSA_SHA_256', new Uint8Array(32))
    console.log(await pool.run('verify', portable, 'ECDSA_SHA_256', new Uint8Array(32), signature))`
  const args = ['--input-type=module', '--eval', text]
  return spawnSync(process.execPath, args, { cwd, encoding: 'utf8', timeout: 15_000 })
}

function build(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue
    const code = stripTypeScriptTypes(readFileSync(join(from, name), 'utf8'))
    writeFileSync(join(to, name.replace(/\.ts$/, '.js')), code.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'"))
  }
}
