import { describe, expect, it } from 'vitest'
import { parseBasicTimestamp, parseTimestamp } from './timestamp.ts'

describe('the time of a signature', () => {
  it('means the same whatever was read before', () => {
    const good = [
      ['2026-11-29T20:00:00Z', Date.UTC(2026, 10, 29, 20)],
      ['2024-02-29T00:00:59Z', Date.UTC(2024, 1, 29, 0, 0, 59)],
    ] as const
    const bad = [
      '',
      '2026-02-31T00:00:00Z',
      '2026-11-29T24:00:00Z',
      '2026-11-29 20:00:00Z',
      '20261129T200000Z',
    ]
    for (const [text, time] of [...good, ...good.toReversed()]) {
      expect(parseTimestamp(text)).toBe(time)
      expect(parseTimestamp(text)).toBe(time)
      for (const other of bad) expect(parseTimestamp(other)).toBeUndefined()
      expect(parseTimestamp(text)).toBe(time)
    }
  })

  it('has its own form on each wire', () => {
    expect(parseBasicTimestamp('20261129T200000Z')).toBe(Date.UTC(2026, 10, 29, 20))
    expect(parseBasicTimestamp('2026-11-29T20:00:00Z')).toBeUndefined()
    expect(parseTimestamp('20261129T200000Z')).toBeUndefined()
  })
})
