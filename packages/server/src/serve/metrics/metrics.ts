import { X509Certificate } from 'node:crypto'
import type { AuditLoad } from '../../audit/audit.ts'
import type { Clock } from '../../base/clock.ts'
import type { Asymmetric } from '../../crypto/pool/asymmetric.ts'
import type { ClockWatch } from '../../store/clock/watch.ts'
import type { RevisionCache, Store } from '../../store/store.ts'
import { serverVersion } from '../version.ts'
import { type CallCounter, createCallCounter } from './calls.ts'
import { createFigures, type Figures } from './figures.ts'
import { createHistogram } from './histogram.ts'
import { createRegistry, type MetricsText } from './registry.ts'
import { histogramSamples, one, type Sample } from './samples.ts'

/** Whom the metrics ask; all of it is there once the service runs. */
export interface MetricsParts {
  readonly store: Pick<Store, 'read' | 'kind'>
  readonly clock: Clock
  readonly watch: Pick<ClockWatch, 'doubted'>
  readonly cache: Pick<RevisionCache, 'lastLook'>
  readonly audit: { readonly load: AuditLoad }
  readonly asymmetric: Pick<Asymmetric, 'load'>
  readonly http: { readonly inFlight: number }
  /** Name of the audit's sink, where there is one. */
  readonly auditSink: string | undefined
  /** The certificate that is shown now, PEM. */
  readonly certificate: () => string | undefined
}

/** Counts from the start on, in plain numbers; the text is put together when somebody asks. */
export interface Metrics {
  readonly calls: CallCounter
  onBatch(milliseconds: number, entries: number): void
  onLook(milliseconds: number, succeeded: boolean): void
  text(parts: MetricsParts): MetricsText
}

const DAY = 86_400_000

export function createMetrics(): Metrics {
  const calls = createCallCounter()
  const syncs = createHistogram()
  const looks = createHistogram()
  let entries = 0
  const looked = { good: 0, failed: 0 }
  return Object.freeze<Metrics>({
    calls,
    onBatch(milliseconds, count) {
      syncs.note(milliseconds)
      entries += count
    },
    onLook(milliseconds, succeeded) {
      looks.note(milliseconds)
      looked[succeeded ? 'good' : 'failed'] += 1
    },
    text(parts) {
      const { store, clock, cache, audit, asymmetric } = parts
      const figures = createFigures(store, clock, parts.auditSink)
      const ofFigures = async (read: (figures: Figures) => readonly Sample[]) => {
        const found = await figures()
        return found ? read(found) : []
      }
      const days = (at: number | undefined, now: number) => (at === undefined ? [] : one((at - now) / DAY))
      return createRegistry({
        keyward_calls_total: calls.calls,
        keyward_http_answers_total: calls.answers,
        keyward_call_seconds: calls.seconds,
        keyward_call_part_seconds: calls.partSeconds,
        keyward_denials_total: calls.denials,
        keyward_authentication_failures_total: calls.authenticationFailures,
        keyward_requests_in_flight: () => one(parts.http.inFlight),
        keyward_audit_waiting: () => one(audit.load.waiting),
        keyward_audit_unchained: () => one(audit.load.unchained),
        keyward_audit_writable: () => one(audit.load.writable ? 1 : 0),
        keyward_audit_entries_total: () => one(entries),
        keyward_audit_sync_seconds: () => histogramSamples('keyward_audit_sync_seconds', {}, syncs),
        keyward_audit_sink_waiting: () =>
          ofFigures(({ sinkWaiting }) => (sinkWaiting === undefined ? [] : one(sinkWaiting))),
        keyward_cache_looks_total: () => byLabel('outcome', looked),
        keyward_cache_look_seconds: () => histogramSamples('keyward_cache_look_seconds', {}, looks),
        keyward_cache_age_seconds: () => one((clock.monotonic() - cache.lastLook) / 1000),
        keyward_pool_jobs: () => {
          const { running, waiting } = asymmetric.load
          return byLabel('state', { running, waiting })
        },
        keyward_pool_threads: () => one(asymmetric.load.threads),
        keyward_database_up: async () => one((await figures()) ? 1 : 0),
        keyward_clock_trusted: () => one(parts.watch.doubted ? 0 : 1),
        keyward_keys: () => ofFigures(({ keys }) => byLabel('state', keys)),
        keyward_key_material_days_left: () =>
          ofFigures(({ materialExpiresAt }) => days(materialExpiresAt, clock.now())),
        keyward_key_rotations_overdue: () => ofFigures(({ rotationsOverdue }) => one(rotationsOverdue)),
        keyward_secret_rotations: () => ofFigures(({ secretRotations }) => byLabel('state', secretRotations)),
        keyward_keypair_tasks: () => ofFigures(({ tasks }) => byLabel('state', tasks)),
        keyward_keypair_tasks_failed_last_day: () =>
          ofFigures(({ tasksFailedLastDay }) => one(tasksFailedLastDay)),
        // Certificates end by the wall clock: a test clock moves none.
        keyward_tls_certificate_days_left: () => days(endOf(parts.certificate()), Date.now()),
        keyward_build_info: () => [{ labels: { version: serverVersion, database: store.kind }, value: 1 }],
      })
    },
  })
}

function byLabel(name: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([label, value]) => ({ labels: { [name]: label }, value }))
}

function endOf(certificate: string | undefined): number | undefined {
  return certificate === undefined ? undefined : new X509Certificate(certificate).validToDate.getTime()
}
