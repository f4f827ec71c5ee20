import { setTimeout as sleep } from 'node:timers/promises'
import { refuse } from '../base/problem.ts'
import type { Nonce } from '../pipeline/connection.ts'
import type { Door } from './door.ts'
import { databaseAway, isReplayable } from './errors.ts'
import { type Groups, type GroupTransaction, GroupUndone } from './group.ts'
import type { HandleParts, LateRow } from './handles.ts'
import { addBumps, type Bumps } from './revisions.ts'
import { createStopwatch, type Stopwatch } from './stopwatch.ts'
import type { WriteHandle, WriteOptions } from './store.ts'

export interface CommitterOptions {
  /** Bodies that share one commit at most. */
  readonly maxGroup: number
  /** How long one body may take, in milliseconds. */
  readonly bodyTimeout: number
  /** How often a body is run at most, and how long it may wait from its first try on, in milliseconds. */
  readonly attempts: number
  readonly patience: number
}

export interface Committer {
  add<T>(body: (tx: WriteHandle) => Promise<T>, how: WriteOptions): Promise<T>
  /** Groups committed so far. */
  readonly commits: number
  /** Waits for what is in the queue; nothing may be added after. */
  close(): Promise<void>
}

interface Job {
  readonly body: (tx: WriteHandle) => Promise<unknown>
  readonly how: WriteOptions
  readonly accounts: readonly string[]
  readonly since: number
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  runs: number
  /** Runs in a group of its own: it takes long. */
  alone: boolean
  parts?: HandleParts
  value?: unknown
}

/** What the bodies of a group did. */
interface Work {
  readonly stopwatch: Stopwatch
  readonly done: Job[]
  /** The body, if any, that took longer than a group may take: decisions of others grew old beside it. */
  tooLong: Job | undefined
  /** On PostgreSQL: those that are told of their failure when the group has ended. */
  readonly failed: { readonly job: Job; readonly error: unknown }[]
  readonly bumps: Bumps
  readonly late: LateRow[]
}

/** After so long, in milliseconds, a group takes no further body: those that are in it wait for their answer. */
const GROUP_TIME = 200
/** How long, at least, bodies wait whose account another process does not let go, and how often it is looked at. */
const BLOCKED = 200
/** How long a body may take that is known to be long, in milliseconds. */
const LONG_BODY = 120_000
const LOOKED_AGAIN = 50

/**
 * The writes of a process, on either database: the group commit of the design, section 7.
 *
 * The first body that comes to an empty queue asks for a turn of the loop's check phase. By then every socket that had
 * something to say has been read, so the bodies of all these calls are here; the rows of their accounts are locked, they
 * run one by one, each in a savepoint, and ONE commit makes them durable. What comes until then is the next group.
 *
 * INVARIANT: a body fails for what it does itself, or because the database does not serve; never for what another of its
 * group did. A group that has to be undone is run again, after a pause, without the body that was the reason.
 */
export function createCommitter(groups: Groups, door: Door, options: CommitterOptions): Committer {
  let waiting: Job[] = []
  const waitingLast: Job[] = []
  let active: Promise<void> | undefined
  let closed = false
  let commits = 0
  /** Groups that had to be undone, one after the other: each pause is longer. */
  let undone = 0
  const blockedUntil = new Map<string, number>()

  function schedule(): void {
    active ??= new Promise<void>((resolve) => {
      setImmediate(async () => {
        try {
          if (undone > 0) await pause()
          await runGroup()
        } finally {
          active = undefined
          if (waiting.length + waitingLast.length > 0) schedule()
          resolve()
        }
      })
    })
  }

  /** Jittered, so that processes that met do not meet again. */
  function pause(): Promise<unknown> {
    return sleep(Math.random() * Math.min(250, 2 ** undone))
  }

  async function runGroup(): Promise<void> {
    const jobs = takeGroup()
    // Nobody is served who waits for an account that another process holds: time passes for them, the loop is free.
    if (jobs.length === 0 && waitingLast.length === 0) {
      if (waiting.length > 0) await sleep(LOOKED_AGAIN)
      return
    }
    const isLong = jobs.some(({ how }) => how.long)
    const stopwatch = createStopwatch(isLong ? LONG_BODY : options.bodyTimeout)
    const work: Work = { stopwatch, done: [], tooLong: undefined, failed: [], bumps: new Map(), late: [] }
    const { done } = work
    let running: Job | undefined
    let group: GroupTransaction | undefined
    try {
      group = await groups.begin(
        accountsOf(jobs),
        (blocked) => defer(jobs, blocked),
        () => jobs.flatMap(({ how }) => how.nonce ?? []),
        () => jobs.flatMap(({ how }) => how.rows ?? []),
      )
      if (group.replayed.size > 0) refuseReplayed(jobs, group.replayed, work)
      for (const before of new Set(jobs.map(({ how }) => how.before))) await before?.()
      const late = performance.now() + GROUP_TIME
      while (jobs.length > 0 && (performance.now() < late || done.length === 0)) {
        running = jobs.shift()!
        const begun = performance.now()
        await runBody(group, running, work)
        if (performance.now() - begun > GROUP_TIME) work.tooLong = running
      }
      for (const { how } of jobs) if (how.nonce) group.releaseNonce(how.nonce)
      waiting.unshift(...jobs.splice(0))
      while (waitingLast.length > 0) {
        running = waitingLast.shift()!
        await runBody(group, running, work)
      }
      running = undefined
      // A decision became too old while the group ran: it is run again, and looks again first.
      if (done.some(({ how }) => how.holds && !how.holds())) {
        if (work.tooLong) work.tooLong.alone = true
        throw new GroupUndone()
      }
      await group.commit(work, done.length > 0)
      if (done.length > 0) commits += 1
      undone = 0
    } catch (error) {
      await group?.rollback()
      if (error instanceof GroupUndone || isReplayable(error)) {
        undone += 1
        // Also those that failed: what they failed for was perhaps what another did, which is undone.
        const failed = work.failed.splice(0).map(({ job }) => job)
        again([...done, ...failed, ...(running ? [running] : []), ...jobs])
      } else if (!group) {
        // The database does not serve: nobody waits for it to come back.
        for (const job of [...jobs, ...waiting.splice(0), ...waitingLast.splice(0)]) fail(job, error)
      } else {
        waiting.unshift(...jobs)
        for (const job of done) fail(job, error)
      }
      return
    } finally {
      stopwatch.stop()
      for (const { job, error } of work.failed) fail(job, error)
    }
    for (const job of done) {
      leave(job)
      job.resolve(job.value)
    }
  }

  function takeGroup(): Job[] {
    const now = performance.now()
    const jobs: Job[] = []
    const left: Job[] = []
    for (const [uid, until] of blockedUntil) if (until <= now) blockedUntil.delete(uid)
    let at = 0
    for (; at < waiting.length && jobs.length < options.maxGroup; at += 1) {
      const job = waiting[at]!
      if (job.runs >= options.attempts || now - job.since >= options.patience) {
        fail(job, refuse({ code: 'Overloaded' }))
      } else if (blockedUntil.size > 0 && job.accounts.some((uid) => blockedUntil.has(uid))) left.push(job)
      else if (job.alone && jobs.length > 0) break
      else jobs.push(job)
      if (job.alone && jobs.length > 0) {
        at += 1
        break
      }
    }
    waiting = [...left, ...waiting.slice(at)]
    return jobs
  }

  /** Bodies whose account another process holds wait a while; the others go on without them. */
  function defer(jobs: Job[], blocked: ReadonlySet<string>): void {
    for (const uid of blocked) blockedUntil.set(uid, performance.now() + BLOCKED * (1 + Math.random()))
    const late = jobs.filter(({ accounts }) => accounts.some((uid) => blocked.has(uid)))
    jobs.splice(0, jobs.length, ...jobs.filter((job) => !late.includes(job)))
    waiting.unshift(...late)
  }

  /** Each in its own turn before those who came later. */
  function again(jobs: readonly Job[]): void {
    for (const job of jobs) {
      // What memory holds of a run that is undone goes, as after a failure.
      for (const then of job.parts?.failed ?? []) then(UNDONE)
      delete job.parts
    }
    waitingLast.unshift(...jobs.filter(({ how }) => how.last))
    waiting = [...jobs.filter(({ how }) => !how.last), ...waiting]
  }

  function refuseReplayed(jobs: Job[], replayed: ReadonlySet<Nonce>, { failed }: Work): void {
    const isReplayed = ({ how }: Job) => how.nonce !== undefined && replayed.has(how.nonce)
    for (const job of jobs.filter(isReplayed)) failed.push({ job, error: refuse({ code: 'NonceUsed' }) })
    jobs.splice(0, jobs.length, ...jobs.filter((job) => !isReplayed(job)))
  }

  async function runBody(group: GroupTransaction, job: Job, work: Work): Promise<void> {
    job.runs += 1
    const body = group.body(job.how.nonce)
    job.parts = body.parts
    try {
      await body.begin()
      job.value = await (job.how.unlimited ? job.body(body.tx) : work.stopwatch.limit(job.body(body.tx)))
      body.close()
      await body.end()
    } catch (error) {
      body.close()
      // One that the database wants to have again is not this body's alone.
      if (isReplayable(error)) throw error
      if (!(await body.undo())) {
        // The whole transaction is gone, by a full disk or a cut connection: the group is lost, not this body alone.
        fail(job, error)
        throw databaseAway('the database gave up a group of writes', error)
      }
      if (groups.kind === 'sqlite') return fail(job, error)
      // Told once the group has ended: the entry of the failure uses the nonce again.
      if (job.how.nonce) group.releaseNonce(job.how.nonce)
      work.failed.push({ job, error })
      return
    }
    work.done.push(job)
    addBumps(work.bumps, body.parts.bumps)
    work.late.push(...(body.parts.late ?? []))
    if (groups.kind === 'sqlite') for (const then of body.parts.done) then()
  }

  function leave(job: Job): void {
    if (!job.how.last) door.leave(job.accounts)
    if (groups.kind === 'postgres') for (const then of job.parts?.done ?? []) then()
  }

  function fail(job: Job, error: unknown): void {
    if (!job.how.last) door.leave(job.accounts)
    for (const then of job.parts?.failed ?? []) then(error)
    job.reject(error)
  }

  return {
    add<T>(body: (tx: WriteHandle) => Promise<T>, how: WriteOptions) {
      if (closed) return Promise.reject(databaseAway('the store is closed'))
      return new Promise<T>((resolve, reject) => {
        const accounts = [...new Set(how.accounts ?? [])].sort()
        // What is last is the audit's: it has a door of its own.
        if (!how.last) door.enter(accounts)
        const job: Job = {
          body,
          how,
          accounts,
          since: performance.now(),
          resolve: resolve as (value: unknown) => void,
          reject,
          runs: 0,
          alone: how.long === true,
        }
        ;(how.last ? waitingLast : waiting).push(job)
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

const UNDONE = new GroupUndone('the group of the write is run again')

function accountsOf(jobs: readonly Job[]): readonly string[] {
  return [...new Set(jobs.flatMap(({ accounts }) => accounts))].sort()
}
