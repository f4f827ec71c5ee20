import type { TSchema } from 'typebox'
import { isSecret } from '../../base/secret.ts'
import type { Path } from './source.ts'

/** A mistake at a path; `atKey` when the member's name is wrong rather than its value. */
export interface ShapeMistake {
  readonly path: Path
  readonly atKey?: boolean
  readonly message: string
}

/** The JSON Schema keywords that the world's schema uses. */
interface Keywords {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly anyOf?: readonly Keywords[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Keywords>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
  readonly items?: Keywords
  readonly maxItems?: number
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
}

/**
 * Every place where a value departs from its schema, in our words. A general validator stops after a handful and names
 * no member for an unknown one; a test holds both to the same verdict.
 */
export function shapeMistakes(schema: TSchema, value: unknown): ShapeMistake[] {
  const mistakes: ShapeMistake[] = []
  check(schema as Keywords, value, [], mistakes)
  return mistakes
}

function check(schema: Keywords, value: unknown, path: Path, out: ShapeMistake[]): void {
  if (schema.anyOf) {
    checkUnion(schema.anyOf, value, path, out)
  } else if (schema.const !== undefined) {
    if (value !== schema.const) out.push({ path, message: `is ${shown(value)}, not \`${schema.const}\`` })
  } else if (!isOfType(value, schema.type)) {
    out.push({ path, message: wrongType(schema, value) })
  } else if (schema.type === 'object') {
    checkObject(schema, value as Record<string, unknown>, path, out)
  } else if (schema.type === 'array') {
    const { maxItems = Infinity } = schema
    const { length } = value as unknown[]
    if (length > maxItems) out.push({ path, message: `has ${length} items, of ${maxItems} at most` })
    for (const [i, item] of (value as unknown[]).entries()) check(schema.items ?? {}, item, [...path, i], out)
  } else if (typeof value === 'string') {
    checkText(schema, value, path, out)
  } else if (typeof value === 'number') {
    const { minimum = -Infinity, maximum = Infinity } = schema
    if (value < minimum || value > maximum)
      out.push({ path, message: `is ${value}, not ${minimum} to ${maximum}` })
  }
}

function checkUnion(options: readonly Keywords[], value: unknown, path: Path, out: ShapeMistake[]): void {
  const fitting = options.find((o) => (o.const === undefined ? isOfType(value, o.type) : o.const === value))
  if (fitting) {
    check(fitting, value, path, out)
    return
  }
  const constants = options.every((o) => o.const !== undefined)
  const names = options.map((o) => (constants ? `\`${o.const}\`` : typeName(o.type))).join(' or ')
  out.push({
    path,
    message: constants ? `is ${shown(value)}, not ${names}` : `is ${describe(value)}, not ${names}`,
  })
}

function checkObject(
  schema: Keywords,
  value: Record<string, unknown>,
  path: Path,
  out: ShapeMistake[],
): void {
  const known = schema.properties ?? {}
  for (const [member, inner] of Object.entries(value)) {
    const rule = Object.hasOwn(known, member) ? known[member] : undefined
    if (rule) check(rule, inner, [...path, member], out)
    else if (schema.additionalProperties === false) {
      out.push({ path: [...path, member], atKey: true, message: unknownMember(member, Object.keys(known)) })
    }
  }
  for (const member of schema.required ?? []) {
    if (!Object.hasOwn(value, member)) out.push({ path, message: `\`${member}\` is missing` })
  }
}

function unknownMember(member: string, known: readonly string[]): string {
  return `unknown member \`${shorten(member)}\`: known are ${known.map((k) => `\`${k}\``).join(', ')}`
}

function checkText(schema: Keywords, value: string, path: Path, out: ShapeMistake[]): void {
  // Counted as JSON Schema counts: code points.
  const length = [...value].length
  const { minLength = 0, maxLength = Infinity } = schema
  const fits = length >= minLength && length <= maxLength
  if (fits && (schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value))) return
  if (schema.title === undefined) {
    out.push({ path, message: `has ${length} characters, of ${maxLength} at most` })
    return
  }
  // A secret that breaks its rule is still a secret.
  const subject = isSecret(schema) ? 'this' : `\`${shorten(value)}\``
  out.push({ path, message: `${subject} is no ${schema.title}: ${schema.description ?? ''}` })
}

/** A value of the wrong kind or text, as far as it can be quoted. */
function shown(value: unknown): string {
  return typeof value === 'string' ? `\`${shorten(value)}\`` : describe(value)
}

/** What a message quotes of a value. */
export function shorten(value: string): string {
  return value.length > 60 ? `${value.slice(0, 57)}...` : value
}

function isOfType(value: unknown, type: string | undefined): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function wrongType(schema: Keywords, value: unknown): string {
  const quote = schema.type === 'string' && (typeof value === 'number' || typeof value === 'boolean')
  return `is ${describe(value)}, not ${typeName(schema.type)}${quote ? ': put it in quotes' : ''}`
}

function typeName(type: string | undefined): string {
  return type === 'object' || type === 'array' || type === 'integer' ? `an ${type}` : `a ${type}`
}

function describe(value: unknown): string {
  if (value === null) return 'empty'
  return typeName(Array.isArray(value) ? 'array' : typeof value)
}
