import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { isDatabaseAway } from '../errors.ts'
import { readMeta, writeMeta } from '../meta.ts'
import { openStore } from '../open.ts'
import type { SqliteStore } from './store.ts'

describe('a store on SQLite', () => {
  let folder: string
  let path: string
  let store: SqliteStore
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyward-sqlite-'))
    path = join(folder, 'data', 'keyward.db')
    store = (await openStore(`sqlite:${path}`)) as SqliteStore
  })
  afterEach(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('commits what comes together once, and a lone write at once', async () => {
    const before = store.commits
    await Promise.all(Array.from({ length: 64 }, (_, i) => store.write((tx) => writeMeta(tx, `${i}`, 'x'))))
    expect(store.commits - before).toBe(1)
    await store.write((tx) => writeMeta(tx, 'alone', 'x'))
    expect(store.commits - before).toBe(2)
  })

  it('runs what comes last after all that wait, in their commit', async () => {
    const before = store.commits
    const order: string[] = []
    await Promise.all([
      store.write(async () => void order.push('last'), { last: true }),
      store.write(async () => void order.push('first')),
      store.write(async () => void order.push('second')),
    ])
    expect(order).toEqual(['first', 'second', 'last'])
    expect(store.commits - before).toBe(1)
  })

  it('does not commit when no body succeeded', async () => {
    const before = store.commits
    await expect(store.write(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(store.commits).toBe(before)
  })

  it('is durable: WAL, a commit that asks no disk for anything (see durable.test.ts), foreign keys on', async () => {
    const ask = (pragma: string) =>
      store.write(async (tx) => {
        const { rows } = await tx.executeQuery({ sql: `pragma ${pragma}`, parameters: [] } as never)
        return Object.values(rows[0] as object)[0]
      })
    expect(await ask('journal_mode')).toBe('wal')
    expect(await ask('synchronous')).toBe(1)
    expect(await ask('wal_autocheckpoint')).toBe(0)
    expect(await ask('foreign_keys')).toBe(1)
  })

  it('is one server: a second is refused with a sentence, until the first is closed', async () => {
    await expect(openStore(`sqlite:${path}`)).rejects.toThrow('in use by another keyward server')
    // The refused attempt has not cost the first its lock, which another process asks the system for.
    const attempt = `new (require('node:sqlite').DatabaseSync)(process.argv[1], { timeout: 0 }).exec('begin exclusive')`
    const other = () => execFileSync(process.execPath, ['-e', attempt, `${path}.lock`], { stdio: 'pipe' })
    expect(other).toThrow('database is locked')
    await store.close()
    other()
    store = (await openStore(`sqlite:${path}`)) as SqliteStore
  })

  it.each(['the file', 'its folder', 'a file that is not there yet'])(
    'is one server also through another name: a link to %s',
    async (what) => {
      const other = join(folder, 'other')
      if (what === 'its folder') symlinkSync(join(folder, 'data'), other)
      else symlinkSync(path, other)
      if (what === 'a file that is not there yet') {
        await store.close()
        rmSync(path)
        store = (await openStore(`sqlite:${other}`)) as SqliteStore
        await expect(openStore(`sqlite:${path}`)).rejects.toThrow('in use by another keyward server')
      }
      const name = what === 'its folder' ? join(other, 'keyward.db') : other
      await expect(openStore(`sqlite:${name}`)).rejects.toThrow(
        `\`${name}\` is in use by another keyward server`,
      )
      // All that belongs to the database lies beside the file itself.
      expect(readdirSync(folder).sort()).toEqual(['data', 'other'])
      await store.write((tx) => writeMeta(tx, 'a', '1'))
      const reader = await openStore(`sqlite:${name}`, { readOnly: true })
      expect(await readMeta(reader.read, 'a')).toBe('1')
      await reader.close()
    },
  )

  it('can be read beside the server, and only read', async () => {
    await store.write((tx) => writeMeta(tx, 'a', '1'))
    const reader = await openStore(`sqlite:${path}`, { readOnly: true })
    expect(await readMeta(reader.read, 'a')).toBe('1')
    await expect(reader.write((tx) => writeMeta(tx, 'a', '2'))).rejects.toThrow(Refusal)
    await reader.close()
  })

  it('gives its files to nobody else', () => {
    for (const file of [path, `${path}-wal`, `${path}.lock`]) expect(statSync(file).mode & 0o077).toBe(0)
  })

  it('loses a group, not the store, when the database gives way under a commit', async () => {
    // Another program that holds the write lock for longer than the store waits would do as well; a full disk is quicker.
    const raw = (sql: string) =>
      store.write(async (tx) => void (await tx.executeQuery({ sql, parameters: [] } as never)))
    const pages = new DatabaseSync(path, { readOnly: true })
    const { page_count } = pages.prepare('pragma page_count').get() as { page_count: number }
    pages.close()
    await raw(`pragma max_page_count = ${page_count + 4}`)
    const settled = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        store.write((tx) => writeMeta(tx, `big ${i}`, 'x'.repeat(20_000))),
      ),
    )
    const failed = settled.filter((one) => one.status === 'rejected')
    expect(failed.length).toBeGreaterThan(0)
    for (const one of failed) expect(isDatabaseAway(one.reason)).toBe(true)
    // What was acknowledged is there, what was refused is not.
    for (const [i, one] of settled.entries()) {
      expect((await readMeta(store.read, `big ${i}`)) !== undefined).toBe(one.status === 'fulfilled')
    }
    await raw('pragma max_page_count = 1000000')
    await store.write((tx) => writeMeta(tx, 'after', 'x'))
    expect(await readMeta(store.read, 'after')).toBe('x')
  })
})
