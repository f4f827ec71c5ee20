import { isUtf8 } from 'node:buffer'
import type { Problem } from '../../base/problem.ts'
import type { Exchange } from '../exchange.ts'
import { parseJson, repeatedMember } from '../json.ts'
import { decode, type Pair } from '../percent.ts'
import type { Route, RouteMatch } from './routes.ts'

/** Longest path parameter, in characters after decoding (a key pair's name may have 255). */
const LONGEST_PATH_PARAMETER = 255

/** The project is the wire's own matter: it is compared with the caller's, and passed on only where asked for. */
const PROJECT = 'project_id'

export type PathParameters = ReadonlyMap<string, string>

function invalid(name: string): Problem {
  return { code: 'InvalidParameter', name }
}

/** The decoded placeholders of a path, or the problem with one. */
export function readPath({ route, values }: RouteMatch): PathParameters | Problem {
  const parameters = new Map<string, string>()
  const names = route.placeholders
  for (let i = 0; i < names.length; i++) {
    const value = decode(values[i]!)
    if (value === undefined || value.length > LONGEST_PATH_PARAMETER) return invalid(names[i]!)
    parameters.set(names[i]!, value)
  }
  return parameters
}

/** A caller chooses the members of an input, so it is told from a problem by what stands around it. */
export type InputRead =
  | { readonly ok: true; readonly input: Record<string, unknown> }
  | { readonly ok: false; readonly problem: Problem }

/**
 * The input of an operation: members of the body, then query parameters, then path parameters, where later ones win, so
 * that nothing in a body can stand for the name in the path. A bare array goes to `items`.
 */
export function readInput(
  exchange: Exchange,
  route: Route,
  path: PathParameters,
  query: readonly Pair[],
): InputRead {
  const body = readBody(exchange.body)
  if (body === undefined)
    return { ok: false, problem: invalid(repeatedMember(exchange.body.toString('utf8')) ?? 'body') }
  const input: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) {
    // No schema has it, and assigning it would set the prototype instead of being refused.
    if (name === '__proto__') return { ok: false, problem: invalid(name) }
    input[name] = value
  }
  for (let i = 0; i < query.length; i++) {
    const { name, value } = query[i]!
    if (!route.query.has(name)) return { ok: false, problem: invalid(name) }
    // Sorted: a repeated name stands beside its twin. A list stands as one pair an item.
    if (typeOf(route, name) === 'array')
      input[name] = [...((input[name] as unknown[] | undefined) ?? []), value]
    else if (query[i + 1]?.name === name) return { ok: false, problem: invalid(name) }
    else input[name] = queryValue(route, name, value)
  }
  for (const [name, value] of path) if (name !== PROJECT || route.properties.has(PROJECT)) input[name] = value
  return { ok: true, input }
}

/** The members of a JSON body; empty for no body or `null`, undefined for what is not JSON or is a bare value. */
function readBody(bytes: Buffer): object | undefined {
  if (bytes.length === 0) return {}
  if (!isUtf8(bytes)) return undefined
  const value = parseJson(bytes.toString('utf8'))
  if (Array.isArray(value)) return { items: value }
  // A Go client that was given no body writes one all the same.
  if (value === null) return {}
  return typeof value === 'object' ? value : undefined
}

function typeOf(route: Route, name: string): unknown {
  return (route.operation.input.properties as Record<string, { type?: unknown }>)[name]?.type
}

/** Text of a query as the schema's integer or boolean, where it is one. */
function queryValue(route: Route, name: string, text: string): unknown {
  const type = typeOf(route, name)
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
