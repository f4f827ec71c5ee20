import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EMPTY_SHA256, sha256Hex } from '../digest.ts'
import { KEYPAIRS, minutes, NOW, rehead, restCall } from '../testing/requests.ts'
import { exchangeOf, type Sent, send, stoppedClock, testWire } from '../testing/world.ts'
import { canonicalRequest, stringToSign } from './canonical.ts'
import { signSdkHmac } from './sign.ts'

const good = signSdkHmac(restCall())
const authorization = good.headers.authorization!
const reason = (text: string) => `Incorrect IAM authentication information: ${text}`
const WRONG = reason('verify aksk signature fail')

describe('a request that is not authenticated', () => {
  const refusals: [name: string, sent: Sent, message: string][] = [
    ['no credentials', rehead(good, { authorization: undefined }), reason('x-auth-token not found')],
    [
      'a token alone',
      rehead(good, { authorization: undefined, 'x-auth-token': 't' }),
      reason('decrypt token fail'),
    ],
    [
      'an unknown key',
      signSdkHmac(restCall({ accessKeyId: 'nobody' })),
      reason('Get secretKey failed,ak:nobody,err:ak not exist'),
    ],
    [
      'a key with a long name',
      signSdkHmac(restCall({ accessKeyId: 'n'.repeat(200) })),
      reason(`Get secretKey failed,ak:${'n'.repeat(128)},err:ak not exist`),
    ],
    [
      'an inactive key',
      signSdkHmac(restCall({ accessKeyId: 'inactiveid' })),
      reason('Get secretKey failed,ak:inactiveid,err:ak is inactive'),
    ],
    ['a wrong secret', signSdkHmac(restCall({ accessKeySecret: 'wrong' })), WRONG],
    [
      'too old',
      signSdkHmac(restCall({ time: minutes(-15.1) })),
      reason('calc ak sk signature fail:signature expired'),
    ],
    [
      'too early',
      signSdkHmac(restCall({ time: minutes(15.1) })),
      reason('calc ak sk signature fail:signature expired'),
    ],
    ['no date', rehead(good, { 'x-sdk-date': undefined }), WRONG],
    ['a date of another form', rehead(good, { 'x-sdk-date': NOW }), WRONG],
    ['another algorithm', rehead(good, { authorization: authorization.replace('SHA256', 'SM3') }), WRONG],
    ['no algorithm', rehead(good, { authorization: 'Basic x' }), WRONG],
    ['parts missing', rehead(good, { authorization: authorization.replace(/, Signature=.*/, '') }), WRONG],
    ['host no longer listed', rehead(good, { authorization: authorization.replace('host;', '') }), WRONG],
    ['date not signed', rehead(good, { authorization: authorization.replace(';x-sdk-date', '') }), WRONG],
    [
      'a signed header that is not there',
      rehead(good, { authorization: authorization.replace('=content', '=accept;content') }),
      WRONG,
    ],
    [
      'a security token, signed or not, beside a permanent key',
      rehead(good, { 'x-security-token': 't' }),
      reason('decrypt token fail'),
    ],
    ['another method', { ...good, method: 'POST' }, WRONG],
    ['another query', { ...good, target: `${good.target}?limit=1` }, WRONG],
    ['a broken query', { ...good, target: `${good.target}?limit=%zz` }, WRONG],
    ['another body', { ...good, body: '{}' }, WRONG],
    [
      'a body hash that is another',
      signSdkHmac(restCall({ headers: { 'x-sdk-content-sha256': '0'.repeat(64) } })),
      WRONG,
    ],
    [
      'no body hash',
      signSdkHmac(restCall({ headers: { 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' } })),
      WRONG,
    ],
  ]
  it.each(refusals)('%s', async (_name, sent, message) => {
    const { wire, calls, failures } = testWire('huawei')
    const reply = await send(wire, sent)
    expect(reply.status).toBe(401)
    expect(reply.json).toEqual({ error_code: 'APIGW.0301', error_msg: message, request_id: reply.requestId })
    expect(reply.requestId).toMatch(/^[0-9a-f]{32}$/)
    expect(calls).toHaveLength(0)
    expect(failures).toHaveLength(1)
    expect(failures[0]).toMatchObject({ wire: 'huawei', source: '192.0.2.7' })
  })

  it('is one that does not sign its date, however well it signs the rest', async () => {
    const headers: Record<string, string> = { host: 'h', 'x-sdk-date': '20240620T080000Z', accept: '*/*' }
    const sign = (names: string[]) => {
      const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
      const text = canonicalRequest('GET', `${KEYPAIRS}/`, '', lines, names.join(';'), EMPTY_SHA256)
      const signature = createHmac('sha256', 'testsecret')
        .update(stringToSign(headers['x-sdk-date']!, text))
        .digest('hex')
      const authorization = `SDK-HMAC-SHA256 Access=testid, SignedHeaders=${names.join(';')}, Signature=${signature}`
      return { method: 'GET', target: KEYPAIRS, headers: { ...headers, authorization } }
    }
    const { wire } = testWire('huawei')
    // In any order, with the host or without it.
    for (const names of [['x-sdk-date', 'host', 'accept'], ['accept', 'x-sdk-date'], ['x-sdk-date']]) {
      expect((await send(wire, sign(names))).status).toBe(200)
    }
    expect((await send(wire, sign(['accept', 'host']))).json.error_msg).toBe(WRONG)
  })

  it('may carry the right body hash, signed or not', async () => {
    const { wire } = testWire('huawei')
    const body = '{"keypair":{"name":"a"}}'
    const hash = { 'x-sdk-content-sha256': sha256Hex(body) }
    const signed = signSdkHmac(restCall({ method: 'POST', body, headers: hash }))
    expect((await send(wire, signed)).status).toBe(200)
    expect((await send(wire, rehead(signSdkHmac(restCall({ method: 'POST', body })), hash))).status).toBe(200)
  })

  it('is accepted twice: this wire has no nonce', async () => {
    const { wire, calls } = testWire('huawei')
    await send(wire, good)
    expect((await send(wire, good)).status).toBe(200)
    expect(calls.map(({ nonce }) => nonce)).toEqual([undefined, undefined])
  })
})

describe('the lock after 5 wrong signatures', () => {
  const wrong = signSdkHmac(restCall({ accessKeySecret: 'wrong' }))
  const LOCKED = reason('AK access failed to reach the limit,forbidden')

  it('never refuses a right one', async () => {
    const { wire, failures } = testWire('huawei')
    for (let i = 0; i < 7; i++) {
      for (let j = 0; j < 3; j++) await send(wire, wrong)
      expect((await send(wire, good)).status).toBe(200)
    }
    for (let i = 0; i < 6; i++) await send(wire, wrong)
    expect((await send(wire, good)).status).toBe(200)
    expect(failures.filter(({ code }) => code === 'KeyLocked')).toHaveLength(1)
  })

  it('tells wrong ones of that address another entity for 5 minutes, later, and counts them apart', async () => {
    const clock = stoppedClock(NOW)
    const { wire, failures } = testWire('huawei', { clock })
    for (let i = 0; i < 5; i++) expect((await send(wire, wrong)).json.error_msg).toBe(WRONG)
    const begun = performance.now()
    expect((await send(wire, wrong)).json.error_msg).toBe(LOCKED)
    expect(performance.now() - begun).toBeGreaterThan(200)
    const elsewhere = await wire.handle({ ...exchangeOf(wire, wrong), sourceAddress: '198.51.100.1' })
    expect(elsewhere.body).toContain(WRONG)
    clock.monotonicNow = 5 * 60_000 - 1
    expect((await send(wire, wrong)).json.error_msg).toBe(LOCKED)
    clock.monotonicNow = 5 * 60_000
    for (let i = 0; i < 5; i++) expect((await send(wire, wrong)).json.error_msg).toBe(WRONG)
    expect((await send(wire, wrong)).json.error_msg).toBe(LOCKED)
    expect(failures.map(({ code }) => code)).toEqual([
      ...Array(5).fill('SignatureWrong'),
      'KeyLocked',
      'SignatureWrong',
      'KeyLocked',
      ...Array(5).fill('SignatureWrong'),
      'KeyLocked',
    ])
  })

  it('lets a bounded number of them wait', async () => {
    const { wire } = testWire('huawei')
    for (let i = 0; i < 5; i++) await send(wire, wrong)
    let waiting = 200
    const all = Array.from({ length: 200 }, () => send(wire, wrong).then(() => waiting--))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(waiting).toBe(64)
    await Promise.all(all)
  })

  it('counts failures in a row only, and none of a key that is unknown', async () => {
    const { wire } = testWire('huawei')
    for (let i = 0; i < 4; i++) await send(wire, wrong)
    await send(wire, good)
    for (let i = 0; i < 4; i++) expect((await send(wire, wrong)).json.error_msg).toBe(WRONG)
    const nobody = signSdkHmac(restCall({ accessKeyId: 'nobody' }))
    for (let i = 0; i < 6; i++) expect((await send(wire, nobody)).json.error_msg).toContain('ak not exist')
  })
})
