import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROTATION_STEPS } from '../src/secrets/rotation/steps.ts'
import { startPostgres } from './postgres.ts'
import { type Crashes, crashesOn, type Reached, SCENARIOS, type Scenario } from './rotation/crashes.ts'
import { type Kind, startKinds } from './rotation/kinds.ts'
import { lifeHere, lifeOfItsOwn } from './rotation/lives.ts'
import { ROTATIONS } from './rotation-kit.ts'

// The server dies at each step of a rotation, of each kind of secret; what the next server answers first lets in.
//
// The cases are not listed: a run without a crash writes down every step that each kind goes through. `npm test` tries as
// many as its time allows, in another order each time; `npm run test:rotation` tries all.

const ALL = ROTATIONS >= 50
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1e6))
const HERE_MS = 5000
const KILLS = 1

interface Case {
  readonly scenario: Scenario
  readonly at: Reached
  readonly kinds: readonly Kind[]
}

let kinds: readonly Kind[] = []
const folders: string[] = []
const open: Crashes[] = []
beforeAll(async () => {
  kinds = await startKinds()
}, 60_000)
afterAll(async () => {
  for (const crashes of open) await crashes.close()
  for (const kind of kinds) await kind.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}, 60_000)

async function crashesFor(those: readonly Kind[], database?: string): Promise<Crashes> {
  const data = mkdtempSync(join(tmpdir(), 'keyward-rotation-crash-'))
  folders.push(data)
  const place = { data, ...(database === undefined ? {} : { database }) }
  const crashes = await crashesOn(place, those, lifeHere)
  open.push(crashes)
  return crashes
}

/** Every case there is, from a run without a crash. */
async function casesOf(crashes: Crashes, kinds: readonly Kind[]): Promise<readonly Case[]> {
  const cases: Case[] = []
  for (const scenario of SCENARIOS) {
    const reached = await crashes.record(scenario)
    const steps = new Set([...reached.values()].flat())
    for (const at of steps) {
      const those = kinds.filter(({ name }) => reached.get(name)?.includes(at))
      cases.push({ scenario, at, kinds: those })
    }
  }
  return cases
}

/** Another order for each seed. */
function shuffled<T>(all: readonly T[]): T[] {
  let state = SEED
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state
  }
  return all
    .map((one) => [next(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one)
}

const failing = (how: string) => (error: unknown) => {
  throw new Error(`SEED=${SEED}, ${how}: ${error}`, { cause: error })
}

/** Dies in this process at as many steps as the time allows, then by kill -9 at a few; with `ALL` both at every step. */
async function dieEverywhere(
  crashes: Crashes,
  cases: readonly Case[],
  ms: number,
  kills: number,
): Promise<number> {
  const end = ALL ? Number.POSITIVE_INFINITY : Date.now() + ms
  let deaths = 0
  for (const { at, kinds, scenario } of shuffled(cases)) {
    if (Date.now() > end) break
    await crashes.crash(scenario, at, kinds).catch(failing('in this process'))
    deaths += kinds.length
  }
  for (const { at, kinds, scenario } of ALL ? cases : shuffled(cases).slice(0, kills)) {
    await crashes.crash(scenario, at, kinds, { begin: lifeOfItsOwn }).catch(failing('kill -9'))
    deaths += kinds.length
  }
  return deaths
}

const tell = (database: string, deaths: number, cases: readonly Case[]) => {
  if (ALL)
    console.log(
      `${database}: ${deaths} deaths of rotations, at ${cases.length} steps, none left without a way in`,
    )
}

describe('a server that dies while secrets rotate', () => {
  it('at any step, and ACSCurrent works when the next server answers', async () => {
    const crashes = await crashesFor(kinds)
    const cases = await casesOf(crashes, kinds)
    const missed = ROTATION_STEPS.filter((step) => !cases.some(({ at }) => at === step))
    expect(missed, 'steps that no kind goes through').toEqual([])
    const deaths = await dieEverywhere(crashes, cases, HERE_MS, KILLS)
    expect(deaths).toBeGreaterThan(KILLS)
    tell('SQLite', deaths, cases)
  }, 900_000)

  it('the same where its own database is PostgreSQL', async () => {
    const postgres = await startPostgres()
    if (!postgres) return
    const those = await startKinds(['postgresql', 'redis'])
    kinds = [...kinds, ...those]
    const crashes = await crashesFor(those, await postgres.createDatabase())
    const cases = await casesOf(crashes, those)
    const deaths = await dieEverywhere(crashes, cases, HERE_MS / 3, ALL ? 1 : 0)
    expect(deaths).toBeGreaterThan(0)
    tell('PostgreSQL', deaths, cases)
    if (!ALL) return
    // The next server answers nobody until the lease of the dead one is over and the value is valid again.
    const changed = cases.find(({ at }) => at === 'changed') as Case
    const how = { begin: lifeOfItsOwn, lease: true }
    await crashes.crash(changed.scenario, changed.at, changed.kinds, how).catch(failing('with the lease'))
  }, 900_000)
})
