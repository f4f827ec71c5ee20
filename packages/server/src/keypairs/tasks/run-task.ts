import type { Clock } from '../../base/clock.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import type { JobRun } from '../../jobs/job.ts'
import type { Store, WriteHandle } from '../../store/store.ts'
import { listCustody, removeCustody } from '../custody.ts'
import { sameKey } from '../hosts/authorized-keys.ts'
import { clearDoubt } from '../hosts/doubts.ts'
import { HostFailure } from '../hosts/failure.ts'
import type { Entry, HostJob, Journal, Outcome, Step } from '../hosts/job.ts'
import { addressOf, type Host, hostsBoundTo, hostsWithKey, setBinding, setupOf } from '../hosts/registry.ts'
import { runHostJob } from '../hosts/run-job.ts'
import { refuseSharedHome } from '../hosts/shared-home.ts'
import { touchKeypair } from '../pairs.ts'
import { runOfflineHook } from './offline-hook.ts'
import { loginOf, newKeyOf, openSecrets } from './secrets.ts'
import { saveJournal, type Task, tasksAdding } from './tasks.ts'

/** What the work on tasks needs. */
export interface TaskParts {
  readonly store: Store
  readonly clock: Clock
  readonly keyring: Keyring
  /**
   * Writes the end of a task down, with what it means for the host: an act of the service, within a step of the job. Does
   * nothing when the task has ended already; rejects when it could not be written.
   */
  readonly end: (task: Task, end: TaskEnd, step: JobRun['step']) => Promise<void>
  /** Folder of the offline hooks. */
  readonly hooks?: string
}

/** How a task ended, as its record says it. */
export interface TaskEnd {
  readonly state: 'SUCCESS' | 'FAILED'
  readonly code: string
  readonly message: string
  /** Steps whose effect may still be on the host: what is there is not known then. */
  readonly left?: readonly Step[]
}

const SUCCESS: TaskEnd = Object.freeze({ state: 'SUCCESS', code: '', message: '' })

/**
 * Works on a task that is RUNNING, from where its journal stands, to its end. Rejects when the journal cannot be written
 * (the worker was overtaken, the database is away): the task then goes on from there later.
 */
export async function runTask(parts: TaskParts, work: JobRun, task: Task): Promise<void> {
  const job = JSON.parse(task.job ?? '{}') as HostJob
  const host = await parts.store.read
    .selectFrom('keypair_hosts')
    .selectAll()
    .where('id', '=', task.host_id)
    .executeTakeFirst()
  const end = host ? await workOn(parts, work, task, host, job) : failed('HostUnreachable', HOST_GONE)
  await parts.end(task, end, work.step)
}

const HOST_GONE = 'the host was taken out of the registry'
const failed = (code: string, message: string): TaskEnd => ({ state: 'FAILED', code, message })

async function workOn(
  parts: TaskParts,
  work: JobRun,
  task: Task,
  host: Host,
  job: HostJob,
): Promise<TaskEnd> {
  if (task.offline === 1) {
    try {
      await runOfflineHook(parts.hooks, host, job)
      return SUCCESS
    } catch (error) {
      if (error instanceof HostFailure) return failed(error.code, error.message)
      throw error
    }
  }
  const secrets = openSecrets(parts.keyring, task)
  const login = await loginOf(secrets)
  if (!login) return failed('LoginRefused', 'the task has neither password nor key to log in with')
  const newKey = await newKeyOf(secrets)
  const journal: Entry[] = [...(JSON.parse(task.journal) as Journal)]
  const bindsAnew = job.add !== undefined && !(host.bound_line !== null && sameKey(host.bound_line, job.add))
  if (bindsAnew && journal.length === 0) {
    const others = await hostsWithKey(parts.store.read, host, job.add as string)
    try {
      const address = addressOf(host, task.port ?? undefined)
      await refuseSharedHome(
        address,
        login,
        job,
        others.map((other) => addressOf(other)),
      )
    } catch (error) {
      if (error instanceof HostFailure) return failed(error.code, error.message)
      throw error
    }
  }
  const outcome = await runHostJob({
    host: addressOf(host, task.port ?? undefined),
    sshd: setupOf(host),
    job,
    login,
    ...(newKey ? { newKey } : {}),
    journal: [...journal],
    save: async (entry) => {
      journal.push(entry)
      await work.step((tx) => saveJournal(tx, task.id, journal, parts.clock.now()))
    },
  })
  return endOf(outcome)
}

const LEFT = { 'add-key': 'the new key', 'set-passwords': 'the switch of password login', 'remove-key': '' }

function endOf(outcome: Outcome): TaskEnd {
  if (outcome.ok) return SUCCESS
  const left = outcome.left.flatMap((step) =>
    step === 'remove-key' ? ['the old key gone'] : (LEFT[step as keyof typeof LEFT] ?? []),
  )
  const rest =
    left.length === 0
      ? ''
      : `; could not be undone on the host: ${left.join(', ')}. What is there now is not known: it is looked at again, and \`keyward host check\` tells and settles it`
  return { ...failed(outcome.code, `${outcome.message}${rest}`), left: outcome.left }
}

/** What a bind that went well means for its host, and for the pairs that it had and has. */
export async function bindHost(tx: WriteHandle, task: Task, now: number): Promise<void> {
  const job = JSON.parse(task.job ?? '{}') as HostJob
  const host = await tx
    .selectFrom('keypair_hosts')
    .selectAll()
    .where('id', '=', task.host_id)
    .executeTakeFirst()
  if (!host) return
  const binding =
    job.add === undefined
      ? undefined
      : { keypairId: task.keypair_id, keypairName: task.keypair_name, line: job.add }
  await setBinding(tx, host.id, binding, now)
  await clearDoubt(tx, host.id)
  for (const id of new Set([task.keypair_id, ...(host.keypair_id === null ? [] : [host.keypair_id])])) {
    await touchKeypair(tx, id)
    await dropEarlierKeys(tx, id)
  }
}

/** Private keys of a pair's earlier public keys go once no host lets them in any more, nor is about to. */
export async function dropEarlierKeys(tx: WriteHandle, keypairId: string): Promise<void> {
  const pair = await tx
    .selectFrom('keypairs')
    .select('public_key')
    .where('id', '=', keypairId)
    .executeTakeFirst()
  const hosts = await hostsBoundTo(tx, keypairId)
  const added = (await tasksAdding(tx, keypairId)).map(({ job }) => (JSON.parse(job ?? '{}') as HostJob).add)
  const lines = [pair?.public_key, ...hosts.map((host) => host.bound_line), ...added]
  for (const row of await listCustody(tx, keypairId)) {
    const wanted = lines.some((line) => typeof line === 'string' && sameKey(line, row.public_key))
    if (!wanted) await removeCustody(tx, row.id)
  }
}
