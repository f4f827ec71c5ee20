import { createFailureCounter } from '../audit/failures.ts'
import type { CallObserver } from '../base/call-watch.ts'
import { failureWriter } from '../operations/keyward/failed-authentications.ts'
import type { RunAct } from '../pipeline/act.ts'
import type { Pipeline } from '../pipeline/answer.ts'
import { alibabaBindings } from '../wire/alibaba/bindings.ts'
import { createAlibabaWire } from '../wire/alibaba/wire.ts'
import type { AuthenticationFailure } from '../wire/exchange.ts'
import { createHttpServer } from '../wire/http.ts'
import { huaweiBindings } from '../wire/huawei/bindings.ts'
import { createHuaweiWire } from '../wire/huawei/wire.ts'
import { CLOCK_DOUBTED } from './clock.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { RefusalLog } from './refusal-log.ts'
import type { Resources, Undo } from './resources.ts'
import type { Settings } from './settings.ts'
import { loadTls, type TlsMaterial } from './tls.ts'
import { keepTls } from './tls-reload.ts'

export interface WireParts {
  readonly settings: Settings
  readonly log: Log
  readonly metrics: Metrics | undefined
  readonly observer: CallObserver | undefined
  readonly refusals: RefusalLog
  readonly resources: Resources
  readonly pipeline: Pipeline
  readonly run: RunAct
  /** The certificate, where it was read before anything was made, and the state of its files then. */
  readonly given: TlsMaterial | undefined
  readonly since: string
  readonly isReady: () => boolean
  readonly undo: Undo[]
}

/** Makes the HTTP server with its wires, health and certificate. It does not listen yet. */
export async function createWires(parts: WireParts) {
  const { settings, log, metrics, observer, refusals, resources, pipeline, run, isReady, undo } = parts
  const { store, clock, cache, audit, directory } = resources
  const failures = createFailureCounter({ write: failureWriter(run) })
  undo.push(() => failures.close())
  const tls = parts.given ?? (await loadTls(settings, log))
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
      async ready() {
        if (!isReady()) return 'starting'
        if (store.damage?.found) return 'the database is damaged'
        try {
          await cache.whenFresh()
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
    since: parts.since,
    use(pair) {
      http.useTls(pair)
      shown = pair.cert
    },
  })
  undo.push(() => certificate.close())
  return { http, reload: certificate.reload, certificate: () => shown }
}
