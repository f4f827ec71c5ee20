import { auditRetentionJob } from '../audit/retention.ts'
import { fileSink } from '../audit/sink/file.ts'
import { auditSinkJob } from '../audit/sink/job.ts'
import type { AuditSink } from '../audit/sink/sink.ts'
import { syslogSink } from '../audit/sink/syslog.ts'
import type { Clock } from '../base/clock.ts'
import type { Keyring } from '../crypto/keyring.ts'
import type { Job } from '../jobs/job.ts'
import { segmentRemover } from '../operations/keyward/remove-audit-segment.ts'
import type { RunAct } from '../pipeline/act.ts'
import type { Store } from '../store/store.ts'
import type { Log } from './log.ts'
import type { AuditSinkAddress, Settings } from './settings.ts'

interface AuditJobParts {
  readonly settings: Pick<Settings, 'auditSink' | 'auditRetention' | 'auditArchive'>
  readonly store: Store
  readonly clock: Clock
  readonly keyring: Keyring
  readonly run: RunAct
  readonly log: Log
}

/** What the settings ask for the audit: to send it to another system, and to take old entries out of the database. */
export function auditJobs({ settings, store, clock, keyring, run, log }: AuditJobParts): {
  readonly jobs: readonly Job[]
  readonly sink: AuditSink | undefined
} {
  const { auditSink, auditRetention: retention, auditArchive: archive } = settings
  const sink = auditSink && sinkAt(auditSink)
  const jobs: Job[] = []
  if (sink)
    jobs.push(
      auditSinkJob({
        store,
        sealKeys: keyring,
        sink,
        onChange(error) {
          if (error)
            log.error(
              { sink: sink.name, error: error.message },
              'the audit sink does not take entries: they wait',
            )
          else log.info({ sink: sink.name }, 'the audit sink takes entries again')
        },
      }),
    )
  if (retention !== undefined)
    jobs.push(
      auditRetentionJob({
        store,
        sealKeys: keyring,
        clock,
        retention,
        archive,
        ...(sink ? { sink: sink.name } : {}),
        removeIn: segmentRemover(run),
        onRemoved: ({ chain, first, last, file }) =>
          log.info(
            { chain, first, last, file },
            'old entries of the audit left the database for the archive',
          ),
        onAltered: (chain, batch) =>
          log.error(
            { chain, batch },
            'the audit was altered: what follows stays in the database; run `keyward audit verify`',
          ),
      }),
    )
  return { jobs, sink }
}

function sinkAt(address: AuditSinkAddress): AuditSink {
  if (address.kind === 'file') return fileSink(address.path)
  const { url, host, port, tls, ca } = address
  return syslogSink({ name: url, host, port, tls, ...(ca === undefined ? {} : { ca }) })
}
