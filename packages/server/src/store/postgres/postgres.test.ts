import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isDatabaseAway } from '../errors.ts'
import { knownRow, runUnawaited } from '../handles.ts'
import { readMeta, writeMeta } from '../meta.ts'
import { useNonce } from '../nonces.ts'
import { openStore } from '../open.ts'
import type { Store, WriteHandle } from '../store.ts'
import { testDatabases } from '../testing/databases.ts'

const [, postgres] = await testDatabases()

describe.skipIf(postgres!.missing)('a store on PostgreSQL', () => {
  let url: string
  let store: Store
  beforeEach(async () => {
    url = await postgres!.fresh()
    store = await openStore(url)
  })
  afterEach(() => store.close())

  it('does not take a transaction for done in which a statement failed and nobody said so', async () => {
    const row = { name: 'job', owner: '', fence: 0, lease_until: 0, next_at: 0 }
    const swallowed = store.write(async (tx) => {
      await tx.insertInto('jobs').values(row).execute()
      await tx
        .insertInto('jobs')
        .values(row)
        .execute()
        .catch(() => {})
    })
    await expect(swallowed).rejects.toThrow(/rolled back/)
    expect(await store.read.selectFrom('jobs').selectAll().execute()).toEqual([])
  })

  it('gives up on a body that never is serializable', async () => {
    const hasty = await openStore(url, { attempts: 3 })
    let runs = 0
    const hopeless = hasty.write(async (tx) => {
      runs += 1
      await sql`do $$ begin raise exception 'again' using errcode = '40001'; end $$`.execute(tx)
    })
    await expect(hopeless).rejects.toThrow('Overloaded')
    expect(runs).toBe(3)
    await hasty.close()
  })

  it('knows the rows of a group as they stand in it, whatever its bodies and other processes did before', async () => {
    const account = {
      id: 'a',
      domain_id: 'd',
      project_id: 'p',
      name: '',
      created_at: 0,
      closed_at: 0,
      declared_by: 'api',
      version: 0,
    }
    await store.write((tx) =>
      tx
        .insertInto('accounts')
        .values(account)
        .execute()
        .then(() => {}),
    )
    const other = await openStore(url)
    const row = { table: 'accounts', id: 'a' } as const
    let known = 0
    let unknown = 0
    const write = (by: Store, how: number) =>
      by.write(
        async (tx) => {
          const there = () =>
            tx.selectFrom('accounts').selectAll().where('id', '=', 'a').executeTakeFirstOrThrow()
          const version = knownRow(tx, row)?.version
          if (version === undefined) unknown += 1
          else {
            known += 1
            if (how % 3 === 0) expect((await there()).version).toBe(version)
          }
          const set = { version: (version ?? (await there()).version) + 1 }
          const query = tx.updateTable('accounts').set(set).where('id', '=', 'a')
          if (how % 60 === 59) await query.execute()
          else await runUnawaited(tx, query, { row, set })
          if (how % 5 === 0) throw new Error('no')
        },
        { accounts: ['a'], rows: [row] },
      )
    const done = await Promise.allSettled(
      Array.from({ length: 120 }, (_, i) => write(i % 2 === 0 ? store : other, i)),
    )
    await other.close()
    const written = done.filter(({ status }) => status === 'fulfilled').length
    expect(written).toBe(120 - 24)
    expect(await store.read.selectFrom('accounts').select('version').executeTakeFirst()).toEqual({
      version: written,
    })
    expect(known).toBeGreaterThan(60)
    // After a change of which nothing is known but that it was.
    expect(unknown).toBeGreaterThan(0)
  })

  it('says Unavailable of a connection that is cut under a body, and goes on with another', async () => {
    const cut = store.write(async (tx) => {
      await writeMeta(tx, 'a', '1')
      await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx)
    })
    await expect(cut).rejects.toSatisfy(isDatabaseAway)
    expect(await readMeta(store.read, 'a')).toBeUndefined()
    await store.write((tx) => writeMeta(tx, 'a', '2'))
    expect(await readMeta(store.read, 'a')).toBe('2')
  })

  it.each([{ accounts: ['a'] }, { last: true, guarded: true }])(
    'refuses everywhere a nonce whose commit may stand or not: %o',
    async (how) => {
      // The connection breaks within the commit.
      const cut = `create function cut() returns trigger language plpgsql as $$
        begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return null; end $$;
        create constraint trigger cut after insert on jobs deferrable initially deferred for each row execute function cut()`
      await store.write(async (tx) => void (await sql.raw(cut).execute(tx)))
      const nonce = { bucket: Math.floor(Date.now() / 60_000), id: randomBytes(16) }
      const row = { name: 'job', owner: '', fence: 0, lease_until: 0, next_at: 0 }
      const use = (tx: WriteHandle) => ('accounts' in how ? undefined : useNonce(tx, nonce))
      const unknown = store.write(
        async (tx) => {
          await use(tx)
          await tx.insertInto('jobs').values(row).execute()
        },
        { ...how, nonce },
      )
      await expect(unknown).rejects.toSatisfy(isDatabaseAway)
      const again = store.write(async (tx) => use(tx), { ...how, nonce })
      await expect(again).rejects.toThrow('NonceUsed')
      const other = await openStore(url)
      await expect(other.write((tx) => useNonce(tx, nonce))).rejects.toThrow('NonceUsed')
      expect(await other.isUsed(nonce)).toBe(true)
      await other.close()
    },
  )

  it('goes on where a newer server changes the tables under statements that were prepared', async () => {
    const look = () =>
      store.write((tx) => tx.selectFrom('jobs').selectAll().where('name', '<>', '').execute(), {
        accounts: ['a'],
      })
    await look()
    await store.write(async (tx) => void (await sql`alter table jobs add column later text`.execute(tx)))
    await look()
    await store.write((tx) => writeMeta(tx, 'a', '1'), { accounts: ['a'] })
    expect(await readMeta(store.read, 'a')).toBe('1')
  })

  it('survives idle connections that die, and a restart', async () => {
    await Promise.all(Array.from({ length: 5 }, () => readMeta(store.read, 'a')))
    await postgres!.server!.restart()
    await store.write((tx) => writeMeta(tx, 'a', '1'))
    expect(await readMeta(store.read, 'a')).toBe('1')
  })

  it('is refused where acknowledged writes may be forgotten', async () => {
    const name = new URL(url).pathname.slice(1)
    await store.write(
      async (tx) => void (await sql.raw(`alter database ${name} set synchronous_commit = off`).execute(tx)),
    )
    await expect(openStore(url)).rejects.toThrow('`synchronous_commit = off`')
  })

  it('is refused, without its address, when nobody answers', async () => {
    const nobody = url.replace(/host=[^&]*/, 'host=%2Ftmp%2Fnobody-listens-here')
    await expect(openStore(nobody)).rejects.toSatisfy(isDatabaseAway)
    await expect(openStore('mysql://user:hunter2@host/db')).rejects.toThrow(/^(?!.*hunter2).*must be/)
  })
})
