import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { Secret } from '../base/secret.ts'
import type { Operation } from './operation.ts'
import { validateInput } from './validate.ts'

const strict = { additionalProperties: false }
const operation = {
  input: Type.Object(
    {
      KeyId: Type.String({ minLength: 1, maxLength: 5 }),
      Count: Type.Optional(Type.Integer({ minimum: 1, maximum: 3 })),
      Context: Type.Optional(Type.Record(Type.String(), Type.String())),
      Plaintext: Type.Optional(Secret(Type.String())),
      keypair: Type.Optional(Type.Object({ name: Type.String({ pattern: '^[a-z]+$' }) }, strict)),
    },
    strict,
  ),
} as unknown as Operation
const judge = (input: Record<string, unknown>) => validateInput(operation, input)

describe('input', () => {
  it('passes when the schema is met', () => {
    expect(judge({ KeyId: 'k', Count: 2, keypair: { name: 'a' }, Plaintext: 'a\0' })).toBeUndefined()
  })

  it.each([
    ['missing', {}, { code: 'MissingParameter', name: 'KeyId' }],
    ['missing within', { KeyId: 'k', keypair: {} }, { code: 'MissingParameter', name: 'keypair.name' }],
    ['unknown', { KeyId: 'k', Other: 1 }, { code: 'InvalidParameter', name: 'Other' }],
    [
      'unknown within',
      { KeyId: 'k', keypair: { name: 'a', x: 1 } },
      { code: 'InvalidParameter', name: 'keypair.x' },
    ],
    [
      'named like what every object has',
      { KeyId: 'k', constructor: 1 },
      { code: 'InvalidParameter', name: 'constructor' },
    ],
    ['of another type', { KeyId: 1 }, { code: 'InvalidParameter', name: 'KeyId' }],
    ['too long', { KeyId: 'abcdef' }, { code: 'InvalidParameter', name: 'KeyId', rule: 'length' }],
    [
      'out of range',
      { KeyId: 'k', Count: 4 },
      { code: 'InvalidParameter', name: 'Count', detail: 'It is a whole number from 1 to 3.' },
    ],
    [
      'not whole',
      { KeyId: 'k', Count: 1.5 },
      { code: 'InvalidParameter', name: 'Count', detail: 'It is a whole number from 1 to 3.' },
    ],
    [
      'wrong within',
      { KeyId: 'k', keypair: { name: 'A' } },
      { code: 'InvalidParameter', name: 'keypair.name', rule: 'chars' },
    ],
  ])('%s is named', (_what, input, problem) => {
    expect(judge(input as Record<string, unknown>)).toEqual(problem)
  })
})
