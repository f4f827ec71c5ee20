// `npm run bench [-- ROUNDS]`: one table, every figure beside the floor that was measured in the same rounds.
import { encryptBench } from './encrypt.ts'
import { printTable } from './table.ts'

const rounds = Number(process.argv[2] ?? 7)
process.stdout.write(`node ${process.version}, 64 connections, ${rounds} rounds of 2 s each, interleaved\n\n`)
printTable(await encryptBench(rounds))
