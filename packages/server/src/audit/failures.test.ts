import { expect, it } from 'vitest'
import { testClock } from '../base/clock.ts'
import { refuse } from '../base/problem.ts'
import type { AuditEntry, AuditLog } from './audit.ts'
import { createFailureCounter } from './failures.ts'

function recorder() {
  const entries: AuditEntry[] = []
  const state = { fails: false }
  const audit: AuditLog = {
    record: async (entry) => {
      if (state.fails) throw refuse({ code: 'Unavailable', detail: '' })
      entries.push(entry)
    },
    recordIn: async () => {},
    assertWritable: () => {},
    close: async () => {},
  }
  return { entries, state, audit }
}

it('writes one entry of many failures, with exact numbers and a bounded sample', async () => {
  const { entries, audit } = recorder()
  const counter = createFailureCounter({ audit, clock: testClock() })
  for (let i = 0; i < 10_000; i += 1) {
    const code = i % 4 === 0 ? 'InvalidAccessKeyId.NotFound' : 'SignatureDoesNotMatch'
    counter.count({ requestId: `r${i}`, code, source: '192.0.2.1', accessKeyId: 'x'.repeat(1000) })
  }
  await counter.close()
  expect(entries.length).toBe(1)
  expect(entries[0]!.input).toMatchObject({
    total: 10_000,
    codes: { 'InvalidAccessKeyId.NotFound': 2500, SignatureDoesNotMatch: 7500 },
  })
  expect((entries[0]!.input!.sample as unknown[]).length).toBe(10)
  expect(JSON.stringify(entries[0]).length).toBeLessThan(4000)
})

it('writes nothing when nothing failed', async () => {
  const { entries, audit } = recorder()
  const counter = createFailureCounter({ audit, clock: testClock() })
  await counter.flush()
  await counter.close()
  expect(entries).toEqual([])
})

it('loses no number when the audit cannot be written', async () => {
  const { entries, state, audit } = recorder()
  const counter = createFailureCounter({ audit, clock: testClock() })
  counter.count({ requestId: 'a', code: 'X', source: 's' })
  state.fails = true
  await counter.flush()
  state.fails = false
  counter.count({ requestId: 'b', code: 'X', source: 's' })
  await counter.close()
  expect(entries.map((entry) => entry.input)).toMatchObject([{ total: 2, codes: { X: 2 } }])
})

it('counts kinds without end as `other`', async () => {
  const { entries, audit } = recorder()
  const counter = createFailureCounter({ audit, clock: testClock() })
  for (let i = 0; i < 1000; i += 1) counter.count({ requestId: 'a', code: `code ${i}`, source: 's' })
  await counter.close()
  const { codes } = entries[0]!.input as { codes: Record<string, number> }
  expect(Object.keys(codes).length).toBeLessThanOrEqual(51)
  expect(codes.other).toBe(950)
})
