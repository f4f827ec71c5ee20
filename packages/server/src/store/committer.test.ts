import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runUnawaited } from './handles.ts'
import { readMeta, writeMeta } from './meta.ts'
import { useNonce } from './nonces.ts'
import { type OpenOptions, openStore } from './open.ts'
import { bumpRevision, readRevisionRow } from './revisions.ts'
import type { Store, WriteHandle } from './store.ts'
import { code } from './testing/conformance-system.ts'
import { testDatabases } from './testing/databases.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`the committer on ${database.name}`, () => {
    let url: string
    let store: Store
    const open = async (options: OpenOptions = {}) => {
      await store?.close()
      store = await openStore(url, options)
    }
    beforeEach(async () => {
      url = await database.fresh()
      store = await openStore(url)
    })
    afterEach(() => store.close())

    const increment = async (tx: WriteHandle) =>
      writeMeta(tx, 'counter', String(Number((await readMeta(tx, 'counter')) ?? 0) + 1))

    it('runs each body of one account once, however many come together: 1,200 by default', async () => {
      let runs = 0
      const body = async (tx: WriteHandle) => {
        runs += 1
        await increment(tx)
      }
      await Promise.all(Array.from({ length: 1200 }, () => store.write(body, { accounts: ['a'] })))
      expect(await readMeta(store.read, 'counter')).toBe('1200')
      expect(runs).toBe(1200)
    })

    it('moves each revision once for all bodies that share a commit', async () => {
      const bodies = Array.from({ length: 60 }, (_, i) =>
        store.write((tx) => bumpRevision(tx, 'a', 'keys', [`key-${i}`]), { accounts: ['a'] }),
      )
      await Promise.all(bodies)
      const { revision, recent } = await readRevisionRow(store.read, 'a', 'keys')
      expect(revision).toBeLessThanOrEqual(3)
      expect(recent.split('|').slice(1).join('')).toHaveLength(60 * 8)
    })

    it('refuses at the door, at once and by account: others find their place', async () => {
      await open({ maxWaitingOfAccount: 10 })
      const write = (uid: string, i: number) =>
        store.write((tx) => writeMeta(tx, `${uid} ${i}`, 'x'), { accounts: [uid] })
      const busy = Promise.allSettled(Array.from({ length: 40 }, (_, i) => write('busy', i)))
      await Promise.all(Array.from({ length: 10 }, (_, i) => write('calm', i)))
      const refused = (await busy).filter((one) => one.status === 'rejected')
      expect(refused).toHaveLength(30)
      for (const { reason } of refused) expect(code(reason)).toBe('Overloaded')
      await write('busy', 100)
    })

    it('gives its time to each body: one that stands still fails alone', async () => {
      await open({ bodyTimeout: 500 })
      const all = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) =>
          store.write(
            async (tx) => {
              await writeMeta(tx, `body ${i}`, 'x')
              if (i === 7) await new Promise(() => {})
            },
            { accounts: ['a'] },
          ),
        ),
      )
      expect(all.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([7])
      expect(await readMeta(store.read, 'body 7')).toBeUndefined()
      expect(await readMeta(store.read, 'body 8')).toBe('x')
    })

    it('undoes a group whose decisions grew old, and runs its bodies again after another look', async () => {
      let looks = 0
      let asked = 0
      const look = () => {
        looks += 1
      }
      const write = (i: number) =>
        store.write(increment, { accounts: [`${i}`], before: look, holds: () => i !== 3 || asked++ > 0 })
      await Promise.all(Array.from({ length: 10 }, (_, i) => write(i)))
      expect(await readMeta(store.read, 'counter')).toBe('10')
      expect(asked).toBe(2)
      expect(looks).toBe(2)
    })

    it('fails nobody for a neighbour that takes so long that decisions grow old', async () => {
      const seen = new Map<number, number>()
      const runs = new Map<number, number>()
      const write = (i: number) => {
        const body = async (tx: WriteHandle) => {
          runs.set(i, (runs.get(i) ?? 0) + 1)
          await writeMeta(tx, `body ${i}`, 'x')
          if (i === 5) standStill(300)
          seen.set(i, performance.now())
        }
        const holds = () => performance.now() - seen.get(i)! < 250
        return store.write(body, { accounts: ['a'], holds })
      }
      await Promise.all(Array.from({ length: 10 }, (_, i) => write(i)))
      expect(Math.max(...runs.values())).toBeLessThan(4)
    })

    it('runs an undone group again after a pause that grows and is drawn by lot', async () => {
      const drawn = vi.spyOn(Math, 'random').mockReturnValue(0.999)
      try {
        let left = 7
        const begun = performance.now()
        await store.write(increment, { accounts: ['a'], holds: () => left-- <= 0 })
        // 2, 4, 8, ... 128 ms.
        expect(performance.now() - begun).toBeGreaterThan(250)
        expect(drawn.mock.calls.length).toBeGreaterThanOrEqual(7)
        expect(await readMeta(store.read, 'counter')).toBe('1')
      } finally {
        drawn.mockRestore()
      }
    })

    it('refuses with Overloaded what is undone for longer than it may wait, and does not spin meanwhile', async () => {
      await open({ patience: 400, attempts: 100_000 })
      let runs = 0
      const counted = async () => {
        runs += 1
      }
      const never = store.write(counted, { accounts: ['a'], holds: () => false })
      await expect(never).rejects.toSatisfy((error) => code(error) === 'Overloaded')
      expect(runs).toBeLessThan(60)
      await open({ attempts: 3 })
      runs = 0
      const often = store.write(counted, { accounts: ['a'], holds: () => false })
      await expect(often).rejects.toSatisfy((error) => code(error) === 'Overloaded')
      expect(runs).toBe(3)
    })

    if (database.server) {
      const nonceOf = (text: string) => ({
        bucket: Math.floor(Date.now() / 60_000),
        id: createHash('sha256').update(text).digest().subarray(0, 16),
      })
      const slow = async (tx: WriteHandle) => {
        await sql`select pg_sleep(0.03)`.execute(tx)
        await increment(tx)
      }

      it('runs each body once also where two processes write one account', async () => {
        const other = await openStore(url)
        let runs = 0
        const body = async (tx: WriteHandle) => {
          runs += 1
          await increment(tx)
        }
        const write = (i: number) => (i % 2 === 0 ? store : other).write(body, { accounts: ['a'] })
        for (let round = 0; round < 5; round += 1)
          await Promise.all(Array.from({ length: 24 }, (_, i) => write(i)))
        await other.close()
        expect(await readMeta(store.read, 'counter')).toBe('120')
        expect(runs).toBe(120)
      })

      it('uses the nonce of a body once it runs, and not that of one that has to wait for the next group', async () => {
        const write = (i: number) => store.write(slow, { accounts: ['a'], nonce: nonceOf(`${i}`) })
        await Promise.all(Array.from({ length: 20 }, (_, i) => write(i)))
        expect(await readMeta(store.read, 'counter')).toBe('20')
        const replayed = await Promise.allSettled([write(0), write(19), write(20), write(20)])
        const told = replayed.map((one) => (one.status === 'rejected' ? code(one.reason) : 'done'))
        expect(told.slice(0, 2)).toEqual(['NonceUsed', 'NonceUsed'])
        expect(told.slice(2).sort()).toEqual(['NonceUsed', 'done'])
        expect(await readMeta(store.read, 'counter')).toBe('21')
      })

      it('leaves the nonce of a body that failed to whoever tells of the failure', async () => {
        const nonce = nonceOf('failing')
        const failing = store.write(
          async (tx) => {
            await increment(tx)
            throw new Error('no')
          },
          { accounts: ['a'], nonce },
        )
        const others = Array.from({ length: 5 }, () => store.write(increment, { accounts: ['a'] }))
        await expect(failing).rejects.toThrow('no')
        await Promise.all(others)
        await store.write((tx) => useNonce(tx, nonce), { last: true })
        expect(await readMeta(store.read, 'counter')).toBe('5')
      })

      it('finds out whose statement failed where nobody waited for it', async () => {
        const all = await Promise.allSettled(
          Array.from({ length: 12 }, (_, i) =>
            store.write(
              async (tx) => {
                await increment(tx)
                // What PostgreSQL takes in no text.
                const value = i === 4 ? 'not \u0000' : 'x'
                await runUnawaited(tx, tx.insertInto('meta').values({ key: `body ${i}`, value }))
              },
              { accounts: ['a'] },
            ),
          ),
        )
        expect(all.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([4])
        expect(await readMeta(store.read, 'counter')).toBe('11')
      })

      it('lets those go on whose accounts are free while another process holds one, and that one after it', async () => {
        const write = (uid: string, options = {}) =>
          store.write((tx) => writeMeta(tx, uid, 'x'), { accounts: [uid], ...options })
        await write('held')
        const other = new pg.Client({ connectionString: url })
        await other.connect()
        await other.query('begin')
        await other.query("select * from account_locks where account_uid = 'held' for update")
        const waiting = write('held')
        for (let i = 0; i < 5; i += 1) await write(`free ${i}`)
        expect(await Promise.race([waiting.then(() => 'done'), sleep(10, 'waits')])).toBe('waits')
        await other.query('commit')
        await waiting
        await other.end()
      })

      it('refuses with Overloaded what waited for longer than it may, and spins on nothing', async () => {
        await open({ patience: 1000 })
        await store.write(increment, { accounts: ['held'] })
        const other = new pg.Client({ connectionString: url })
        await other.connect()
        await other.query('begin')
        await other.query("select * from account_locks where account_uid = 'held' for update")
        const turns = vi.spyOn(globalThis, 'setImmediate')
        const late = store.write(increment, { accounts: ['held'] })
        await expect(late).rejects.toSatisfy((error) => code(error) === 'Overloaded')
        expect(turns.mock.calls.length).toBeLessThan(200)
        turns.mockRestore()
        await other.query('rollback')
        await other.end()
        await store.write(increment, { accounts: ['held'] })
      })
    }
  })
}

/** As work does that awaits nothing. */
function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}
