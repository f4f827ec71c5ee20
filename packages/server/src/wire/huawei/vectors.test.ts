import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
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
