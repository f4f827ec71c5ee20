import { refuse } from '../../base/problem.ts'
import { databaseAway } from '../errors.ts'
import { type HandleParts, registerHandle } from '../handles.ts'
import type { NonceSet } from '../nonce-set.ts'
import type { WriteHandle, WriteOptions } from '../store.ts'
import type { SqliteConnection } from './connection.ts'
import { writeHandle } from './handle.ts'

export interface QueueOptions {
  /** Bodies that may wait; one more is refused with `Overloaded`. */
  readonly maxWaiting: number
  /** Bodies that share one commit at most. */
  readonly maxGroup: number
  /** How long the bodies of one group may take, in milliseconds. */
  readonly bodyTimeout: number
}

export interface QueueParts extends QueueOptions {
  /** Called after a commit that took sealed bytes away, before it is acknowledged. */
  readonly onErased: () => void
}

export interface WriteQueue {
  add<T>(body: (tx: WriteHandle) => Promise<T>, how: WriteOptions): Promise<T>
  /** Groups committed so far. */
  readonly commits: number
  /** Waits for what is in the queue; nothing may be added after. */
  close(): Promise<void>
}

interface Job {
  readonly body: (tx: WriteHandle) => Promise<unknown>
  readonly unlimited: boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  parts?: HandleParts
  value?: unknown
}

/**
 * The write queue of a SQLite store: the group commit of the design, section 7.
 *
 * The first body that comes to an empty queue asks for a turn of the loop's check phase. By then every socket that had
 * something to say has been read, so the bodies of all these calls are here; they run one by one, each in a savepoint,
 * and ONE commit makes them durable. Bodies await nothing but their handle, whose queries run at once: the loop takes no
 * other turn before the commit. While it blocks, the kernel collects what the next group answers.
 */
export function createWriteQueue(connection: SqliteConnection, options: QueueParts): WriteQueue {
  const waiting: Job[] = []
  const waitingLast: Job[] = []
  let active: Promise<void> | undefined
  let closed = false
  let commits = 0
  let nonces: NonceSet | undefined
  const theNonces = async (load: () => Promise<NonceSet>) => {
    nonces ??= await load()
    return nonces
  }

  function schedule(): void {
    active ??= new Promise<void>((resolve) => {
      setImmediate(async () => {
        try {
          await runGroup()
        } finally {
          active = undefined
          if (waiting.length + waitingLast.length > 0) schedule()
          resolve()
        }
      })
    })
  }

  async function runGroup(): Promise<void> {
    try {
      connection.run('begin immediate')
    } catch (error) {
      // The database does not serve: nobody waits for it to come back.
      for (const job of [...waiting.splice(0), ...waitingLast.splice(0)]) fail(job, error)
      return
    }
    const group: Job[] = []
    const deadline = within(options.bodyTimeout)
    try {
      for (let left = options.maxGroup; left > 0 && waiting.length > 0; left -= 1) {
        await runBody(waiting.shift()!, group, deadline.passed)
      }
      while (waitingLast.length > 0) await runBody(waitingLast.shift()!, group, deadline.passed)
      connection.run(group.length > 0 ? 'commit' : 'rollback')
      if (group.length > 0) commits += 1
      if (connection.takeErased() && group.length > 0) options.onErased()
    } catch (error) {
      rollBack()
      for (const job of group) fail(job, error)
      return
    } finally {
      deadline.clear()
    }
    for (const job of group) job.resolve(job.value)
  }

  function rollBack(): void {
    try {
      if (connection.inTransaction) connection.run('rollback')
    } catch {
      // The next group finds the same fault and reports it.
    }
  }

  async function runBody(job: Job, group: Job[], timedOut: Promise<never>): Promise<void> {
    let open = true
    const tx = writeHandle(connection, () => open)
    const parts: HandleParts = {
      kind: 'sqlite',
      run: connection.run,
      nonces: theNonces,
      done: [],
      failed: [],
    }
    job.parts = parts
    registerHandle(tx, parts)
    try {
      connection.run('savepoint body')
      job.value = await (job.unlimited ? job.body(tx) : Promise.race([job.body(tx), timedOut]))
      open = false
      connection.run('release body')
    } catch (error) {
      open = false
      fail(job, error)
      // A full disk or a failing one ends the whole transaction: then the group is lost, not this body alone.
      if (!connection.inTransaction) {
        throw databaseAway('the database gave up a group of writes', error)
      }
      connection.run('rollback to body')
      connection.run('release body')
      return
    }
    group.push(job)
    for (const then of parts.done) then()
  }

  return {
    add<T>(body: (tx: WriteHandle) => Promise<T>, { last = false, unlimited = false }: WriteOptions) {
      if (closed) return Promise.reject(databaseAway('the store is closed'))
      if (waiting.length + waitingLast.length >= options.maxWaiting && !last) {
        return Promise.reject(refuse({ code: 'Overloaded' }))
      }
      return new Promise<T>((resolve, reject) => {
        const job: Job = { body, unlimited, resolve: resolve as (value: unknown) => void, reject }
        ;(last ? waitingLast : waiting).push(job)
        schedule()
      })
    },
    get commits() {
      return commits
    },
    async close() {
      closed = true
      while (active) await active
    },
  }
}

function fail(job: Job, error: unknown): void {
  for (const then of job.parts?.failed ?? []) then(error)
  job.reject(error)
}

/** A promise that rejects after so many milliseconds: a body that awaits something else would stop every write. */
function within(milliseconds: number): { readonly passed: Promise<never>; clear(): void } {
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error('a transaction body took too long: it must await nothing but its handle')),
      milliseconds,
    )
  })
  passed.catch(() => {})
  return { passed, clear: () => clearTimeout(timer) }
}
