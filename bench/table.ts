/** One line of the table. Rates a second, latencies in milliseconds, CPU in microseconds a request. */
export interface Row {
  readonly name: string
  readonly rate: number
  readonly lowest: number
  readonly highest: number
  readonly p50: number
  readonly p99: number
  readonly cpu: number
  /** To the floor, round by round. */
  readonly ratios: readonly number[]
  /** Latency to the floor's, round by round. */
  readonly p99s: readonly number[]
  /** To the bare operation on one thread, round by round. */
  readonly ofRaw: readonly number[]
  /** To Encrypt, round by round. */
  readonly ofEncrypt: readonly number[]
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

const HEAD = [
  '',
  'req/s',
  'min..max',
  'p50 ms',
  'p99 ms',
  'p99/echo',
  'CPU us',
  'of echo',
  'min..max',
  'of raw',
  'of Encrypt',
]

export function printTable(rows: readonly Row[]): void {
  const lines = rows.map((row) => [
    row.name,
    row.rate.toFixed(0),
    `${row.lowest.toFixed(0)}..${row.highest.toFixed(0)}`,
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    row.p99s.length === 0 ? '1.0' : median(row.p99s).toFixed(1),
    row.cpu.toFixed(1),
    ...ratio(row.ratios),
    row.ofRaw.length === 0 ? '' : median(row.ofRaw).toPrecision(2),
    row.ofEncrypt.length === 0 ? '' : median(row.ofEncrypt).toFixed(2),
  ])
  const widths = HEAD.map((title, i) =>
    Math.max(title.length, ...lines.map((line) => (line[i] as string).length)),
  )
  for (const line of [HEAD, ...lines]) {
    const cells = line.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number),
    )
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`)
  }
}

function ratio(ratios: readonly number[]): readonly [string, string] {
  if (ratios.length === 0) return ['1.00', '']
  return [median(ratios).toFixed(2), `${Math.min(...ratios).toFixed(2)}..${Math.max(...ratios).toFixed(2)}`]
}
