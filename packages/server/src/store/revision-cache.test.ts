import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { Refusal } from '../base/problem.ts'
import { readMeta, writeMeta } from './meta.ts'
import { openStore } from './open.ts'
import { createRevisionCache, type RevisionCacheOptions } from './revision-cache.ts'
import { bumpRevision } from './revisions.ts'
import type { ReadHandle, RevisionCache, Store } from './store.ts'
import { testDatabases } from './testing/databases.ts'
import { handClock, observedStore } from './testing/seams.ts'

const isUnavailable = (error: unknown) => error instanceof Refusal && error.problem.code === 'Unavailable'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`revision cache on ${database.name}`, () => {
    let url: string
    let store: Store
    const caches: RevisionCache[] = []
    beforeEach(async () => {
      url = await database.fresh()
      store = await openStore(url)
      await change('a', 'first')
    })
    afterEach(async () => {
      await Promise.all(caches.splice(0).map((cache) => cache.close()))
      await store.close()
    })

    function open(options: Partial<RevisionCacheOptions> = {}): RevisionCache {
      // A bound that a busy machine does not reach; tests of the bound set their own.
      const cache = createRevisionCache({ store, clock: systemClock, boundMs: 60_000, ...options })
      caches.push(cache)
      return cache
    }
    /** What any process does that changes something of an account. */
    const change = (uid: string, value: string) =>
      store.write(async (tx) => {
        await writeMeta(tx, uid, value)
        await bumpRevision(tx, uid)
      })
    /** Asks until the value is there. INVARIANT: nothing older is served once the bound has passed since the change. */
    async function untilSeen(cache: RevisionCache, value: string): Promise<void> {
      const changed = performance.now()
      for (;;) {
        const asked = performance.now()
        try {
          if ((await cache.get('a', 'k', load('a'))).is === value) return
          expect(asked - changed).toBeLessThan(1000)
        } catch (error) {
          if (!isUnavailable(error)) throw error
        }
        await sleep(5)
      }
    }
    let loads = 0
    const load = (uid: string) => async (db: ReadHandle) => {
      loads += 1
      return Object.freeze({ is: await readMeta(db, uid) })
    }

    it('returns what it holds without a promise; concurrent loads are one load', async () => {
      const cache = open()
      loads = 0
      const both = await Promise.all([cache.get('a', 'k', load('a')), cache.get('a', 'k', load('a'))])
      expect(loads).toBe(1)
      expect(both[0]).toBe(both[1])
      expect(cache.get('a', 'k', load('a'))).toBe(both[0])
      expect(await cache.get('a', 'other', load('a'))).toEqual({ is: 'first' })
      expect(loads).toBe(2)
    })

    it('finds a thing whose account only its row tells; what is not there is asked for again', async () => {
      const cache = open()
      let there = false
      const find = () =>
        cache.find('key', async (db) => (there ? { accountUid: 'a', value: await load('a')(db) } : undefined))
      expect(await find()).toBeUndefined()
      there = true
      const found = await find()
      expect(found).toEqual({ is: 'first' })
      expect(find()).toBe(found)
      cache.drop('a')
      expect(await find()).not.toBe(found)
    })

    it('forgets an account at once when told, also from a load under way', async () => {
      const cache = open({ lookEveryMs: 60_000 })
      await cache.get('a', 'k', load('a'))
      await change('a', 'second')
      cache.drop('a')
      expect(await cache.get('a', 'k', load('a'))).toEqual({ is: 'second' })

      // A load that has read the old value when the change comes.
      cache.drop('a')
      let moved = false
      const torn = cache.get('a', 'k', async (db) => {
        const value = await load('a')(db)
        if (!moved) {
          moved = true
          await change('a', 'third')
          cache.drop('a')
        }
        return value
      })
      expect(await torn).toEqual({ is: 'third' })
      expect(await cache.get('a', 'k', load('a'))).toEqual({ is: 'third' })
    })

    it('neither keeps nor returns what was loaded across a change that nobody told it of', async () => {
      const cache = open({ lookEveryMs: 60_000 })
      let moves = 2
      const value = await cache.get('a', 'k', async (db) => {
        const read = await load('a')(db)
        if (moves > 0) await change('a', `moved ${moves}`)
        moves -= 1
        return read
      })
      expect(value).toEqual({ is: 'moved 1' })
    })

    it('sees what another process changed within the bound, and looks only at what it holds', async () => {
      const asked: string[] = []
      const seen = observedStore(store, (node) => void asked.push(JSON.stringify(node)))
      const cache = open({ store: seen, boundMs: 1000, lookEveryMs: 20 })
      await cache.get('a', 'k', load('a'))
      await cache.get('held', 'k', load('held'))
      asked.length = 0
      await change('a', 'second')
      await change('not held', 'x')
      await untilSeen(cache, 'second')
      const looks = asked.filter((text) => text.includes('"revisions"'))
      expect(looks.some((text) => text.includes('"held"'))).toBe(true)
      expect(looks.some((text) => text.includes('"not held"'))).toBe(false)
    })

    it('serves nothing when the last look began longer ago than the bound, and recovers', async () => {
      let away = false
      const blind = observedStore(store, () => {
        if (away) throw new Error('away')
      })
      const clock = handClock()
      const changes: unknown[] = []
      const cache = open({
        store: blind,
        clock,
        boundMs: 1000,
        lookEveryMs: 5,
        onChange: (error) => changes.push(error),
      })
      const held = await cache.get('a', 'k', load('a'))
      await sleep(30)
      away = true
      await sleep(30)
      clock.move(999)
      expect(cache.get('a', 'k', load('a'))).toBe(held)
      clock.move(1)
      expect(() => cache.get('a', 'k', load('a'))).toThrow(Refusal)
      expect(() => cache.find('k', async () => undefined)).toThrow(Refusal)
      expect(() => cache.assertFresh()).toThrow('Unavailable')
      away = false
      while (changes.length < 2) await sleep(5)
      cache.assertFresh()
      expect(cache.get('a', 'k', load('a'))).toBe(held)
      expect(changes).toEqual([expect.any(Error), undefined])
    })

    it('does not count a look from its end: a slow one is old when it comes', async () => {
      let release = () => {}
      const slow = new Promise<void>((resolve) => {
        release = resolve
      })
      const clock = handClock()
      const ends: unknown[] = []
      const lagging = observedStore(store, () => slow.then(() => void ends.push(1)))
      const cache = open({ store: lagging, clock, boundMs: 1000, lookEveryMs: 5000 })
      clock.move(999)
      cache.assertFresh()
      clock.move(1)
      release()
      while (ends.length === 0) await sleep(5)
      await sleep(20)
      // The look that began 1000 ms ago has succeeded: it proves nothing of now.
      expect(() => cache.assertFresh()).toThrow('Unavailable')
    })

    it.runIf(database.name === 'sqlite')(
      'looks at once, where it can, when the loop stood still',
      async () => {
        const clock = handClock()
        const cache = open({ clock, boundMs: 1000, lookEveryMs: 60_000 })
        await cache.get('other', 'k', load('other'))
        const held = cache.get('other', 'k', load('other'))
        await cache.get('a', 'k', load('a'))
        await change('a', 'second')
        clock.move(5000)
        expect(cache.get('other', 'k', load('other'))).toBe(held)
        expect(await cache.get('a', 'k', load('a'))).toEqual({ is: 'second' })
      },
    )

    it('gives up on an account that changes faster than it can be read', async () => {
      const cache = open({ lookEveryMs: 60_000 })
      const restless = cache.get('a', 'k', async () => {
        await change('a', 'again')
        return {}
      })
      await expect(restless).rejects.toSatisfy(isUnavailable)
    })

    it('passes on what a load throws, and loads again', async () => {
      const cache = open()
      const failing = Promise.resolve(cache.get('a', 'k', () => Promise.reject(new Error('no such thing'))))
      await expect(failing).rejects.toThrow('no such thing')
      expect(await cache.get('a', 'k', load('a'))).toEqual({ is: 'first' })
    })

    it('is of no use once closed', async () => {
      const cache = open()
      await cache.close()
      expect(() => cache.get('a', 'k', load('a'))).toThrow('Unavailable')
    })

    if (database.server) {
      it('refuses after the bound when the database stops, and serves again when it returns', async () => {
        const cache = open({ boundMs: 1000, lookEveryMs: 50 })
        await cache.get('a', 'k', load('a'))
        await database.server!.stop()
        try {
          const stopped = performance.now()
          for (let refused = false; !refused; await sleep(5)) {
            // Before the question, so that a machine that pauses here makes the test no stricter than the promise.
            const asked = performance.now()
            try {
              cache.assertFresh()
              expect(asked - stopped).toBeLessThan(1000)
            } catch (error) {
              if (!isUnavailable(error)) throw error
              refused = true
            }
          }
          expect(() => cache.get('a', 'k', load('a'))).toThrow('Unavailable')
          await expect(store.write((tx) => writeMeta(tx, 'x', 'y'))).rejects.toSatisfy(isUnavailable)
          await expect(readMeta(store.read, 'a')).rejects.toSatisfy(isUnavailable)
        } finally {
          await database.server!.start()
        }
        await untilSeen(cache, 'first')
      })

      it('of two processes: what one revokes, the other refuses within the bound', async () => {
        const second = await openStore(url)
        const cache = createRevisionCache({ store: second, clock: systemClock })
        caches.push(cache)
        for (let round = 0; round < 3; round += 1) {
          await untilSeen(cache, round === 0 ? 'first' : `round ${round - 1}`)
          await change('a', `round ${round}`)
          await untilSeen(cache, `round ${round}`)
        }
        await cache.close()
        await second.close()
      })
    }
  })
}
