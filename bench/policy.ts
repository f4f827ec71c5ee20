// `npm run bench:policy [-- ROUNDS]`: decisions beside Cedar and CASL, on one workload, in interleaved rounds of one run.
import { getHeapStatistics } from 'node:v8'
import { type Contender, cpuMs, prepareSize, type Size } from './policy-size.ts'
import { printColumns } from './policy-table.ts'
import { median, quantile } from './table.ts'

const ROUND_MS = 200
const PART_MS = 60
const LATENCY_MS = 40
const SIZES = [10, 100, 1000, 10_000]

const rounds = Number(process.argv[2] ?? 7)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('the number of rounds is a whole number from 1')

interface Measured {
  readonly rates: number[]
  readonly latencies: number[]
}

process.stdout.write(
  `node ${process.version}, one thread, ${rounds} rounds of ${ROUND_MS} ms of CPU, interleaved\n`,
)
const sizes = SIZES.map((statements) => prepareSize(statements))
const seen = new Map<Contender, Measured>()
for (let round = 0; round <= rounds; round++) {
  for (const { contenders } of sizes) {
    for (const contender of contenders) {
      const known = seen.get(contender) ?? { rates: [], latencies: [] }
      seen.set(contender, known)
      const rate = decisionsPerSecond(contender)
      const latencies = eachCall(contender)
      if (round === 0) continue
      known.rates.push(rate)
      known.latencies.push(...latencies)
    }
  }
}
for (const { statements, requests, leftOut, contenders } of sizes) {
  const cedar = contenders.find(({ name }) => name.startsWith('cedar'))!
  process.stdout.write(
    `${statements} statements: ${requests} requests, 60 % allowed, ${leftOut} candidates left out; ` +
      `${cedar.checked} of them checked and timed with Cedar\n`,
  )
}
process.stdout.write('\n')
printColumns(
  ['statements', '', 'decisions/s', 'min..max', 'p50 us', 'p99 us', 'keyward is', 'min..max'],
  sizes.flatMap(rateLines),
)
process.stdout.write('\n')
printColumns(
  [
    'statements',
    '',
    'parse ms',
    'build ms',
    'every action once ms',
    'heap KB',
    'process KB',
    'bytes allocated a decision',
  ],
  sizes.flatMap(buildLines),
)
process.stdout.write('\n')
const first = ratesOf(sizes[0]!, 'keyward, all layers')
const last = ratesOf(sizes.at(-1)!, 'keyward, all layers')
process.stdout.write(`rate at 10000 over rate at 10: ${spread(last.map((rate, i) => rate / first[i]!))}\n`)
for (const size of sizes) whereTimeGoes(size)

/** Decisions a second of CPU. The clock is looked at about once a millisecond, or after each call of what is slower. */
function decisionsPerSecond({ allows, checked, buildMs }: Contender): number {
  const single = cpuMs()
  for (let i = 0; i < Math.min(checked, 10); i++) allows(i)
  const batch = Math.max(1, Math.min(1000, Math.floor(10 / (cpuMs() - single))))
  const milliseconds = buildMs === undefined ? PART_MS : ROUND_MS
  const start = cpuMs()
  let done = 0
  let index = 0
  do {
    for (let i = 0; i < batch; i++) {
      allows(index)
      index = index + 1 === checked ? 0 : index + 1
    }
    done += batch
  } while (cpuMs() - start < milliseconds)
  return (done * 1000) / (cpuMs() - start)
}

/** Microseconds of each of a number of calls, the clock itself in it. */
function eachCall({ allows, checked }: Contender): readonly number[] {
  const latencies: number[] = []
  const end = performance.now() + LATENCY_MS
  for (let index = 0; latencies.length < checked; index++) {
    const start = performance.now()
    allows(index)
    const now = performance.now()
    latencies.push((now - start) * 1000)
    if (now > end) break
  }
  return latencies
}

function ratesOf({ contenders }: Size, name: string): readonly number[] {
  return seen.get(contenders.find((one) => one.name === name)!)!.rates
}

function rateLines(size: Size): readonly (readonly string[])[] {
  const ours = ratesOf(size, 'keyward, all layers')
  return size.contenders.slice(0, 5).map((contender) => {
    const { rates, latencies } = seen.get(contender)!
    const sorted = Float64Array.from(latencies).sort()
    const ratios = ours.map((rate, i) => rate / rates[i]!)
    return [
      String(size.statements),
      contender.name,
      median(rates).toFixed(0),
      `${Math.min(...rates).toFixed(0)}..${Math.max(...rates).toFixed(0)}`,
      quantile(sorted, 0.5).toPrecision(3),
      quantile(sorted, 0.99).toPrecision(3),
      contender.name === 'keyward, all layers' ? '' : `${short(median(ratios))} times`,
      contender.name === 'keyward, all layers'
        ? ''
        : `${short(Math.min(...ratios))}..${short(Math.max(...ratios))}`,
    ]
  })
}

function buildLines(size: Size): readonly (readonly string[])[] {
  return size.contenders
    .slice(0, 3)
    .map((contender, index) => [
      String(size.statements),
      contender.name,
      index === 0 ? size.parseMs.toFixed(1) : '',
      contender.buildMs!.toFixed(2),
      contender.firstMs!.toFixed(2),
      (contender.heap! / 1024).toFixed(0),
      (contender.resident! / 1024).toFixed(0),
      index === 0 ? allocatedPerCall(contender).toFixed(0) : '',
    ])
}

function allocatedPerCall({ allows, checked }: Contender): number {
  const calls = 200_000
  const before = allocated()
  for (let i = 0; i < calls; i++) allows(i % checked)
  return (allocated() - before) / calls
}

function allocated(): number {
  return (getHeapStatistics() as unknown as { total_allocated_bytes: number }).total_allocated_bytes
}

/** Each part as what it adds to the ones before it. */
function whereTimeGoes(size: Size): void {
  const nanoseconds = (name: string) => 1e9 / median(ratesOf(size, name))
  const steps: readonly (readonly [what: string, until: string])[] = [
    ['reading the request', 'reading the request'],
    ['the identity policies', 'bare, identity only'],
    ['the other four sets', 'keyward, bare yes or no'],
    ['what decided', 'keyward, all layers'],
  ]
  let before = 0
  const parts = steps.map(([what, until]) => {
    const now = nanoseconds(until)
    const part = `${what} ${(now - before).toFixed(0)}`
    before = now
    return part
  })
  const whole = ratesOf(size, 'keyward, all layers')
  const bare = ratesOf(size, 'keyward, bare yes or no')
  process.stdout.write(
    `${size.statements} statements: ${before.toFixed(0)} ns a decision (${parts.join(', ')}); ` +
      `what decided costs ${spread(bare.map((rate, i) => rate / whole[i]!))} times a bare yes or no\n`,
  )
}

function short(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0)
}

function spread(values: readonly number[]): string {
  return `${short(median(values))} (${short(Math.min(...values))}..${short(Math.max(...values))})`
}
