import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { generationOf } from '../../crypto/sealed-bytes.ts'
import { openStore } from '../../store/open.ts'
import type { Store } from '../../store/store.ts'
import { testDatabases } from '../../store/testing/databases.ts'
import { createLog } from '../log.ts'
import { type OpenKeyring, openKeyring } from './open.ts'
import { rootKeyRotation } from './rotate.ts'
import { RING_LIMITS } from './uses.ts'

const label = { what: 'key-material', owner: '1', id: 'k' }
const log = createLog('silent')
/** As in service, on a small scale. */
const limits = { block: 16, addAt: 64, beginAt: 128, stopAt: 1024 }

it('a new generation begins long before a key is used up, and after every process has seen it', () => {
  expect(RING_LIMITS.beginAt).toBeLessThan(2 ** 31)
  // A thousand messages a millisecond would be no less than sixteen looks of a process.
  expect(RING_LIMITS.beginAt - RING_LIMITS.addAt).toBeGreaterThan(16 * 1000 * 1000)
  expect(RING_LIMITS.stopAt + RING_LIMITS.block).toBeLessThan(2 ** 32)
})

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`generations of the keyring on ${database.name}`, () => {
    let folder: string
    let store: Store
    const rings: OpenKeyring[] = []
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'keyward-ring-'))
      store = await openStore(await database.fresh())
    })
    afterEach(async () => {
      for (const ring of rings.splice(0)) await ring.close()
      await store.close()
      rmSync(folder, { recursive: true })
    })
    const path = () => join(folder, 'root.key')
    const open = async (over = store) => {
      const ring = await openKeyring({ store: over, path: path(), log, limits })
      rings.push(ring)
      return ring
    }
    const uses = async () => {
      const rows = await store.read.selectFrom('keyring_uses').selectAll().orderBy('generation').execute()
      return rows.map(({ generation, uses }) => [Number(generation), Number(uses)])
    }
    /** Seals as a service does: the loop turns in between, and who is refused comes again once a slow disk has answered. */
    const sealMany = async ({ keyring }: OpenKeyring, count: number) => {
      const made: Uint8Array[] = []
      while (made.length < count) {
        try {
          made.push(keyring.seal(Buffer.from(`${made.length}`), label))
        } catch (error) {
          expect(error).toMatchObject({ problem: { code: 'Unavailable' } })
          await sleep(10)
        }
        if (made.length % 4 === 3) await sleep(store.kind === 'sqlite' ? 2 : 10)
      }
      return made
    }

    it('follow one another by use, and all of them open', async () => {
      const ring = await open()
      const made = await sealMany(ring, 400)
      const sealedBy = made.map((bytes) => generationOf(bytes)!)
      expect(sealedBy).toEqual([...sealedBy].sort((a, b) => a - b))
      expect(new Set(sealedBy).size).toBeGreaterThanOrEqual(3)
      made.forEach((bytes, i) => {
        expect(ring.keyring.open(bytes, label).toString()).toBe(`${i}`)
      })
      // Every use was reserved before, and none seals far beyond its end.
      for (const [generation, reserved] of await uses()) {
        const used = sealedBy.filter((one) => one === generation).length
        expect(used).toBeLessThanOrEqual(reserved! + limits.block)
        expect(used).toBeLessThanOrEqual(limits.beginAt + 2 * limits.block)
      }
      const again = await open()
      expect(again.keyring.open(made[0]!, label).toString()).toBe('0')
    })

    it('are known to a process before another one seals with them', async () => {
      const one = await open()
      const two = await open()
      const [a, b] = await Promise.all([sealMany(one, 200), sealMany(two, 200)])
      for (const bytes of [...a, ...b]) {
        await vi.waitFor(() => expect(one.keyring.open(bytes, label)).toBeDefined(), 3000)
        await vi.waitFor(() => expect(two.keyring.open(bytes, label)).toBeDefined(), 3000)
      }
    })

    it('are read again when something names one that is not known yet', async () => {
      const one = await open()
      const two = await open()
      const late = await sealMany(one, 200).then((made) => made.at(-1)!)
      expect(generationOf(late)).toBeGreaterThanOrEqual(2)
      await vi.waitFor(() => expect(two.keyring.open(late, label).toString()).toBe('199'), 3000)
    })

    it('seal no more than one block that is not reserved when the database does not answer', async () => {
      const broken = { ...store, write: () => Promise.reject(new Error('away')) } as Store
      await open()
      let reserved = 0
      const first = {
        ...store,
        write: ((body) => (reserved++ < 1 ? store.write(body) : broken.write(body))) as Store['write'],
      }
      const { keyring } = await open(first)
      let sealed = 0
      expect(() => {
        for (; sealed < 1000; sealed += 1) keyring.seal(Buffer.alloc(1), label)
      }).toThrow(expect.objectContaining({ problem: expect.objectContaining({ code: 'Unavailable' }) }))
      expect(sealed).toBe(2 * limits.block)
    })

    it('seal again once the database answers: who found no use left has asked for more', async () => {
      let away = false
      const shaky = {
        ...store,
        write: ((body) => (away ? Promise.reject(new Error('away')) : store.write(body))) as Store['write'],
      }
      const { keyring } = await open(shaky)
      away = true
      expect(() => {
        for (;;) keyring.seal(Buffer.alloc(1), label)
      }).toThrow(expect.objectContaining({ problem: expect.objectContaining({ code: 'Unavailable' }) }))
      await sleep(20)
      away = false
      await vi.waitFor(() => keyring.seal(Buffer.alloc(1), label), 3000)
    })

    it('are sealed under a new root key at each of its rotations, whichever step was the last', async () => {
      const first = await open()
      const sealed = first.keyring.seal(Buffer.from('x'), label)
      const openAgain = async () => {
        const ring = await open()
        expect(ring.keyring.open(sealed, label).toString()).toBe('x')
        return ring
      }
      const before = first.checkValue
      // Cut off before its commit: the old key stays.
      await rootKeyRotation(first, path()).prepare()
      expect((await openAgain()).checkValue).toBe(before)
      // Cut off after its commit: the new key is found beside the old one, and takes its name.
      const prepared = await rootKeyRotation(first, path()).prepare()
      await store.write((tx) => prepared.write(tx))
      expect((await openAgain()).checkValue).toBe(prepared.checkValue)
      const after = await openAgain()
      expect(after.checkValue).toBe(prepared.checkValue)
      // Two at the same time: one of them changes nothing.
      const [a, b] = [
        await rootKeyRotation(after, path()).prepare(),
        await rootKeyRotation(after, path()).prepare(),
      ]
      await store.write((tx) => a.write(tx))
      await expect(store.write((tx) => b.write(tx))).rejects.toMatchObject({
        problem: { code: 'Overloaded' },
      })
      await a.settle()
      expect((await openAgain()).checkValue).toBe(a.checkValue)
    })
  })
}
