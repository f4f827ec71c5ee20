import { expect, it } from 'vitest'
import { signedLines } from './exchange.ts'

it('writes each header as its sender signed it, UTF-8 or Latin-1, also where both are in one request', () => {
  const utf8 = Buffer.from('clé', 'utf8').toString('latin1')
  const headers = { host: 'h', 'x-plain': 'a b', 'x-utf8': utf8, 'x-latin1': 'caf\xe9' }
  expect(signedLines(headers, ['host', 'x-plain'])).toBe('host:h\nx-plain:a b\n')
  expect(signedLines(headers, ['x-latin1', 'x-utf8'])).toBe('x-latin1:caf\xe9\nx-utf8:clé\n')
  expect(signedLines(headers, ['host', 'x-missing'])).toBeUndefined()
})
