import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readOperator } from '../../identity/queries.ts'
import { readOperation } from '../../pipeline/operation.ts'
import type { ResolveScope } from '../../pipeline/scope.ts'
import { watchOf } from '../../store/clock/watched.ts'
import { doubtText } from '../../store/clock/words.ts'
import { isoText, readInstallation, readWaiting } from './status-figures.ts'

const text = Type.String()
const Count = Type.Integer()

const Due = Type.Object({
  Count,
  /** When the next one is due; empty where there is none. */
  Next: text,
})

const output = Type.Object({
  Version: text,
  Node: text,
  /** When the process that is asked started. */
  StartedAt: text,
  Now: text,
  Database: Type.Object({
    Kind: text,
    /** The newest step of the schema that it has. */
    Schema: text,
  }),
  /** The generation of keys that seals, and the newest that there is. */
  Keyring: Type.Object({ Generation: Count, Newest: Count }),
  Audit: Type.Object({
    /** The chain of the process that is asked. */
    Chain: text,
    Writable: Type.Boolean(),
    /** Calls that wait for the sync of their entries. */
    Waiting: Count,
    /** Entries that are durable and not chained yet, of all processes. */
    Unchained: Count,
    /** The head of every chain: note them, and hold `audit verify --expect` against them. */
    Heads: Type.Array(Type.Object({ Chain: text, Batch: Count, Hash: text })),
  }),
  Clock: Type.Object({ Trusted: Type.Boolean(), Reason: text }),
  /** How old what calls are decided on may be, in milliseconds. */
  CacheAge: Count,
  /** Work of key pairs, off the loop. */
  Pool: Type.Object({ Threads: Count, Running: Count, Waiting: Count }),
  /** Processes over this database that were seen within an hour. */
  Processes: Type.Array(Type.Object({ Id: text, SeenAt: text })),
  /** What is done by the clock: who has it, until when, and when it is due. */
  Jobs: Type.Array(Type.Object({ Name: text, Owner: text, LeaseUntil: text, NextAt: text })),
  Waiting: Type.Object({
    KeysToDestroy: Due,
    MaterialToExpire: Due,
    SecretsToDelete: Due,
    KeyRotations: Due,
    SecretRotations: Due,
    /** Rotations of secrets that have begun, and those of them that failed and are tried again. */
    RunningRotations: Count,
    FailingRotations: Count,
    TasksReady: Count,
    TasksRunning: Count,
    TasksFailedLastDay: Count,
  }),
})

interface Target {
  readonly operator: string
}

/**
 * What an operator looks at first. It is the whole installation's: only those whom the operator's account allows may ask. It
 * names no account, no person and no resource.
 */
export const getStatus = readOperation({
  name: 'keyward:GetStatus',
  summary: 'Show version, database, keyring, audit heads, clock, processes, jobs and what waits',
  effect: 'read',
  input: Type.Object({}, { additionalProperties: false }),
  output,
  resolve: async ({ store }: ResolveScope): Promise<Target> => ({
    operator: (await readOperator(store.read)).id,
  }),
  checks: (_scope, _input, { operator }: Target) => [
    {
      language: 'ram',
      action: 'keyward:GetStatus',
      resource: `acs:keyward:*:${operator}:service`,
      owner: operator,
      facts: {},
    },
  ],
  async work({ clock, status, store }): Promise<Static<typeof output>> {
    if (!status) throw refuse({ code: 'UnsupportedOperation', detail: 'this service has no status to show' })
    const own = status()
    const { chains, jobs, processes, schema, unchained } = await readInstallation(store.read, Date.now())
    const look = await watchOf(clock)?.look()
    return {
      Version: own.version,
      Node: process.version,
      StartedAt: isoText(own.startedAt),
      Now: isoText(clock.now()),
      Database: { Kind: own.database, Schema: schema },
      Keyring: { Generation: own.keyring.current, Newest: own.keyring.newest },
      Audit: {
        Chain: own.chain,
        Writable: own.audit.writable,
        Waiting: own.audit.waiting,
        Unchained: unchained,
        Heads: chains,
      },
      Clock: { Trusted: look?.doubt === undefined, Reason: (look && doubtText(look)) ?? '' },
      CacheAge: Math.max(0, Math.round(clock.monotonic() - own.lastLook)),
      Pool: own.pool,
      Processes: processes,
      Jobs: jobs,
      Waiting: await readWaiting(store.read, clock.now()),
    }
  },
  example: {},
})
