import type { TObject } from 'typebox'
import type { Operation } from '../../pipeline/operation.ts'
import type { RestBinding } from './binding.ts'

/** An operation of this wire, ready to be called. */
export interface Route {
  readonly operation: Operation
  readonly binding: RestBinding
  /** The path's segments; a placeholder is `{name}`. */
  readonly segments: readonly string[]
  /** The names of its placeholders, in their order. */
  readonly placeholders: readonly string[]
  /** Properties of the input schema. */
  readonly properties: ReadonlySet<string>
  /** Names that may come in the query. */
  readonly query: ReadonlySet<string>
  /** A success without a body. */
  readonly bodiless: boolean
}

export interface RouteMatch {
  readonly route: Route
  /** Placeholder values as sent, still encoded, in the order of the path. */
  readonly values: readonly string[]
}

/** In characters as sent: a name of 255 characters of four bytes each, encoded twice, and room for the rest. */
const LONGEST_PATH = 8 * 1024

/** `method`: the path is known, but not with this method. Undefined: no such path. */
export type FindRoute = (method: string, path: string) => RouteMatch | 'method' | undefined

interface Node {
  readonly literals: Map<string, Node>
  placeholder: Node | undefined
  route: Route | undefined
}

function node(): Node {
  return { literals: new Map(), placeholder: undefined, route: undefined }
}

/**
 * Indexes the operations of this wire by method and path. Literal segments win over placeholders for the same method,
 * so a key pair named `associate` can still be read. Raises Error when two operations share a route.
 */
export function indexRoutes(bindings: readonly RestBinding[]): FindRoute {
  const methods = new Map<string, Node>()
  let deepest = 0
  for (const binding of bindings) {
    const { operation } = binding
    const route = routeOf(binding)
    let at = child(methods, binding.method)
    for (const segment of route.segments) at = descend(at, segment)
    if (at.route !== undefined) throw new Error(`${operation.name}: its route is bound twice`)
    at.route = route
    deepest = Math.max(deepest, route.segments.length)
  }
  return (method, path) => {
    if (path.length > LONGEST_PATH) return undefined
    const segments = path.slice(1).split('/', deepest + 1)
    const root = methods.get(method)
    const values: string[] = []
    const route = root && match(root, segments, 0, values)
    if (route !== undefined) return { route, values }
    for (const other of methods.values()) if (other !== root && match(other, segments, 0, [])) return 'method'
    return undefined
  }
}

function routeOf(binding: RestBinding): Route {
  const { operation } = binding
  const input = operation.input as TObject
  const output = operation.output as TObject
  const segments = binding.path.slice(1).split('/')
  return Object.freeze({
    operation,
    binding,
    segments: Object.freeze(segments),
    placeholders: Object.freeze(segments.filter(isPlaceholder).map((segment) => segment.slice(1, -1))),
    properties: new Set(Object.keys(input.properties)),
    query: new Set(binding.query ?? []),
    bodiless: binding.status === 204 || Object.keys(output.properties ?? {}).length === 0,
  })
}

function isPlaceholder(segment: string): boolean {
  return segment.startsWith('{') && segment.endsWith('}')
}

function child(nodes: Map<string, Node>, name: string): Node {
  const found = nodes.get(name) ?? node()
  nodes.set(name, found)
  return found
}

function descend(at: Node, segment: string): Node {
  if (!isPlaceholder(segment)) return child(at.literals, segment)
  at.placeholder ??= node()
  return at.placeholder
}

/** Depth is that of the routes, so trying the placeholder after the literal costs no more than a few steps. */
function match(at: Node, segments: readonly string[], depth: number, values: string[]): Route | undefined {
  const segment = segments[depth]
  if (segment === undefined) return at.route
  const literal = at.literals.get(segment)
  const found = literal && match(literal, segments, depth + 1, values)
  if (found !== undefined) return found
  // An empty segment is no name.
  if (at.placeholder === undefined || segment === '') return undefined
  values.push(segment)
  const route = match(at.placeholder, segments, depth + 1, values)
  if (route === undefined) values.pop()
  return route
}
