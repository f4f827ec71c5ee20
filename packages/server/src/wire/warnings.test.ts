import { describe, expect, it } from 'vitest'
import { warningsText } from './exchange.ts'

describe('warnings in a header', () => {
  it('are a JSON list in visible ASCII', () => {
    const warnings = ['nobody may attach policies', 'a „name“\r\nset-cookie: x', '😀']
    const text = warningsText(warnings)
    expect(text).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(text)).toEqual(warnings)
  })

  it('are as many as fit, and say how many more there are', () => {
    const text = warningsText(Array.from({ length: 500 }, (_, i) => `warning ${i} ${'ü'.repeat(20)}`))
    expect(text.length).toBeLessThan(4100)
    const list = JSON.parse(text)
    expect(list[0]).toMatch(/^warning 0/)
    expect(list.at(-1)).toBe(`and ${500 - (list.length - 1)} more, in the audit log`)
    expect(JSON.parse(warningsText(['x'.repeat(10_000)]))).toEqual(['and 1 more, in the audit log'])
  })
})
