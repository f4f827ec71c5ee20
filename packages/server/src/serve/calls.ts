import type { CallObserver } from '../base/call-watch.ts'
import { createVersionUses } from '../kms/uses.ts'
import { acts } from '../operations/acts.ts'
import { markPasser } from '../operations/kms/count-uses.ts'
import { operations } from '../operations/table.ts'
import { runActs } from '../pipeline/act.ts'
import type { FindLayers } from '../pipeline/decision.ts'
import type { Diagnosis } from '../pipeline/diagnosis.ts'
import { createPipeline } from '../pipeline/pipeline.ts'
import { describeDefect } from '../wire/exchange.ts'
import type { Jobs } from './jobs.ts'
import { rootKeyRotation } from './keyring/rotate.ts'
import type { Log } from './log.ts'
import { ownStatus } from './own-status.ts'
import type { RefusalLog } from './refusal-log.ts'
import type { Resources, Undo } from './resources.ts'
import type { Settings } from './settings.ts'
import { createCauseLog } from './unavailable-log.ts'

export interface CallParts {
  readonly settings: Settings
  readonly log: Log
  readonly observer: CallObserver | undefined
  readonly onDenied: ((diagnosis: Diagnosis) => void) | undefined
  readonly refusals: RefusalLog
  readonly resources: Resources
  /** Calls leave work behind, which starts after them. */
  readonly jobs: () => Jobs
  readonly undo: Undo[]
}

const byName = new Map(operations.map((one) => [one.name, one]))

/** How long a call waits for the rotation that it began, and a start for those that were left; milliseconds. */
const LONGEST_ANSWER = 15_000

/** Makes what runs the calls of others (`pipeline`) and the acts of the service itself (`run`). */
export function createCalls(parts: CallParts) {
  const { settings, log, observer, onDenied, refusals, resources, jobs, undo } = parts
  const { store, ring, keyring, clock, cache, audit, directory, asymmetric, lastUsed } = resources
  const versionUses = createVersionUses({
    store,
    pass: (mark) => markPasser(run)(mark),
    onNear: (near) => log.warn({ ...near }, 'a key version nears the end of what it may encrypt'),
    onError: (error) => log.error(describeDefect(error), 'uses of key versions could not be counted'),
  })
  undo.push(() => versionUses.close())
  const findLayers: FindLayers = (caller, check) => directory.layersFor(caller, check.language, check.owner)
  const pipeline = createPipeline({
    ...(observer ? { observer } : {}),
    onRefused: refusals.note,
    ...(onDenied ? { onDenied } : {}),
    onUse: lastUsed.note,
    onResourceUse: lastUsed.noteResource,
    onBegun: (job) => jobs().runner.wake(job),
    store,
    cache,
    audit,
    clock,
    keyring,
    versionUses,
    secretRotations: { settled: (id) => jobs().rotations.settled(id, LONGEST_ANSWER) },
    dueWork: {
      async done() {
        const { rotations, runner } = jobs()
        await runner.settle(LONGEST_ANSWER)
        await rotations.idle(LONGEST_ANSWER)
      },
    },
    rootKeyRotation: rootKeyRotation(ring, settings.rootKey),
    asymmetric,
    regions: settings.regions,
    strictDependencies: settings.strictDependencies,
    cloudDefaultPolicy: settings.cloudDefaultPolicy,
    findLayers,
    decisions: { findLayers, operation: (name) => byName.get(name) },
    status: ownStatus(resources),
    acts,
    digestKey: keyring.stableKey('audit-digests'),
    onUnavailable: createCauseLog(log, clock),
    onDefect: (error, call) =>
      log.error(
        { operation: call.operation.name, requestId: call.connection.requestId, ...describeDefect(error) },
        'an operation failed',
      ),
  })
  const run = runActs({ pipeline, clock })
  return { pipeline, run }
}
