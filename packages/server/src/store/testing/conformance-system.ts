import { beforeEach, describe, expect, it } from 'vitest'
import { Refusal } from '../../base/problem.ts'
import { claimFirstStart, hasStartedBefore, once, readMeta, writeMeta } from '../meta.ts'
import { NONCE_MINUTES, purgeNonces, useNonce, useNonces } from '../nonces.ts'
import { openStore } from '../open.ts'
import {
  bumpRevision,
  changedSince,
  changeTag,
  readRevision,
  readRevisionRow,
  readRevisions,
} from '../revisions.ts'
import type { Store, WriteHandle } from '../store.ts'

export const code = (error: unknown) => (error instanceof Refusal ? error.problem.code : error)

/** What is built on the store's own tables: entities done once, revisions, nonces. */
export function systemConformance(
  opened: () => { readonly store: Store; readonly url: string },
  /** Closes the store and opens it again. */
  reopen: () => Promise<Store>,
): void {
  let store: Store
  let url: string
  beforeEach(() => {
    const now = opened()
    store = now.store
    url = now.url
  })

  describe('what is done once', () => {
    it('is done by one of those who come together, and never again', async () => {
      const second = store.kind === 'postgres' ? await openStore(url) : store
      const make = (by: string) => (tx: WriteHandle) => writeMeta(tx, 'world', by).then(() => by)
      const made = await Promise.all([
        claimFirstStart(store, make('one')),
        claimFirstStart(second, make('two')),
        claimFirstStart(second, make('three')),
      ])
      if (second !== store) await second.close()
      const winners = made.filter((one) => one !== undefined)
      expect(winners.length).toBe(1)
      expect(await readMeta(store.read, 'world')).toBe(winners[0]!.value)
      expect(await hasStartedBefore(store.read)).toBe(true)
      expect(await claimFirstStart(store, make('late'))).toBeUndefined()
    })

    it('is free again when it failed', async () => {
      await expect(once(store, 'it', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
      expect(await once(store, 'it', async () => 5)).toEqual({ value: 5 })
    })
  })

  describe('revisions', () => {
    it('grow with every commit that changes something, by one for all that share it', async () => {
      await Promise.all(Array.from({ length: 20 }, () => store.write((tx) => bumpRevision(tx, 'a'))))
      const first = await readRevision(store.read, 'a')
      expect(first).toBeGreaterThan(0)
      expect(first).toBeLessThanOrEqual(20)
      await store.write((tx) => bumpRevision(tx, 'a'))
      expect(await readRevision(store.read, 'a')).toBe(first + 1)
      await store.write(async (tx) => {
        for (let i = 0; i < 5; i += 1) await bumpRevision(tx, 'a')
      })
      expect(await readRevision(store.read, 'a')).toBe(first + 2)
      const failing = store.write(async (tx) => {
        await bumpRevision(tx, 'a')
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      await store.write((tx) => bumpRevision(tx, 'b'))
      expect(await readRevision(store.read, 'nobody')).toBe(0)
      const many = Array.from({ length: 450 }, (_, i) => `account ${i}`)
      const found = await readRevisions(store, [...many, 'a', 'b'])
      const sorted = found.map((row) => [row.account_uid, row.kind, row.revision]).sort()
      expect(sorted).toEqual([
        ['a', 'identity', first + 2],
        ['b', 'identity', 1],
      ])
    })

    it('of one kind leave the others, and tell which entities changed as long as they know', async () => {
      await store.write((tx) => bumpRevision(tx, 'a', 'keys', ['one', 'two']))
      await store.write((tx) => bumpRevision(tx, 'a', 'keys', ['three']))
      expect(await readRevision(store.read, 'a')).toBe(0)
      const row = await readRevisionRow(store.read, 'a', 'keys')
      const changed = (since: number) => changedSince(row, since)
      expect(row.revision).toBe(2)
      expect(changed(2)).toEqual(new Set())
      expect(changed(1)).toEqual(new Set([changeTag('three')]))
      expect(changed(0)).toEqual(new Set(['one', 'two', 'three'].map(changeTag)))
      // What was never seen, or lies in the future of a database that was put back.
      expect(changed(-1)).toBeUndefined()
      expect(changed(3)).toBeUndefined()
      await store.write((tx) => bumpRevision(tx, 'a', 'keys'))
      expect(changedSince(await readRevisionRow(store.read, 'a', 'keys'), 2)).toBeUndefined()
      for (let i = 0; i < 3; i += 1) {
        const items = Array.from({ length: 300 }, (_, n) => `key ${i} ${n}`)
        await store.write((tx) => bumpRevision(tx, 'a', 'keys', items))
      }
      const full = await readRevisionRow(store.read, 'a', 'keys')
      expect(full.recent.length).toBeLessThanOrEqual(4096)
      expect(changedSince(full, full.revision - 1)?.size).toBe(300)
      // Its beginning was cut off.
      expect(changedSince(full, full.revision - 2)).toBeUndefined()
    })
  })

  describe('nonces', () => {
    const nonce = (number: number, bucket = 100) => ({ bucket, id: Buffer.alloc(16, number) })

    it('are used once, by one of those who come together', async () => {
      const settled = await Promise.allSettled(
        Array.from({ length: 10 }, (_, i) =>
          store.write(async (tx) => {
            await writeMeta(tx, `effect ${i}`, 'x')
            await useNonce(tx, nonce(1))
          }),
        ),
      )
      const refused = settled.filter((one) => one.status === 'rejected')
      expect(refused.map((one) => code(one.reason))).toEqual(Array.from({ length: 9 }, () => 'NonceUsed'))
      const effects = await store.read
        .selectFrom('meta')
        .select('key')
        .where('key', 'like', 'effect %')
        .execute()
      expect(effects.length).toBe(1)
    })

    it('of a list: tells which were used, also within the list', async () => {
      await store.write((tx) => useNonce(tx, nonce(2)))
      const list = [nonce(1), nonce(2), nonce(3), nonce(3), nonce(4, 101), nonce(4)]
      expect(await store.write((tx) => useNonces(tx, list))).toEqual([false, true, false, true, false, true])
      expect(await store.write((tx) => useNonces(tx, list))).toEqual([true, true, true, true, true, true])
      expect(await store.write((tx) => useNonces(tx, []))).toEqual([])
    })

    it('are used once in the whole window: another minute of signing makes no other nonce, also after a start', async () => {
      await store.write((tx) => useNonce(tx, nonce(5, 1000)))
      const refused = async (bucket: number) => {
        const again = store.write((tx) => useNonce(tx, nonce(5, bucket)))
        await expect(again).rejects.toSatisfy((error) => code(error) === 'NonceUsed')
      }
      await refused(1001)
      await refused(999)
      await purgeNonces(store, (1000 + NONCE_MINUTES) * 60_000)
      await refused(1020)
      const reopened = await reopen()
      store = reopened
      await refused(1001)
      // Nothing of what was refused was kept: the minute of the first use is what counts.
      await purgeNonces(store, (1001 + NONCE_MINUTES) * 60_000)
      await store.write((tx) => useNonce(tx, nonce(5, 1020)))
    })

    it('are kept for the signature window on both sides, and no longer', async () => {
      await store.write((tx) => useNonces(tx, [nonce(1, 1000), nonce(2, 1001)]))
      const minute = 60_000
      const purge = (at: number) => purgeNonces(store, at)
      expect(NONCE_MINUTES).toBeGreaterThanOrEqual(30)
      expect(await purge((1000 + NONCE_MINUTES) * minute)).toBe(0)
      expect(await purge((1001 + NONCE_MINUTES) * minute)).toBe(1)
      expect(
        (await store.read.selectFrom('nonces').select('bucket').execute()).map((row) => row.bucket),
      ).toEqual([1001])
    })

    it('that were forgotten are refused for good, whatever a clock says later, also after a start', async () => {
      const list = [nonce(1, 1000), nonce(2, 1002), nonce(3, 1010)]
      await store.write((tx) => useNonces(tx, list))
      expect(await purgeNonces(store, (1005 + NONCE_MINUTES) * 60_000)).toBe(2)
      const again = [...list, nonce(4, 999), nonce(5, 1001), nonce(6, 1002)]
      expect(await store.write((tx) => useNonces(tx, again))).toEqual(again.map(() => true))
      store = await reopen()
      expect(await store.write((tx) => useNonces(tx, again))).toEqual(again.map(() => true))
      // A purge by an earlier clock opens nothing again.
      expect(await purgeNonces(store, 500 * 60_000)).toBe(0)
      expect(await store.write((tx) => useNonces(tx, again))).toEqual(again.map(() => true))
      // No more is refused than what was forgotten makes necessary.
      expect(await store.write((tx) => useNonces(tx, [nonce(7, 1003), nonce(8, 1004)]))).toEqual([
        false,
        false,
      ])
    })

    it('are used once also while others are forgotten beside them', async () => {
      const use = async (number: number, bucket: number) => {
        const id = Buffer.alloc(16)
        id.writeUInt32BE(number)
        const [used] = await store.write((tx) => useNonces(tx, [{ bucket, id }]))
        return used ? 0 : 1
      }
      const accepted = Array.from({ length: 40 }, () => 0)
      const round = async (bucket: number) => {
        const uses = accepted.map((_, i) => use(i, 1000 + (i % 20)))
        const purged = purgeNonces(store, (bucket + NONCE_MINUTES) * 60_000)
        for (const [i, one] of (await Promise.all(uses)).entries()) accepted[i]! += one
        await purged
      }
      for (const bucket of [1000, 1005, 1010, 1015, 1020, 1020]) await round(bucket)
      // Refused unused is possible, when others of its minute were forgotten first; used twice is not.
      expect(Math.max(...accepted)).toBe(1)
    })
  })
}
