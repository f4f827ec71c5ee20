import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { readMeta, writeMeta } from './meta.ts'
import { bumpRevision } from './revisions.ts'
import { cacheBench } from './testing/cache-bench.ts'
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

    it('finds an entity whose account only its row tells', async () => {
      const cache = bench.open()
      const find = () =>
        cache.find('key', async (db) => ({ accountUid: 'a', value: await bench.load('a')(db) }))
      const found = await find()
      expect(found).toEqual({ is: 'first' })
      expect(find()).toBe(found)
      cache.drop('a')
      expect(await find()).not.toBe(found)
    })

    it('remembers that there is no such entity, until a change', async () => {
      const cache = bench.open({ boundMs: 60_000 })
      let asked = 0
      const find = () =>
        cache.find('none', async () => {
          asked++
          return undefined
        })
      expect(await find()).toBeUndefined()
      // As for what is there: without a promise.
      expect(find()).toBeUndefined()
      expect(asked).toBe(1)
      cache.drop('whichever')
      expect(await find()).toBeUndefined()
      expect(asked).toBe(2)
      // A change while the database is asked: what it says may be old.
      let other = 0
      const late = () =>
        cache.find('late', async () => {
          other++
          if (other === 1) cache.drop('a')
          return undefined
        })
      await late()
      await late()
      await late()
      expect(other).toBe(2)
    })

    it('keeps what is absent apart: no number of names pushes out what is there', async () => {
      const cache = bench.open({ maxEntries: 10, maxMisses: 5 })
      const held = await cache.get('a', 'k', bench.load('a'))
      const none = { is: 'none' }
      for (let i = 0; i < 50; i++) {
        await cache.get(
          'a',
          `none ${i}`,
          async () => none,
          () => true,
        )
        await cache.get(
          `b ${i}`,
          'none',
          async () => none,
          () => true,
        )
        await cache.find(`none ${i}`, async () => undefined)
      }
      expect(cache.get('a', 'k', bench.load('a'))).toBe(held)
      // The domain for names has a bound as well.
      let asked = 0
      const again = async (n: number) => {
        await cache.get(
          `b ${n}`,
          'none',
          async () => ({ is: `none ${asked++}` }),
          () => true,
        )
        await cache.find(`none ${n}`, async () => void asked++)
      }
      await again(49)
      expect(asked).toBe(0)
      await again(1)
      expect(asked).toBe(2)
    })

    it('forgets at once that something was absent when its account changes', async () => {
      const cache = bench.open({ lookEveryMs: 20 })
      const is = (text: string) =>
        cache.get(
          'a',
          'maybe',
          async () => ({ is: text }),
          () => text === 'none',
        )
      await is('none')
      expect(await is('there')).toEqual({ is: 'none' })
      await bench.change('a', 'second')
      await expect.poll(() => is('there')).toEqual({ is: 'there' })
      cache.drop('a')
      expect(await is('later')).toEqual({ is: 'later' })
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

    it('loads what was true at one moment, also across a change', async () => {
      const cache = bench.open({ lookEveryMs: 60_000 })
      const pair = async (text: string) => {
        await bench.store.write(async (tx) => {
          await writeMeta(tx, 'left', text)
          await writeMeta(tx, 'right', text)
          await bumpRevision(tx, 'a')
        })
      }
      await pair('first')
      let moved = false
      const value = await cache.get('a', 'pair', async (db) => {
        const left = await readMeta(db, 'left')
        if (!moved) await pair('second')
        moved = true
        return { left, right: await readMeta(db, 'right') }
      })
      expect(value.right).toBe(value.left)
      // What this process is not told of, the next look tells: then it is read anew.
      cache.drop('a')
      const again = await cache.get('a', 'pair', async (db) => ({ left: await readMeta(db, 'left') }))
      expect(again).toEqual({ left: 'second' })
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

    it('does not believe what was being read when it was told of a change', async () => {
      const { promise: answer, resolve: held } = Promise.withResolvers<void>()
      // The cache's own first look is none of them: whoever held that would hold up its close, for the whole bound.
      let holds = false
      let proofs = 0
      const late = observedStore(bench.store, (node) => {
        if (!holds || !JSON.stringify(node).includes('"revisions"')) return
        proofs += 1
        // The revision has been read, but the answer is not here yet.
        return proofs === 1 ? answer : undefined
      })
      const cache = bench.open({ store: late, lookEveryMs: 5000 })
      await sleep(50)
      holds = true
      const value = cache.get('a', 'k', bench.load('a'))
      while (proofs < 1) await sleep(1)
      await sleep(50)
      await bench.change('a', 'second')
      cache.drop('a')
      held()
      expect(await value).toEqual({ is: 'second' })
      expect(await cache.get('a', 'k', bench.load('a'))).toEqual({ is: 'second' })
    })

    it('serves readers of an account that is written all the time, and keeps what is not of the entities written', async () => {
      const cache = bench.open({ lookEveryMs: 20 })
      let writing = true
      let written = 0
      const writer = (async () => {
        while (writing) {
          await bench.store.write(async (tx) => {
            await writeMeta(tx, 'hot', String(written + 1))
            await bumpRevision(tx, 'a', 'keys', ['hot'])
          })
          written += 1
        }
      })()
      const read = (key: string) =>
        cache.get('a', `kms:key:${key}`, async (db) => ({ is: await readMeta(db, key) }))
      await bench.untilHeld(cache, 'a')
      const policies = cache.get('a', 'k', bench.load('a'))
      let cold = await read('cold')
      while (read('cold') !== cold) cold = await read('cold')
      let loads = 0
      for (let i = 0; i < 100; i += 1) {
        const before = written
        const { is } = await read('hot')
        // At most as old as the bound, never from a mix of moments.
        expect(Number(is ?? 0)).toBeLessThanOrEqual(written + 1)
        expect(before).toBeLessThanOrEqual(written)
        const now = await read('cold')
        if (now !== cold) loads += 1
        await sleep(1)
      }
      await expect.poll(async () => Number((await read('hot')).is)).toBeGreaterThanOrEqual(written - 1)
      writing = false
      await writer
      expect(written).toBeGreaterThan(3)
      expect(cache.get('a', 'k', bench.load('a'))).toBe(policies)
      expect(loads).toBe(0)
      await expect.poll(async () => Number((await read('hot')).is)).toBe(written)
    })

    it('of an entity that this process wrote forgets that alone', async () => {
      const cache = bench.open({ lookEveryMs: 60_000 })
      const read = (key: string) => cache.get('a', `kms:key:${key}`, async () => ({ key }))
      const version = () =>
        cache.find('kms:version:v', async () => ({ accountUid: 'a', item: 'one', value: { version: 'v' } }))
      const [one, two, v] = [await read('one'), await read('two'), await version()]
      cache.drop('a', 'keys', ['two'])
      expect(read('one')).toBe(one)
      expect(version()).toBe(v)
      expect(await read('two')).not.toBe(two)
      cache.drop('a', 'keys', ['one'])
      expect(await version()).not.toBe(v)
      // Keys are no matter of policies.
      const held = await read('one')
      cache.drop('a', 'identity')
      expect(read('one')).toBe(held)
    })

    it('passes on what a load throws, and loads again', async () => {
      const cache = bench.open()
      const failing = Promise.resolve(cache.get('a', 'k', () => Promise.reject(new Error('no such entity'))))
      await expect(failing).rejects.toThrow('no such entity')
      expect(await cache.get('a', 'k', bench.load('a'))).toEqual({ is: 'first' })
    })

    it('is of no use once closed', async () => {
      const cache = bench.open()
      await cache.close()
      expect(() => cache.get('a', 'k', bench.load('a'))).toThrow('Unavailable')
    })
  })
}
