import { createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { Digested, Secret } from '../base/secret.ts'
import type { Call } from './answer.ts'
import { auditEntry } from './entry.ts'
import { type Operation, readOperation } from './operation.ts'

const key = createSecretKey(Buffer.alloc(32, 1))

const operation: Operation = readOperation({
  name: 'test:Write',
  summary: '',
  effect: 'read',
  input: Type.Object({
    KeyId: Type.String(),
    Size: Type.Optional(Type.Integer()),
    Plaintext: Type.Optional(Secret(Type.String())),
    Context: Type.Optional(Digested(Type.Record(Type.String(), Type.String()))),
    keypair: Type.Optional(
      Type.Object({
        name: Type.String(),
        protection: Type.Object({ private_key: Secret(Type.String()), kind: Type.String() }),
      }),
    ),
    Keys: Type.Optional(Type.Array(Secret(Type.String()))),
    Tags: Type.Optional(Type.Array(Type.Object({ Key: Type.String(), Hidden: Secret(Type.String()) }))),
  }),
  output: Type.Object({}),
  resolve: () => undefined,
  checks: () => [],
  work: () => ({}),
  example: {},
})

function entryOf(input: Record<string, unknown>) {
  const call = {
    operation,
    input,
    caller: { account: { uid: '1' }, arn: 'acs:ram::1:root', accessKeyId: 'AK' },
    connection: { requestId: 'R', receivedAt: 0, sourceAddress: '127.0.0.1' },
  } as unknown as Call
  return auditEntry(call, [], 'Success', key)
}

describe('an audit entry', () => {
  it('shows what is not secret and leaves out what is, at every depth', () => {
    const { input } = entryOf({
      KeyId: 'k',
      Size: 3,
      Plaintext: 'CANARY',
      keypair: { name: 'n', protection: { private_key: 'CANARY', kind: 'kms' } },
      Keys: ['CANARY'],
      Tags: [{ Key: 'a', Hidden: 'CANARY' }],
    })
    expect(input).toEqual({
      KeyId: 'k',
      Size: 3,
      keypair: { name: 'n', protection: { kind: 'kms' } },
      Keys: '(list)',
      Tags: [{ Key: 'a' }],
    })
  })

  it('leaves out what the schema does not know, and says only the kind of what has another type', () => {
    const { input } = entryOf({
      KeyId: { deep: 'CANARY' },
      Size: ['CANARY'],
      keypair: 'CANARY',
      Unheard: 'CANARY',
    })
    expect(JSON.stringify(input)).not.toContain('CANARY')
    expect(input).toEqual({ KeyId: '(object)', Size: '(list)', keypair: '(string)' })
  })

  it('shows context values as digests: equal for equal values, and of one key alone', () => {
    const context = (Context: Record<string, string>) =>
      entryOf({ KeyId: 'k', Context }).input?.Context as Record<string, string>
    const { a, b, c } = context({ a: 'CANARY', b: 'CANARY', c: 'other' })
    expect(a).toMatch(/^[0-9a-f]{32}$/)
    expect(a).toBe(b)
    expect(a).not.toBe(c)
  })

  it('holds no long text, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1025, maxLength: 5000, size: 'max' }), (text) => {
        expect(String(entryOf({ KeyId: text }).input?.KeyId)).toMatch(/^\d+ characters, digest [0-9a-f]{32}$/)
      }),
      { numRuns: 20 },
    )
  })
})
