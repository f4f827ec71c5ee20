import type { Exchange } from '../exchange.ts'
import { parseJson, repeatedMember } from '../json.ts'
import { type Pair, parsePairs, sortPairs } from '../percent.ts'
import { type Failure, fail } from './failures.ts'

/** More than any form that a V1 client has to sign; larger bodies need a signature that covers bytes as they are. */
export const MAX_SIGNED_FORM = 256 * 1024

/** An RPC request taken apart as far as its signature scheme needs it. */
export interface RpcRequest {
  readonly exchange: Exchange
  /** Parameters of the query, sorted. */
  readonly query: readonly Pair[]
  /** Parameters of query and, once the form is read, form together, sorted; no name twice. */
  readonly parameters: readonly Pair[]
  /** The members of a JSON body, where there is one and it is read. */
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

/**
 * Takes the query apart, and the form where the signature is made over its parameters. A query that cannot be read is a
 * failure: no signature can be made over it.
 *
 * INVARIANT: nothing here parses JSON or takes longer than linear time in a bounded number of bytes and parameters:
 * nobody has shown a signature yet.
 */
export function readRequest(exchange: Exchange, signsForm: boolean): RpcRequest | Failure {
  const query = parsePairs(exchange.query)
  if (query === undefined) return fail('ParseRequestParameterException')
  sortPairs(query)
  if (exchange.body.length === 0 || !signsForm || !isForm(exchange)) {
    const apart = exchange.body.length > 0
    return { exchange, query, parameters: query, json: undefined, apart, unread: repeated(query) }
  }
  if (exchange.body.length > MAX_SIGNED_FORM) return fail('RequestEntityTooLarge')
  return withContent({ exchange, query }, readBody(exchange))
}

/** Reads the body that a signature has been found to cover. */
export function readSignedBody(request: RpcRequest): RpcRequest {
  return request.apart ? withContent(request, readBody(request.exchange)) : request
}

function withContent(
  { exchange, query }: Pick<RpcRequest, 'exchange' | 'query'>,
  content: Content | Failure,
): RpcRequest {
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

function hasType({ headers }: Exchange, type: string): boolean {
  return (headers['content-type'] ?? '').slice(0, type.length).toLowerCase() === type
}

function isForm(exchange: Exchange): boolean {
  return hasType(exchange, 'application/x-www-form-urlencoded')
}

function readBody(exchange: Exchange): Content | Failure {
  if (isForm(exchange)) {
    const form = parsePairs(exchange.body.toString('utf8'))
    return form === undefined ? fail('ParseRequestParameterException') : { form }
  }
  if (hasType(exchange, 'application/json')) {
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
