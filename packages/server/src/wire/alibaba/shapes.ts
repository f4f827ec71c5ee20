import { parseJson } from '../json.ts'

/** The part of a JSON schema that matters for reading text: what kind of value stands where. */
export type Shape =
  | { readonly kind: 'text' | 'integer' | 'number' | 'boolean' }
  | { readonly kind: 'list'; readonly items: Shape }
  /** Any member names, as in an encryption context. */
  | { readonly kind: 'map' }
  | ObjectShape

export interface ObjectShape {
  readonly kind: 'object'
  readonly members: ReadonlyMap<string, Shape>
}

const TEXT: Shape = Object.freeze({ kind: 'text' })

interface Schema {
  readonly type?: unknown
  readonly properties?: Readonly<Record<string, object>>
  readonly items?: unknown
  readonly anyOf?: readonly object[]
}

/** The shape of an object schema. */
export function shapeOf(schema: object): ObjectShape {
  const { properties = {} } = schema as Schema
  return { kind: 'object', members: new Map(Object.entries(properties).map(([k, v]) => [k, valueShape(v)])) }
}

function valueShape(schema: object): Shape {
  const { type, properties, items, anyOf } = schema as Schema
  if (type === 'integer' || type === 'number' || type === 'boolean') return { kind: type }
  if (type === 'array') {
    return { kind: 'list', items: typeof items === 'object' && items !== null ? valueShape(items) : TEXT }
  }
  if (type === 'object') return properties === undefined ? { kind: 'map' } : shapeOf(schema)
  // Of several types the first that is not text: text converts to it or stays text, and fits the other.
  const typed = anyOf?.map(valueShape).find((shape) => shape.kind !== 'text')
  return typed ?? TEXT
}

/** Whether a value of this shape may come in dotted parts, such as `Tag.1.Key`. */
export function isStructure(shape: Shape): boolean {
  return shape.kind === 'list' || shape.kind === 'map' || shape.kind === 'object'
}

/** Turns text into the value that a shape asks for, or gives it back as it is. */
export function convert(shape: Shape, text: string): unknown {
  switch (shape.kind) {
    case 'text':
      return text
    case 'integer':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : text
    case 'number':
      return /^-?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : text
    case 'boolean': {
      const lower = text.length <= 5 ? text.toLowerCase() : ''
      return lower === 'true' ? true : lower === 'false' ? false : text
    }
    default: {
      const value = parseJson(text)
      return typeof value === 'object' ? value : text
    }
  }
}
