import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Anchor, CLOCK_BOUND, createClockJudge, type Reading, START_WAIT } from './judge.ts'

const SECOND = 1000
const DAY = 86_400_000
const T = Date.UTC(2030, 0, 1)
/** A reading some time after `T`, at which the machine had been up for a day. */
const reading = (after: number, moved = 0, more: Partial<Reading> = {}): Reading => ({
  wall: T + after + moved,
  uptime: DAY + after,
  boot: 'one',
  ...more,
})
const anchor = (after = 0, moved = 0): Anchor => reading(after, moved)

describe('a running process', () => {
  const running = () => createClockJudge(reading(0), [], true)

  it('trusts a wall clock that goes with elapsed time, sleep and corrections of seconds among it', () => {
    const judge = running()
    // Three days of sleep: uptime counts them.
    for (const after of [10 * SECOND, 3 * DAY]) expect(judge.judge(reading(after)).doubt).toBeUndefined()
    for (const step of [5, -20, 200, -250])
      expect(judge.judge(reading(3 * DAY, step * SECOND)).doubt).toBeUndefined()
  })

  it.each([31 * DAY, -31 * DAY, 2 * 3_600_000, -2 * 3_600_000, CLOCK_BOUND + 1])(
    'doubts one that jumps by %s ms, for as long as it stands there, and trusts it when it is back',
    (jump) => {
      const judge = running()
      expect(judge.judge(reading(SECOND, jump))).toMatchObject({ doubt: 'moved', ahead: jump })
      expect(judge.judge(reading(30 * DAY, jump)).doubt).toBe('moved')
      expect(judge.expected(reading(30 * DAY).uptime)).toBe(T + 30 * DAY)
      expect(judge.judge(reading(30 * DAY + SECOND)).doubt).toBeUndefined()
    },
  )

  it('trusts the new time once the operator says so, and no other', () => {
    const judge = running()
    expect(judge.judge(reading(SECOND, DAY)).doubt).toBe('moved')
    judge.trust(reading(2 * SECOND, DAY))
    expect(judge.judge(reading(3 * SECOND, DAY)).doubt).toBeUndefined()
    expect(judge.judge(reading(4 * SECOND)).doubt).toBe('moved')
  })

  it('does not follow a clock that runs ten times as fast', () => {
    const judge = running()
    const doubts = Array.from({ length: 60 }, (_, i) => judge.judge(reading(i * 10_000, i * 90_000)).doubt)
    expect(doubts[3]).toBeUndefined()
    expect(doubts.at(-1)).toBe('moved')
  })

  it('takes over small corrections that add up in the course of months', () => {
    const judge = running()
    for (let day = 1; day < 200; day += 1) {
      const drift = day * 20 * SECOND
      for (const hour of [0, 8, 16])
        expect(judge.judge(reading(day * DAY + hour * 3_600_000, drift)).doubt).toBeUndefined()
    }
  })

  it('never trusts a time further from elapsed time than the bound and what may be taken over', () => {
    const steps = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 600_000 }), fc.integer({ min: -700_000, max: 700_000 })),
    )
    fc.assert(
      fc.property(steps, (list) => {
        const judge = running()
        let after = 0
        let moved = 0
        for (const [passed, jump] of list) {
          after += passed
          moved += jump
          const { doubt } = judge.judge(reading(after, moved))
          if (doubt === undefined) expect(Math.abs(moved)).toBeLessThanOrEqual(CLOCK_BOUND + after / 60 + 1)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('a start', () => {
  const start = (first: Reading, anchors: readonly Anchor[], fresh = false) => {
    const judge = createClockJudge(first, anchors, fresh)
    return { judge, doubt: judge.judge(first).doubt }
  }

  it('of a new installation trusts the time', () => {
    expect(start(reading(0), [], true).doubt).toBeUndefined()
  })

  it('of one that has no trusted time yet waits for an hour', () => {
    const { judge, doubt } = start(reading(0), [])
    expect(doubt).toBe('start')
    expect(judge.judge(reading(START_WAIT - 1)).doubt).toBe('start')
    expect(judge.judge(reading(START_WAIT)).doubt).toBeUndefined()
  })

  it('on the same run of the machine trusts what its uptime explains, days later too', () => {
    expect(start(reading(5 * DAY), [anchor()]).doubt).toBeUndefined()
  })

  it.each([31 * DAY, -31 * DAY])('on the same run waits after a jump of %s ms, for an hour', (jump) => {
    const { judge, doubt } = start(reading(SECOND, jump), [anchor()])
    expect(doubt).toBe('start')
    expect(judge.judge(reading(START_WAIT / 2, jump)).doubt).toBe('start')
    expect(judge.judge(reading(START_WAIT + 2 * SECOND, jump)).doubt).toBeUndefined()
    expect(judge.judge(reading(START_WAIT + 3 * SECOND)).doubt).toBe('moved')
  })

  it('trusts at once when the clock comes back within the hour', () => {
    const { judge } = start(reading(SECOND, 31 * DAY), [anchor()])
    expect(judge.judge(reading(5 * SECOND)).doubt).toBeUndefined()
    expect(judge.judge(reading(6 * SECOND, 31 * DAY)).doubt).toBe('moved')
  })

  it('waits for another hour when the time jumps again', () => {
    const { judge } = start(reading(0, 31 * DAY), [anchor()])
    expect(judge.judge(reading(START_WAIT - SECOND, 62 * DAY)).doubt).toBe('start')
    expect(judge.judge(reading(START_WAIT + SECOND, 62 * DAY)).doubt).toBe('start')
    expect(judge.judge(reading(2 * START_WAIT, 62 * DAY)).doubt).toBeUndefined()
  })

  const rebooted = (wall: number, uptime: number): Reading => ({ wall, uptime, boot: 'two' })

  it('after a quick start of the machine trusts what its uptime explains', () => {
    expect(start(rebooted(T + 40 * SECOND, 30 * SECOND), [anchor()]).doubt).toBeUndefined()
    expect(start(rebooted(T + 5 * DAY, 6 * DAY), [anchor()]).doubt).toBeUndefined()
  })

  it('after the machine was off for days waits for an hour, then goes on', () => {
    const { judge, doubt } = start(rebooted(T + 5 * DAY, 30 * SECOND), [anchor()])
    expect(doubt).toBe('start')
    const later = rebooted(T + 5 * DAY + START_WAIT, 30 * SECOND + START_WAIT)
    expect(judge.judge(later).doubt).toBeUndefined()
  })

  it('on a machine without a clock of its own waits until the time is set, and then an hour', () => {
    const { judge, doubt } = start(rebooted(T - 400 * DAY, 10 * SECOND), [anchor()])
    expect(doubt).toBe('start')
    expect(judge.judge(rebooted(T + 5 * DAY, 40 * SECOND)).doubt).toBe('start')
    expect(judge.judge(rebooted(T + 5 * DAY + START_WAIT, 40 * SECOND + START_WAIT)).doubt).toBeUndefined()
  })

  it('on a machine whose uptime went back, as that of a container, is another run of it', () => {
    expect(start(reading(0, 0, { uptime: 20 * SECOND, wall: T + 15 * SECOND }), [anchor()]).doubt).toBe(
      undefined,
    )
  })
})

describe("the database's clock", () => {
  const with_ = (after: number, moved: number, databaseMoved: number) =>
    reading(after, moved, { database: T + after + databaseMoved })

  it('is a second opinion: a clock that differs from it is doubted, whichever of them is wrong', () => {
    const judge = createClockJudge(with_(0, 0, 0), [], true)
    expect(judge.judge(with_(SECOND, 0, 0)).doubt).toBeUndefined()
    expect(judge.judge(with_(2 * SECOND, 0, DAY)).doubt).toBe('database')
    expect(judge.judge(with_(3 * SECOND, 0, 0)).doubt).toBeUndefined()
    // Both on one machine: elapsed time tells.
    expect(judge.judge(with_(4 * SECOND, DAY, DAY)).doubt).toBe('moved')
  })

  it('stands against a process that begins with a wrong clock, until that is set right', () => {
    const judge = createClockJudge(with_(0, DAY, 0), [], true)
    expect(judge.judge(with_(0, DAY, 0)).doubt).toBe('start')
    expect(judge.judge(with_(2 * START_WAIT, DAY, 0)).doubt).toBe('database')
    const other = createClockJudge(with_(0, DAY, 0), [], true)
    expect(other.judge(with_(SECOND, 0, 0)).doubt).toBeUndefined()
  })

  it('may differ by as much as the operator accepts', () => {
    const judge = createClockJudge(with_(0, 0, 0), [], true)
    expect(judge.judge(with_(SECOND, 0, DAY)).doubt).toBe('database')
    judge.trust(with_(SECOND, 0, DAY))
    judge.accept(-DAY)
    expect(judge.judge(with_(2 * SECOND, 0, DAY)).doubt).toBeUndefined()
    expect(judge.judge(with_(3 * SECOND, 0, 0)).doubt).toBe('database')
  })
})
