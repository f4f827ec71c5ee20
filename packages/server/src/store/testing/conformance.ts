import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { asUnavailable, isReplayable, isUniqueViolation } from '../errors.ts'
import { whenDone, whenFailed } from '../handles.ts'
import { readMeta, writeMeta } from '../meta.ts'
import { useNonce } from '../nonces.ts'
import { type OpenOptions, openStore } from '../open.ts'
import type { Store, WriteHandle } from '../store.ts'
import { code, systemConformance } from './conformance-system.ts'
import type { TestDatabase } from './databases.ts'

/** What every database must do: SQLite and PostgreSQL run the same. */
export function storeConformance(database: TestDatabase): void {
  let url: string
  let store: Store
  const others: Store[] = []
  const another = async (options?: OpenOptions) => {
    const opened = await openStore(await database.fresh(), options)
    others.push(opened)
    return opened
  }
  beforeEach(async () => {
    url = await database.fresh()
    store = await openStore(url)
  })
  afterEach(async () => {
    await Promise.all([store, ...others.splice(0)].map((one) => one.close()))
  })

  const counter = async (tx: WriteHandle) => Number(await readMeta(tx, 'counter')) || 0
  const increment = async (tx: WriteHandle) => writeMeta(tx, 'counter', String((await counter(tx)) + 1))

  describe('a write', () => {
    it('is there for readers once it resolves, and returns what its body returns', async () => {
      expect(await store.write((tx) => writeMeta(tx, 'a', '1').then(() => 7))).toBe(7)
      expect(await readMeta(store.read, 'a')).toBe('1')
    })

    it('leaves nothing when its body throws, and the error comes out unchanged', async () => {
      const error = new Error('mine')
      const failing = store.write(async (tx) => {
        await writeMeta(tx, 'a', '1')
        throw error
      })
      await expect(failing).rejects.toBe(error)
      expect(await readMeta(store.read, 'a')).toBeUndefined()
    })

    it('is not touched by another that fails beside it', async () => {
      const settled = await Promise.allSettled(
        Array.from({ length: 30 }, (_, i) =>
          store.write(async (tx) => {
            await writeMeta(tx, `key ${i}`, 'x')
            if (i % 3 === 1) throw new Error(`no ${i}`)
          }),
        ),
      )
      for (const [i, one] of settled.entries()) {
        expect(one.status).toBe(i % 3 === 1 ? 'rejected' : 'fulfilled')
        expect(await readMeta(store.read, `key ${i}`)).toBe(i % 3 === 1 ? undefined : 'x')
      }
    })

    it('runs as if alone: concurrent increments all count', async () => {
      let runs = 0
      let reported = 0
      await Promise.all(
        Array.from({ length: 40 }, () =>
          store.write(async (tx) => {
            runs += 1
            whenDone(tx, () => {
              reported += 1
            })
            await increment(tx)
          }),
        ),
      )
      expect(await counter(store.read as WriteHandle)).toBe(40)
      // Bodies that were run again had no effect, and nobody was told of them.
      expect(reported).toBe(40)
      if (store.kind === 'postgres') expect(runs).toBeGreaterThan(40)
      else expect(runs).toBe(40)
    })

    it('sees no write skew: of two that each believe the other free, one sees the truth', async () => {
      await store.write(async (tx) => {
        await writeMeta(tx, 'on call 1', 'yes')
        await writeMeta(tx, 'on call 2', 'yes')
      })
      // On PostgreSQL both look before either leaves; on SQLite bodies run one by one anyway.
      let looked = 0
      const bothLooked = async () => {
        looked += 1
        while (store.kind === 'postgres' && looked < 2) await sleep(1)
      }
      const leave = (who: string) =>
        store.write(async (tx) => {
          const all = [await readMeta(tx, 'on call 1'), await readMeta(tx, 'on call 2')]
          await bothLooked()
          if (all.filter((value) => value === 'yes').length === 2) await writeMeta(tx, who, 'no')
        })
      await Promise.all([leave('on call 1'), leave('on call 2')])
      const left = [await readMeta(store.read, 'on call 1'), await readMeta(store.read, 'on call 2')]
      expect(left.sort()).toEqual(['no', 'yes'])
    })

    it('is refused when too many wait; those that wait stand', async () => {
      const small = await another({ maxWaiting: 5, maxConnections: 2 })
      const settled = await Promise.allSettled(
        Array.from({ length: 40 }, (_, i) => small.write((tx) => writeMeta(tx, `key ${i}`, 'x'))),
      )
      const refused = settled.filter((one) => one.status === 'rejected')
      expect(refused.length).toBeGreaterThan(0)
      expect(refused.length).toBeLessThan(40)
      for (const one of refused) expect(code(one.reason)).toBe('Overloaded')
      const rows = await small.read.selectFrom('meta').select('key').where('key', 'like', 'key %').execute()
      expect(rows.length).toBe(40 - refused.length)
    })

    it('ends when its body awaits something else for too long; others go on', async () => {
      const hasty = await another({ bodyTimeout: 1000 })
      const stuck = hasty.write(async (tx) => {
        await writeMeta(tx, 'stuck', 'x')
        await new Promise(() => {})
      })
      await expect(stuck).rejects.toThrow('a transaction body took too long')
      await hasty.write((tx) => writeMeta(tx, 'next', 'x'))
      expect(await readMeta(hasty.read, 'stuck')).toBeUndefined()
      expect(await readMeta(hasty.read, 'next')).toBe('x')
    })

    it('gives a handle that is of no use after the body', async () => {
      let kept: WriteHandle | undefined
      await store.write(async (tx) => {
        kept = tx
      })
      await expect(writeMeta(kept!, 'late', 'x')).rejects.toThrow()
      expect(await readMeta(store.read, 'late')).toBeUndefined()
    })

    it('tells who asked that nothing remains', async () => {
      const reported: unknown[] = []
      const error = new Error('mine')
      await expect(
        store.write(async (tx) => {
          whenDone(tx, () => reported.push('done'))
          whenFailed(tx, (reason) => reported.push(reason))
          throw error
        }),
      ).rejects.toBe(error)
      expect(reported).toEqual([error])
    })

    it('stands when the store is closed while it waits', async () => {
      const closing = await openStore(await database.fresh())
      const writes = Promise.all(
        Array.from({ length: 20 }, (_, i) => closing.write((tx) => writeMeta(tx, `${i}`, 'x'))),
      )
      await closing.close()
      await writes
      await expect(closing.write((tx) => writeMeta(tx, 'late', 'x'))).rejects.toSatisfy(
        (error) => code(error) === 'Unavailable',
      )
    })
  })

  describe('values', () => {
    it('come back as they went in: numbers beyond 32 bits, bytes, counts', async () => {
      const id = Uint8Array.from({ length: 16 }, (_, i) => i * 17)
      const bucket = Number.MAX_SAFE_INTEGER
      await store.write((tx) => useNonce(tx, { bucket, id }))
      const row = await store.read.selectFrom('nonces').selectAll().executeTakeFirstOrThrow()
      expect(row.bucket).toBe(bucket)
      expect(row.id).toBeInstanceOf(Uint8Array)
      expect([...row.id]).toEqual([...id])
      const { total } = await store.read
        .selectFrom('nonces')
        .select((eb) => [eb.fn.sum<number>('bucket').as('total')])
        .executeTakeFirstOrThrow()
      expect(total).toBe(bucket)
    })

    it('that are no text of a database are kept or refused, and the store goes on', async () => {
      const small = await another({ maxConnections: 2 })
      const odd = ['nul \u0000 nul', 'lone \ud800 high', 'lone \udc00 low']
      // More than there are connections: one that was spoilt would be missed.
      const texts = Array.from({ length: 12 }, (_, i) => `${i} ${odd[i % 3]}`)
      const settled = await Promise.allSettled(
        texts.map((text) => small.write((tx) => writeMeta(tx, text, text))),
      )
      for (const [i, one] of settled.entries()) {
        const nul = texts[i]!.includes('\u0000')
        expect(one.status).toBe(small.kind === 'postgres' && nul ? 'rejected' : 'fulfilled')
        // The fault is the text's, not the database's: nobody is told to come again.
        if (one.status === 'rejected') {
          expect(one.reason).toBeInstanceOf(Error)
          expect(asUnavailable(one.reason)).toBeUndefined()
          expect(isReplayable(one.reason)).toBe(false)
        }
      }
      const reads = await Promise.allSettled(texts.map((text) => readMeta(small.read, text)))
      for (const [i, one] of reads.entries()) expect(one.status).toBe(settled[i]!.status)
      for (let i = 0; i < 6; i += 1) {
        const text = 'a \u0000'
        // Swallowed in a body, it still ends the whole body on PostgreSQL, and the next is as good as new.
        await Promise.allSettled([
          small.write(async (tx) => {
            await writeMeta(tx, `swallowed ${i}`, 'x')
            await writeMeta(tx, text, text).catch(() => {})
          }),
          small.write((tx) => writeMeta(tx, `beside ${i}`, 'x')),
        ])
        expect(await readMeta(small.read, `beside ${i}`)).toBe('x')
        const swallowed = small.kind === 'postgres' ? undefined : 'x'
        expect(await readMeta(small.read, `swallowed ${i}`)).toBe(swallowed)
      }
    })

    it('obey keys: a second row with a unique key is told from other failures', async () => {
      const row = { name: 'job', owner: '', fence: 0, lease_until: 0, next_at: 0 }
      await store.write((tx) => tx.insertInto('jobs').values(row).execute())
      const again = store.write((tx) => tx.insertInto('jobs').values(row).execute())
      await expect(again).rejects.toSatisfy(isUniqueViolation)
      const version = {
        id: 'v',
        key_id: 'no such key',
        account_uid: 'a',
        by_hand: 0,
        sealed_material: new Uint8Array(1),
      }
      const orphan = store.write((tx) =>
        tx
          .insertInto('kms_key_versions')
          .values({ ...version, created_at: 0 })
          .execute(),
      )
      await expect(orphan).rejects.toSatisfy((error) => !isUniqueViolation(error))
    })
  })

  const reopen = async () => {
    await store.close()
    store = await openStore(url)
    return store
  }
  systemConformance(() => ({ store, url }), reopen)

  it('can be closed and opened again, with everything in it', async () => {
    await store.write((tx) => writeMeta(tx, 'a', '1'))
    await reopen()
    expect(await readMeta(store.read, 'a')).toBe('1')
  })
}
