import type { Exchange } from '../exchange.ts'
import { parseJson, repeatedMember } from '../json.ts'
import { type Pair, parsePairs, sortPairs } from '../percent.ts'
import { type Failure, fail } from './failures.ts'

/** An RPC request taken apart, before its signature is looked at. */
export interface RpcRequest {
  readonly exchange: Exchange
  /** Parameters of the query, sorted. */
  readonly query: readonly Pair[]
  /** Parameters of query and form together, sorted; no name twice. */
  readonly parameters: readonly Pair[]
  /** The members of a JSON body, where there is one: only signatures that cover the body may use it. */
  readonly json: Readonly<Record<string, unknown>> | undefined
}

type Content = { readonly form: Pair[] } | { readonly json: Record<string, unknown> }

/** Takes query and body apart. Duplicate names are refused: two readers of one request must not disagree. */
export function readRequest(exchange: Exchange): RpcRequest | Failure {
  const query = parsePairs(exchange.query)
  if (query === undefined) return fail('ParseRequestParameterException')
  sortPairs(query)
  const content = exchange.body.length === 0 ? undefined : readBody(exchange)
  if (content !== undefined && 'failure' in content) return content
  const form = content !== undefined && 'form' in content ? content.form : undefined
  const parameters = form === undefined ? query : sortPairs([...query, ...form])
  for (let i = 1; i < parameters.length; i++) {
    if (parameters[i]!.name === parameters[i - 1]!.name) {
      return fail('InvalidParameter', { name: parameters[i]!.name })
    }
  }
  return {
    exchange,
    query,
    parameters,
    json: content !== undefined && 'json' in content ? content.json : undefined,
  }
}

function readBody(exchange: Exchange): Content | Failure {
  const type = (exchange.headers['content-type'] ?? '').toLowerCase()
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const form = parsePairs(exchange.body.toString('utf8'))
    return form === undefined ? fail('ParseRequestParameterException') : { form }
  }
  if (type.startsWith('application/json')) {
    const text = exchange.body.toString('utf8')
    const json = parseJson(text)
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
      return { json: json as Record<string, unknown> }
    }
    const name = json === undefined ? repeatedMember(text) : undefined
    if (name !== undefined) return fail('InvalidParameter', { name })
  }
  return fail('ParseRequestParameterException')
}

/** The value of a parameter, or undefined. For the few names that are asked for once a call. */
export function parameter(request: RpcRequest, name: string): string | undefined {
  for (const pair of request.parameters) if (pair.name === name) return pair.value
  return undefined
}

/** The value of a header that may be missing or empty; repeated ones as Node joins them. */
export function header(exchange: Exchange, name: string): string | undefined {
  const value = exchange.headers[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}
