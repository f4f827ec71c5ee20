import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startPostgres } from '../postgres.ts'
import { runSeries } from './series.ts'

// npm run test:kills: kill -9 of a server under write load at a random moment, again and again, on each database. It ends
// after so many cycles a database, or so many minutes, and goes on where it ended: the file of its state counts.

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: 'Infinity' },
    database: { type: 'string', default: 'sqlite,postgres' },
    state: { type: 'string', default: 'kills.json' },
  },
})

/** Sums over all runs, a database. */
interface Sums {
  cycles: number
  acknowledged: number
  unknown: number
  replays: number
  seconds: number
}

const state: Record<string, Sums> = existsSync(values.state)
  ? JSON.parse(readFileSync(values.state, 'utf8'))
  : {}
const cycles = Number(values.cycles)
const end = performance.now() + Number(values.minutes) * 60_000
/** One folder, one database and one server, again and again: what is read at its end stays readable in seconds. */
const SERIES = 20

const kinds = values.database.split(',')
const postgres = kinds.includes('postgres') ? await startPostgres(['fsync = on']) : undefined
const open = () => kinds.filter((kind) => (state[kind]?.cycles ?? 0) < cycles)
while (open().length > 0 && performance.now() < end) {
  for (const kind of open()) {
    state[kind] ??= { cycles: 0, acknowledged: 0, unknown: 0, replays: 0, seconds: 0 }
    const sums = state[kind]
    const start = performance.now()
    const done = await runSeries({
      database: kind === 'postgres' ? await postgres?.createDatabase() : undefined,
      cycles: Math.min(SERIES, cycles - sums.cycles),
      goOn: () => performance.now() < end,
    })
    sums.cycles += done.cycles
    sums.acknowledged += done.acknowledged
    sums.unknown += done.unknown
    sums.replays += done.replays
    sums.seconds += (performance.now() - start) / 1000
    writeFileSync(values.state, JSON.stringify(state, undefined, 2))
    console.log(
      `${kind}: ${sums.cycles} kills, ${sums.acknowledged} acknowledged writes all there, ${sums.unknown} without an answer, ${sums.replays} replays refused, audit intact after each, ${sums.seconds.toFixed(0)} s`,
    )
  }
}
await postgres?.close()
