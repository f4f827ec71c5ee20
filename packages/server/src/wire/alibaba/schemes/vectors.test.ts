import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hmacSha1Base64, sha256Hex } from '../../digest.ts'
import { encode, parsePairs, sortPairs } from '../../percent.ts'
import { credential, exchangeOf, stoppedClock, testWire } from '../../testing/world.ts'
import { readClaim } from '../authenticate.ts'
import { isFailure } from '../failures.ts'
import { readRequest } from '../request.ts'
import { schemeOf } from './table.ts'
import { stringToSignV1 } from './v1.ts'

interface V1Case {
  name: string
  method: string
  params: Record<string, string>
  secret: string
  stringToSign: string
  signature: string
}

interface Acs3Case {
  name: string
  method: string
  query: Record<string, string>
  headers: Record<string, string>
  body: string
  accessKeyId: string
  secret: string
  canonicalRequest: string
  hashedCanonicalRequest: string
  signature: string
  authorization: string
}

function cases<T>(file: string): T[] {
  return JSON.parse(readFileSync(new URL(`../cases/${file}`, import.meta.url), 'utf8'))
}

/** As the official SDKs put a query on the wire: `! ' ( ) *` raw although the signature has them encoded. */
function sdkQuery(params: Record<string, string>): string {
  return Object.entries(params)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
}

function verdict(sent: Parameters<typeof exchangeOf>[1], at: string, accessKeyId: string, secret: string) {
  const { wire } = testWire('alibaba')
  const exchange = exchangeOf(wire, sent)
  const scheme = schemeOf(exchange.headers.authorization)
  const request = readRequest(exchange, scheme.signsForm)
  if (isFailure(request)) return request
  const candidate = readClaim(request, scheme, stoppedClock(at), 'cn-hangzhou')
  if (isFailure(candidate)) return candidate
  return candidate.scheme.verify(request, candidate.claim, credential(accessKeyId, secret)) ?? 'holds'
}

describe('signature V1', () => {
  const all = cases<V1Case>('v1.json')
  it('has its vectors', () => expect(all).toHaveLength(6))

  it.each(all)('$name', ({ method, params, secret, stringToSign, signature }) => {
    expect(stringToSignV1(method, sortPairs(parsePairs(sdkQuery(params))!))).toBe(stringToSign)
    const signed = { ...params, Signature: signature }
    const at = params.Timestamp!
    const inQuery = { method, target: `/?${sdkQuery(signed)}`, headers: { host: 'x' } }
    expect(verdict(inQuery, at, params.AccessKeyId!, secret)).toBe('holds')
    const spaced = { ...inQuery, target: inQuery.target.replaceAll('%20', '+') }
    expect(verdict(spaced, at, params.AccessKeyId!, secret)).toBe('holds')
    const form = {
      method,
      target: '/',
      headers: { host: 'x', 'content-type': 'application/x-www-form-urlencoded' },
      body: sdkQuery(signed),
    }
    expect(verdict(form, at, params.AccessKeyId!, secret)).toBe('holds')
    expect(verdict(inQuery, at, params.AccessKeyId!, `${secret}x`)).toMatchObject({
      failure: 'SignatureDoesNotMatch',
      reason: `Specified signature is not matched with our calculation. server string to sign is:${stringToSign}`,
    })
  })

  it('gives the corrected signature of the KMS signature page, which prints a wrong one', () => {
    const params = {
      Action: 'CreateKey',
      Format: 'json',
      AccessKeyId: 'testid',
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      Timestamp: '2016-03-28T03:13:08Z',
      Version: '2016-01-20',
    }
    const text = stringToSignV1('GET', sortPairs(parsePairs(sdkQuery(params))!))
    const { secretAmpersand } = credential('testid', 'testsecret')
    expect(hmacSha1Base64(secretAmpersand, text)).toBe('41wk2SSX1GJh7fwnc5eqOfiJPFg=')
  })
})

describe('signature ACS3', () => {
  const all = cases<Acs3Case>('acs3.json')
  it('has its vectors', () => expect(all).toHaveLength(7))

  it.each(all)('$name', (vector) => {
    const query = Object.entries(vector.query)
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .reverse()
      .join('&')
    const sent = {
      method: vector.method,
      target: query === '' ? '/' : `/?${query}`,
      headers: { ...vector.headers, authorization: vector.authorization },
      body: vector.body,
    }
    const at = vector.headers['x-acs-date']!
    expect(verdict(sent, at, vector.accessKeyId, vector.secret)).toBe('holds')
    const raw = { ...sent, target: query === '' ? '/' : `/?${sdkQuery(vector.query).replaceAll('%20', '+')}` }
    expect(verdict(raw, at, vector.accessKeyId, vector.secret)).toBe('holds')
    const spaced = { ...sent.headers, authorization: vector.authorization.replaceAll(',', ', ') }
    expect(verdict({ ...sent, headers: spaced }, at, vector.accessKeyId, vector.secret)).toBe('holds')
    expect(sha256Hex(vector.canonicalRequest)).toBe(vector.hashedCanonicalRequest)
    const hash = vector.hashedCanonicalRequest
    expect(verdict(sent, at, vector.accessKeyId, 'wrong')).toEqual({
      failure: 'SignatureDoesNotMatch',
      reason:
        'Specified signature does not match our calculation. ' +
        `server StringToSign is [ACS3-HMAC-SHA256\n${hash}] server CanonicalRequest is [${vector.canonicalRequest}]`,
    })
  })
})
