import { expect, it } from 'vitest'
import { refuse } from '../base/problem.ts'
import { type CountedFailures, createFailureCounter } from './failures.ts'

function recorder() {
  const entries: CountedFailures[] = []
  const state = { fails: false }
  const write = async (counted: CountedFailures) => {
    if (state.fails) throw refuse({ code: 'Unavailable', detail: '' })
    entries.push(counted)
  }
  return { entries, state, write }
}

it('writes one entry of many failures, with exact numbers and a bounded sample', async () => {
  const { entries, write } = recorder()
  const counter = createFailureCounter({ write })
  for (let i = 0; i < 10_000; i += 1) {
    const code = i % 4 === 0 ? 'InvalidAccessKeyId.NotFound' : 'SignatureDoesNotMatch'
    counter.count({ requestId: `r${i}`, code, source: '192.0.2.1', accessKeyId: 'x'.repeat(1000) })
  }
  await counter.close()
  expect(entries.length).toBe(1)
  expect(entries[0]).toMatchObject({
    total: 10_000,
    codes: { 'InvalidAccessKeyId.NotFound': 2500, SignatureDoesNotMatch: 7500 },
  })
  expect(entries[0]!.sample.length).toBe(10)
  expect(JSON.stringify(entries[0]).length).toBeLessThan(4000)
})

it('writes nothing when nothing failed', async () => {
  const { entries, write } = recorder()
  const counter = createFailureCounter({ write })
  await counter.flush()
  await counter.close()
  expect(entries).toEqual([])
})

it('loses no number when the audit cannot be written', async () => {
  const { entries, state, write } = recorder()
  const counter = createFailureCounter({ write })
  counter.count({ requestId: 'a', code: 'X', source: 's' })
  state.fails = true
  await counter.flush()
  state.fails = false
  counter.count({ requestId: 'b', code: 'X', source: 's' })
  await counter.close()
  expect(entries).toMatchObject([{ total: 2, codes: { X: 2 } }])
})

it('counts kinds without end as `other`', async () => {
  const { entries, write } = recorder()
  const counter = createFailureCounter({ write })
  for (let i = 0; i < 1000; i += 1) counter.count({ requestId: 'a', code: `code ${i}`, source: 's' })
  await counter.close()
  const { codes } = entries[0]!
  expect(Object.keys(codes).length).toBeLessThanOrEqual(51)
  expect(codes.other).toBe(950)
})
