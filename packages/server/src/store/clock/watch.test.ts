import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../base/clock.ts'
import { openStore } from '../open.ts'
import type { Store } from '../store.ts'
import { testDatabases } from '../testing/databases.ts'
import { CLOCK_BOUND, START_WAIT } from './judge.ts'
import { readDatabase, writeWord } from './rows.ts'
import { type ClockState, type ClockWatch, createClockWatch } from './watch.ts'
import { commonTime, earliestTime, irreversibleTime, latestTime, watchedClock } from './watched.ts'

const T = Date.UTC(2030, 0, 1)
const SECOND = 1000
const DAY = 86_400_000

/** A machine whose clocks tests set; `passes` lets time pass on all of them. */
function machineOf(boot = 'one', uptime = DAY) {
  const at = { wall: T, uptime, monotonic: 0, database: T, tested: 0 }
  const clock: Clock = {
    now: () => at.wall + at.tested,
    wall: () => at.wall,
    monotonic: () => at.monotonic,
  }
  return {
    at,
    clock,
    machine: { boot, uptime: () => at.uptime },
    passes(milliseconds: number) {
      for (const name of ['wall', 'uptime', 'monotonic', 'database'] as const) at[name] += milliseconds
    },
  }
}
type TestMachine = ReturnType<typeof machineOf>

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`the watch over the clocks, on ${database.name}`, () => {
    let store: Store
    let one: TestMachine
    const watches: ClockWatch[] = []
    beforeEach(async () => {
      store = await openStore(await database.fresh())
      one = machineOf()
    })
    afterEach(async () => {
      for (const watch of watches.splice(0)) watch.close()
      await store.close()
    })
    const watch = async (of: TestMachine, fresh = false, changes: ClockState[] = []) => {
      const made = await createClockWatch({
        store,
        clock: of.clock,
        machine: of.machine,
        fresh,
        onChange: (state) => changes.push(state),
        lookEveryMs: 1_000_000,
        readDatabase: async () => {
          const { word } = await readDatabase(store)
          return { ...(store.kind === 'postgres' && { database: of.at.database }), ...(word && { word }) }
        },
      })
      watches.push(made)
      return made
    }
    const doubt = async (of: ClockWatch) => (await of.look()).doubt

    it('holds back what cannot be taken back while the clock is away, and tells once', async () => {
      const changes: ClockState[] = []
      const watching = await watch(one, true, changes)
      const clock = watchedClock(one.clock, watching)
      expect(await irreversibleTime(clock)).toBe(T)
      one.at.wall += 31 * DAY
      expect(await irreversibleTime(clock)).toBeUndefined()
      expect(await irreversibleTime(clock)).toBeUndefined()
      expect(watching.doubted).toBe(true)
      one.at.wall -= 31 * DAY
      one.passes(5 * SECOND)
      expect(await irreversibleTime(clock)).toBe(T + 5 * SECOND)
      expect(changes.map((state) => state.doubt)).toEqual(['moved', undefined])
    })

    it('holds a clock that was moved on purpose for right', async () => {
      const clock = watchedClock(one.clock, await watch(one, true))
      one.at.tested = 31 * DAY
      expect(await irreversibleTime(clock)).toBe(T + 31 * DAY)
      one.at.wall += DAY
      expect(await irreversibleTime(clock)).toBeUndefined()
    })

    it.each([31 * DAY, -31 * DAY])(
      'finds at a start that the clock was moved by %s ms meanwhile',
      async (jump) => {
        await watch(one, true)
        one.passes(10 * SECOND)
        one.at.wall += jump
        const changes: ClockState[] = []
        const next = await watch(one, false, changes)
        expect(changes.map((state) => state.doubt)).toEqual(['start'])
        // What is in doubt is not stored: another start finds the same.
        expect(await doubt(await watch(one))).toBe('start')
        one.at.wall -= jump
        expect(await doubt(next)).toBeUndefined()
        expect(await doubt(await watch(one))).toBeUndefined()
      },
    )

    it('trusts the time again after a stop of days on a machine that ran, and waits where it did not', async () => {
      await watch(one, true)
      one.passes(5 * DAY)
      expect(await doubt(await watch(one))).toBeUndefined()
      const off = machineOf('two', 30 * SECOND)
      off.at.wall = off.at.database = one.at.wall + 5 * DAY
      const later = await watch(off)
      expect(await doubt(later)).toBe('start')
      off.passes(START_WAIT)
      expect(await doubt(later)).toBeUndefined()
      // That is stored.
      expect(await doubt(await watch(off))).toBeUndefined()
    })

    it('waits at the first start of a version that watches, where there is something to destroy', async () => {
      expect(await doubt(await watch(one))).toBe('start')
    })

    it("takes an operator's word, also over the next start, and no longer than it is true", async () => {
      const watching = await watch(one, true)
      one.at.wall += DAY
      const { reading, doubt: before } = await watching.look()
      expect(before).toBe('moved')
      await store.write((tx) => writeWord(tx, { ...reading, id: 'word' }))
      expect(await doubt(watching)).toBeUndefined()
      one.passes(5 * SECOND)
      expect(await doubt(await watch(one))).toBeUndefined()
      one.at.wall -= DAY
      expect(await doubt(watching)).not.toBeUndefined()
      expect(await doubt(await watch(one))).toBe('start')
    })

    it('does not trust a clock that moved on after the word', async () => {
      const watching = await watch(one, true)
      one.at.wall += DAY
      const { reading } = await watching.look()
      one.at.wall += DAY
      await store.write((tx) => writeWord(tx, { ...reading, id: 'word' }))
      expect(await doubt(watching)).toBe('moved')
    })

    it('says the earliest time that any clock says, and the latest', async () => {
      const clock = watchedClock(one.clock, await watch(one, true))
      expect([await earliestTime(clock), latestTime(clock)]).toEqual([T, T])
      one.at.wall += DAY
      expect([await earliestTime(clock), latestTime(clock)]).toEqual([T, T + DAY])
      one.at.wall -= 3 * DAY
      expect([await earliestTime(clock), latestTime(clock)]).toEqual([T - 2 * DAY, T])
      one.at.tested = 7 * DAY
      expect(latestTime(clock)).toBe(T + 7 * DAY)
      one.at.uptime += 1.25
      expect(latestTime(clock)).toBe(T + 7 * DAY + 2)
    })

    describe.skipIf(database.name === 'sqlite')('with others over one database', () => {
      it("doubts a clock that differs from the database's, until it is right or an operator's word accepts it", async () => {
        const watching = await watch(one, true)
        one.at.database += DAY
        expect(await doubt(watching)).toBe('database')
        expect(await watching.earliest()).toBe(T)
        one.at.database -= DAY
        expect(await doubt(watching)).toBeUndefined()
        one.at.database += DAY
        const { reading } = await watching.look()
        await store.write((tx) => writeWord(tx, { ...reading, id: 'word' }))
        expect(await doubt(watching)).toBeUndefined()
        one.at.database -= DAY
        expect(await doubt(watching)).toBe('database')
      })

      it('does not trust a process that begins hours ahead, and lets nothing be forgotten by its clock', async () => {
        const right = await watch(one, true)
        const other = machineOf('two')
        other.at.wall += 2 * 3_600_000
        const ahead = await watch(other)
        expect(await doubt(ahead)).toBe('start')
        expect(await ahead.earliest()).toBe(T)
        expect(await right.earliest()).toBe(T)
        other.passes(3 * START_WAIT)
        expect(await doubt(ahead)).toBe('database')
      })

      it('gives all processes one time to compare by', async () => {
        const other = machineOf('two')
        other.at.wall += 2 * 3_600_000
        for (const each of [one, other]) {
          const clock = watchedClock(each.clock, await watch(each))
          each.passes(SECOND)
          expect(commonTime(clock)).toBe(T + SECOND)
        }
      })

      it('looks at the clocks of processes that are behind', async () => {
        const right = await watch(one, true)
        const other = machineOf('two')
        other.at.wall -= 2 * 3_600_000
        await watch(other)
        expect(await right.earliest()).toBe(T - 2 * 3_600_000)
        // Only as long as they live.
        one.passes(CLOCK_BOUND + SECOND)
        expect(await right.earliest()).toBe(T + CLOCK_BOUND + SECOND)
      })

      it("takes an operator's word over from another process, where its own clock agrees", async () => {
        const first = await watch(one, true)
        const other = machineOf('two')
        const second = await watch(other)
        const third = machineOf('three')
        const wrong = await watch(third)
        for (const each of [one, other]) each.at.wall += DAY
        third.at.wall += 3 * DAY
        expect([await doubt(first), await doubt(second), await doubt(wrong)]).toEqual([
          'moved',
          'moved',
          'moved',
        ])
        const { reading } = await first.look()
        await store.write((tx) => writeWord(tx, { ...reading, id: 'word' }))
        expect([await doubt(first), await doubt(second), await doubt(wrong)]).toEqual([
          undefined,
          undefined,
          'moved',
        ])
      })
    })
  })
}
