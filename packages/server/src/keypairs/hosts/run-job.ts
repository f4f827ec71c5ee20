import { setTimeout as pause } from 'node:timers/promises'
import type { PrivateKey } from '../formats/private-key.ts'
import type { HostAddress, Login } from './connection.ts'
import { HostFailure, passes } from './failure.ts'
import { type Entry, foundIn, type HostJob, type Journal, nextOf, type Outcome, stepsOf } from './job.ts'
import type { SshdSetup } from './scripts.ts'
import { type HostSession, openSession } from './session.ts'
import { goalHolds, perform, type StepContext, undo } from './steps.ts'

/** One job on one host, begun or to be gone on with. */
export interface HostRun {
  readonly host: HostAddress
  readonly sshd?: SshdSetup
  readonly job: HostJob
  /** How its caller may log in. */
  readonly login: Login
  /** The private half of the key to add, where it is at hand. */
  readonly newKey?: PrivateKey
  /** What an earlier run left; empty for a new job. */
  readonly journal: Journal
  /**
   * Makes an entry durable. What it throws ends the run as a crash would: the job goes on from the journal later. A worker
   * whose lease has lapsed throws here.
   */
  readonly save: (entry: Entry) => Promise<void>
  /** Milliseconds before a lost connection is opened again; 1000 by default. */
  readonly retryPause?: number
}

/**
 * A step is begun again so often when its connection is lost; an undo, on which more depends, so often. While the
 * connection of the job itself stands, nothing is lost by waiting longer for a probe beside it: hosts close new ones when
 * they are busy, or after refusals.
 */
const TRIES = { do: 3, doConnected: 6, undo: 5 }

/**
 * Takes a job to its end: every step done, or everything undone again that had been begun. Resolves with the outcome, also
 * of a failure on the host; rejects only when the journal cannot be written.
 */
export async function runHostJob(run: HostRun): Promise<Outcome> {
  const journal: Entry[] = [...run.journal]
  const append = async (entry: Entry) => {
    await run.save(entry)
    journal.push(entry)
  }
  const keeper = sessionKeeper(run, journal)
  const context: StepContext = {
    host: run.host,
    sshd: run.sshd ?? {},
    job: run.job,
    login: run.login,
    newKey: run.newKey,
    session: keeper.open,
  }
  const patiently = <T>(kind: 'do' | 'undo', action: () => Promise<T>) => retried(run, keeper, kind, action)
  try {
    for (;;) {
      const next = nextOf(run.job, journal)
      if ('end' in next) return next.end
      if ('do' in next) {
        const step = next.do
        if (!journal.some((entry) => entry.step === step)) await append({ step, event: 'started' })
        const result = await outcomeOf(() => patiently('do', () => perform(context, step, foundIn(journal))))
        if (result instanceof HostFailure) {
          if (await wayInClosedByUs(context, journal, result, patiently))
            await finish(run.job, journal, append)
          else await append({ step, event: 'failed', code: result.code, message: result.message })
        } else await append({ step, event: 'done', ...(result ? { found: result } : {}) })
      } else {
        const step = next.undo
        const result = await outcomeOf(() => patiently('undo', () => undo(context, step, foundIn(journal))))
        await append({ step, event: result instanceof HostFailure ? 'stuck' : 'undone' })
      }
    }
  } finally {
    keeper.close()
  }
}

async function outcomeOf<T>(action: () => Promise<T>): Promise<T | HostFailure> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof HostFailure) return error
    throw error
  }
}

/** After a crash, the job's own effect may have closed its way in: then the host is as wanted, and that can be seen. */
async function wayInClosedByUs(
  context: StepContext,
  journal: Journal,
  failure: HostFailure,
  patiently: <T>(kind: 'do', action: () => Promise<T>) => Promise<T>,
): Promise<boolean> {
  const begun = journal.some(({ step }) => step === 'remove-key' || step === 'set-passwords')
  if (failure.code !== 'LoginRefused' || !begun) return false
  return (await outcomeOf(() => patiently('do', () => goalHolds(context, foundIn(journal))))) === true
}

async function finish(
  job: HostJob,
  journal: Journal,
  append: (entry: Entry) => Promise<void>,
): Promise<void> {
  for (const step of stepsOf(job)) {
    if (!journal.some((entry) => entry.step === step && entry.event === 'done'))
      await append({ step, event: 'done' })
  }
}

interface SessionKeeper {
  open(): Promise<HostSession>
  /** Whether there has ever been a session. */
  readonly opened: boolean
  /** Whether there is one now. */
  readonly connected: boolean
  close(): void
}

/**
 * Keeps one session open over all steps, and opens another only once it was lost: it may be the last that gets in, and the
 * one by which a step is taken back.
 */
function sessionKeeper(run: HostRun, journal: Journal): SessionKeeper {
  let session: HostSession | undefined
  let opened = false
  return {
    get opened() {
      return opened
    },
    get connected() {
      return session !== undefined && !session.lost
    },
    async open() {
      if (!session || session.lost) session = await openAny(run, journal)
      opened = true
      return session
    },
    close() {
      session?.close()
      session = undefined
    },
  }
}

/** Logs in as the caller may, or with the new key once it may be on the host. */
async function openAny(run: HostRun, journal: Journal): Promise<HostSession> {
  try {
    return await openSession(run.host, run.login)
  } catch (error) {
    const added = journal.some(({ step }) => step === 'add-key')
    const refused = error instanceof HostFailure && error.code === 'LoginRefused'
    if (!refused || !run.newKey || !added) throw error
    return openSession(run.host, { kind: 'key', key: run.newKey })
  }
}

async function retried<T>(
  run: HostRun,
  keeper: SessionKeeper,
  kind: 'do' | 'undo',
  action: () => Promise<T>,
): Promise<T> {
  const base = run.retryPause ?? 1000
  for (let tried = 1; ; tried += 1) {
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof HostFailure)) throw error
      // A host that has never answered is down: waiting for it is for whoever tries again later. One that this job has
      // changed may be starting its sshd again.
      const known = keeper.opened || run.journal.length > 0
      if (!passes(error) || (error.code === 'HostUnreachable' && !known)) throw error
      const waits = kind === 'do' && keeper.connected
      if (tried >= (waits ? TRIES.doConnected : TRIES[kind])) throw error
      await pause(waits ? base * Math.min(2 ** (tried - 1), 8) : base)
    }
  }
}
