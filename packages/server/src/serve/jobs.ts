import { closingJob } from '../identity/closing-job.ts'
import { forgetOwners } from '../jobs/claim.ts'
import { purgeNoncesJob } from '../jobs/purge-nonces.ts'
import { createJobRunner } from '../jobs/runner.ts'
import { keypairTaskJob } from '../keypairs/tasks/job.ts'
import { hostLookJob } from '../keypairs/tasks/settle.ts'
import { keyWorkJob } from '../kms/job.ts'
import { accountDestroyer } from '../operations/keyward/destroy-account.ts'
import { keyActs } from '../operations/kms/due-acts.ts'
import { taskEnder } from '../operations/kps/end-task.ts'
import { hostSettler } from '../operations/kps/settle-host.ts'
import { taskStarter } from '../operations/kps/task-starter.ts'
import { secretDestroyer } from '../operations/secrets/due-acts.ts'
import { rotationActsBy } from '../operations/secrets/rotation-acts.ts'
import type { RunAct } from '../pipeline/act.ts'
import type { Pipeline } from '../pipeline/answer.ts'
import { secretWorkJob } from '../secrets/due.ts'
import { rotationJob } from '../secrets/rotation/job.ts'
import type { OnRotationStep } from '../secrets/rotation/steps.ts'
import { isDatabaseAway } from '../store/errors.ts'
import { describeDefect } from '../wire/exchange.ts'
import { auditJobs } from './audit-jobs.ts'
import type { Log } from './log.ts'
import type { Resources, Undo } from './resources.ts'
import type { Settings } from './settings.ts'

export interface JobParts {
  readonly settings: Settings
  readonly log: Log
  readonly resources: Resources
  readonly pipeline: Pipeline
  /** Runs what the service does by itself. */
  readonly run: RunAct
  readonly onRotationStep: OnRotationStep | undefined
  readonly undo: Undo[]
}

export type Jobs = Awaited<ReturnType<typeof startJobs>>

/** Starts the work that comes by the clock or that calls left behind. */
export async function startJobs({ settings, log, resources, pipeline, run, onRotationStep, undo }: JobParts) {
  const { store, clock, keyring, directory } = resources
  const keypairTasks = keypairTaskJob({
    store,
    clock,
    keyring,
    end: taskEnder(run),
    ...(settings.offlineHooks === undefined ? {} : { hooks: settings.offlineHooks }),
    start: taskStarter({ store, clock, keyring, pipeline, findAccessKey: directory.findAccessKey }),
    onError: (error) => log.error({ job: 'keypair-tasks', ...describeDefect(error) }, 'a task stopped'),
  })
  const rotations = rotationJob({
    store,
    clock,
    keyring,
    actsIn: rotationActsBy(run, (failure) =>
      log.warn(failure, 'a secret could not be rotated: it is tried again'),
    ),
    onError: (error) =>
      log.error({ job: 'secret-rotations', ...describeDefect(error) }, 'a rotation stopped'),
    onStep(rotation, step) {
      log.debug({ ...rotation, step }, 'a rotation goes on')
      return onRotationStep?.(rotation, step)
    },
  })
  if (store.kind === 'sqlite') await forgetOwners(store)
  const kept = auditJobs({ settings, store, clock, keyring, run, log })
  const runner = createJobRunner({
    store,
    clock,
    jobs: [
      purgeNoncesJob({ clock, read: store.read }),
      keyWorkJob({
        store,
        clock,
        actIn: keyActs(run),
        onWaiting: (waiting) =>
          log.warn(waiting, 'keys wait for the clock to be trusted before they are destroyed'),
      }),
      secretWorkJob({
        store,
        clock,
        destroyIn: secretDestroyer(run),
        onWaiting: (waiting) =>
          log.warn(waiting, 'secrets wait for the clock to be trusted before they are taken away'),
      }),
      keypairTasks.job,
      rotations.job,
      closingJob({ store, clock, destroyIn: accountDestroyer(run) }),
      hostLookJob({ store, settleSeen: hostSettler(run) }),
      ...kept.jobs,
    ],
    onError(job, error) {
      // Said once, by who looks at the database all the time; not a line a second.
      if (isDatabaseAway(error)) log.debug({ job, ...describeDefect(error) }, 'a job waits for the database')
      else log.error({ job, ...describeDefect(error) }, 'a job failed')
    },
  })
  undo.push(() => runner.close())
  undo.push(() => keypairTasks.stop())
  undo.push(() => rotations.stop())
  return { runner, rotations, auditSink: kept.sink?.name }
}
