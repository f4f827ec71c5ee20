import { join } from 'node:path'
import type { CallObserver } from '../base/call-watch.ts'
import type { Clock } from '../base/clock.ts'
import { applyAtStart } from '../operations/keyward/start.ts'
import type { Diagnosis } from '../pipeline/diagnosis.ts'
import { LEASE } from '../secrets/rotation/job.ts'
import type { OnRotationStep } from '../secrets/rotation/steps.ts'
import { announceRestore } from './announce-restore.ts'
import { createCalls } from './calls.ts'
import { nameEndpoint, type RootCredentials, removeEndpoint, writeEndpoint } from './credentials.ts'
import { watchDatabase } from './database-watch.ts'
import { makeFirstWorld } from './first-start.ts'
import { startJobs } from './jobs.ts'
import type { Log } from './log.ts'
import { listenForMetrics } from './metrics/listener.ts'
import { createMetrics } from './metrics/metrics.ts'
import { accessLog, observerOf } from './observe.ts'
import { assertCanListen } from './probe.ts'
import { createRefusalLog } from './refusal-log.ts'
import { openResources, type Undo } from './resources.ts'
import type { Settings } from './settings.ts'
import { applyWorldFile } from './start-apply.ts'
import { loadTls } from './tls.ts'
import { tlsState } from './tls-reload.ts'
import { addressAt, urlAt } from './urls.ts'
import { serverVersion } from './version.ts'
import { createWires } from './wires.ts'
import { readWorldFile } from './world-file.ts'

/** A running service. */
export interface Service {
  /** `http://127.0.0.1:7700`: the port is the real one. */
  readonly url: string
  /** There when this start made the world. */
  readonly firstStart?: { readonly credentialsFile: string; readonly credentials: RootCredentials }
  /** Where metrics are served, where they are: the port is the real one. */
  readonly metricsUrl?: string
  /** The clock that `--test-clock` lets tests move. */
  readonly clock: Clock
  /** Reads the certificate anew, for connections to come. */
  reload(): Promise<void>
  /** Lets calls in flight finish, then lets go of everything. */
  close(): Promise<void>
}

/** What a service tells those who started it. */
export interface ServerIo {
  readonly log: Log
  /** Called for every denial with its diagnosis. For throw-away services: it names entities that a caller may not know. */
  readonly onDenied?: (diagnosis: Diagnosis) => void
  /** Called at each step of a rotation, and waited for: tests end a process there. */
  readonly onRotationStep?: OnRotationStep
}

/** Longer than a process that died may keep the job of rotations. */
const LONGEST_CATCH_UP = LEASE + 10_000

/**
 * Starts the service and resolves when it is ready to answer. Throws an Error with a sentence for the operator when it
 * cannot start: nothing is left running then, and no root key or database that was not there before.
 */
export async function startServer(settings: Settings, io: ServerIo): Promise<Service> {
  const undo: Undo[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return await start(settings, io, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function start(settings: Settings, io: ServerIo, undo: Undo[], stop: Undo): Promise<Service> {
  const { log, onDenied, onRotationStep } = io
  // What can be wrong without anything being made comes first.
  const since = await tlsState(settings)
  const given = settings.tls?.kind === 'files' ? await loadTls(settings, log) : undefined
  if (settings.apply !== undefined) readWorldFile(settings.apply)
  await assertCanListen(settings.listen)
  if (settings.metrics) await assertCanListen(settings.metrics)
  const metrics = settings.metrics ? createMetrics() : undefined
  // Large, and for those alone who want it.
  const tracer = settings.traces && (await import('./traces/tracer.ts')).createTracer(settings.traces)
  if (tracer) undo.push(() => tracer.close())
  const observer: CallObserver | undefined = observerOf(
    [metrics?.calls, settings.accessLog ? accessLog(log) : undefined],
    tracer,
  )
  let ready = false
  const isReady = () => ready
  const resources = await openResources({ settings, log, metrics, undo, isReady })
  const { store, keyring, clock, cache, audit, directory, asymmetric } = resources
  const refusals = createRefusalLog(log)
  undo.push(async () => refusals.close())
  const common = { settings, log, observer, metrics, refusals, resources, undo }
  const { pipeline, run } = createCalls({ ...common, onDenied, jobs: () => jobs })
  const restored = await announceRestore({ store, run, operator: directory.operator })
  if (restored) log.warn({ ...restored }, 'this database was put back from a backup: the audit says so')
  const jobs = await startJobs({ ...common, pipeline, run, onRotationStep })
  const { http, certificate, reload } = await createWires({ ...common, pipeline, run, given, since, isReady })

  // Nobody is let in before the world is in: a caller would be refused by policies that are about to come.
  const planned = urlAt(settings, settings.listen.port)
  const firstStart = await makeFirstWorld(settings.data, planned, { store, keyring, clock, directory })
  let applied: readonly string[] = []
  if (settings.apply !== undefined) {
    const operator = await directory.operator()
    const { changes, profiles } = await applyWorldFile(settings.apply, {
      data: settings.data,
      url: planned,
      apply: (world) => applyAtStart({ pipeline, clock, operator, world }),
    })
    applied = profiles
    log.info({ changes, profiles }, 'the world file is applied')
  }
  // What the last process left in the middle comes first: until it is settled, what a caller reads may not be valid.
  await jobs.rotations.catchUp(jobs.runner.runDue, LONGEST_CATCH_UP)
  const { port } = await http.listen(settings.listen)
  undo.push(() => http.close())
  const url = urlAt(settings, port)
  if (firstStart) nameEndpoint(firstStart.credentialsFile, url)
  if (applied.length > 0) nameEndpoint(join(settings.data, 'credentials.json'), url)
  writeEndpoint(settings.data, url)
  undo.push(async () => removeEndpoint(settings.data))
  let metricsUrl: string | undefined
  if (metrics && settings.metrics) {
    const text = metrics.text({
      store,
      clock,
      watch: clock.watch,
      cache,
      audit,
      asymmetric,
      http,
      certificate,
      auditSink: jobs.auditSink,
    })
    const listener = await listenForMetrics(settings.metrics, text, log)
    undo.push(() => listener.close())
    metricsUrl = `${addressAt('http', settings.metrics, listener.port)}/metrics`
    log.info({ url: metricsUrl }, 'metrics are served')
  }
  const watch = watchDatabase(store, log)
  undo.push(() => watch.close())
  ready = true
  log.info({ url, version: serverVersion, database: store.kind }, 'ready: calls are answered')
  return {
    url,
    ...(metricsUrl === undefined ? {} : { metricsUrl }),
    ...(firstStart
      ? { firstStart: { ...firstStart, credentials: { ...firstStart.credentials, endpoint: url } } }
      : {}),
    clock,
    reload,
    async close() {
      await stop()
      log.info('stopped')
    },
  }
}
