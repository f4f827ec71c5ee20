import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import { type MetricName, metricRows } from './rows.ts'
import type { Sample } from './samples.ts'

/** How each metric is read, when somebody asks. */
export type Readers = Readonly<Record<MetricName, () => readonly Sample[] | Promise<readonly Sample[]>>>

export interface MetricsText {
  readonly contentType: string
  text(): Promise<string>
  close(): void
}

/**
 * The metrics of the table and those of the process, as text. Nothing is counted here: the registry asks whoever counts in
 * plain numbers, so that a call pays for no label.
 */
export function createRegistry(readers: Readers): MetricsText {
  const registry = new Registry()
  for (const { name, type, help } of metricRows) {
    const metric = {
      name,
      help,
      type,
      get: async () => ({ name, help, type, values: await readers[name]() }),
    }
    // The registry asks a metric for nothing but this; its own ones would count a second time.
    registry.registerMetric(metric as unknown as Metric)
  }
  collectDefaultMetrics({ register: registry })
  return { contentType: registry.contentType, text: () => registry.metrics(), close: () => registry.clear() }
}
