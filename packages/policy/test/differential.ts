import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { evaluateCase, type PolicyCase } from '../src/index.ts'
import { cases } from './generate/case.ts'
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

/** Runs random cases through both evaluators. Ends at the first batch with a mismatch, which is made small. */
export function differential(
  count: number,
  seed: number,
  progress?: (done: number) => void,
): DifferentialResult {
  const reasons: Record<string, number> = {}
  const batch = 10_000
  for (let done = 0; done < count; done += batch) {
    let found: { entry: PlainCase; why: string } | undefined
    const property = fc.property(cases, (entry) => {
      const why = difference(entry)
      if (why === undefined) {
        const { reason, layer } = evaluatePlainly(entry)
        reasons[`${reason} ${layer}`] = (reasons[`${reason} ${layer}`] ?? 0) + 1
        return true
      }
      found = { entry, why }
      return false
    })
    fc.check(property, { seed: seed + done / batch, numRuns: Math.min(batch, count - done) })
    if (found) return { cases: done, allowed: 0, reasons, mismatches: [found] }
    progress?.(Math.min(done + batch, count))
  }
  const allowed = Object.entries(reasons).reduce(
    (sum, [name, n]) => sum + (name.startsWith('Allowed') ? n : 0),
    0,
  )
  return { cases: count, allowed, reasons, mismatches: [] }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: '2000000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      keep: { type: 'string' },
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
  for (const { entry, why } of result.mismatches) {
    console.log(why)
    console.log(JSON.stringify(entry, null, 2))
    if (values.keep) writeFileSync(values.keep, `${JSON.stringify([entry], null, 2)}\n`)
    process.exitCode = 1
  }
  if (result.mismatches.length === 0) console.log(`${result.cases} cases decided alike`)
}
