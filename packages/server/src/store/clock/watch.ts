import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Store } from '../store.ts'
import { CLOCK_BOUND, createClockJudge, type Reading, type Verdict } from './judge.ts'
import { type Machine, thisMachine } from './machine.ts'
import {
  type DatabaseReading,
  forgetClocks,
  readAnchors,
  readDatabase,
  readWalls,
  type Word,
  writeClock,
} from './rows.ts'

/** How often the clocks are compared when nobody asks, and how often they are stored, in milliseconds. */
const LOOK_EVERY = 5000
const STORE_EVERY = 60_000
/** A look that took longer says nothing of the database's clock. */
const SLOWEST_LOOK = 30_000

/** What a look at all clocks came to. */
export interface ClockState extends Verdict {
  readonly reading: Reading
  /** The time of the service at this look: a test clock that was moved on purpose is right. */
  readonly now: number
  /** The time by elapsed time alone. */
  readonly expected: number
}

export interface ClockWatch {
  /** Looks at all clocks. Raises `Unavailable` when the database does not answer. */
  look(): Promise<ClockState>
  /** Whether the last look was in doubt. */
  readonly doubted: boolean
  /** The earliest time that any clock of the installation says. */
  earliest(): Promise<number>
  /** The latest time of the service that any clock of this process says. */
  latest(): number
  /** The time that all processes over one database share, as of the last look. */
  common(): number
  close(): void
}

export interface ClockWatchOptions {
  readonly store: Store
  readonly clock: Clock
  /** Nothing was ever stored here: there is nothing that a wrong clock could destroy. */
  readonly fresh: boolean
  readonly onChange?: (state: ClockState) => void
  readonly machine?: Machine
  readonly readDatabase?: () => Promise<DatabaseReading>
  readonly lookEveryMs?: number
}

/** Compares the clocks of this process, of the machine and of the database from now on, and stores what was trusted. */
export async function createClockWatch(options: ClockWatchOptions): Promise<ClockWatch> {
  const { store, clock, onChange = () => {}, machine = thisMachine } = options
  const askDatabase = options.readDatabase ?? (() => readDatabase(store))
  const id = store.kind === 'sqlite' ? 'main' : randomUUID()
  const first = await read()
  const judge = createClockJudge(first.reading, await readAnchors(store.read), options.fresh)
  let last = first.reading
  let lookedAt = clock.monotonic()
  let storedAt = Number.NEGATIVE_INFINITY
  let alone = false
  let seenWord: string | undefined
  hear(first, false)
  const start = judgeOf(first)
  let { doubt } = start
  if (doubt) onChange(start)
  await keep(start)

  async function read() {
    const began = machine.uptime()
    const { database, word } = await askDatabase()
    for (;;) {
      const wall = clock.wall()
      const now = clock.now()
      const uptime = machine.uptime()
      // A clock that is set between two looks at it: once more.
      if (Math.abs(clock.wall() - wall) > 1000) continue
      const current = database !== undefined && uptime - began < SLOWEST_LOOK
      const reading: Reading = { wall, uptime, boot: machine.boot, ...(current && { database }) }
      return { reading, now, word }
    }
  }

  /** Takes an operator's word over, where this process's clock agrees with it. */
  function hear({ reading, word }: { reading: Reading; word?: Word | undefined }, running: boolean): void {
    if (word) judge.accept(acceptedOffset(word))
    if (!word || word.id === seenWord) return
    seenWord = word.id
    const said = timeByWord(word, reading, running)
    if (said !== undefined && Math.abs(reading.wall - said) <= CLOCK_BOUND) judge.trust(reading)
  }

  function judgeOf({ reading, now }: { reading: Reading; now: number }): ClockState {
    last = reading
    lookedAt = clock.monotonic()
    return { ...judge.judge(reading), reading, now, expected: judge.expected(reading.uptime) }
  }

  async function look(): Promise<ClockState> {
    const all = await read()
    hear(all, true)
    const state = judgeOf(all)
    const changed = state.doubt !== doubt
    doubt = state.doubt
    if (changed) onChange(state)
    if (changed || state.reading.uptime - storedAt >= STORE_EVERY) await keep(state)
    return state
  }

  async function keep({ doubt: doubted, reading, expected }: ClockState): Promise<void> {
    const { boot, wall, uptime, database } = reading
    const seen = Math.round(database ?? wall)
    const trusted = doubted === undefined ? { wall: expected, uptime } : undefined
    await store.write(async (tx) => {
      await writeClock(tx, { id, boot, wall, seen, trusted })
      if (trusted && !alone) await forgetClocks(tx, id, seen)
    })
    storedAt = uptime
    alone ||= trusted !== undefined
  }

  const timer = setInterval(() => void look().catch(() => {}), options.lookEveryMs ?? LOOK_EVERY)
  timer.unref()
  return Object.freeze<ClockWatch>({
    look,
    get doubted() {
      return doubt !== undefined
    },
    async earliest() {
      const { reading, expected } = await look()
      const { wall, database } = reading
      if (database === undefined) return Math.min(wall, expected)
      return Math.min(wall, expected, database, ...(await readWalls(store.read, database)))
    },
    latest() {
      const uptime = machine.uptime()
      const wall = clock.wall()
      const database = last.database === undefined ? wall : last.database + uptime - last.uptime
      // A fraction of a millisecond, which uptimes have, is no time that a database keeps.
      return Math.ceil(clock.now() + Math.max(0, judge.expected(uptime) - wall, database - wall))
    },
    common: () =>
      last.database === undefined ? clock.wall() : Math.round(last.database + clock.monotonic() - lookedAt),
    close: () => clearInterval(timer),
  })
}

/** The difference to the database's clock that an operator's word accepts: none, where they agreed. */
function acceptedOffset({ wall, database }: Word): number {
  const offset = database === undefined ? 0 : wall - database
  return Math.abs(offset) > CLOCK_BOUND ? offset : 0
}

/**
 * The time by an operator's word and what has passed since: by the uptime of the same run of the machine, and for other
 * machines by the database's clock, as long as the word is news.
 */
function timeByWord(word: Word, reading: Reading, running: boolean): number | undefined {
  if (word.boot === reading.boot && word.uptime <= reading.uptime) {
    return word.wall + reading.uptime - word.uptime
  }
  if (!running || word.database === undefined || reading.database === undefined) return undefined
  return word.wall + reading.database - word.database
}
