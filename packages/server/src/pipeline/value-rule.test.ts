import { Type } from 'typebox'
import { expect, it } from 'vitest'
import { readOperation } from './operation.ts'
import { validateInput } from './validate.ts'
import { schemaAt, valueRule } from './value-rule.ts'

const input = Type.Object({
  Kind: Type.Optional(Type.Enum(['a', 'b'])),
  Type: Type.Optional(Type.Union([Type.Literal('x'), Type.Literal('y')])),
  Days: Type.Optional(Type.Integer({ minimum: 7, maximum: 366 })),
  Least: Type.Optional(Type.Integer({ minimum: 1 })),
  Kinds: Type.Optional(Type.Array(Type.Object({ Kind: Type.Enum(['a', 'b']) }))),
  Text: Type.Optional(Type.String({ maxLength: 3 })),
})

it.each([
  [['Kind'], 'one of `a`, `b`'],
  [['Type'], 'one of `x`, `y`'],
  [['Days'], 'from 7 to 366'],
  [['Least'], 'from 1'],
  [['Kinds', '0', 'Kind'], 'one of `a`, `b`'],
  [['Text'], undefined],
  [['constructor'], undefined],
] as const)('what %j takes is %j', (path, rule) => {
  const schema = schemaAt(input, path)
  expect(schema && valueRule(schema)).toBe(rule)
})

const operation = readOperation({
  name: 'kms:Try',
  summary: '',
  effect: 'read',
  input,
  output: Type.Object({}),
  resolve: () => undefined,
  checks: () => [],
  work: () => ({}),
  example: {},
})

it.each([
  [{ Kind: 'c' }, 'Kind', 'It is one of `a`, `b`.'],
  [{ Type: 'z' }, 'Type', 'It is one of `x`, `y`.'],
  [{ Days: 3 }, 'Days', 'It is a whole number from 7 to 366.'],
  [{ Kinds: [{ Kind: 'a' }, { Kind: 'c' }] }, 'Kinds.1.Kind', 'It is one of `a`, `b`.'],
  [{ Text: 'long' }, 'Text', undefined],
])('%j is refused with what is allowed', (given, name, detail) => {
  expect(validateInput(operation, given)).toMatchObject({ code: 'InvalidParameter', name })
  expect((validateInput(operation, given) as { detail?: string }).detail).toBe(detail)
})
