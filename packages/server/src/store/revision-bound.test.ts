import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { Refusal } from '../base/problem.ts'
import { readMeta, writeMeta } from './meta.ts'
import { openStore } from './open.ts'
import { createRevisionCache } from './revision-cache.ts'
import { cacheBench, isUnavailable } from './testing/cache-bench.ts'
import { testDatabases } from './testing/databases.ts'
import { handClock, observedStore } from './testing/seams.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`the bound of the revision cache on ${database.name}`, () => {
    const bench = cacheBench(database)

    it('sees what another process changed within the bound, and looks only at what it holds', async () => {
      const asked: string[] = []
      const seen = observedStore(bench.store, (node) => void asked.push(JSON.stringify(node)))
      const cache = bench.open({ store: seen, boundMs: 1000, lookEveryMs: 20 })
      await bench.untilHeld(cache, 'a')
      await bench.untilHeld(cache, 'held')
      asked.length = 0
      await bench.change('a', 'second')
      await bench.change('not held', 'x')
      await bench.untilSeen(cache, 'second')
      const looks = asked.filter((text) => /\brevisions\b/.test(text))
      expect(looks.some((text) => text.includes('"held"'))).toBe(true)
      expect(looks.some((text) => text.includes('"not held"'))).toBe(false)
    })

    it('looks at all accounts that it holds by one query on PostgreSQL, by few on SQLite', async () => {
      let asked = 0
      let looks = 0
      const seen = observedStore(bench.store, (node) => {
        if (/\brevisions\b/.test(JSON.stringify(node))) asked += 1
      })
      const onLook = () => {
        looks += 1
      }
      const cache = bench.open({ store: seen, boundMs: 5000, lookEveryMs: 20, onLook })
      for (let i = 0; i < 450; i += 1) await cache.get(`account ${i}`, 'k', async () => ({}))
      const started = looks
      while (looks === started) await sleep(1)
      asked = 0
      looks = 0
      while (looks < 5) await sleep(1)
      expect(asked).toBeLessThanOrEqual((looks + 1) * (database.name === 'sqlite' ? 3 : 1))
    })

    it('serves nothing when the last look began longer ago than the bound, and recovers', async () => {
      let away = false
      const blind = observedStore(bench.store, () => {
        if (away) throw new Error('away')
      })
      const clock = handClock()
      const changes: unknown[] = []
      const cache = bench.open({
        store: blind,
        clock,
        boundMs: 1000,
        lookEveryMs: 5,
        onChange: (error) => changes.push(error),
      })
      const held = await cache.get('a', 'k', bench.load('a'))
      await sleep(30)
      away = true
      await sleep(30)
      clock.move(999)
      expect(cache.get('a', 'k', bench.load('a'))).toBe(held)
      clock.move(1)
      expect(() => cache.get('a', 'k', bench.load('a'))).toThrow(Refusal)
      expect(() => cache.find('k', async () => undefined)).toThrow(Refusal)
      expect(() => cache.assertFresh()).toThrow('Unavailable')
      away = false
      while (changes.length < 2) await sleep(5)
      cache.assertFresh()
      expect(cache.get('a', 'k', bench.load('a'))).toBe(held)
      expect(changes).toEqual([expect.any(Error), undefined])
    })

    it('does not count a look from its end: a slow one is old when it comes', async () => {
      let release = () => {}
      const slow = new Promise<void>((resolve) => {
        release = resolve
      })
      const clock = handClock()
      const ends: unknown[] = []
      const lagging = observedStore(bench.store, () => slow.then(() => void ends.push(1)))
      const cache = bench.open({ store: lagging, clock, boundMs: 1000, lookEveryMs: 5000 })
      clock.move(999)
      cache.assertFresh()
      clock.move(1)
      release()
      while (ends.length === 0) await sleep(5)
      await sleep(20)
      // The look that began 1000 ms ago has succeeded: it proves nothing of now.
      expect(() => cache.assertFresh()).toThrow('Unavailable')
    })

    it('gives a proof that is as old as the look that it comes from, and later looks do not renew it', async () => {
      let away = false
      const blind = observedStore(bench.store, () => {
        if (away) throw new Error('away')
      })
      const clock = handClock()
      const began = clock.monotonic()
      const cache = bench.open({ store: blind, clock, boundMs: 1000, lookEveryMs: 5 })
      const proof = cache.proof()
      expect(proof).toBe(began)
      clock.move(600)
      // The periodic look comes by and proves the cache anew, but not what was taken before it.
      while (cache.proof() !== began + 600) await sleep(2)
      clock.move(399)
      cache.assertProof(proof)
      clock.move(1)
      expect(() => cache.assertProof(proof)).toThrow('Unavailable')
      cache.assertFresh()
      while (cache.proof() !== began + 1000) await sleep(2)
      expect(() => cache.assertProof(proof)).toThrow('Unavailable')
      expect(() => cache.assertProof(Number.NaN)).toThrow('Unavailable')
      cache.assertProof(cache.proof())
      away = true
      await sleep(20)
      clock.move(1000)
      expect(() => cache.proof()).toThrow('Unavailable')
      await cache.close()
      expect(() => cache.proof()).toThrow('Unavailable')
    })

    it('serves after the loop stood still for longer than the bound, in what state ever it was held', async () => {
      const cache = bench.open({ boundMs: 300, lookEveryMs: 40 })
      await bench.untilHeld(cache, 'a')
      for (let round = 0; round < 8; round += 1) {
        await sleep(round * 7)
        const under = cache.find(`not held ${round}`, async (db) => {
          const value = { is: await readMeta(db, 'a') }
          return { accountUid: 'a', value }
        })
        standStill(450)
        const both = await Promise.all([
          cache.get('a', 'k', bench.load('a')),
          cache.get('a', 'k', bench.load('a')),
          under,
        ])
        expect(both).toEqual([{ is: 'first' }, { is: 'first' }, { is: 'first' }])
        cache.assertFresh()
      }
    })

    it('waits for one look, the same for all, and tells what it found', async () => {
      const cache = bench.open({ boundMs: 300, lookEveryMs: 40 })
      await bench.untilHeld(cache, 'a')
      await bench.change('a', 'second')
      standStill(450)
      const told = await Promise.all(Array.from({ length: 20 }, () => cache.get('a', 'k', bench.load('a'))))
      expect(told).toEqual(told.map(() => ({ is: 'second' })))
    })

    if (database.name === 'sqlite') {
      it('looks at once when the loop stood still', async () => {
        const clock = handClock()
        const cache = bench.open({ clock, boundMs: 1000, lookEveryMs: 60_000 })
        await cache.get('other', 'k', bench.load('other'))
        const held = cache.get('other', 'k', bench.load('other'))
        await cache.get('a', 'k', bench.load('a'))
        await bench.change('a', 'second')
        clock.move(5000)
        expect(cache.proof()).toBe(clock.monotonic())
        clock.move(5000)
        expect(cache.get('other', 'k', bench.load('other'))).toBe(held)
        expect(await cache.get('a', 'k', bench.load('a'))).toEqual({ is: 'second' })
      })
    }

    if (database.server) {
      it('refuses what waits for a look that has no answer, and later what comes, until looks are answered', async () => {
        const failures: unknown[] = []
        const cache = bench.open({ boundMs: 300, lookEveryMs: 40, onChange: (error) => failures.push(error) })
        await bench.untilHeld(cache, 'a')
        const other = new pg.Client({ connectionString: bench.url })
        await other.connect()
        try {
          await other.query('begin; lock table revisions in access exclusive mode')
          const paused = performance.now()
          while (isThere(() => cache.assertFresh())) await sleep(5)
          // Nothing has failed so far: it waits, and is refused when the look is given up.
          expect(failures).toEqual([])
          await expect(cache.get('a', 'k', bench.load('a'))).rejects.toSatisfy(isUnavailable)
          expect(performance.now() - paused).toBeLessThan(1500)
          expect(failures).toHaveLength(1)
          expect(() => cache.get('a', 'k', bench.load('a'))).toThrow('Unavailable')
          expect(() => cache.whenFresh()).toThrow('Unavailable')
        } finally {
          await other.end()
        }
        while (failures.length < 2) await sleep(5)
        expect(await cache.get('a', 'k', bench.load('a'))).toEqual({ is: 'first' })
      })

      it('refuses after the bound when the database stops, and serves again when it returns', async () => {
        const cache = bench.open({ boundMs: 1000, lookEveryMs: 50 })
        await cache.get('a', 'k', bench.load('a'))
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
          expect(() => cache.get('a', 'k', bench.load('a'))).toThrow('Unavailable')
          await expect(bench.store.write((tx) => writeMeta(tx, 'x', 'y'))).rejects.toSatisfy(isUnavailable)
          await expect(readMeta(bench.store.read, 'a')).rejects.toSatisfy(isUnavailable)
        } finally {
          await database.server!.start()
        }
        await bench.untilSeen(cache, 'first')
      })

      it('of two processes: what one revokes, the other refuses within the bound', async () => {
        const second = await openStore(bench.url)
        const cache = createRevisionCache({ store: second, clock: systemClock })
        for (let round = 0; round < 3; round += 1) {
          await bench.untilSeen(cache, round === 0 ? 'first' : `round ${round - 1}`)
          await bench.change('a', `round ${round}`)
          await bench.untilSeen(cache, `round ${round}`)
        }
        await cache.close()
        await second.close()
      })
    }
  })
}

/** As a long piece of work does. */
function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

function isThere(ask: () => void): boolean {
  try {
    ask()
    return true
  } catch {
    return false
  }
}
