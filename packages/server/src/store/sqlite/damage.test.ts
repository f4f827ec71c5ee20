import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isDatabaseDamaged } from '../errors.ts'
import { writeMeta } from '../meta.ts'
import { openStore } from '../open.ts'
import type { Store } from '../store.ts'

/** Overwrites bytes of a file in place. */
function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const open = openSync(file, 'r+')
  writeSync(open, bytes, 0, bytes.length, at)
  closeSync(open)
}

const NOISE = Buffer.alloc(4096, 0xa5)

describe('a damaged database file', () => {
  let folder: string
  let path: string
  let store: Store | undefined
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyward-damage-'))
    path = join(folder, 'keyward.db')
    store = await openStore(`sqlite:${path}`)
    await store.write(async (tx) => {
      for (let i = 0; i < 200; i += 1) await writeMeta(tx, `fact ${i}`, 'x'.repeat(200))
    })
  })
  afterEach(async () => {
    await store?.close().catch(() => {})
    rmSync(folder, { recursive: true, force: true })
  })

  /** Where a page of the table `meta` lies that holds rows. */
  function pageOfRows(): number {
    const db = new DatabaseSync(path, { readOnly: true })
    const root = db.prepare("select rootpage as page from sqlite_schema where name = 'meta'").get()
    db.close()
    return Number(root?.page)
  }

  it.each([
    ['a header of other bytes', () => overwrite(path, 0, NOISE.subarray(0, 100))],
    ['a page size that cannot be', () => overwrite(path, 16, Buffer.of(0x12, 0x34))],
    ['a file of other content', () => overwrite(path, 0, Buffer.alloc(statSync(path).size, 'text '))],
    ['a file that was cut', () => truncateSync(path, 3 * 4096)],
    ['a first page of noise behind its header', () => overwrite(path, 100, NOISE.subarray(0, 3000))],
  ])('is refused at the start with its name and what to do: %s', async (_, harm) => {
    await store?.close()
    store = undefined
    harm()
    const refused = await openStore(`sqlite:${path}`).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(isDatabaseDamaged(refused)).toBe(true)
    const { detail } = (refused as { problem: { detail: string } }).problem
    expect(detail).toMatch(/^the database file `.*keyward\.db` is damaged: .*keyward verify.*keyward restore/)
    expect(detail).not.toContain('does not answer')
  })

  it('stops serving once a read or a write meets a damaged page, and says so once', async () => {
    await store?.close()
    const root = pageOfRows()
    overwrite(path, (root - 1) * 4096, NOISE)
    store = await openStore(`sqlite:${path}`, { migrate: false })
    const reported: string[] = []
    store.damage?.onFound(({ message }) => reported.push(message))
    const all = () => store!.read.selectFrom('meta').selectAll().execute()
    await expect(all()).rejects.toSatisfy(isDatabaseDamaged)
    // Also what lies on sound pages: nothing is served around the damage.
    await expect(store.read.selectFrom('jobs').selectAll().execute()).rejects.toSatisfy(isDatabaseDamaged)
    await expect(store.write((tx) => writeMeta(tx, 'a', 'b'))).rejects.toSatisfy(isDatabaseDamaged)
    expect(reported).toHaveLength(1)
    expect(store.damage?.found).toBeDefined()
  })

  it('is looked for before the start where the last server did not come to close it', async () => {
    const copy = join(folder, 'killed.db')
    // As a kill leaves it: the file and its log.
    await store?.write((tx) => writeMeta(tx, 'late', 'x'))
    copyFileSync(path, copy)
    copyFileSync(`${path}-wal`, `${copy}-wal`)
    expect(statSync(`${copy}-wal`).size).toBeGreaterThan(0)
    const sound = await openStore(`sqlite:${copy}`)
    expect(statSync(`${copy}-wal`).size).toBe(0)
    await sound.close()

    await store?.close()
    store = undefined
    const root = pageOfRows()
    copyFileSync(path, copy)
    overwrite(copy, (root - 1) * 4096, NOISE)
    // A log that holds no frame counts as left behind, and changes nothing.
    writeFileSync(`${copy}-wal`, NOISE)
    await expect(openStore(`sqlite:${copy}`, { migrate: false })).rejects.toSatisfy(isDatabaseDamaged)
  })
})
