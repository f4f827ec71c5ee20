// `npm run bench [-- ROUNDS]`: every figure beside the floor that was measured in the same rounds.
import { describeKeyUnderSigning } from './latency.ts'
import { rates } from './rates.ts'
import { printTable } from './table.ts'

const rounds = Number(process.argv[2] ?? 7)
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('the number of rounds is a whole number from 1')
process.stdout.write(`node ${process.version}, 64 connections, ${rounds} rounds of 2 s each, interleaved\n`)
process.stdout.write('signed (ACS3), decided, audit entry durable on SQLite before the answer\n\n')
printTable(await rates(rounds))
const { busy, idle, ratio, signatures } = await describeKeyUnderSigning(rounds)
process.stdout.write(
  `\nDescribeKey, 4 connections: idle p50 ${idle.p50.toFixed(2)} ms, p99 ${idle.p99.toFixed(2)} ms; while ` +
    `RSA_4096 signs ${signatures.toFixed(0)} a second: p50 ${busy.p50.toFixed(2)} ms (${ratio.p50.toFixed(1)} times), ` +
    `p99 ${busy.p99.toFixed(2)} ms (${ratio.p99.toFixed(1)} times)\n`,
)
