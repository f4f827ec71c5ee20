import { type TObject, Type } from 'typebox'
import { isPublic } from './public.ts'
import type { RpcRequest } from './request.ts'
import { convert, isStructure, type Shape, shapeOf } from './shapes.ts'

/** Highest index of a repeat list (`Tag.20.Key`); a bound on what a name can make the server build. */
const MAX_INDEX = 1000

const DryRun = Type.Boolean()

/** How the parameters of one operation are read; made once from its input schema. */
export type ReadInput = (request: Pick<RpcRequest, 'parameters' | 'json'>) => Record<string, unknown>

/**
 * Makes the reader of an operation's input.
 *
 * A parameter's text is turned into the type that the schema asks for: integers, numbers and booleans (in any case),
 * JSON text for objects and arrays, `Tag.1.Key` for lists, `EncryptionContext.Name` for maps. What does not convert, and
 * what the schema does not know, is passed on as it came, so that validation names it. Public parameters are left out;
 * RegionId stays where the schema has it; `dryRun`: the call takes `DryRun` beside what the schema has.
 */
export function inputReader(schema: TObject, dryRun = false): ReadInput {
  const shape = shapeOf(dryRun ? { ...schema, properties: { ...schema.properties, DryRun } } : schema)
  const isLeftOut = (name: string) => isPublic(name) && !(name === 'RegionId' && shape.members.has(name))
  return (request) => {
    const input: Record<string, unknown> = {}
    let dotted: Dotted | undefined
    for (const { name, value } of request.parameters) {
      if (isLeftOut(name)) continue
      const member = shape.members.get(name)
      if (member !== undefined) {
        // The way to say that there is none (reference/alibaba-kms.md B.5).
        if (member.kind === 'map' && value === '') continue
        put(input, name, convert(member, value))
        continue
      }
      const dot = name.indexOf('.')
      const head = dot > 0 ? shape.members.get(name.slice(0, dot)) : undefined
      if (head === undefined || !isStructure(head)) put(input, name, value)
      else {
        dotted ??= new Map()
        gather(dotted, name.slice(0, dot), name.slice(dot + 1), value)
      }
    }
    if (request.json !== undefined) {
      for (const [name, value] of Object.entries(request.json)) {
        // A name that is in both has two values: neither is taken, and validation names it.
        const none = value === '' && shape.members.get(name)?.kind === 'map'
        if (!none && !isLeftOut(name)) put(input, name, Object.hasOwn(input, name) ? null : value)
      }
    }
    if (dotted !== undefined) {
      for (const [name, parts] of dotted) {
        const member = shape.members.get(name)!
        put(input, name, Object.hasOwn(input, name) ? null : build(member, parts, name, input))
      }
    }
    return input
  }
}

/** Dotted parameters by their first segment: what follows it, and the value. */
type Dotted = Map<string, [path: string, value: string][]>

function gather(dotted: Dotted, head: string, path: string, value: string): void {
  const parts = dotted.get(head)
  if (parts === undefined) dotted.set(head, [[path, value]])
  else parts.push([path, value])
}

/** Builds a list or map from its dotted parts. Parts that fit nothing go to `rest` under their full name. */
function build(
  shape: Shape,
  parts: [string, string][],
  prefix: string,
  rest: Record<string, unknown>,
): unknown {
  switch (shape.kind) {
    case 'list':
      return buildList(shape.items, parts, prefix, rest)
    case 'map': {
      // Everything after the first dot is the key: context names may hold dots.
      const map: Record<string, unknown> = {}
      for (const [key, value] of parts) put(map, key, value)
      return map
    }
    case 'object': {
      const object: Record<string, unknown> = {}
      for (const [path, nested] of byHead(parts)) {
        const member = shape.members.get(path)
        const whole = nested.find(([tail]) => tail === '')
        if (member === undefined) for (const [tail, value] of nested) put(object, joined(path, tail), value)
        else if (whole !== undefined && nested.length === 1) put(object, path, convert(member, whole[1]))
        else put(object, path, build(member, nested, `${prefix}.${path}`, rest))
      }
      return object
    }
    default:
      for (const [path, value] of parts) put(rest, `${prefix}.${path}`, value)
      return undefined
  }
}

function buildList(
  items: Shape,
  parts: [string, string][],
  prefix: string,
  rest: Record<string, unknown>,
): unknown[] {
  const found: [index: number, value: unknown][] = []
  for (const [head, nested] of byHead(parts)) {
    const index = /^[1-9]\d{0,3}$/.test(head) ? Number(head) : 0
    const whole = nested.find(([tail]) => tail === '')
    if (index === 0 || index > MAX_INDEX) {
      for (const [tail, value] of nested) put(rest, `${prefix}.${joined(head, tail)}`, value)
    } else if (whole !== undefined) found.push([index, nested.length === 1 ? convert(items, whole[1]) : null])
    else found.push([index, build(items, nested, `${prefix}.${head}`, rest)])
  }
  // Gaps close: clients number from what is left after they dropped empty items.
  return found.sort((a, b) => a[0] - b[0]).map(([, value]) => value)
}

/** Groups `1.Key`, `1.Value`, `2` by their first segment; the rest is empty where nothing follows. */
function byHead(parts: readonly [string, string][]): Dotted {
  const groups: Dotted = new Map()
  for (const [path, value] of parts) {
    const dot = path.indexOf('.')
    if (dot < 0) gather(groups, path, '', value)
    else gather(groups, path.slice(0, dot), path.slice(dot + 1), value)
  }
  return groups
}

function joined(head: string, tail: string): string {
  return tail === '' ? head : `${head}.${tail}`
}

/** Sets an own property, also under the one name that assignment would give to the prototype. */
function put(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') target[name] = value
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}
