import { expect, it } from 'vitest'
import { parentOf, responseHeader } from './context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

it('a trace context that comes with a call is read, and answered in the same form', () => {
  const parent = parentOf(`00-${TRACE}-${SPAN}-01`)
  expect(parent).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true })
  expect(responseHeader(parent!)).toBe(`00-${TRACE}-${SPAN}-01`)
  expect(parentOf(`00-${TRACE}-${SPAN}-00`)?.traceFlags).toBe(0)
  // Of a later version only the part that is known is read.
  expect(parentOf(`01-${TRACE}-${SPAN}-03-more`)?.traceFlags).toBe(1)
})

it.each([
  ['nothing', undefined],
  ['an empty one', ''],
  ['one of a forbidden version', `ff-${TRACE}-${SPAN}-01`],
  ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['a trace of zeroes', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span of zeroes', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`],
  ['more than version 00 has', `00-${TRACE}-${SPAN}-01-x`],
  ['a very long one', `01-${TRACE}-${SPAN}-01-${'x'.repeat(1000)}`],
])('%s is ignored', (_, header) => {
  expect(parentOf(header)).toBeUndefined()
})
