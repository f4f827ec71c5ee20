import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readMeta, writeMeta } from '../meta.ts'
import { type OpenOptions, openStore } from '../open.ts'
import type { Store } from '../store.ts'

/** Replaced in tests of a disk that fails. */
const disk = vi.hoisted(() => ({
  sync: undefined as ((done: (error: Error | null) => void) => void) | undefined,
}))
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const fdatasync = (file: number, done: (error: Error | null) => void) =>
    disk.sync ? disk.sync(done) : fs.fdatasync(file, done)
  return { ...fs, fdatasync, default: { ...fs, fdatasync } }
})

/** Of the threads of this process (Linux): more for one that lets others come first. */
function niceness(): readonly number[] {
  return readdirSync('/proc/self/task').map((id) => {
    const line = readFileSync(`/proc/self/task/${id}/stat`, 'utf8')
    return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[16])
  })
}

describe('the log of a SQLite store', () => {
  let folder: string
  let path: string
  let store: Store
  const open = async (options: OpenOptions = {}) => {
    store = await openStore(`sqlite:${path}`, options)
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyward-log-'))
    path = join(folder, 'keyward.db')
    disk.sync = undefined
  })
  afterEach(async () => {
    disk.sync = undefined
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('is synced before a write resolves, while the loop turns and the next group gathers', async () => {
    await open()
    const release: (() => void)[] = []
    disk.sync = (done) => void release.push(() => done(null))
    let first = false
    const one = store
      .write((tx) => writeMeta(tx, 'one', 'x'))
      .then(() => {
        first = true
      })
    await sleep(30)
    expect(release).toHaveLength(1)
    const others = Promise.all(
      Array.from({ length: 20 }, (_, i) => store.write((tx) => writeMeta(tx, `other ${i}`, 'x'))),
    )
    await sleep(30)
    // Committed, and seen by readers; not acknowledged.
    expect(await readMeta(store.read, 'one')).toBe('x')
    expect(first).toBe(false)
    expect(release).toHaveLength(1)
    release.shift()?.()
    await one
    await sleep(30)
    // One sync for all that came meanwhile.
    expect(release).toHaveLength(1)
    release.shift()?.()
    await others
  })

  it('that cannot be synced ends the process: nothing is acknowledged, and the sync is never tried again', async () => {
    const reported: string[] = []
    await open({ onFatal: (message) => void reported.push(message) })
    let syncs = 0
    disk.sync = (done) => {
      syncs += 1
      done(new Error('EIO: i/o error, fdatasync'))
    }
    let resolved = false
    void store
      .write((tx) => writeMeta(tx, 'lost', 'x'))
      .then(
        () => {
          resolved = true
        },
        () => {},
      )
    await sleep(50)
    expect(reported).toEqual([expect.stringContaining('EIO')])
    expect(resolved).toBe(false)
    expect(syncs).toBe(1)
    // Only a process that has ended goes on from here: the test does in its place.
    rmSync(path, { force: true })
    store = { close: async () => {} } as Store
  })

  it('that cannot be synced ends a server, with nothing said of what was written', () => {
    const program = `
      import fs from 'node:fs'
      import { syncBuiltinESMExports } from 'node:module'
      fs.fdatasync = (_, done) => void setImmediate(done, new Error('EIO: i/o error, fdatasync'))
      syncBuiltinESMExports()
      const { openStore } = await import(${JSON.stringify(new URL('../open.ts', import.meta.url).href)})
      const store = await openStore(${JSON.stringify(`sqlite:${path}`)})
      console.log('acknowledged')`
    const { status, stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toContain('EIO')
    expect(stderr).toContain('the service ends')
    store = { close: async () => {} } as Store
  })

  it('that began anew over what it held before has all that was acknowledged when the process is killed', async () => {
    const program = `
      const { openStore } = await import(${JSON.stringify(new URL('../open.ts', import.meta.url).href)})
      const { writeMeta } = await import(${JSON.stringify(new URL('../meta.ts', import.meta.url).href)})
      const store = await openStore(${JSON.stringify(`sqlite:${path}`)})
      for (let i = 0; ; i += 10)
        await Promise.all(Array.from({ length: 10 }, async (_, n) => {
          await store.write((tx) => writeMeta(tx, String(i + n), 'x'.repeat(50_000)))
          console.log(i + n)
        }))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program])
    let said = ''
    /** Differs each time the log begins anew. */
    const salts = new Set<string>()
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (bytes) => {
        said += bytes
        salts.add(readFileSync(`${path}-wal`).subarray(16, 24).toString('hex'))
        if (salts.size === 3) child.kill('SIGKILL')
      })
      child.on('exit', () => resolve())
    })
    expect(child.signalCode).toBe('SIGKILL')
    const acknowledged = said.split('\n').slice(0, -1)
    // More was written than the file ever held.
    expect(acknowledged.length * 50_000).toBeGreaterThan(statSync(`${path}-wal`).size)
    await open()
    for (const name of acknowledged) expect((await readMeta(store.read, name))?.length).toBe(50_000)
    const found = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(store.read)
    expect(found.rows).toEqual([{ integrity_check: 'ok' }])
  })

  it('is written into the database by its thread when it is full, and begins anew in its file, while writes go on', async () => {
    await open()
    const size = () => statSync(`${path}-wal`).size
    const write = (count: number, name: string) =>
      Promise.all(
        Array.from({ length: count }, (_, n) =>
          store.write((tx) => writeMeta(tx, `${name} ${n}`, 'x'.repeat(50_000))),
        ),
      )
    /** Differs each time the log begins anew. */
    const salt = () => readFileSync(`${path}-wal`).subarray(16, 24).toString('hex')
    await write(1, 'first')
    const before = salt()
    for (let i = 0; size() <= 16 * 1024 * 1024; i += 1) await write(10, `${i}`)
    await vi.waitFor(async () => {
      await write(1, 'one')
      expect(salt()).not.toBe(before)
    }, 10_000)
    expect(statSync(path).size).toBeGreaterThan(8 * 1024 * 1024)
    if (process.platform === 'linux') expect(niceness()).toContain(Math.min(19, getPriority() + 10))
    // The file was neither cut, nor does it grow with what is written to it now.
    const kept = size()
    expect(kept).toBeGreaterThan(16 * 1024 * 1024)
    for (let i = 0; i < 10; i += 1) await write(10, `again ${i}`)
    expect(size()).toBe(kept)
    // One write that is larger than a log should be: that file is cut.
    await store.write(async (tx) => {
      for (let n = 0; n < 30; n += 1) await writeMeta(tx, `large ${n}`, 'x'.repeat(1_500_000))
    })
    await vi.waitFor(() => expect(size()).toBeLessThan(16 * 1024 * 1024), 5000)
    await store.write((tx) => writeMeta(tx, 'after', 'x'))
    await store.close()
    await open()
    for (const name of ['0 0', 'again 9 9', 'large 0', 'large 29'])
      expect((await readMeta(store.read, name))?.length).toBeGreaterThanOrEqual(50_000)
    expect(await readMeta(store.read, 'after')).toBe('x')
  })
})
