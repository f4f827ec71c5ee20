/** One line of the table. Rates a second, latencies in milliseconds, CPU in microseconds a request. */
export interface Row {
  readonly name: string
  readonly rate: number
  readonly lowest: number
  readonly highest: number
  readonly p50: number
  readonly p99: number
  readonly cpu: number
  /** To the floor in the same round: the median and every round. */
  readonly ratio?: number
  readonly ratios?: readonly number[]
}

export function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5)
}

/** The value below which a share of the sorted values lies. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function microseconds(seconds: number): number {
  return seconds * 1e6
}

export function printTable(rows: readonly Row[]): void {
  const head = ['', 'req/s', 'min..max', 'p50 ms', 'p99 ms', 'CPU us', 'ratio', 'min..max']
  const lines = rows.map((row) => [
    row.name,
    row.rate.toFixed(0),
    `${row.lowest.toFixed(0)}..${row.highest.toFixed(0)}`,
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    row.cpu.toFixed(1),
    row.ratio?.toFixed(2) ?? '1.00',
    row.ratios ? `${Math.min(...row.ratios).toFixed(2)}..${Math.max(...row.ratios).toFixed(2)}` : '',
  ])
  const widths = head.map((title, i) =>
    Math.max(title.length, ...lines.map((line) => (line[i] as string).length)),
  )
  for (const line of [head, ...lines]) {
    const cells = line.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number),
    )
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
}
