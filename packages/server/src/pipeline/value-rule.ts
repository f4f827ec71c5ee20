/** The members of a JSON Schema that say which values there are. */
interface Values {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Values[]
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Values
  readonly properties?: Readonly<Record<string, Values>>
}

/** Which values a field takes, in words: `one of A, B`, `from 7 to 366`. Undefined where its type says all. */
export function valueRule(schema: object): string | undefined {
  const { maximum, items, minimum } = schema as Values
  const words = wordsOf(schema as Values)
  if (words !== undefined)
    return words.length === 1 ? `\`${words[0]}\`` : `one of ${words.map((one) => `\`${one}\``).join(', ')}`
  const range = rangeOf(minimum, maximum)
  if (range !== undefined) return range
  const each = items && valueRule(items)
  return each && `each ${each}`
}

function rangeOf(minimum: number | undefined, maximum: number | undefined): string | undefined {
  if (minimum === undefined) return maximum === undefined ? undefined : `up to ${maximum}`
  return maximum === undefined ? `from ${minimum}` : `from ${minimum} to ${maximum}`
}

function wordsOf(schema: Values): readonly unknown[] | undefined {
  if (schema.enum) return schema.enum
  if (schema.const !== undefined) return [schema.const]
  const each = schema.anyOf?.map(wordsOf)
  return each?.every((words) => words !== undefined) ? each.flat() : undefined
}

/** The same of a value that is refused: there it helps to say which kind of number is asked for. */
export function refusalRule(schema: object): string | undefined {
  const rule = valueRule(schema)
  const ranged = (schema as Values).type === 'integer' && wordsOf(schema as Values) === undefined
  return rule !== undefined && ranged ? `a whole number ${rule}` : rule
}

/** The schema at a path of member names and numbers; undefined where it has none. */
export function schemaAt(schema: object, path: readonly string[]): object | undefined {
  let at: Values | undefined = schema
  for (const step of path) {
    const own: Readonly<Record<string, Values>> | undefined = at?.properties
    at = own && Object.hasOwn(own, step) ? own[step] : at?.items
  }
  return at
}
