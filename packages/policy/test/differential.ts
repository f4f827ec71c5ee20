import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { evaluateCase, type PolicyCase } from '../src/index.ts'
import { cases as randomCases } from './generate/case.ts'
import { evaluatePlainly, type PlainCase } from './reference-evaluator/evaluate.ts'

/** What both evaluators say of a case, where they differ. */
export function difference(entry: PlainCase): string | undefined {
  const outcome = evaluateCase(entry as PolicyCase)
  if (outcome.refused.length > 0) return `refused: ${JSON.stringify(outcome.refused)}`
  const { allowed, reason, layer, level, organizationOf } = outcome.by!
  const ours = { decision: allowed ? 'Allow' : 'Deny', reason, layer, level, organizationOf }
  const theirs = evaluatePlainly(entry)
  for (const part of ['decision', 'reason', 'layer', 'level', 'organizationOf'] as const) {
    if (ours[part] !== theirs[part])
      return `engine ${JSON.stringify(ours)}, reference ${JSON.stringify(theirs)}`
  }
  return undefined
}

export interface DifferentialResult {
  readonly cases: number
  readonly allowed: number
  readonly reasons: Readonly<Record<string, number>>
  readonly mismatches: readonly { readonly entry: PlainCase; readonly why: string }[]
}

/** Runs random cases through both evaluators. The first mismatch of each batch is made small and kept; on it goes. */
export function differential(
  count: number,
  seed: number,
  progress?: (done: number) => void,
): DifferentialResult {
  const reasons: Record<string, number> = {}
  const mismatches: { entry: PlainCase; why: string }[] = []
  const batch = 10_000
  let cases = 0
  for (let done = 0; done < count; done += batch) {
    let found: { entry: PlainCase; why: string } | undefined
    const property = fc.property(randomCases, (entry) => {
      const why = difference(entry)
      if (why === undefined) {
        // What is tried while a mismatch is made small is no case of the run.
        if (found) return true
        const { reason, layer } = evaluatePlainly(entry)
        reasons[`${reason} ${layer}`] = (reasons[`${reason} ${layer}`] ?? 0) + 1
        cases++
        return true
      }
      found = { entry, why }
      return false
    })
    fc.check(property, { seed: seed + done / batch, numRuns: Math.min(batch, count - done) })
    if (found) mismatches.push(found)
    progress?.(cases)
  }
  const allowed = Object.entries(reasons).reduce(
    (sum, [name, n]) => sum + (name.startsWith('Allowed') ? n : 0),
    0,
  )
  return { cases, allowed, reasons, mismatches }
}

/**
 * Writes every mismatch as a case file that the tests run from then on, expecting what the reference evaluator says:
 * where that is what is wrong, the case has to be put right by hand.
 */
export function keepMismatches(
  { mismatches }: DifferentialResult,
  seed: number,
  folder: URL,
): readonly URL[] {
  return mismatches.map(({ entry, why }, index) => {
    const { decision, reason } = evaluatePlainly(entry)
    const name = `mismatch ${index} of seed ${seed}: ${why}`
    mkdirSync(new URL(`${entry.language}/`, folder), { recursive: true })
    const file = new URL(`${entry.language}/mismatch-${seed}-${index}.json`, folder)
    writeFileSync(file, `${JSON.stringify([{ name, ...entry, expect: decision, reason }], null, 2)}\n`)
    return file
  })
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '2000000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    },
  })
  const count = Number(values.cases)
  const seed = Number(values.seed)
  console.log(`${count} cases, seed ${seed}`)
  const began = performance.now()
  const result = differential(count, seed, (done) => {
    if (done % 100_000 === 0) console.log(`${done} alike`)
  })
  console.log(result.reasons, `${Math.round((performance.now() - began) / 1000)} s`)
  const kept = keepMismatches(result, seed, new URL('../cases/', import.meta.url))
  for (const [index, { why }] of result.mismatches.entries()) {
    console.log(why)
    console.log(`kept as ${fileURLToPath(kept[index]!)}`)
    process.exitCode = 1
  }
  console.log(`seed ${seed}: ${result.cases} cases decided alike, ${kept.length} mismatches`)
}
