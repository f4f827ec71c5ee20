import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { cacheBench, isUnavailable } from './testing/cache-bench.ts'
import { testDatabases } from './testing/databases.ts'
import { observedStore } from './testing/seams.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`revision cache on ${database.name}`, () => {
    const bench = cacheBench(database)

    it('returns what it holds without a promise; concurrent loads are one load', async () => {
      const cache = bench.open()
      bench.loads = 0
      const both = await Promise.all([
        cache.get('a', 'k', bench.load('a')),
        cache.get('a', 'k', bench.load('a')),
      ])
      expect(bench.loads).toBe(1)
      expect(both[0]).toBe(both[1])
      expect(cache.get('a', 'k', bench.load('a'))).toBe(both[0])
      expect(await cache.get('a', 'other', bench.load('a'))).toEqual({ is: 'first' })
      expect(bench.loads).toBe(2)
    })

    it('finds a thing whose account only its row tells; what is not there is asked for again', async () => {
      const cache = bench.open()
      let there = false
      const find = () =>
        cache.find('key', async (db) =>
          there ? { accountUid: 'a', value: await bench.load('a')(db) } : undefined,
        )
      expect(await find()).toBeUndefined()
      there = true
      const found = await find()
      expect(found).toEqual({ is: 'first' })
      expect(find()).toBe(found)
      cache.drop('a')
      expect(await find()).not.toBe(found)
    })

    it('forgets an account at once when told, also from a load under way', async () => {
      const cache = bench.open({ lookEveryMs: 60_000 })
      await cache.get('a', 'k', bench.load('a'))
      await bench.change('a', 'second')
      cache.drop('a')
      expect(await cache.get('a', 'k', bench.load('a'))).toEqual({ is: 'second' })

      // A load that has read the old value when the change comes.
      cache.drop('a')
      let moved = false
      const torn = cache.get('a', 'k', async (db) => {
        const value = await bench.load('a')(db)
        if (!moved) {
          moved = true
          await bench.change('a', 'third')
          cache.drop('a')
        }
        return value
      })
      expect(await torn).toEqual({ is: 'third' })
      expect(await cache.get('a', 'k', bench.load('a'))).toEqual({ is: 'third' })
    })

    it('neither keeps nor returns what was loaded across a change that nobody told it of', async () => {
      const cache = bench.open({ lookEveryMs: 60_000 })
      let moves = 2
      const value = await cache.get('a', 'k', async (db) => {
        const read = await bench.load('a')(db)
        if (moves > 0) await bench.change('a', `moved ${moves}`)
        moves -= 1
        return read
      })
      expect(value).toEqual({ is: 'moved 1' })
    })

    it('reads on after a change elsewhere that no look has seen yet, and forgets what it held', async () => {
      const cache = bench.open({ lookEveryMs: 60_000 })
      await cache.get('a', 'k', bench.load('a'))
      await bench.change('a', 'second')
      expect(await cache.get('a', 'not held', bench.load('a'))).toEqual({ is: 'second' })
      // What it held of the account is older than what it knows now.
      expect(await cache.get('a', 'k', bench.load('a'))).toEqual({ is: 'second' })

      await bench.change('a', 'third')
      const find = async () =>
        cache.find('found', async (db) => ({ accountUid: 'a', value: await bench.load('a')(db) }))
      expect(await find()).toEqual({ is: 'third' })
      expect(await cache.get('a', 'k', bench.load('a'))).toEqual({ is: 'third' })
      // And nothing of it was kept under a revision that is not its own.
      bench.loads = 0
      expect(await find()).toEqual({ is: 'third' })
      expect(bench.loads).toBe(0)
    })

    it('does not believe a proof that was under way when it was told of the change', async () => {
      let proofs = 0
      let held = () => {}
      const late = observedStore(bench.store, (node) => {
        if (!JSON.stringify(node).includes('"revisions"')) return
        proofs += 1
        // The second read of the revision has been answered, but the answer is not here yet.
        if (proofs === 2)
          return new Promise<void>((resolve) => {
            held = resolve
          })
      })
      const cache = bench.open({ store: late, lookEveryMs: 60_000 })
      await sleep(50)
      proofs = 0
      const value = cache.get('a', 'k', bench.load('a'))
      while (proofs < 2) await sleep(1)
      await sleep(50)
      await bench.change('a', 'second')
      cache.drop('a')
      held()
      expect(await value).toEqual({ is: 'second' })
      expect(await cache.get('a', 'k', bench.load('a'))).toEqual({ is: 'second' })
    })

    it('gives up on an account that changes faster than it can be read', async () => {
      const cache = bench.open({ lookEveryMs: 60_000 })
      const restless = cache.get('a', 'k', async () => {
        await bench.change('a', 'again')
        return {}
      })
      await expect(restless).rejects.toSatisfy(isUnavailable)
    })

    it('passes on what a load throws, and loads again', async () => {
      const cache = bench.open()
      const failing = Promise.resolve(cache.get('a', 'k', () => Promise.reject(new Error('no such thing'))))
      await expect(failing).rejects.toThrow('no such thing')
      expect(await cache.get('a', 'k', bench.load('a'))).toEqual({ is: 'first' })
    })

    it('is of no use once closed', async () => {
      const cache = bench.open()
      await cache.close()
      expect(() => cache.get('a', 'k', bench.load('a'))).toThrow('Unavailable')
    })
  })
}
