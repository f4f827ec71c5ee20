import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AuditEntry } from './audit.ts'
import { digestsOf, entryText } from './format.ts'
import { testEntry } from './testing/entries.ts'

/** The same value with the members of its objects in reverse order. */
function reversed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(reversed)
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  )
}

describe('the text of an entry', () => {
  it('has one order of members, whoever built the entry', () => {
    const entry = testEntry('r', {
      time: '2026-01-01T00:00:00.000Z',
      input: { b: 1, a: { d: [{ y: 1, x: 2 }], c: 3 } },
    })
    const text = entryText(entry)
    expect(entryText(reversed(entry) as AuditEntry)).toBe(text)
    expect(Object.keys(JSON.parse(text)).slice(0, 3)).toEqual(['requestId', 'time', 'operation'])
    expect(text).toContain('"input":{"a":{"c":3,"d":[{"x":2,"y":1}]},"b":1}')
  })

  it('is one line, survives UTF-8, and is read back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (caller, input) => {
          const entry = testEntry('r', { caller, input })
          const text = entryText(entry)
          expect(text).not.toMatch(/[\n\r\0]/)
          expect(Buffer.from(text).toString()).toBe(text)
          const back = JSON.parse(text) as AuditEntry
          expect(back.caller).toBe(caller)
          expect(back.input).toEqual(JSON.parse(JSON.stringify(input)))
        },
      ),
    )
  })

  it('is what JSON has for it, with nothing left out but what is not there', () => {
    const text = fc.string({ unit: 'binary' })
    const checks = fc.array(
      fc.record(
        {
          action: text,
          resource: text,
          decision: fc.constantFrom('Allow' as const, 'Deny' as const),
          reason: text,
          by: text,
          facts: fc.record({ a: text, b: fc.array(text) }),
        },
        { requiredKeys: ['action', 'resource', 'decision', 'reason'] },
      ),
    )
    fc.assert(
      fc.property(text, checks, fc.option(fc.array(text), { nil: undefined }), (source, list, warnings) => {
        const entry = testEntry('r', { source, checks: list, input: {}, ...(warnings && { warnings }) })
        expect(JSON.parse(entryText(entry))).toEqual(JSON.parse(JSON.stringify(entry)))
      }),
    )
    expect(entryText(testEntry('r', { input: { a: undefined, b: [undefined, null] } }))).toContain(
      '"input":{"b":[null,null]}',
    )
  })

  it('keeps members that a program reads as something else', () => {
    const input = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')
    expect(entryText(testEntry('r', { input }))).toContain('"__proto__":{"polluted":true}')
  })
})

it('the digests of lines are their SHA-256, one after the other', () => {
  expect(digestsOf(['', 'abc']).toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' +
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})
