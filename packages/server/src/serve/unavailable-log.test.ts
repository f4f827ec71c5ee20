import { describe, expect, it } from 'vitest'
import { createCauseLog } from './unavailable-log.ts'

describe('the log of what is not available', () => {
  it('names each cause once a minute, however many calls meet it', () => {
    const lines: unknown[] = []
    let now = 0
    const tell = createCauseLog(
      { error: ((fields: object) => void lines.push(fields)) as never },
      { monotonic: () => now },
    )
    const call = { operation: { name: 'kms:Encrypt' }, connection: { requestId: 'R' } } as never
    for (let i = 0; i < 1000; i += 1) tell('one thing', call)
    tell('another entity', call)
    now = 59_999
    tell('one thing', call)
    now = 60_000
    tell('one thing', call)
    expect(lines).toEqual(
      ['one thing', 'another entity', 'one thing'].map((detail) => ({
        detail,
        operation: 'kms:Encrypt',
        requestId: 'R',
      })),
    )
  })
})
