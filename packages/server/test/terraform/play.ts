import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { awaited, filled, type Kept, picked, type Value } from './values.ts'

/** One call of a life, and what its answer must be. */
export interface Step {
  /** `CreateUser`, with the version of its product before it where that is not the table's; or `POST /v5/users`. */
  readonly call: string
  readonly send?: Value
  /** Who calls; `terraform` when absent. */
  readonly as?: string
  /** `STATUS CODE` of the refusal that the provider looks for. A call without it must succeed. */
  readonly code?: string
  /** Names for members of the answer, for later steps. */
  readonly keep?: Readonly<Record<string, string>>
  /** Members of the answer by their paths. */
  readonly shows?: Readonly<Record<string, Value>>
  /** Asked again until the answer shows this. */
  readonly until?: Readonly<Record<string, Value>>
  readonly times?: number
}

/** The life of a resource, as the provider leads it. Every part may be absent: a data source is only created. */
export interface Life {
  readonly life: string
  /** A part of the stage that is not there on every machine. */
  readonly wants?: 'host'
  /** What has to be there before. */
  readonly needs?: readonly Step[]
  readonly create: readonly Step[]
  /** All calls of the provider's read function; what they show is the state that it keeps. */
  readonly read?: readonly Step[]
  /** What changes in the state stands beside the calls; all else must stay as it was. */
  readonly updates?: readonly { readonly calls: readonly Step[]; readonly shows: Kept }[]
  /** What of the kept names the read function still has when a resource is imported. */
  readonly import?: readonly string[]
  readonly delete?: readonly Step[]
  /** Reads and deletions of what is gone. */
  readonly gone?: readonly Step[]
  readonly after?: readonly Step[]
}

/** An answer as a provider sees it. `code` is empty where the provider takes the answer for a success. */
export interface Answer {
  readonly code: string
  readonly body: Value
}
/** Signs and sends one call as the provider does. */
export type Send = (as: string, call: string, members: Value) => Promise<Answer>

/** Plays a life to its end. `world` is what every life knows. */
export async function play(life: Life, send: Send, world: Kept): Promise<void> {
  let kept: Kept = world
  const run = async (steps: readonly Step[] = []) => {
    for (const step of steps) {
      for (let i = 0; i < (step.times ?? 1); i += 1) {
        const body = await take(step, send, kept)
        expect(shown(step, body, kept), step.call).toEqual(awaited(step.shows ?? {}, kept))
        const names = Object.entries(step.keep ?? {})
        kept = { ...kept, ...Object.fromEntries(names.map(([name, path]) => [name, picked(body, path)])) }
      }
    }
  }
  const read = async (known: Kept) => {
    const state: Record<string, Value> = {}
    for (const step of life.read ?? [])
      Object.assign(state, shown(step, await take(step, send, known), known))
    return state
  }
  /** Reads twice: a plan after the first one must find nothing to do. */
  const look = async (wanted: Kept) => {
    const state = await read(kept)
    expect(state, 'the state').toEqual(awaited(wanted, kept))
    expect(await read(kept), 'the second plan').toEqual(state)
    return state
  }
  await run(life.needs)
  await run(life.create)
  let state = await look(Object.assign({}, ...(life.read ?? []).map(({ shows }) => shows)))
  for (const { calls, shows } of life.updates ?? []) {
    await run(calls)
    const unknown = Object.keys(shows).filter((path) => !(path in state))
    expect(unknown, 'changes of what is not read').toEqual([])
    state = await look({ ...state, ...shows })
  }
  if (life.import) {
    const known = Object.fromEntries(life.import.map((name) => [name, kept[name]]))
    expect(await read({ ...world, ...known }), 'the imported state').toEqual(state)
  }
  await run(life.delete)
  await run(life.gone)
  await run(life.after)
}

/** Makes one call, again while it is pending; gives the answer's body. Fails when it is not what the step awaits. */
async function take(step: Step, send: Send, kept: Kept): Promise<Value> {
  const [call, members] = [filled(step.call, kept), filled(step.send, kept)]
  const ask = () => send(step.as ?? 'terraform', call, members)
  const pending = ({ body }: Answer) =>
    Object.entries(step.until ?? {}).some(
      ([path, value]) => picked(body, filled(path, kept)) !== filled(value, kept),
    )
  let answer = await ask()
  for (const end = Date.now() + 10_000; pending(answer) && Date.now() < end; answer = await ask())
    await wait(30)
  const refused = answer.code !== (step.code ?? '') || pending(answer)
  const what = `${call} ${JSON.stringify(members) ?? ''}\n${refused ? JSON.stringify(answer.body) : ''}`
  expect(answer.code, what).toBe(step.code ?? '')
  expect(pending(answer), what).toBe(false)
  return answer.body
}

function shown(step: Step, body: Value, kept: Kept): Record<string, Value> {
  const paths = Object.keys(step.shows ?? {})
  return Object.fromEntries(paths.map((path) => [path, picked(body, filled(path, kept))]))
}
