// `npm run bench [-- calls|latency|world|start ...] [--rounds N] [--json]`: every figure beside the floor that was measured
// in the same rounds. docs/benchmarks.md says what each is. Writers: `npm run bench:writers`; CPU a call: `bench:cpu`.
import { parseArgs } from 'node:util'
import { describeKeyUnderSigning } from './latency.ts'
import { rates } from './rates.ts'
import { starts } from './start.ts'
import { printTable, type Row } from './table.ts'
import { worldSizes } from './world-size.ts'

const PARTS = ['calls', 'latency', 'world', 'start'] as const

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' }, json: { type: 'boolean', default: false } },
})
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('the number of rounds is a whole number from 1')
const unknown = positionals.find((name) => !(PARTS as readonly string[]).includes(name))
if (unknown !== undefined) throw new Error(`\`${unknown}\` is none of ${PARTS.join(', ')}`)
const asked = (part: (typeof PARTS)[number]) => positionals.length === 0 || positionals.includes(part)
const say = (line: string) => values.json || process.stdout.write(`${line}\n`)
const figures: Record<string, unknown> = { node: process.version, rounds, at: new Date().toISOString() }

say(`node ${process.version}, 64 connections, ${rounds} rounds, interleaved`)
if (asked('calls')) {
  say('signed (ACS3), decided, audit entry durable on SQLite before the answer; rounds of 2 s\n')
  const seen = await rates(rounds)
  figures.calls = seen
  if (!values.json) printTable(seen.rows as readonly Row[])
  say(
    `\nafter the load: ${seen.memory.toFixed(0)} MB in memory, ${seen.heap.toFixed(0)} MB of them heap after a collection; ` +
      `the echo ${seen.echoMemory.toFixed(0)} MB`,
  )
}
if (asked('latency')) {
  const seen = await describeKeyUnderSigning(rounds)
  const { busy, idle, ratio, signatures } = seen
  figures.describeKeyUnderSigning = seen
  say(
    `\nDescribeKey, 4 connections: idle p50 ${idle.p50.toFixed(2)} ms, p99 ${idle.p99.toFixed(2)} ms; while ` +
      `RSA_4096 signs ${signatures.toFixed(0)} a second: p50 ${busy.p50.toFixed(2)} ms (${ratio.p50.toFixed(1)} times), ` +
      `p99 ${busy.p99.toFixed(2)} ms (${ratio.p99.toFixed(1)} times)`,
  )
}
if (asked('world')) {
  const seen = await worldSizes(rounds)
  figures.worldSize = seen
  say(
    `\nEncrypt, CPU a call: ${seen.small.toFixed(1)} us with one user; with 1,000 users, 2,000 policies and five levels ` +
      `${seen.big.toFixed(1)} us (${seen.ratio.toFixed(2)} times; ${seen.lowest.toFixed(2)}..${seen.highest.toFixed(2)})`,
  )
}
if (asked('start')) {
  const seen = await starts(rounds)
  figures.start = seen
  const milliseconds = ({ empty, full }: { empty: number; full: number }) =>
    `${empty.toFixed(0)} ms empty, ${full.toFixed(0)} ms with 10,000 keys`
  say(
    `\nready: from source ${milliseconds(seen.source)}; ` +
      `${seen.built ? `built ${milliseconds(seen.built)}` : 'built: run `npm run build` first'}; Node alone ${seen.node.toFixed(0)} ms`,
  )
}
if (values.json) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
