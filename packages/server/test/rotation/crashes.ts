import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Value } from '../../src/secrets/rotation/place.ts'
import { secretKit } from '../rotation-kit.ts'
import type { Kind } from './kinds.ts'
import type { Life, OnStep, Place } from './lives.ts'

/**
 * What a rotation meets: nothing, a value that does not let in, or the end of the window of the old value. One that does
 * not let in is taken back where the account has that one value alone; where two accounts take turns it is set again, and
 * the account of `ACSCurrent` is left alone.
 */
export const SCENARIOS = ['goes well', 'does not let in', 'retires'] as const
export type Scenario = (typeof SCENARIOS)[number]

/** A step, and the how-manieth time it is reached: `host-inspect 2`. */
export type Reached = string

type Begin = (place: Place, onStep: OnStep) => Promise<Life>
interface How {
  readonly begin?: Begin
  /** The next server waits until the lease of the dead one is over; else it is over when it starts. */
  readonly lease?: boolean
}
const MINUTE = 60_000

export interface Crashes {
  /** Runs a scenario without a crash. Answers what each kind reached, by its name. */
  record(scenario: Scenario): Promise<ReadonlyMap<string, readonly Reached[]>>
  /** Holds all these kinds at a step, ends the server, and sees that the next one leaves each value valid. */
  crash(scenario: Scenario, at: Reached, kinds: readonly Kind[], how?: How): Promise<void>
  close(): Promise<void>
}

/** Servers, one after the other, over one folder and database, with one secret of each kind. */
export async function crashesOn(place: Place, kinds: readonly Kind[], beginMost: Begin): Promise<Crashes> {
  let onStep: OnStep = async () => {}
  let now = 0
  let rounds = 0
  const start = async (begin: Begin, lease = false) => {
    if (!lease) await endLeases(place)
    const next = await begin(place, (secretId, step) => onStep(secretId, step))
    // A test clock begins anew with its process.
    if (now > 0) await next.advance(now)
    return next
  }
  let life = await start(beginMost)
  try {
    for (const kind of kinds) await kind.create(life)
  } catch (error) {
    await life.die()
    throw error
  }
  const byId = new Map<string, Kind>()
  for (const { id, name } of await ask<{ id: string; name: string }>(place, 'select id, name from secrets')) {
    const kind = kinds.find(({ secret }) => secret === name)
    if (kind) byId.set(id, kind)
  }

  const advance = async (ms: number) => {
    now += ms
    await life.advance(ms)
  }
  const currentOf = async (kind: Kind, stage?: string) => {
    const value = await secretKit(life, kind.secret).value(stage)
    if (!value) throw new Error(`${kind.name} has no value`)
    return value
  }
  const rotate = (kind: Kind) =>
    life.call(life.root, 'kms:RotateSecret', { SecretName: kind.secret, VersionId: `v${rounds}` })
  const open = () =>
    ask<Open>(
      place,
      'select r.id, secret_id, name, state, error_code, error_message from secret_rotations r join secrets s on s.id = r.secret_id',
    )
  const until = async (what: string, holds: () => Promise<boolean> | boolean) => {
    for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 10))) {
      if (await holds()) return
      if (Date.now() > end) throw new Error(`${what}: it does not come; ${JSON.stringify(await open())}`)
    }
  }
  /** By the clock, until no rotation is left: what failed is tried again, windows end. */
  const settle = async () => {
    for (let left = 5; left > 0; left -= 1) {
      const waiting = new Set((await open()).filter(isMoved).map(({ id }) => id))
      await advance(11 * MINUTE)
      for (const end = Date.now() + 4000; Date.now() < end; ) {
        const rest = await open()
        if (rest.length === 0) return
        // What is left waits for a window that has begun just now.
        if (rest.every((one) => isMoved(one) && !waiting.has(one.id))) break
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    throw new Error(`a rotation does not end: ${JSON.stringify(await open())}`)
  }
  const moved = (those: readonly Kind[]) =>
    until('moved', async () => {
      const left = await open()
      return left.every((one) => isMoved(one) || !those.includes(byId.get(one.secret_id)!))
    })

  /** Watches one scenario: spoils what it has to, and tells each step that belongs to it. */
  function watch(scenario: Scenario, tell: (kind: Kind, at: Reached) => Promise<void> | undefined) {
    const counts = new Map<string, number>()
    const spoilt = new Set<Kind>()
    onStep = async (secretId, step) => {
      const kind = byId.get(secretId)
      if (!kind) return
      if (scenario === 'does not let in' && !spoilt.has(kind)) {
        if (step !== 'changed') return
        spoilt.add(kind)
        return kind.spoil?.(await currentOf(kind))
      }
      const count = (counts.get(`${secretId} ${step}`) ?? 0) + 1
      counts.set(`${secretId} ${step}`, count)
      await tell(kind, count === 1 ? step : `${step} ${count}`)
    }
  }
  const those = (scenario: Scenario, all: readonly Kind[]) =>
    scenario === 'does not let in' ? all.filter(({ spoil }) => spoil) : all

  async function begin(scenario: Scenario, all: readonly Kind[]): Promise<void> {
    rounds += 1
    if (scenario !== 'retires') {
      for (const kind of all) rotate(kind).catch(() => {})
      return
    }
    const answers = await Promise.all(all.map(rotate))
    for (const { body, status } of answers) if (status !== 200) throw new Error(JSON.stringify(body))
    await moved(all)
  }

  return {
    async record(scenario) {
      const all = those(scenario, kinds)
      const reached = new Map<string, Reached[]>(all.map(({ name }) => [name, []]))
      if (scenario === 'retires') await begin(scenario, all)
      watch(scenario, async ({ name }, at) => void reached.get(name)?.push(at))
      if (scenario === 'retires') await settle()
      else {
        await begin(scenario, all)
        const last = scenario === 'goes well' ? 'rotated' : 'failing'
        await until('the end', () => all.every(({ name }) => reached.get(name)?.includes(last)))
        if (scenario === 'goes well') await moved(all)
        onStep = async () => {}
        await settle()
      }
      onStep = async () => {}
      return reached
    },

    async crash(scenario, at, all, { begin: beginNext = beginMost, lease = false } = {}) {
      const before = new Map<Kind, Value>()
      for (const kind of all) before.set(kind, await currentOf(kind))
      for (const kind of all) await kind.logIn(life, before.get(kind)!)
      if (beginNext !== beginMost) {
        await life.die()
        life = await start(beginNext)
      }
      if (scenario === 'retires') await begin(scenario, all)
      const held = new Set<Kind>()
      watch(scenario, (kind, reached) => {
        if (reached !== at || !all.includes(kind)) return undefined
        held.add(kind)
        return new Promise(() => {})
      })
      if (scenario === 'retires') await advance(11 * MINUTE)
      else await begin(scenario, all)
      await until(`${scenario}, ${at}`, () => all.every((kind) => held.has(kind)))
      await life.die()

      const closed = new Set((await open()).filter(isWithoutChange).map(({ secret_id }) => secret_id))
      let look = () => {}
      const looked = new Promise<void>((resolve) => {
        look = resolve
      })
      // What had not begun to change, or is taken back first, waits until it was looked at.
      onStep = async (secretId, step) => {
        if (step === 'setting' && closed.has(secretId)) await looked
      }
      life = await start(beginNext, lease)
      const tag = (kind: Kind) => `${scenario}, killed at ${at}: ${kind.name}`
      for (const kind of all) {
        await kind.logIn(life, await currentOf(kind)).catch((error: unknown) => {
          throw new Error(`${tag(kind)}: ACSCurrent does not let in (${error})`)
        })
      }
      look()
      await settle()
      for (const kind of all) {
        const old = before.get(kind)!
        const current = await currentOf(kind)
        await kind.logIn(life, current)
        if (JSON.stringify(current) === JSON.stringify(old)) throw new Error(`${tag(kind)}: not rotated`)
        if (JSON.stringify(await currentOf(kind, 'ACSPrevious')) !== JSON.stringify(old)) {
          throw new Error(`${tag(kind)}: ACSPrevious is another`)
        }
        const stays = await kind.logIn(life, old).then(
          () => true,
          () => false,
        )
        if (stays !== kind.oldStays) throw new Error(`${tag(kind)}: the old value lets in: ${stays}`)
      }
      if (beginNext !== beginMost) {
        await life.die()
        life = await start(beginMost)
      }
    },

    close: () => life.die(),
  }
}

interface Open {
  readonly id: string
  readonly secret_id: string
  readonly state: string
}

/** The next server leaves the value of `ACSCurrent` valid, or makes it so again, before anything else. */
const isWithoutChange = ({ state }: Open) => ['asked', 'stored', 'undoing'].includes(state)
const isMoved = ({ state }: Open) => state === 'moved'

/** Reads the service's own database. */
async function ask<T>({ data, database }: Place, query: string): Promise<readonly T[]> {
  if (database !== undefined) {
    const client = new pg.Client({ connectionString: database })
    await client.connect()
    try {
      return (await client.query(query)).rows as T[]
    } finally {
      await client.end()
    }
  }
  const db = new DatabaseSync(join(data, 'keyward.db'), { readOnly: true })
  try {
    return db.prepare(query).all() as T[]
  } finally {
    db.close()
  }
}

/** On PostgreSQL a job stays with a process that died until its lease is over. */
async function endLeases({ database }: Place): Promise<void> {
  if (database === undefined) return
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  // At the first start there is no table yet.
  await client.query('update jobs set lease_until = 0').catch(() => {})
  await client.end()
}
