import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../open.ts'
import type { Store, WriteHandle } from '../store.ts'
import { erasesSealed } from './erase.ts'

const sealed = (marker: string) => Buffer.concat([Buffer.from(marker), randomBytes(40)])

describe('sealed bytes that are taken away', () => {
  let folder: string
  let path: string
  let store: Store
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keyward-erase-'))
    path = join(folder, 'keyward.db')
    store = await openStore(`sqlite:${path}`)
  })
  afterEach(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Files of the folder that hold these bytes. */
  const filesWith = (marker: string) =>
    readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(marker))

  const insert = (id: string, bytes: Uint8Array) => (tx: WriteHandle) =>
    tx
      .insertInto('keypair_private_keys')
      .values({
        id,
        keypair_id: 'pair',
        account_uid: '1',
        public_key: 'ssh-ed25519 AAAA',
        encryption: 'default',
        kms_key_id: null,
        data_key: null,
        sealed: bytes,
        created_at: 1,
      })
      .execute()

  it.each<[string, (tx: WriteHandle) => Promise<unknown>]>([
    ['deleted', (tx: WriteHandle) => tx.deleteFrom('keypair_private_keys').where('id', '=', 'a').execute()],
    [
      'set to something else',
      (tx: WriteHandle) =>
        tx
          .updateTable('keypair_private_keys')
          .set({ sealed: Buffer.from('other') })
          .where('id', '=', 'a')
          .execute(),
    ],
  ])('are in no file when the write is acknowledged that %s them', async (_, takeAway) => {
    await store.write(insert('a', sealed('MARK-OF-SEALED-BYTES')))
    expect(filesWith('MARK-OF-SEALED-BYTES')).not.toEqual([])
    await store.write(takeAway)
    expect(filesWith('MARK-OF-SEALED-BYTES')).toEqual([])
    expect(statSync(`${path}-wal`).size).toBe(0)
  })

  it('are gone too where they filled many pages, which the file keeps for later', async () => {
    const large = Buffer.alloc(200_000, 'MARK-OF-A-LARGE-THING ')
    await store.write(insert('a', large))
    await store.write((tx) => tx.deleteFrom('keypair_private_keys').execute())
    expect(filesWith('MARK-OF-A-LARGE-THING')).toEqual([])
    expect(statSync(path).size).toBeGreaterThan(200_000)
  })

  it('go as soon as a reader that still needs them is done', async () => {
    await store.write(insert('a', sealed('MARK-OF-SEALED-BYTES')))
    const reader = new DatabaseSync(path, { readOnly: true })
    reader.exec('begin')
    reader.prepare('select count(*) from keypair_private_keys').get()
    await store.write((tx) => tx.deleteFrom('keypair_private_keys').execute())
    expect(filesWith('MARK-OF-SEALED-BYTES')).not.toEqual([])
    reader.exec('commit')
    reader.close()
    for (let i = 0; i < 40 && filesWith('MARK-OF-SEALED-BYTES').length > 0; i += 1) await sleep(50)
    expect(filesWith('MARK-OF-SEALED-BYTES')).toEqual([])
  })

  it('leaves the log alone after other writes', async () => {
    await store.write((tx) => tx.insertInto('meta').values({ key: 'a', value: 'b' }).execute())
    await store.write((tx) => tx.deleteFrom('meta').where('key', '=', 'a').execute())
    expect(existsSync(`${path}-wal`) && statSync(`${path}-wal`).size).toBeGreaterThan(0)
  })

  it('is told from the text of the statement', () => {
    const db = new DatabaseSync(':memory:')
    db.exec('create table entities (id text primary key, sealed_part blob, name text)')
    db.exec('create table plain (id text)')
    const erases = (text: string) => erasesSealed(db, text)
    expect(erases('delete from "entities" where "id" = ?')).toBe(true)
    expect(erases('DELETE FROM entities')).toBe(true)
    expect(erases('update "entities" set "sealed_part" = ? where "id" = ?')).toBe(true)
    expect(erases('update "entities" set "name" = ?, "sealed_part" = ?')).toBe(true)
    expect(erases('replace into entities values (?, ?, ?)')).toBe(true)
    expect(
      erases(
        'insert into "entities" ("id", "sealed_part") values (?, ?) on conflict ("id") do update set "sealed_part" = ?',
      ),
    ).toBe(true)
    expect(erases('insert into "entities" ("id", "sealed_part") values (?, ?)')).toBe(false)
    expect(erases('update "entities" set "name" = ?')).toBe(false)
    expect(erases('select "sealed_part" from "entities"')).toBe(false)
    expect(erases('delete from "plain"')).toBe(false)
    db.close()
  })
})
