import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { installedPackages } from '../../../../test/testing/built.ts'
import { startPostgres } from '../postgres.ts'
import { runSeries } from './series.ts'

// npm run test:kills: kill -9 of a server under write load at a random moment, again and again, on each database. It ends
// after so many cycles a database, or so many minutes, and goes on where it ended: the file of its state counts. Servers
// are the published packages, which start in a fraction of the time of the sources; several lives go on side by side, each
// with data of its own.

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: 'Infinity' },
    database: { type: 'string', default: 'sqlite,postgres' },
    state: { type: 'string', default: 'kills.json' },
    lanes: { type: 'string', default: '2' },
  },
})

/** Sums over all runs, a database. */
interface Sums {
  cycles: number
  acknowledged: number
  unknown: number
  refused: number
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
for (const kind of kinds)
  state[kind] ??= { cycles: 0, acknowledged: 0, unknown: 0, refused: 0, replays: 0, seconds: 0 }
const packages = mkdtempSync(join(tmpdir(), 'keyward-kills-packages-'))
await installedPackages(packages)
const program = join(packages, 'node_modules/keyward/lib/main.js')
const postgres = kinds.includes('postgres') ? await startPostgres(['fsync = on']) : undefined
/** Lives that a lane has begun and that are not counted yet. */
const begun: Record<string, number> = {}
let failed = false

/** The database that has the most lives before it; undefined when all are begun. */
function next(): string | undefined {
  const left = (kind: string) => cycles - state[kind]!.cycles - (begun[kind] ?? 0)
  return kinds.filter((kind) => left(kind) > 0).sort((a, b) => left(b) - left(a))[0]
}

async function lane(): Promise<void> {
  for (let kind = next(); kind !== undefined && !failed && performance.now() < end; kind = next()) {
    const sums = state[kind]!
    const lives = Math.min(SERIES, cycles - sums.cycles - (begun[kind] ?? 0))
    begun[kind] = (begun[kind] ?? 0) + lives
    const start = performance.now()
    const done = await runSeries({
      program,
      database: kind === 'postgres' ? await postgres?.createDatabase() : undefined,
      cycles: lives,
      goOn: () => !failed && performance.now() < end,
    }).catch((error) => {
      failed = true
      throw error
    })
    begun[kind] = (begun[kind] ?? 0) - lives
    sums.cycles += done.cycles
    sums.acknowledged += done.acknowledged
    sums.unknown += done.unknown
    sums.refused += done.refused
    sums.replays += done.replays
    sums.seconds += (performance.now() - start) / 1000
    writeFileSync(values.state, JSON.stringify(state, undefined, 2))
    console.log(
      `${kind}: ${sums.cycles} kills, ${sums.acknowledged} acknowledged writes all there, ${sums.unknown} without an answer, ${sums.refused} refused as too slow, ${sums.replays} replays refused, audit intact after each, ${sums.seconds.toFixed(0)} s`,
    )
  }
}

const lanes = await Promise.allSettled(Array.from({ length: Number(values.lanes) }, lane))
await postgres?.close()
rmSync(packages, { recursive: true, force: true })
for (const one of lanes)
  if (one.status === 'rejected') {
    console.error(one.reason)
    process.exitCode = 1
  }
