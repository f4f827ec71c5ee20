import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import type { Clock } from '../../base/clock.ts'
import { refuse } from '../../base/problem.ts'
import { readOperator } from '../../identity/queries.ts'
import { waitingKeyWork } from '../../kms/due.ts'
import { type Check, readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { waitingSecretWork } from '../../secrets/due.ts'
import { CLOCK_BOUND } from '../../store/clock/judge.ts'
import { writeWord } from '../../store/clock/rows.ts'
import type { ClockWatch } from '../../store/clock/watch.ts'
import { watchOf } from '../../store/clock/watched.ts'
import { doubtText } from '../../store/clock/words.ts'

const closed = { additionalProperties: false }
const text = (at: number) => new Date(at).toISOString()

interface Target {
  readonly operator: Awaited<ReturnType<typeof readOperator>>
}

/** The clock is the whole installation's: only those whom the operator's account allows may ask or speak. */
const resolve = async (scope: ResolveScope): Promise<Target> => ({
  operator: await readOperator(scope.store.read),
})

function clockCheck(action: string, { operator }: Target): readonly Check[] {
  return [
    {
      language: 'ram',
      action: `keyward:${action}`,
      resource: `acs:keyward:*:${operator.id}:clock`,
      owner: operator.id,
      facts: {},
    },
  ]
}

function watchFor(clock: Clock): ClockWatch {
  const watch = watchOf(clock)
  if (watch) return watch
  throw refuse({ code: 'UnsupportedOperation', detail: 'the clock of this service is not watched' })
}

const NOTHING = { keys: 0, materials: 0, secrets: 0, oldValues: 0 }

/** What the clocks of the process that is asked say, and what waits because they differ. */
export const getClock = readOperation({
  name: 'keyward:GetClock',
  summary: 'Show whether the clock is trusted, and what waits for it',
  effect: 'read',
  input: Type.Object({}, closed),
  output: Type.Object({
    Trusted: Type.Boolean(),
    /** Empty when it is trusted. */
    Reason: Type.String(),
    Now: Type.String(),
    Wall: Type.String(),
    /** By the last trusted time and the time that has passed since. */
    Elapsed: Type.String(),
    /** Empty where the database has no clock of its own. */
    Database: Type.String(),
    KeysToDestroy: Type.Integer(),
    MaterialToExpire: Type.Integer(),
    SecretsToDelete: Type.Integer(),
    /** Of secrets that were rotated: access keys and SSH keys whose window has ended. */
    OldValuesToRetire: Type.Integer(),
  }),
  resolve,
  checks: (_scope, _input, target: Target) => clockCheck('GetClock', target),
  async work({ clock, store }) {
    const state = await watchFor(clock).look()
    const { wall, database } = state.reading
    const { keys, materials, secrets, oldValues } = state.doubt
      ? { ...(await waitingKeyWork({ store, clock })), ...(await waitingSecretWork({ store, clock })) }
      : NOTHING
    return {
      Trusted: state.doubt === undefined,
      Reason: doubtText(state) ?? '',
      Now: text(state.now),
      Wall: text(wall),
      Elapsed: text(state.expected),
      Database: database === undefined ? '' : text(database),
      KeysToDestroy: keys,
      MaterialToExpire: materials,
      SecretsToDelete: secrets,
      OldValuesToRetire: oldValues,
    }
  },
  example: {},
})

/**
 * The operator's word that the time is `Time`: what waits goes on, on every process whose own wall clock agrees. It is
 * refused when the wall clock of the process that is asked says something else, so that a clock that jumps meanwhile is
 * not trusted by mistake.
 */
export const trustClock = writeOperation({
  name: 'keyward:TrustClock',
  summary: 'Say that the wall clock is right, so that what waits for it goes on',
  effect: 'write',
  input: Type.Object({ Time: Type.String({ minLength: 1, maxLength: 40 }) }, closed),
  output: Type.Object({ Wall: Type.String() }),
  resolve,
  checks: (_scope, _input, target: Target) => clockCheck('TrustClock', target),
  decided: () => [],
  touches: () => [],
  async prepare({ clock }, { Time }) {
    const { reading } = await watchFor(clock).look()
    const said = Date.parse(Time)
    if (Math.abs(reading.wall - said) <= CLOCK_BOUND) return { ...reading, id: randomUUID() }
    const detail = Number.isNaN(said)
      ? 'Time must be a time such as 2030-01-31T12:00:00Z'
      : `the wall clock of this service says ${text(reading.wall)}`
    throw refuse({ code: 'InvalidParameter', name: 'Time', detail })
  },
  async work(tx, _scope, _input, _target, word) {
    await writeWord(tx, word)
    return { Wall: text(word.wall) }
  },
  example: { Time: text(Date.now()) },
})
