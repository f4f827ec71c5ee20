import type { Call, Shape } from './models.ts'
import { type Expected, insideOf, KNOWN, sampleOf, valuesOf } from './values.ts'

// What can be sent to a call, made from the vendor's model of it and from one example that works.

export interface Variant {
  readonly name: string
  readonly expected: Expected
  readonly parameters: Readonly<Record<string, unknown>>
  /** A parameter that is sent twice. */
  readonly twice?: string
}

type Parameters = Readonly<Record<string, unknown>>

export interface VariantOptions {
  readonly typed?: boolean
  readonly apart?: readonly string[]
  readonly query?: readonly string[]
}

/**
 * The variants of a call, always the same ones in the same order. `typed`: values travel as JSON, where a text is no number;
 * what stands `apart`, in the path, in the query or in a header, is text, and in the query a name can stand twice.
 */
export function variantsOf(
  call: Call,
  example: Parameters,
  { typed = false, apart = [], query = [] }: VariantOptions = {},
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
  for (const [name, shape] of parameters) {
    const json = typed && !apart.includes(name)
    for (const [what, expected, value] of valuesOf(name, shape, json)) {
      // An empty placeholder makes another path.
      if (apart.includes(name) && (value === '' || what.includes('path'))) continue
      add(what, expected, { ...example, [name]: value })
    }
    for (const [what, expected, value] of insideOf(name, shape, example[name], json))
      add(what, expected, { ...example, [name]: value })
  }
  add('with a parameter that there is not', 'refuse', { ...example, NoSuchParameter: '1' })
  for (const name of Object.keys(example))
    if (!apart.includes(name) && name !== 'items') add(`${name} twice`, 'refuse', example, name)
  for (const [name, shape] of parameters)
    if (query.includes(name) && !name.startsWith('X-') && shape.type !== 'array')
      add(`${name} twice`, 'refuse', { ...example, [name]: example[name] ?? sample(name, shape) }, name)
  return made
}
