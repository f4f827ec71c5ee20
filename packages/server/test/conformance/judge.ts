import type { Shape } from './models.ts'

/** How an answer differs from the model, in words that always come out alike. */
export type Difference = string

const typeOf = (value: unknown) =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : typeof value === 'number'
        ? Number.isInteger(value)
          ? 'integer'
          : 'number'
        : typeof value

type Members = Readonly<Record<string, Shape>>

/**
 * Holds the members of an answer against the model. `seen` gets the path of every member that was there. An XML answer has
 * texts only, and one item of a list cannot be told from a text (`texts`).
 */
export function judgeMembers(
  members: Members,
  answer: Readonly<Record<string, unknown>>,
  seen: Set<string>,
  texts = false,
  prefix = '',
): readonly Difference[] {
  const missing = Object.entries(members)
    .filter(([name, { required }]) => required && answer[name] === undefined)
    .map(([name]) => `answer ${prefix}${name}: missing`)
  const wrong = Object.entries(answer).flatMap(([name, value]): readonly Difference[] => {
    const path = `${prefix}${name}`
    const shape = Object.hasOwn(members, name) ? members[name]! : undefined
    if (shape === undefined) return [`answer ${path}: not in the model`]
    seen.add(path)
    return judgeValue(shape, value, path, seen, texts)
  })
  return [...missing, ...wrong]
}

function judgeValue(
  shape: Shape,
  value: unknown,
  path: string,
  seen: Set<string>,
  texts: boolean,
): readonly Difference[] {
  const type = typeOf(value)
  if (texts && shape.type === 'array') {
    const items = Array.isArray(value) ? value : [value]
    return shape.items ? items.flatMap((item) => judgeValue(shape.items!, item, path, seen, true)) : []
  }
  if (shape.type === 'array' && Array.isArray(value))
    return shape.items ? value.flatMap((item) => judgeValue(shape.items!, item, path, seen, texts)) : []
  if (shape.type === 'object' && type === 'object')
    return shape.members
      ? judgeMembers(shape.members, value as Record<string, unknown>, seen, texts, `${path}.`)
      : []
  if (texts) return []
  if (shape.type === 'string' && type === 'string' && shape.enum && !shape.enum.includes(value as string))
    return [`answer ${path}: ${JSON.stringify(value)} is none of its values`]
  const fits = type === shape.type || (shape.type === 'number' && type === 'integer')
  return fits ? [] : [`answer ${path}: ${type} for ${shape.type}`]
}

/** The paths of all members of the model. One that holds itself is followed once. */
export function pathsOf(members: Members, prefix = '', above: readonly Shape[] = []): readonly string[] {
  return Object.entries(members).flatMap(([name, shape]) => {
    let inner = shape
    while (inner.type === 'array' && inner.items) inner = inner.items
    const below =
      inner.members && !above.includes(inner)
        ? pathsOf(inner.members, `${prefix}${name}.`, [...above, inner])
        : []
    return [`${prefix}${name}`, ...below]
  })
}

/** An XML answer as objects, lists and texts, under the name of its root. Enough for answers, which have no attributes. */
export function readXml(xml: string): readonly [root: string, content: Record<string, unknown>] {
  const tokens = xml.replace(/^<\?xml[^>]*\?>/, '').match(/<[^>]+>|[^<]+/g) ?? []
  let at = 0
  const read = (): unknown => {
    const content: Record<string, unknown> = {}
    let text = ''
    let hasElements = false
    for (; at < tokens.length; at++) {
      const token = tokens[at]!
      if (token.startsWith('</')) return hasElements ? content : text
      if (!token.startsWith('<')) {
        text += token
        continue
      }
      hasElements = true
      const name = /^<([\w.-]+)/.exec(token)![1]!
      at += 1
      const value = read()
      if (tokens[at] !== `</${name}>` && !token.startsWith('<Entry')) throw new Error(`${name} is not closed`)
      const before = content[name]
      content[name] =
        before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
    }
    return content
  }
  const [[root, content] = ['', {}]] = Object.entries(read() as Record<string, unknown>)
  return [root, typeof content === 'object' ? (content as Record<string, unknown>) : {}]
}
