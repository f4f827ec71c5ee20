import type { Shape } from './models.ts'

// Values for one parameter, made from what the model says of it.

/**
 * `accept`: it must work. `refuse`: nothing but a refusal will do. `either`: the model does not say, what comes is judged
 * by what comes.
 */
export type Expected = 'accept' | 'either' | 'refuse'

/** Values of texts that must be something in particular. */
export const KNOWN: Readonly<Record<string, unknown>> = {
  AutomaticRotation: 'Enabled',
  Description: 'a description',
  DKMSInstanceId: 'kst-keyward',
  FetchTags: 'true',
  KeyUsage: 'ENCRYPT/DECRYPT',
  Origin: 'Aliyun_KMS',
  ProtectionLevel: 'SOFTWARE',
  RotationInterval: '604800s',
  SecretType: 'Generic',
  Tags: '[{"TagKey":"team","TagValue":"a"}]',
  description: 'a description',
}

/** A value that is right by its type, for a parameter that the example does not have. */
export function sampleOf(shape: Shape): unknown {
  switch (shape.type) {
    case 'integer':
    case 'number':
      return shape.minimum ?? 1
    case 'boolean':
      return true
    case 'array':
      return [shape.items ? sampleOf(shape.items) : 'value']
    case 'object':
      return shape.members
        ? Object.fromEntries(Object.entries(shape.members).map(([name, inner]) => [name, sampleOf(inner)]))
        : { Name: 'value' }
    default:
      return shape.enum?.[0] ?? 'value-1'
  }
}

/** Values of another type than the parameter's. A text can be anything where everything travels as text. */
function wrongOf(shape: Shape, typed: boolean): readonly unknown[] {
  switch (shape.type) {
    case 'integer':
    case 'number':
      return ['x1', '1.5x', ...(typed ? [true, [1], { a: 1 }] : [])]
    case 'boolean':
      return ['perhaps', ...(typed ? [17, [true]] : [])]
    case 'array':
    case 'object':
      return ['{no json', '17', ...(typed ? [17, true] : [])]
    default:
      return typed ? [17, ['a'], { a: 'b' }] : []
  }
}

const TEXTS = [
  ['empty', ''],
  ['of one character', 'a'],
  ['of one digit', '1'],
  ['of nine digits', '999999999'],
  ['of blanks', '  '],
  ['long', 'x'.repeat(4000)],
  ['with a line break', 'a\nb'],
  ['with a zero', 'a\u0000b'],
  ['with marks', `a"'<&>%2B`],
  ['in another script', 'é漢字'],
  ['outside the plane', '😀'],
  ['like a path', '../../etc'],
  ['like a pattern', '*'],
] as const

/** What one parameter, or one member of one, can be. `typed`: values travel as JSON, where a text is no number. */
export function* valuesOf(
  name: string,
  shape: Shape,
  typed: boolean,
): Generator<[name: string, Expected, value: unknown]> {
  for (const value of shape.enum ?? []) yield [`${name} ${value}`, 'either', value]
  if (shape.enum) yield [`${name} outside its values`, 'refuse', 'no-such-value']
  const { minimum, maximum } = shape
  if (minimum !== undefined) {
    yield [`${name} ${minimum}`, 'either', minimum]
    yield [`${name} ${minimum - 1}`, 'refuse', minimum - 1]
  }
  if (maximum !== undefined) {
    yield [`${name} ${maximum}`, 'either', maximum]
    yield [`${name} ${maximum + 1}`, 'refuse', maximum + 1]
  }
  if (shape.type === 'integer' || shape.type === 'number') {
    for (const value of [0, -1, 1, 2_147_483_648]) yield [`${name} ${value}, as any number`, 'either', value]
  }
  if (shape.type === 'boolean') for (const value of [true, false]) yield [`${name} ${value}`, 'either', value]
  if (shape.type === 'string' && !shape.enum) {
    for (const [what, value] of TEXTS) yield [`${name} ${what}`, 'either', value]
    if (shape.maxLength !== undefined) {
      yield [`${name} as long as it may be`, 'either', 'x'.repeat(shape.maxLength)]
      yield [`${name} too long`, 'refuse', 'x'.repeat(shape.maxLength + 1)]
    }
  }
  if (shape.maxItems !== undefined && shape.items) {
    const item = sampleOf(shape.items)
    yield [`${name} of too many items`, 'refuse', Array.from({ length: shape.maxItems + 1 }, () => item)]
  }
  if (typed) yield [`${name} null`, 'either', null]
  for (const [i, value] of wrongOf(shape, typed).entries())
    yield [`${name} of a wrong type, ${i + 1}`, 'refuse', value]
}

type Members = Readonly<Record<string, unknown>>

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What stands inside a parameter: its members and items, changed one at a time. `given` is what the example has there. */
export function* insideOf(
  name: string,
  shape: Shape,
  given: unknown,
  typed: boolean,
): Generator<[name: string, Expected, value: unknown]> {
  if (shape.type === 'object' && shape.members) {
    const held = isMembers(given) ? given : (sampleOf(shape) as Members)
    for (const [member, inner] of Object.entries(shape.members)) {
      const path = `${name}.${member}`
      const { [member]: value, ...rest } = held
      if (inner.required) yield [`without ${path}`, 'refuse', rest]
      else {
        yield [`with ${path}`, 'either', { ...held, [member]: value ?? KNOWN[member] ?? sampleOf(inner) }]
        if (value !== undefined) yield [`not with ${path}`, 'either', rest]
      }
      for (const [what, expected, made] of within(path, inner, value, typed))
        yield [what, expected, { ...held, [member]: made }]
    }
    yield [
      `${name} with a member that there is not`,
      typed ? 'refuse' : 'either',
      { ...held, no_such_member: 'value' },
    ]
  }
  if (shape.type === 'array' && shape.items) {
    const [first = sampleOf(shape.items), ...more] = Array.isArray(given) ? given : []
    yield [`${name} of no item`, 'either', []]
    yield [`${name} of one item twice`, 'either', [first, first, ...more]]
    const path = `${name}.1`
    for (const [what, expected, made] of within(path, shape.items, first, typed))
      yield [what, expected, [made, ...more]]
  }
}

function* within(name: string, shape: Shape, given: unknown, typed: boolean) {
  yield* valuesOf(name, shape, typed)
  yield* insideOf(name, shape, given, typed)
}
