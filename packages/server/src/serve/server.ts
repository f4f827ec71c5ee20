import { randomUUID } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import { createFailureCounter } from '../audit/failures.ts'
import { createAuditLog } from '../audit/log.ts'
import type { CallObserver } from '../base/call-watch.ts'
import type { Clock } from '../base/clock.ts'
import { createAsymmetric } from '../crypto/pool/asymmetric.ts'
import { createDirectory } from '../identity/directory.ts'
import { createLastUsed } from '../identity/last-used.ts'
import { forgetOwners } from '../jobs/claim.ts'
import { purgeNoncesJob } from '../jobs/purge-nonces.ts'
import { createJobRunner } from '../jobs/runner.ts'
import { keypairTaskJob } from '../keypairs/tasks/job.ts'
import { hostLookJob } from '../keypairs/tasks/settle.ts'
import { keyWorkJob } from '../kms/job.ts'
import { createVersionUses } from '../kms/uses.ts'
import { acts } from '../operations/acts.ts'
import { failureWriter } from '../operations/keyward/failed-authentications.ts'
import { applyAtStart } from '../operations/keyward/start.ts'
import { markPasser } from '../operations/kms/count-uses.ts'
import { keyActs } from '../operations/kms/due-acts.ts'
import { taskEnder } from '../operations/kps/end-task.ts'
import { hostSettler } from '../operations/kps/settle-host.ts'
import { taskStarter } from '../operations/kps/task-starter.ts'
import { secretDestroyer } from '../operations/secrets/due-acts.ts'
import { rotationActsBy } from '../operations/secrets/rotation-acts.ts'
import { runActs } from '../pipeline/act.ts'
import type { Diagnosis } from '../pipeline/diagnosis.ts'
import { createPipeline } from '../pipeline/pipeline.ts'
import { secretWorkJob } from '../secrets/due.ts'
import { LEASE, rotationJob } from '../secrets/rotation/job.ts'
import type { OnRotationStep } from '../secrets/rotation/steps.ts'
import { absenceText, isDatabaseAway } from '../store/errors.ts'
import { LOOK_TOO_LONG } from '../store/look.ts'
import { openStore } from '../store/open.ts'
import { createRevisionCache } from '../store/revision-cache.ts'
import { alibabaBindings } from '../wire/alibaba/bindings.ts'
import { createAlibabaWire } from '../wire/alibaba/wire.ts'
import { type AuthenticationFailure, describeDefect } from '../wire/exchange.ts'
import { createHttpServer } from '../wire/http.ts'
import { huaweiBindings } from '../wire/huawei/bindings.ts'
import { createHuaweiWire } from '../wire/huawei/wire.ts'
import { announceRestore } from './announce-restore.ts'
import { auditJobs } from './audit-jobs.ts'
import { CLOCK_DOUBTED, openClock } from './clock.ts'
import {
  makeDataFolder,
  nameEndpoint,
  type RootCredentials,
  removeEndpoint,
  writeEndpoint,
} from './credentials.ts'
import { watchDatabase } from './database-watch.ts'
import { makeFirstWorld } from './first-start.ts'
import { carryOver } from './keyring/carry-over.ts'
import { openKeyring } from './keyring/open.ts'
import { rootKeyRotation } from './keyring/rotate.ts'
import { missingFolders, noteFiles, removeEmpty } from './leftovers.ts'
import type { Log } from './log.ts'
import { listenForMetrics } from './metrics/listener.ts'
import { createMetrics } from './metrics/metrics.ts'
import { accessLog, observerOf } from './observe.ts'
import { assertCanListen } from './probe.ts'
import { createRefusalLog } from './refusal-log.ts'
import type { Settings } from './settings.ts'
import { type Address, isEveryAddress } from './settings-address.ts'
import { applyWorldFile } from './start-apply.ts'
import { assertNotLost, assertWhole } from './start-check.ts'
import { loadTls } from './tls.ts'
import { keepTls, tlsState } from './tls-reload.ts'
import { createCauseLog } from './unavailable-log.ts'
import { serverVersion } from './version.ts'
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

/** How long a call waits for the rotation that it began, and a start for those that were left; milliseconds. */
const LONGEST_ANSWER = 15_000
/** Longer than a process that died may keep the job of rotations. */
const LONGEST_CATCH_UP = LEASE + 10_000

/** What is undone, last first, when the service stops or does not start. */
type Undo = () => Promise<unknown>

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
  const folders = missingFolders(settings)
  let ready = false
  undo.push(async () => ready || removeEmpty(folders))
  makeDataFolder(settings.data)
  const file = settings.database.kind === 'sqlite' ? settings.database.path : undefined
  if (file !== undefined) assertNotLost(settings.data, file)
  const store = await openStore(databaseUrl(settings), { onNotice: (message) => log.warn(message) })
  const leftovers = noteFiles(settings)
  undo.push(async () => {
    const discard = !ready && store.fresh === true
    if (discard) leftovers.removeFiles()
    await store.close({ discard })
  })
  await assertWhole(store, file)
  store.damage?.onFound(({ problem }) =>
    log.fatal(problem, 'the database is damaged: every call is refused from now on'),
  )
  const ring = await openKeyring({ store, path: settings.rootKey, log, onMade: leftovers.madeRootKey })
  undo.push(() => ring.close())
  const { keyring } = ring
  await carryOver({ store, ring, log, now: Date.now })
  const clock = await openClock(settings, store, log)
  undo.push(async () => clock.watch.close())
  const cache = createRevisionCache({
    store,
    clock,
    onChange(error) {
      if (error === undefined) log.info('the database answers again')
      else if (!store.damage?.found) log.error(...describeAbsence(error))
    },
    ...(metrics ? { onLook: metrics.onLook } : {}),
  })
  undo.push(() => cache.close())
  const audit = await createAuditLog({
    store,
    clock,
    sealKeys: keyring,
    chainId: store.kind === 'sqlite' ? 'main' : randomUUID(),
    log: (level, message, detail) => log[level](detail ?? {}, message),
    ...(metrics ? { onBatch: metrics.onBatch } : {}),
  })
  undo.push(() => audit.close())
  const directory = createDirectory({ store, cache, keyring, clock })
  const asymmetric = createAsymmetric()
  undo.push(() => asymmetric.close())
  const versionUses = createVersionUses({
    store,
    pass: (mark) => markPasser(run)(mark),
    onNear: (near) => log.warn({ ...near }, 'a key version nears the end of what it may encrypt'),
    onError: (error) => log.error(describeDefect(error), 'uses of key versions could not be counted'),
  })
  undo.push(() => versionUses.close())
  const lastUsed = createLastUsed({ store, clock })
  undo.push(() => lastUsed.close())
  const refusals = createRefusalLog(log)
  undo.push(async () => refusals.close())
  const pipeline = createPipeline({
    ...(observer ? { observer } : {}),
    onRefused: refusals.note,
    ...(onDenied ? { onDenied } : {}),
    onUse: lastUsed.note,
    onBegun: (job) => jobs.wake(job),
    store,
    cache,
    audit,
    clock,
    keyring,
    versionUses,
    secretRotations: { settled: (id) => rotations.settled(id, LONGEST_ANSWER) },
    dueWork: {
      async done() {
        await jobs.settle(LONGEST_ANSWER)
        await rotations.idle(LONGEST_ANSWER)
      },
    },
    rootKeyRotation: rootKeyRotation(ring, settings.rootKey),
    asymmetric,
    regions: settings.regions,
    strictDependencies: settings.strictDependencies,
    cloudDefaultPolicy: settings.cloudDefaultPolicy,
    findLayers: (caller, check) => directory.layersFor(caller, check.language, check.owner),
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
  const restored = await announceRestore({ store, run, operator: directory.operator })
  if (restored) log.warn({ ...restored }, 'this database was put back from a backup: the audit says so')
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
  const jobs = createJobRunner({
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
      hostLookJob({ store, settleSeen: hostSettler(run) }),
      ...kept.jobs,
    ],
    onError(job, error) {
      // Said once, by who looks at the database all the time; not a line a second.
      if (isDatabaseAway(error)) log.debug({ job, ...describeDefect(error) }, 'a job waits for the database')
      else log.error({ job, ...describeDefect(error) }, 'a job failed')
    },
  })
  undo.push(() => jobs.close())
  undo.push(() => keypairTasks.stop())
  undo.push(() => rotations.stop())
  const failures = createFailureCounter({ write: failureWriter(run) })
  undo.push(() => failures.close())

  const tls = given ?? (await loadTls(settings, log))
  const wireParts = {
    findAccessKey: directory.findAccessKey,
    pipeline,
    clock,
    log,
    onAuthenticationFailure({ wire, requestId, code, accessKeyId, source }: AuthenticationFailure) {
      metrics?.calls.authenticationFailed(wire, code)
      refusals.note(code)
      failures.count({
        requestId,
        code: `${wire}: ${code}`,
        source,
        ...(accessKeyId ? { accessKeyId } : {}),
      })
    },
  }
  const http = createHttpServer({
    wires: [
      createAlibabaWire({
        ...wireParts,
        bindings: alibabaBindings,
        region: settings.regions.alibaba,
        hostId: settings.listen.host,
      }),
      createHuaweiWire({ ...wireParts, bindings: huaweiBindings }),
    ],
    ...(tls ? { tls } : {}),
    ...(observer ? { observer } : {}),
    trustedProxies: settings.trustedProxies,
    log,
    clock,
    health: {
      live: () => true,
      ready() {
        if (!ready) return 'starting'
        if (store.damage?.found) return 'the database is damaged'
        try {
          cache.assertFresh()
          audit.assertWritable()
          return true
        } catch {
          return 'the database does not answer'
        }
      },
      doubts: () => (clock.watch.doubted ? [CLOCK_DOUBTED] : []),
    },
  })
  let shown = tls?.cert
  const certificate = keepTls(settings, {
    log,
    since,
    use(pair) {
      http.useTls(pair)
      shown = pair.cert
    },
  })
  undo.push(() => certificate.close())

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
  await rotations.catchUp(jobs.runDue, LONGEST_CATCH_UP)
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
      certificate: () => shown,
      auditSink: kept.sink?.name,
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
    reload: certificate.reload,
    async close() {
      await stop()
      log.info('stopped')
    },
  }
}

function urlAt({ tls, listen }: Settings, port: number): string {
  return addressAt(tls ? 'https' : 'http', listen, port)
}

function addressAt(scheme: string, { host }: Address, port: number): string {
  // No client can call all addresses: on this machine, the loopback one is theirs.
  const known = !isEveryAddress({ host, port }) ? host : isIPv6(host) ? '::1' : '127.0.0.1'
  return `${scheme}://${isIPv6(known) ? `[${known}]` : known}:${port}`
}

/** A database that does not answer, in plain words: its own or the network's, which name no input. */
function describeAbsence(error: unknown): [Record<string, unknown>, string] {
  const words = absenceText(error)
  if (words !== undefined) return [{}, words]
  if (error instanceof Error && error.message === LOOK_TOO_LONG)
    return [{}, `the database does not answer: ${LOOK_TOO_LONG}`]
  return [{ ...describeDefect(error) }, 'the database does not answer']
}

function databaseUrl({ database }: Settings): string {
  return database.kind === 'sqlite' ? `sqlite:${database.path}` : database.url
}
