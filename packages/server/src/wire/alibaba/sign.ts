import { createHmac, randomUUID } from 'node:crypto'
import { bodySha256 } from '../digest.ts'
import { encode, joinPairs, type Pair, sortPairs } from '../percent.ts'
import { ACS3 } from './schemes/acs3.ts'
import { ACS4 } from './schemes/acs4.ts'
import { canonicalRequest, stringToSign } from './schemes/canonical.ts'
import { TERMINATOR } from './schemes/scope.ts'
import { stringToSignV1 } from './schemes/v1.ts'

/** One call to sign, on the client's side. */
export interface RpcCall {
  readonly method: 'GET' | 'POST'
  /** Host and port as the `Host` header will have them. */
  readonly host: string
  readonly action: string
  readonly version: string
  /** Parameters as text, flat (see `flattenParameters`). */
  readonly query: Readonly<Record<string, string>>
  /** Parameters that travel in the body of a POST instead. */
  readonly form?: Readonly<Record<string, string>>
  /** A whole JSON text as body instead: for ACS3 and ACS4, which sign the body. */
  readonly json?: string
  /** Further headers to send and, for ACS3, to sign; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Milliseconds since the epoch; now when absent. */
  readonly time?: number
  /** Random when absent. */
  readonly nonce?: string
}

/** A request ready to be sent: `http(s)://host` and `target` make its URL. */
export interface SignedRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'

function pairsOf(parameters: Readonly<Record<string, string>>): Pair[] {
  return Object.entries(parameters).map(([name, value]) => ({
    name,
    value,
    canonical: `${encode(name)}=${encode(value)}`,
  }))
}

function target(query: readonly Pair[]): string {
  return query.length === 0 ? '/' : `/?${joinPairs(query)}`
}

/** `2024-06-20T08:00:00Z`. */
function timestamp(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}

/** Signs a call with ACS3-HMAC-SHA256 (reference/alibaba-ram.md E.1). */
export function signAcs3(call: RpcCall): SignedRequest {
  return signHeaders(ACS3, call, call.accessKeyId, call.accessKeySecret)
}

/** Signs a call with ACS4-HMAC-SHA256, for a region and a product such as `Kms` (reference/alibaba-ram.md E.4). */
export function signAcs4(call: RpcCall, region: string, product: string): SignedRequest {
  const date = timestamp(call.time ?? Date.now())
    .slice(0, 10)
    .replaceAll('-', '')
  const key = [date, region, product, TERMINATOR].reduce<string | Buffer>(
    (chained, text) => createHmac('sha256', chained).update(text).digest(),
    `aliyun_v4${call.accessKeySecret}`,
  )
  return signHeaders(ACS4, call, [call.accessKeyId, date, region, product, TERMINATOR].join('/'), key)
}

function signHeaders(
  algorithm: string,
  call: RpcCall,
  credential: string,
  key: string | Buffer,
): SignedRequest {
  const query = sortPairs(pairsOf(call.query))
  const body = call.form ? joinPairs(pairsOf(call.form)) : (call.json ?? '')
  const bodyHash = bodySha256(Buffer.from(body))
  const headers: Record<string, string> = {
    ...call.headers,
    ...(body !== '' && { 'content-type': call.form ? FORM : JSON_TYPE }),
    host: call.host,
    'x-acs-action': call.action,
    'x-acs-content-sha256': bodyHash,
    'x-acs-date': timestamp(call.time ?? Date.now()),
    'x-acs-signature-nonce': call.nonce ?? randomUUID(),
    'x-acs-version': call.version,
  }
  const names = Object.keys(headers).sort()
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const signedHeaders = names.join(';')
  const canonical = canonicalRequest(call.method, joinPairs(query), lines, signedHeaders, bodyHash)
  const signature = createHmac('sha256', key).update(stringToSign(algorithm, canonical)).digest('hex')
  headers.authorization = `${algorithm} Credential=${credential},SignedHeaders=${signedHeaders},Signature=${signature}`
  return { method: call.method, target: target(query), headers, body }
}

/** Signs a call with the RPC signature V1 (reference/alibaba-ram.md E.2). */
export function signV1(call: RpcCall): SignedRequest {
  const query = pairsOf({
    Format: 'JSON',
    ...call.query,
    Action: call.action,
    Version: call.version,
    AccessKeyId: call.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: call.nonce ?? randomUUID(),
    Timestamp: timestamp(call.time ?? Date.now()),
  })
  const form = pairsOf(call.form ?? {})
  const text = stringToSignV1(call.method, sortPairs([...query, ...form]))
  const signature = createHmac('sha1', `${call.accessKeySecret}&`).update(text).digest('base64')
  const body = joinPairs(form)
  return {
    method: call.method,
    target: target([...query, ...pairsOf({ Signature: signature })]),
    headers: { ...call.headers, host: call.host, ...(body !== '' && { 'content-type': FORM }) },
    body,
  }
}

/**
 * Parameters as they travel: lists as `Name.1`, their objects as `Name.1.Member`, other objects as JSON text, undefined
 * left out. What the wire's parameter reader undoes.
 */
export function flattenParameters(input: Readonly<Record<string, unknown>>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(input)) flatten(flat, name, value)
  return flat
}

function flatten(flat: Record<string, string>, name: string, value: unknown): void {
  if (value === undefined || value === null) return
  // An empty list has no first item to name: only JSON text can say it.
  if (Array.isArray(value) && value.length > 0) {
    value.forEach((item, i) => {
      if (typeof item !== 'object' || item === null) flatten(flat, `${name}.${i + 1}`, item)
      else
        for (const [member, inner] of Object.entries(item)) flatten(flat, `${name}.${i + 1}.${member}`, inner)
    })
  } else flat[name] = typeof value === 'object' ? JSON.stringify(value) : String(value)
}
