/** One metric, as it is written down for those who read it. */
export interface MetricRow {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly help: string
}

/**
 * Every metric of the service's own. The listener, docs/metrics.md and the test of the dashboard and of the alerts are made
 * from this table. INVARIANT: every label has its values from a closed list: no id, no name of a person or a resource.
 */
export const metricRows = [
  row('keyward_calls_total', 'counter', ['operation', 'outcome', 'wire'], 'Calls that were answered.'),
  row('keyward_http_answers_total', 'counter', ['wire', 'status'], 'Answers by their HTTP status.'),
  row(
    'keyward_call_seconds',
    'histogram',
    ['operation', 'wire'],
    'How long a call took, from its last byte to its answer.',
  ),
  row(
    'keyward_call_part_seconds',
    'histogram',
    ['part'],
    'How long each part of a call took: authenticate, decide, work, commit (the transaction of a write, with its audit entry) and audit (the entry of a call that wrote nothing).',
  ),
  row(
    'keyward_denials_total',
    'counter',
    ['layer', 'reason'],
    'Calls that a policy refused, by the layer that decided and how.',
  ),
  row(
    'keyward_authentication_failures_total',
    'counter',
    ['wire', 'code'],
    'Requests whose signature, key or time was not accepted.',
  ),
  row('keyward_requests_in_flight', 'gauge', [], 'Requests that wait for their answer.'),
  row('keyward_audit_waiting', 'gauge', [], 'Calls that wait for the sync that carries their audit entries.'),
  row(
    'keyward_audit_unchained',
    'gauge',
    [],
    'Audit entries, durable with their effect, that wait to be chained.',
  ),
  row('keyward_audit_writable', 'gauge', [], '1 while the audit can be written; 0: every call is refused.'),
  row('keyward_audit_entries_total', 'counter', [], 'Audit entries that this process has chained.'),
  row(
    'keyward_audit_sync_seconds',
    'histogram',
    [],
    'How long it took until a batch of audit entries was durable.',
  ),
  row(
    'keyward_audit_sink_waiting',
    'gauge',
    [],
    'Batches of audit entries that the sink does not have yet; absent without a sink.',
  ),
  row(
    'keyward_cache_looks_total',
    'counter',
    ['outcome'],
    'Looks at the revisions of the database, which prove the cache.',
  ),
  row('keyward_cache_look_seconds', 'histogram', [], 'How long a look at the revisions took.'),
  row(
    'keyward_cache_age_seconds',
    'gauge',
    [],
    'Age of the last successful look: calls are refused from 1 second on.',
  ),
  row('keyward_pool_jobs', 'gauge', ['state'], 'Work of key pairs in threads: jobs that wait and that run.'),
  row('keyward_pool_threads', 'gauge', [], 'Threads for the work of key pairs.'),
  row('keyward_database_up', 'gauge', [], '1 while the database answers.'),
  row(
    'keyward_clock_trusted',
    'gauge',
    [],
    '1 while the clock is trusted; 0: nothing is destroyed until it is again.',
  ),
  row('keyward_keys', 'gauge', ['state'], 'Keys by their state.'),
  row(
    'keyward_key_material_days_left',
    'gauge',
    [],
    'Days until the first imported key material expires; absent where none does.',
  ),
  row(
    'keyward_key_rotations_overdue',
    'gauge',
    [],
    'Keys whose automatic rotation should have been done an hour ago.',
  ),
  row(
    'keyward_secret_rotations',
    'gauge',
    ['state'],
    'Rotations of secrets that are not at their end: `running`, or `failing` after an attempt that failed.',
  ),
  row('keyward_keypair_tasks', 'gauge', ['state'], 'Tasks on hosts that are not at their end.'),
  row('keyward_keypair_tasks_failed_last_day', 'gauge', [], 'Tasks on hosts that failed within a day.'),
  row(
    'keyward_tls_certificate_days_left',
    'gauge',
    [],
    'Days until the certificate of the service ends; absent without TLS.',
  ),
  row(
    'keyward_build_info',
    'gauge',
    ['version', 'database'],
    'Always 1: the version and the kind of database.',
  ),
] as const satisfies readonly MetricRow[]

export type MetricName = (typeof metricRows)[number]['name']

function row<const N extends string>(
  name: N,
  type: MetricRow['type'],
  labels: readonly string[],
  help: string,
): MetricRow & { readonly name: N } {
  return { name, type, labels, help }
}
