import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Refusal } from '../../base/problem.ts'
import { readMeta, writeMeta } from '../meta.ts'
import { openStore } from '../open.ts'
import { createRevisionCache, type RevisionCacheOptions } from '../revision-cache.ts'
import { bumpRevision } from '../revisions.ts'
import type { ReadHandle, RevisionCache, Store } from '../store.ts'
import type { TestDatabase } from './databases.ts'

export const isUnavailable = (error: unknown) =>
  error instanceof Refusal && error.problem.code === 'Unavailable'

/** For each test a new store in which the value of account `a` is `first`. */
export function cacheBench(database: TestDatabase) {
  const caches: RevisionCache[] = []
  const bench = {
    url: '',
    store: undefined as unknown as Store,
    /** How often {@link bench.load} ran. */
    loads: 0,
    open(options: Partial<RevisionCacheOptions> = {}): RevisionCache {
      // A bound that a busy machine does not reach; tests of the bound set their own.
      const cache = createRevisionCache({
        store: bench.store,
        clock: systemClock,
        boundMs: 60_000,
        ...options,
      })
      caches.push(cache)
      return cache
    },
    /** What any process does that changes something of an account. */
    change: (uid: string, value: string) =>
      bench.store.write(async (tx) => {
        await writeMeta(tx, uid, value)
        await bumpRevision(tx, uid)
      }),
    load: (uid: string) => async (db: ReadHandle) => {
      bench.loads += 1
      return Object.freeze({ is: await readMeta(db, uid) })
    },
    /** Asks until the value is held: one that was loaded while a look began is given, but not kept. */
    async untilHeld(cache: RevisionCache, uid: string): Promise<void> {
      for (let value: unknown; ; value = await cache.get(uid, 'k', bench.load(uid))) {
        if (value !== undefined && cache.get(uid, 'k', bench.load(uid)) === value) return
      }
    },
    /** Asks until the value is there. INVARIANT: nothing older is served once the bound has passed since the change. */
    async untilSeen(cache: RevisionCache, value: string): Promise<void> {
      const changed = performance.now()
      for (;;) {
        const asked = performance.now()
        try {
          if ((await cache.get('a', 'k', bench.load('a'))).is === value) return
          expect(asked - changed).toBeLessThan(1000)
        } catch (error) {
          if (!isUnavailable(error)) throw error
        }
        await sleep(5)
      }
    },
  }
  beforeEach(async () => {
    bench.url = await database.fresh()
    bench.store = await openStore(bench.url)
    await bench.change('a', 'first')
  })
  afterEach(async () => {
    await Promise.all(caches.splice(0).map((cache) => cache.close()))
    await bench.store.close()
  })
  return bench
}
