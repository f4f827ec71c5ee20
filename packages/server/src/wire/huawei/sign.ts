import { createHmac } from 'node:crypto'
import { bodySha256 } from '../digest.ts'
import { encode, joinPairs, sortPairs } from '../percent.ts'
import { canonicalPaths, canonicalRequest, SDK_HMAC, stringToSign } from './canonical.ts'

/** One call to sign, on the client's side. */
export interface RestCall {
  readonly method: string
  /** Host and port as the `Host` header will have them. */
  readonly host: string
  /** As it will be sent, segments encoded. */
  readonly path: string
  /** A list is one pair an item. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>
  /** Further headers to send and sign; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  /** JSON text; absent for no body. */
  readonly body?: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Milliseconds since the epoch; now when absent. */
  readonly time?: number
}

/** A request ready to be sent: `http(s)://host` and `target` make its URL. */
export interface SignedRequest {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Signs a call with SDK-HMAC-SHA256 (reference/huawei-iam.md H.1), the path encoded once more as the Node SDK does. */
export function signSdkHmac(call: RestCall): SignedRequest {
  const query = sortPairs(
    Object.entries(call.query ?? {})
      .flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value]] : value.map((one) => [name, one]),
      )
      .map(([name, value]) => ({
        name: name!,
        value: value!,
        canonical: `${encode(name!)}=${encode(value!)}`,
      })),
  )
  const body = call.body ?? ''
  const date = `${new Date(call.time ?? Date.now()).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...call.headers,
    host: call.host,
    'x-sdk-date': date,
  }
  const names = Object.keys(headers).sort()
  const signedHeaders = names.join(';')
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const queryText = joinPairs(query)
  const path = canonicalPaths(call.path)[0]!
  const canonical = canonicalRequest(
    call.method,
    path,
    queryText,
    lines,
    signedHeaders,
    bodySha256(Buffer.from(body)),
  )
  const signature = createHmac('sha256', call.accessKeySecret)
    .update(stringToSign(date, canonical))
    .digest('hex')
  headers.authorization = `${SDK_HMAC} Access=${call.accessKeyId}, SignedHeaders=${signedHeaders}, Signature=${signature}`
  return {
    method: call.method,
    target: queryText === '' ? call.path : `${call.path}?${queryText}`,
    headers,
    body,
  }
}
