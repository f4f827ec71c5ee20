import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { evaluateCase, explain, type PolicyCase, prepareCase } from '../src/index.ts'
import { evaluatePlainly, type PlainCase } from './reference-evaluator/evaluate.ts'

const folder = new URL('../cases/', import.meta.url)

describe.each(['ram', 'iam'])('%s', (language) => {
  for (const file of readdirSync(new URL(`${language}/`, folder))) {
    const cases: PolicyCase[] = JSON.parse(readFileSync(new URL(`${language}/${file}`, folder), 'utf8'))
    describe(file, () => {
      test.each(cases)('$name', (entry) => {
        const outcome = evaluateCase(entry)
        expect(outcome.refused).toEqual([])
        expect(outcome).toMatchObject({ name: entry.name, decision: entry.expect, reason: entry.reason })
        const { decision, reason } = evaluatePlainly(entry as PlainCase)
        expect({ decision, reason }).toEqual({ decision: entry.expect, reason: entry.reason })
        const { request, layers } = prepareCase(entry)
        expect(explain(entry.language, request, layers).decision).toEqual(outcome.by)
      })
    })
  }
})
