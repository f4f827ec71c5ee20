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
      const cache = createRevisionCache({ store, clock: systemClock, ...options })
      caches.push(cache)
      return cache
    }
    /** What any process does that changes something of an account. */
    const change = (uid: string, value: string) =>
      store.write(async (tx) => {
        await writeMeta(tx, uid, value)
        await bumpRevision(tx, uid)
      })
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
      const cache = open({ store: seen, lookEveryMs: 20 })
      await cache.get('a', 'k', load('a'))
      await cache.get('held', 'k', load('held'))
      asked.length = 0
      await change('a', 'second')
      await change('not held', 'x')
      const started = performance.now()
      while ((cache.get('a', 'k', load('a')) as { is?: string }).is === 'first') await sleep(5)
      expect(performance.now() - started).toBeLessThan(1000)
      expect(await cache.get('a', 'k', load('a'))).toEqual({ is: 'second' })
      const looks = asked.filter((text) => text.includes('"revisions"'))
      expect(looks.some((text) => text.includes('"held"'))).toBe(true)
      expect(looks.some((text) => text.includes('"not held"'))).toBe(false)
      // What did not move is still there.
      expect(cache.get('held', 'k', load('held'))).not.toBeInstanceOf(Promise)
    })

    it('serves nothing when the last look began longer ago than the bound, and recovers', async () => {
      let away = false
      const blind = observedStore(store, () => {
        if (away) throw new Error('away')
      })
      const clock = handClock()
      const changes: unknown[] = []
      const cache = open({ store: blind, clock, lookEveryMs: 5, onChange: (error) => changes.push(error) })
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
      const cache = open({ store: lagging, clock, lookEveryMs: 5000 })
      clock.move(999)
      cache.assertFresh()
      clock.move(1)
      release()
      while (ends.length === 0) await sleep(5)
      await sleep(20)
      // The look that began 1000 ms ago has succeeded: it proves nothing of now.
      expect(() => cache.assertFresh()).toThrow('Unavailable')
    })

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
        const cache = open({ boundMs: 300, lookEveryMs: 50 })
        const held = await cache.get('a', 'k', load('a'))
        await database.server!.stop()
        const stopped = performance.now()
        expect(cache.get('a', 'k', load('a'))).toBe(held)
        let refused = false
        while (!refused && performance.now() - stopped < 3000) {
          try {
            cache.assertFresh()
            await sleep(5)
          } catch {
            refused = true
          }
        }
        expect(performance.now() - stopped).toBeLessThan(400)
        await expect(store.write((tx) => writeMeta(tx, 'x', 'y'))).rejects.toSatisfy(isUnavailable)
        await expect(readMeta(store.read, 'a')).rejects.toSatisfy(isUnavailable)
        await database.server!.start()
        for (let left = 100; left > 0; left -= 1) {
          try {
            cache.assertFresh()
            break
          } catch {
            await sleep(20)
          }
        }
        expect(await cache.get('a', 'k', load('a'))).toEqual({ is: 'first' })
      })

      it('of two processes: what one revokes, the other refuses within the bound', async () => {
        const second = await openStore(url)
        const cache = createRevisionCache({ store: second, clock: systemClock })
        caches.push(cache)
        for (let round = 0; round < 3; round += 1) {
          await cache.get('a', 'k', load('a'))
          await change('a', `round ${round}`)
          const committed = performance.now()
          while ((await cache.get('a', 'k', load('a'))).is !== `round ${round}`) await sleep(5)
          expect(performance.now() - committed).toBeLessThan(1000)
        }
        await cache.close()
        await second.close()
      })
    }
  })
}
