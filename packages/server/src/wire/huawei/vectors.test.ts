import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { KEYPAIRS, restCall } from '../testing/requests.ts'
import { credential, send, sessionCredential, stoppedClock, testWire } from '../testing/world.ts'
import { signSdkHmac } from './sign.ts'

interface Case {
  name: string
  method: string
  path: string
  query: Record<string, string>
  body: string
  headers: Record<string, string>
  accessKeyId: string
  secret: string
  signature: string
}

const all: Case[] = JSON.parse(readFileSync(new URL('./cases/sdk-hmac.json', import.meta.url), 'utf8'))
const AT = '2026-01-02T03:04:05Z'

describe('SDK-HMAC-SHA256', () => {
  it.each(all)('accepts $name', async (vector) => {
    const { wire, calls } = testWire('huawei', {
      clock: stoppedClock(AT),
      findAccessKey: (id, token) => (token === undefined ? credential : sessionCredential)(id, vector.secret),
    })
    const names = Object.keys(vector.headers).sort().join(';')
    const query = Object.entries(vector.query).map(([k, v]) => `${k}=${encodeURIComponent(v)}`)
    const reply = await send(wire, {
      method: vector.method,
      target: query.length === 0 ? vector.path : `${vector.path}?${query.reverse().join('&')}`,
      headers: {
        ...vector.headers,
        authorization: `SDK-HMAC-SHA256 Access=${vector.accessKeyId}, SignedHeaders=${names}, Signature=${vector.signature}`,
      },
      body: vector.body,
    })
    expect(reply.status).toBe(200)
    expect(calls).toHaveLength(1)
  })

  it.each(all)('signs $name', (vector) => {
    const { host, ...headers } = vector.headers
    delete headers['x-sdk-date']
    const signed = signSdkHmac({
      method: vector.method,
      host: host!,
      path: vector.path,
      query: vector.query,
      headers,
      body: vector.body,
      accessKeyId: vector.accessKeyId,
      accessKeySecret: vector.secret,
      time: Date.parse(AT),
    })
    expect(signed.headers.authorization).toMatch(new RegExp(`Signature=${vector.signature}$`))
  })
})

interface SentCase extends Omit<Case, 'path' | 'query' | 'headers'> {
  target: string
  signed: Record<string, string>
  unsigned: Record<string, string>
}

const others: SentCase[] = JSON.parse(
  readFileSync(new URL('./cases/sdk-hmac-other-clients.json', import.meta.url), 'utf8'),
)

// Made by hand, without code of this service, in the shape of clients that sign less than the Node SDK does.
describe('SDK-HMAC-SHA256 of clients that leave headers unsigned', () => {
  const sent = (vector: SentCase, change: Record<string, string> = {}) => {
    const names = Object.keys(vector.signed).sort().join(';')
    // Node reads the bytes of a header as Latin-1.
    const bytes = (text: string) => Buffer.from(text).toString('latin1')
    const headers = { ...vector.unsigned, ...vector.signed, ...change }
    return {
      method: vector.method,
      target: vector.target,
      headers: {
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, bytes(value)])),
        authorization: `SDK-HMAC-SHA256 Access=${vector.accessKeyId}, SignedHeaders=${names}, Signature=${vector.signature}`,
      },
      body: vector.body,
    }
  }
  const wireOf = (vector: SentCase) =>
    testWire('huawei', {
      clock: stoppedClock(AT),
      findAccessKey: (id, token) => (token === undefined ? credential : sessionCredential)(id, vector.secret),
    })

  it.each(others)('accepts $name', async (vector) => {
    const { wire, calls } = wireOf(vector)
    expect((await send(wire, sent(vector))).json).toEqual({ Done: true })
    expect(calls).toHaveLength(1)
  })

  it.each(others)('refuses a change of anything that is signed: $name', async (vector) => {
    const { wire } = wireOf(vector)
    for (const name of Object.keys(vector.signed)) {
      const reply = await send(wire, sent(vector, { [name]: `${vector.signed[name]}0` }))
      expect([name, reply.status]).toEqual([name, 401])
    }
    for (const change of [{ body: `${vector.body} ` }, { method: 'PUT' }, { target: `${vector.target}0` }]) {
      expect((await send(wire, { ...sent(vector), ...change })).status).not.toBe(200)
    }
  })

  it('grants nothing for what came unsigned', async () => {
    const vector = others[0]!
    const { wire, calls, refused } = wireOf(vector)
    for (const name of ['x-project-id', 'x-domain-id']) {
      const reply = await send(wire, sent(vector, { [name]: 'f'.repeat(32) }))
      expect([name, reply.status]).toEqual([name, 403])
      expect((await send(wire, sent(vector, { [name]: '' }))).status).toBe(200)
    }
    expect([calls.length, refused.map(({ problem }) => problem?.code)]).toEqual([
      2,
      ['ProjectMismatch', 'ProjectMismatch'],
    ])
  })

  it('accepts the lower-case names that the Go SDK signs, and the call refuses names it does not know', async () => {
    const { wire, refused } = testWire('huawei')
    const signed = signSdkHmac(restCall({ query: { limit: '1', marker: 'b' } }))
    expect((await send(wire, { ...signed, target: `${KEYPAIRS}?Marker=b&limit=1` })).status).toBe(400)
    expect(refused).toMatchObject([{ problem: { code: 'InvalidParameter', name: 'Marker' } }])
    expect((await send(wire, { ...signed, target: `${KEYPAIRS}?Marker=c&limit=1` })).status).toBe(401)
  })
})
