import type { Call, Shape } from './models.ts'

// What can be sent to a call, made from the vendor's model of it and from one example that works.

/**
 * `accept`: it must work. `refuse`: nothing but a refusal will do. `either`: the model does not say, what comes is judged
 * by what comes.
 */
export type Expected = 'accept' | 'either' | 'refuse'

export interface Variant {
  readonly name: string
  readonly expected: Expected
  readonly parameters: Readonly<Record<string, unknown>>
  /** A parameter that is sent twice. */
  readonly twice?: string
}

type Parameters = Readonly<Record<string, unknown>>

/** Values of texts that must be something in particular. */
const KNOWN: Readonly<Record<string, unknown>> = {
  AutomaticRotation: 'Enabled',
  Description: 'a description',
  DKMSInstanceId: 'kst-keyward',
  KeyUsage: 'ENCRYPT/DECRYPT',
  Origin: 'Aliyun_KMS',
  ProtectionLevel: 'SOFTWARE',
  RotationInterval: '604800s',
  SecretType: 'Generic',
  Tags: '[{"TagKey":"team","TagValue":"a"}]',
  description: 'a description',
}

/** A value that is right by its type, for a parameter that the example does not have. */
function sampleOf(shape: Shape): unknown {
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
      return ['x1', '1.5x']
    case 'boolean':
      return ['perhaps']
    case 'array':
    case 'object':
      return ['{no json', '17']
    default:
      return typed ? [17, ['a'], { a: 'b' }] : []
  }
}

const LONG = 'x'.repeat(4000)

function* ofValue(name: string, shape: Shape, typed: boolean): Generator<[string, Expected, unknown]> {
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
    for (const [what, value] of [
      ['empty', ''],
      ['long', LONG],
      ['with a line break', 'a\nb'],
      ['in another script', 'é漢字'],
      ['like a path', '../../etc'],
    ])
      yield [`${name} ${what}`, 'either', value]
    if (shape.maxLength !== undefined) yield [`${name} too long`, 'refuse', 'x'.repeat(shape.maxLength + 1)]
  }
  if (shape.maxItems !== undefined && shape.items) {
    const item = sampleOf(shape.items)
    yield [`${name} of too many items`, 'refuse', Array.from({ length: shape.maxItems + 1 }, () => item)]
  }
  for (const [i, value] of wrongOf(shape, typed).entries())
    yield [`${name} of a wrong type, ${i + 1}`, 'refuse', value]
}

/**
 * The variants of a call, always the same ones in the same order. `typed`: values travel as JSON, where a text is no number;
 * what stands `apart`, in the path or in the query, is text.
 */
export function variantsOf(
  call: Call,
  example: Parameters,
  { typed = false, apart = [] }: { readonly typed?: boolean; readonly apart?: readonly string[] } = {},
): readonly Variant[] {
  const made: Variant[] = [{ name: 'the example', expected: 'accept', parameters: example }]
  const add = (name: string, expected: Expected, parameters: Parameters, twice?: string) =>
    made.push({ name, expected, parameters, ...(twice !== undefined && { twice }) })
  const parameters = Object.entries(call.parameters)
  const required = parameters.filter(([, { required }]) => required)
  const optional = parameters.filter(([, { required }]) => !required)
  const least = Object.fromEntries(
    Object.entries(example).filter(([name]) => call.parameters[name]?.required),
  )
  if (Object.keys(least).length < Object.keys(example).length) add('minimal', 'either', least)
  const sample = (name: string, shape: Shape) => KNOWN[name] ?? sampleOf(shape)
  const all = (some: typeof optional) =>
    Object.fromEntries(some.map(([name, shape]) => [name, sample(name, shape)]))
  const known = optional.filter(
    ([name, { type }]) => name !== 'DryRun' && (name in KNOWN || type !== 'string'),
  )
  if (known.length > 0) add('with all that has a value of its own', 'either', { ...all(known), ...example })
  if (optional.length > 0) add('complete', 'either', { ...all(optional), ...example })
  for (const [name, shape] of optional) {
    add(`with ${name}`, 'either', { ...example, [name]: example[name] ?? sample(name, shape) })
    if (example[name] !== undefined) {
      const { [name]: _, ...rest } = example
      add(`not with ${name}`, 'either', rest)
    }
  }
  for (const [name] of required) {
    if (apart.includes(name)) continue
    const { [name]: _, ...rest } = example
    add(`without ${name}`, 'refuse', rest)
  }
  for (const [name, shape] of parameters)
    for (const [what, expected, value] of ofValue(name, shape, typed && !apart.includes(name))) {
      // An empty placeholder makes another path.
      if (apart.includes(name) && (value === '' || what.includes('path'))) continue
      add(what, expected, { ...example, [name]: value })
    }
  add('with a parameter that there is not', 'refuse', { ...example, NoSuchParameter: '1' })
  const [first] = Object.keys(example).filter((name) => !apart.includes(name))
  if (first !== undefined && first !== 'items') add(`${first} twice`, 'refuse', example, first)
  return made
}
