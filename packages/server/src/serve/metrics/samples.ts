import type { Histogram } from './histogram.ts'

/** One line of a metric. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** Of a line of a histogram: the name of the metric with its ending. */
  readonly metricName?: string
}

/** The lines of a histogram, as Prometheus wants them. */
export function histogramSamples(
  name: string,
  labels: Readonly<Record<string, string>>,
  histogram: Histogram,
): readonly Sample[] {
  const { buckets, sum, count } = histogram.read()
  return [
    ...buckets.map(([bound, value]) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound) },
      value,
    })),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}

export const one = (value: number): readonly Sample[] => [{ labels: {}, value }]
