import { createHmac } from 'node:crypto'
import type { RpcCall } from '../alibaba/sign.ts'
import type { RestCall } from '../huawei/sign.ts'
import { encode } from '../percent.ts'
import { ACCOUNT, type Sent } from './world.ts'

// Calls that the tests of the wires sign, and what they do to them afterwards.

/** The moment at which the tests' clock stands. */
export const NOW = '2024-06-20T08:00:00Z'
export const minutes = (n: number) => Date.parse(NOW) + n * 60_000

export const KEYPAIRS = `/v3/${ACCOUNT.projectId}/keypairs`

export function rpcCall(more: Partial<RpcCall> = {}): RpcCall {
  return {
    method: 'POST',
    host: '127.0.0.1:7700',
    action: 'Encrypt',
    version: '2016-01-20',
    query: { KeyId: 'key-1', Plaintext: 'aGVsbG8=' },
    accessKeyId: 'testid',
    accessKeySecret: 'testsecret',
    time: minutes(0),
    ...more,
  }
}

export function restCall(more: Partial<RestCall> = {}): RestCall {
  return {
    method: 'GET',
    host: '127.0.0.1:7700',
    path: KEYPAIRS,
    headers: { 'x-project-id': ACCOUNT.projectId },
    accessKeyId: 'testid',
    accessKeySecret: 'testsecret',
    time: minutes(0),
    ...more,
  }
}

/** Changes headers of a signed request; undefined removes one. */
export function rehead(sent: Sent, change: Record<string, string | undefined>): Sent {
  return { ...sent, headers: { ...sent.headers, ...change } }
}

/** Changes the query of a signed RPC request; undefined removes a parameter. */
export function requery(sent: Sent, change: Record<string, string | undefined>): Sent {
  const query = new URLSearchParams(sent.target.slice(2))
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) query.delete(name)
    else query.set(name, value)
  }
  return { ...sent, target: `/?${query}` }
}

/** V1 over given parameters, so that a test can sign what the signer would not. */
export function resignV1(parameters: Record<string, string>): Sent {
  const canonical = Object.keys(parameters)
    .sort()
    .map((name) => `${encode(name)}=${encode(parameters[name]!)}`)
    .join('&')
  const text = `GET&%2F&${encode(canonical)}`
  const signature = createHmac('sha1', 'testsecret&').update(text).digest('base64')
  return { method: 'GET', target: `/?${canonical}&Signature=${encode(signature)}`, headers: {} }
}

/** The public parameters of a V1 request. */
export const V1 = {
  Action: 'Encrypt',
  Version: '2016-01-20',
  AccessKeyId: 'testid',
  SignatureMethod: 'HMAC-SHA1',
  SignatureVersion: '1.0',
  Timestamp: NOW,
  SignatureNonce: 'n-1',
}
