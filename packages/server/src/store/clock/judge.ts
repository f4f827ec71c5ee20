/*
 * Whether the wall clock can be believed. A wall clock may be set to any time by mistake, so it is compared with clocks
 * that nobody sets: the time since the machine started, which counts sleep, and on PostgreSQL the clock of the database.
 */

/** How far two clocks may lie apart, in milliseconds: more than a correction over the network, far less than a deadline. */
export const CLOCK_BOUND = 5 * 60_000
/** How long nothing is destroyed after a start that cannot explain the time it finds, in milliseconds. */
export const START_WAIT = 3_600_000
/** How fast small corrections of the wall clock are taken over: a minute an hour. Larger jumps are never taken over. */
const SLEW = 1 / 60
/** The uptime of a machine is read in steps. */
const STEP = 1000

/** All clocks at one moment, in milliseconds. */
export interface Reading {
  readonly wall: number
  /** Since the machine started. */
  readonly uptime: number
  /** Name of this run of the machine; another one after it started anew. */
  readonly boot: string
  /** The clock of the database, where it has one of its own. */
  readonly database?: number
}

/** A time that was trusted once. */
export interface Anchor {
  readonly boot: string
  readonly uptime: number
  readonly wall: number
}

export type Doubt =
  /** The wall clock went another way than the time since the machine started. */
  | 'moved'
  /** At the start the wall clock was not where the last trusted time and the uptime of the machine put it. */
  | 'start'
  /** The wall clock and the database's clock differ. */
  | 'database'

export interface Verdict {
  readonly doubt: Doubt | undefined
  /** How far the wall clock is ahead of elapsed time; negative when it is behind. */
  readonly ahead: number
  /** How far it is ahead of the database's clock, apart from what an operator accepted. */
  readonly aheadOfDatabase: number | undefined
  /** After a start in doubt: how long it takes until the wall clock is believed if it stays steady. */
  readonly waits: number | undefined
}

export interface ClockJudge {
  /** Judges a reading. Readings come in the order of time. */
  judge(reading: Reading): Verdict
  /** The operator says that this reading's wall clock is right. */
  trust(reading: Reading): void
  /** The difference to the database's clock that an operator accepted. */
  accept(offset: number): void
  /** The time by elapsed time alone. */
  expected(uptime: number): number
}

/** Where the true time lay when the uptime was this: anywhere from `low` to `high`. */
interface Line {
  readonly uptime: number
  readonly low: number
  readonly high: number
}

/**
 * Begins with the first reading of a process and the trusted times that are stored. `fresh`: the installation is new, so
 * there is nothing that a wrong clock could destroy.
 */
export function createClockJudge(first: Reading, anchors: readonly Anchor[], fresh: boolean): ClockJudge {
  let offset = 0
  /** Absent while nothing is known. */
  let line = lineAtStart(first, anchors, fresh)
  /** A time that this start cannot explain: believed once it has been steady for long enough. */
  let found = line && agrees(line, first) ? undefined : first
  const expected = (uptime: number) => at(line ?? exactly(first), uptime)

  function settle(reading: Reading): void {
    line = exactly(reading)
    found = undefined
  }

  /** Small corrections of the wall clock add up in the course of years. */
  function slew(from: Line, { wall, uptime }: Reading): void {
    const most = Math.max(0, uptime - from.uptime) * SLEW
    const drift = wall - at(from, uptime)
    line = exactly({ uptime, wall: at(from, uptime) + Math.max(-most, Math.min(most, drift)) })
  }

  function doubtOf(reading: Reading): Doubt | undefined {
    if (line && agrees(line, reading)) {
      if (line.low === line.high) slew(line, reading)
      else settle(reading)
      found = undefined
      return undefined
    }
    if (!found) return 'moved'
    const drift = reading.wall - found.wall - (reading.uptime - found.uptime)
    if (Math.abs(drift) > CLOCK_BOUND) found = reading
    if (reading.uptime - found.uptime < START_WAIT) return 'start'
    settle(reading)
    return undefined
  }

  return Object.freeze<ClockJudge>({
    judge(reading) {
      const { wall, uptime, database } = reading
      const ahead = wall - expected(uptime)
      const doubt = doubtOf(reading)
      const aheadOfDatabase = database === undefined ? undefined : wall - database - offset
      const differs = aheadOfDatabase !== undefined && Math.abs(aheadOfDatabase) > CLOCK_BOUND
      const waits = found && START_WAIT - (uptime - found.uptime)
      return { doubt: doubt ?? (differs ? 'database' : undefined), ahead, aheadOfDatabase, waits }
    },
    trust: settle,
    accept(accepted) {
      offset = accepted
    },
    expected,
  })
}

/** Where the true time lies at the start of a process, as far as that is known. */
function lineAtStart(first: Reading, anchors: readonly Anchor[], fresh: boolean): Line | undefined {
  const [own] = anchors
    .filter(({ boot, uptime }) => boot === first.boot && uptime <= first.uptime + STEP)
    .sort((a, b) => b.uptime - a.uptime)
  if (own) return exactly(own)
  // The machine was off, or is another one. It may have been off for no time, or for any; what its uptime does not
  // explain is waited for.
  const latest = Math.max(...anchors.map(({ wall }) => wall))
  const { wall, uptime, database } = first
  const differs = database !== undefined && Math.abs(wall - database) > CLOCK_BOUND
  if (differs) return exactly({ wall: database, uptime })
  if (anchors.length > 0) return { uptime, low: latest, high: latest + uptime }
  return fresh ? exactly(first) : undefined
}

function exactly({ wall, uptime }: { readonly wall: number; readonly uptime: number }): Line {
  return { uptime, low: wall, high: wall }
}

function at(line: Line, uptime: number): number {
  return line.low + uptime - line.uptime
}

function agrees(line: Line, { wall, uptime }: Reading): boolean {
  const then = wall - (uptime - line.uptime)
  return then >= line.low - CLOCK_BOUND && then <= line.high + CLOCK_BOUND
}
