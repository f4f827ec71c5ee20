import { describe, expect, it } from 'vitest'
import { refuse } from '../../base/problem.ts'
import { minutes, NOW, rehead, resignV1 as resign, rpcCall, V1 } from '../testing/requests.ts'
import { exchangeOf, type Sent, send, stoppedClock, testWire } from '../testing/world.ts'
import { type RpcCall, signAcs3, signV1 } from './sign.ts'

const v1 = signV1(rpcCall())
const acs3 = signAcs3(rpcCall())

describe('the order of the checks', () => {
  // Each request has every later mistake too; only the first is told.
  const bad = { accessKeyId: 'nobody', accessKeySecret: 'wrong', time: minutes(60) }
  const order: [string, Partial<RpcCall>, string][] = [
    ['time before key', bad, 'InvalidTimeStamp.Expired'],
    ['known before active', { ...bad, time: minutes(0) }, 'InvalidAccessKeyId.NotFound'],
    [
      'active before signature',
      { ...bad, time: minutes(0), accessKeyId: 'inactiveid' },
      'InvalidAccessKeyId.Inactive',
    ],
    [
      'signature before version',
      { accessKeySecret: 'wrong', version: '1999-01-01' },
      'SignatureDoesNotMatch',
    ],
    ['version before action', { version: '1999-01-01', action: 'Nothing' }, 'InvalidVersion'],
    ['action last', { action: 'Nothing' }, 'InvalidAction.NotFound'],
    ['an action of another version', { version: '2015-04-01' }, 'InvalidAction.NotFound'],
  ]
  it.each(order)('%s', async (_name, more, code) => {
    for (const sign of [signV1, signAcs3]) {
      const reply = await send(testWire('alibaba').wire, sign(rpcCall(more)))
      expect(reply.json.Code).toBe(code)
    }
  })

  it('looks for no key before the form and the time are good', async () => {
    const { wire, lookups } = testWire('alibaba')
    await send(wire, signAcs3(rpcCall({ time: minutes(20) })))
    await send(
      wire,
      rehead(acs3, { authorization: acs3.headers.authorization!.replace(/,Signature=.+/, '') }),
    )
    expect(lookups).toEqual([])
  })
})

describe('what is accepted', () => {
  const accepted: [string, Sent][] = [
    ['V1 at the edge of the window', signV1(rpcCall({ time: minutes(15) }))],
    ['ACS3 at the other edge', signAcs3(rpcCall({ time: minutes(-15) }))],
    ['an empty SignatureType', resign({ ...V1, SignatureType: '' })],
    ['an empty SecurityToken', resign({ ...V1, SecurityToken: '' })],
    ['RegionId on any call', resign({ ...V1, RegionId: 'cn-hangzhou' })],
    [
      'further signed headers',
      signAcs3(rpcCall({ headers: { accept: 'application/json', 'user-agent': 'x y' } })),
    ],
    ['an unsigned user agent', rehead(acs3, { 'user-agent': 'x' })],
    ['an unsigned content type without a body', rehead(acs3, { 'content-type': 'application/json' })],
    [
      'spaces in Authorization',
      rehead(acs3, { authorization: acs3.headers.authorization!.replaceAll(',', ' , ') }),
    ],
    ['vendor headers beside V1', rehead(v1, { 'x-acs-action': 'Other', 'x-acs-version': '1' })],
  ]
  it.each(accepted)('%s', async (_name, sent) => {
    const { wire, calls, failures } = testWire('alibaba')
    expect((await send(wire, sent)).status).toBe(200)
    expect(calls).toHaveLength(1)
    expect(failures).toEqual([])
  })

  it('a header of no meaning sent twice, its values sorted', async () => {
    const sent = signAcs3(rpcCall({ headers: { 'x-tag': 'a,b' } }))
    const test = testWire('alibaba')
    const exchange = exchangeOf(test.wire, rehead(sent, { 'x-tag': 'b, a' }))
    const rawHeaders = [
      ...Object.entries(sent.headers).filter(([name]) => name !== 'x-tag'),
      ['X-Tag', 'b'],
      ['X-Tag', 'a'],
    ].flat() as string[]
    expect((await test.wire.handle({ ...exchange, rawHeaders })).status).toBe(200)
  })
})

describe('the nonce', () => {
  it('is a bucket of the signed time and a digest of key and nonce', async () => {
    const { wire, calls } = testWire('alibaba')
    await send(wire, signV1(rpcCall({ nonce: 'n', time: minutes(3) })))
    await send(wire, signAcs3(rpcCall({ nonce: 'n', time: minutes(3.5) })))
    await send(wire, signAcs3(rpcCall({ nonce: 'm', time: minutes(4) })))
    const [a, b, c] = calls.map(({ nonce }) => nonce!)
    expect(a!.id).toHaveLength(16)
    expect(a).toEqual(b)
    expect(a!.bucket).toBe(Math.floor(minutes(3) / 60_000))
    expect(c!.bucket).toBe(a!.bucket + 1)
    expect(c!.id).not.toEqual(a!.id)
  })

  it('that the audit has seen is a failed authentication', async () => {
    const test = testWire('alibaba')
    test.answer = { ok: false, problem: { code: 'NonceUsed' } }
    const reply = await send(test.wire, acs3)
    expect([reply.status, reply.json.Code]).toEqual([400, 'SignatureNonceUsed'])
    expect(test.failures.map(({ code }) => code)).toEqual(['SignatureNonceUsed'])
  })
})

describe('what the host hears', () => {
  it('counts a failure with key and source, and nothing of the request', async () => {
    const { wire, failures, logged } = testWire('alibaba')
    await send(wire, signV1(rpcCall({ accessKeySecret: 'wrong' })))
    expect(failures).toEqual([
      {
        wire: 'alibaba',
        requestId: expect.any(String),
        code: 'SignatureDoesNotMatch',
        accessKeyId: 'testid',
        source: '192.0.2.7',
      },
    ])
    expect(logged).toEqual([])
  })

  it('answers a store that is down as unavailable, and a defect as an internal failure that tells nothing', async () => {
    const down = testWire('alibaba', {
      findAccessKey: () => Promise.reject(refuse({ code: 'Unavailable', detail: 'no database' })),
    })
    const first = await send(down.wire, acs3)
    expect([first.status, first.json.Code]).toEqual([503, 'ServiceUnavailableTemporary'])
    expect(first.body).not.toContain('no database')

    const broken = testWire('alibaba', {
      clock: stoppedClock(NOW),
      findAccessKey: () => {
        throw new TypeError('secret-in-a-message')
      },
    })
    const second = await send(broken.wire, acs3)
    expect([second.status, second.json.Code]).toEqual([500, 'InternalFailure'])
    expect(second.body).not.toContain('secret-in-a-message')
    expect(broken.logged).toHaveLength(1)
    expect(broken.logged[0]).toContain('TypeError')
    expect(broken.logged[0]).not.toContain('secret-in-a-message')
    expect(broken.logged[0]).not.toContain('key-1')
  })
})
