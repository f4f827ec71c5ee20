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
  /** The members of a JSON body, where there is one. */
  readonly json: Readonly<Record<string, unknown>> | undefined
  /** There is a body whose content is not among the parameters: only a signature that covers the body covers it. */
  readonly apart: boolean
  /**
   * What is wrong with the parameters. Duplicate names are: two readers of one request must not disagree. Such a request
   * can be authenticated, and is refused.
   */
  readonly unread: Failure | undefined
}

type Content = { readonly form: Pair[] } | { readonly json: Record<string, unknown> }

/** Takes query and body apart. A query that cannot be read is a failure: no signature can be made over it. */
export function readRequest(exchange: Exchange): RpcRequest | Failure {
  const query = parsePairs(exchange.query)
  if (query === undefined) return fail('ParseRequestParameterException')
  sortPairs(query)
  if (exchange.body.length === 0) {
    return { exchange, query, parameters: query, json: undefined, apart: false, unread: repeated(query) }
  }
  const content = readBody(exchange)
  const form = 'form' in content ? content.form : undefined
  const parameters = form === undefined ? query : sortPairs([...query, ...form])
  return {
    exchange,
    query,
    parameters,
    json: 'json' in content ? content.json : undefined,
    apart: form === undefined,
    unread: 'failure' in content ? content : repeated(parameters),
  }
}

/** The refusal of a name that stands twice; sorted, it stands beside its twin. */
function repeated(sorted: readonly Pair[]): Failure | undefined {
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i]!.name === sorted[i - 1]!.name) return fail('InvalidParameter', { name: sorted[i]!.name })
  }
  return undefined
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
