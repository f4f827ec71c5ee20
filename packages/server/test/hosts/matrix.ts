import { parseArgs } from 'node:util'
import { noMachine, startMachine } from '../../src/keypairs/hosts/testing/machine.ts'
import {
  CASES,
  FAULTLESS,
  matrixCase,
  nameOf,
  runMatrixCase,
} from '../../src/keypairs/hosts/testing/matrix.ts'

// npm run test:hosts: the matrix of hosts over real sshd. First every case without a fault, then those with one, in an order
// that a seed shuffles; until all are done, or as many as were asked for.

const { values } = parseArgs({
  options: {
    cases: { type: 'string' },
    faultless: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    workers: { type: 'string', default: '4' },
  },
})
if (noMachine) {
  console.error(`keyward: no matrix here: ${noMachine}`)
  process.exit(1)
}

/** Numbers below a bound, each once, in an order of the seed. */
function* shuffled(bound: number, seed: number): Generator<number> {
  // A step without a common divisor goes through all of them.
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
  let step = Math.floor(bound * 0.618) + seed * 2
  while (gcd(step, bound) !== 1) step += 1
  for (let i = 0, at = seed % bound; i < bound; i += 1, at = (at + step) % bound) yield at
}

function* numbers(): Generator<number> {
  if (values.only !== undefined) {
    yield* values.only.split(',').map(Number)
    return
  }
  const seed = Number(values.seed)
  let first = Number(values.faultless ?? FAULTLESS)
  for (const number of shuffled(FAULTLESS, seed)) if (first-- > 0) yield number
  let rest = Number(values.cases ?? CASES - FAULTLESS)
  for (const number of shuffled(CASES - FAULTLESS, seed)) if (rest-- > 0) yield FAULTLESS + number
}

/** A case that does not end is broken, too. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not end')), 180_000)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

const all = numbers()
const ends = new Map<string, number>()
const broken: string[] = []
const stopAt = values.seconds === undefined ? Infinity : performance.now() + Number(values.seconds) * 1000
const began = performance.now()
let done = 0

async function work(): Promise<void> {
  const machine = await startMachine([{ name: 'root', uid: 0 }])
  try {
    for (const number of all) {
      const one = matrixCase(number)
      const result = await inTime(runMatrixCase(machine, one)).catch((error) => ({
        end: 'error',
        broken: String(error),
      }))
      ends.set(result.end, (ends.get(result.end) ?? 0) + 1)
      done += 1
      if (result.broken) {
        broken.push(`${number} ${nameOf(one)}: ${result.broken}`)
        console.log(broken.at(-1))
      }
      if (values.only !== undefined) console.log(number, nameOf(one), result)
      if (performance.now() > stopAt) break
    }
  } finally {
    await machine.stop()
  }
}

await Promise.all(Array.from({ length: Number(values.workers) }, work))
const seconds = Math.round((performance.now() - began) / 1000)
console.log(
  `${done} of ${CASES} cases (${FAULTLESS} without a fault) in ${seconds} s, ${broken.length} broken`,
)
for (const [end, count] of [...ends].sort(([, a], [, b]) => b - a))
  console.log(`  ${String(count).padStart(6)} ${end}`)
process.exit(broken.length > 0 ? 1 : 0)
