import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Denial, type Problem, refuse } from '../../base/problem.ts'
import { sha256Hex } from '../digest.ts'
import { encode } from '../percent.ts'
import {
  ACCOUNT,
  ALICE,
  exchangeOf,
  OPERATIONS,
  type Sent,
  send,
  stoppedClock,
  testWire,
} from '../testing/world.ts'
import { indexRoutes } from './routes.ts'
import { type RestCall, signSdkHmac } from './sign.ts'

const NOW = '2024-06-20T08:00:00Z'
const KEYPAIRS = `/v3/${ACCOUNT.projectId}/keypairs`
const minutes = (n: number) => Date.parse(NOW) + n * 60_000

function call(more: Partial<RestCall> = {}): RestCall {
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

/** Signs a path by a canonical form of the test's choosing. */
function signPathAs(path: string, canonicalPath: string): Sent {
  const headers = { host: 'h', 'x-sdk-date': '20240620T080000Z' }
  const canonical = `GET\n${canonicalPath}\n\nhost:h\nx-sdk-date:20240620T080000Z\n\nhost;x-sdk-date\n${sha256Hex('')}`
  const text = `SDK-HMAC-SHA256\n20240620T080000Z\n${sha256Hex(canonical)}`
  const signature = createHmac('sha256', 'testsecret').update(text).digest('hex')
  const authorization = `SDK-HMAC-SHA256 Access=testid, SignedHeaders=host;x-sdk-date, Signature=${signature}`
  return { method: 'GET', target: path, headers: { ...headers, authorization } }
}

function rehead(sent: Sent, change: Record<string, string | undefined>): Sent {
  return { ...sent, headers: { ...sent.headers, ...change } }
}

const good = signSdkHmac(call())
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
      signSdkHmac(call({ accessKeyId: 'nobody' })),
      reason('Get secretKey failed,ak:nobody,err:ak not exist'),
    ],
    [
      'a key with a long name',
      signSdkHmac(call({ accessKeyId: 'n'.repeat(200) })),
      reason(`Get secretKey failed,ak:${'n'.repeat(128)},err:ak not exist`),
    ],
    [
      'an inactive key',
      signSdkHmac(call({ accessKeyId: 'inactiveid' })),
      reason('Get secretKey failed,ak:inactiveid,err:ak is inactive'),
    ],
    ['a wrong secret', signSdkHmac(call({ accessKeySecret: 'wrong' })), WRONG],
    [
      'too old',
      signSdkHmac(call({ time: minutes(-15.1) })),
      reason('calc ak sk signature fail:signature expired'),
    ],
    [
      'too early',
      signSdkHmac(call({ time: minutes(15.1) })),
      reason('calc ak sk signature fail:signature expired'),
    ],
    ['no date', rehead(good, { 'x-sdk-date': undefined }), WRONG],
    ['a date of another form', rehead(good, { 'x-sdk-date': NOW }), WRONG],
    ['another algorithm', rehead(good, { authorization: authorization.replace('SHA256', 'SM3') }), WRONG],
    ['no algorithm', rehead(good, { authorization: 'Basic x' }), WRONG],
    ['parts missing', rehead(good, { authorization: authorization.replace(/, Signature=.*/, '') }), WRONG],
    ['host not signed', rehead(good, { authorization: authorization.replace('host;', '') }), WRONG],
    ['date not signed', rehead(good, { authorization: authorization.replace(';x-sdk-date', '') }), WRONG],
    [
      'a signed header that is not there',
      rehead(good, { authorization: authorization.replace('=content', '=accept;content') }),
      WRONG,
    ],
    ['an unsigned security token', rehead(good, { 'x-security-token': 't' }), WRONG],
    ['another method', { ...good, method: 'POST' }, WRONG],
    ['another query', { ...good, target: `${good.target}?limit=1` }, WRONG],
    ['a broken query', { ...good, target: `${good.target}?limit=%zz` }, WRONG],
    ['another body', { ...good, body: '{}' }, WRONG],
    [
      'a body hash that is another',
      signSdkHmac(call({ headers: { 'x-sdk-content-sha256': '0'.repeat(64) } })),
      WRONG,
    ],
    ['no body hash', signSdkHmac(call({ headers: { 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' } })), WRONG],
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

  it('may carry the right body hash, signed or not', async () => {
    const { wire } = testWire('huawei')
    const body = '{"keypair":{"name":"a"}}'
    const hash = { 'x-sdk-content-sha256': sha256Hex(body) }
    const signed = signSdkHmac(call({ method: 'POST', body, headers: hash }))
    expect((await send(wire, signed)).status).toBe(200)
    expect((await send(wire, rehead(signSdkHmac(call({ method: 'POST', body })), hash))).status).toBe(200)
  })

  it('is accepted twice: this wire has no nonce', async () => {
    const { wire, calls } = testWire('huawei')
    await send(wire, good)
    expect((await send(wire, good)).status).toBe(200)
    expect(calls.map(({ nonce }) => nonce)).toEqual([undefined, undefined])
  })
})

describe('the lock after 5 wrong signatures', () => {
  const wrong = signSdkHmac(call({ accessKeySecret: 'wrong' }))
  const LOCKED = reason('AK access failed to reach the limit,forbidden')

  it('refuses the right one too, for 5 minutes, for that address', async () => {
    const clock = stoppedClock(NOW)
    const { wire } = testWire('huawei', { clock })
    for (let i = 0; i < 5; i++) expect((await send(wire, wrong)).json.error_msg).toBe(WRONG)
    expect((await send(wire, good)).json.error_msg).toBe(LOCKED)
    const elsewhere = await wire.handle({ ...exchangeOf(wire, good), sourceAddress: '198.51.100.1' })
    expect(elsewhere.status).toBe(200)
    clock.monotonicNow = 5 * 60_000 - 1
    expect((await send(wire, good)).json.error_msg).toBe(LOCKED)
    clock.monotonicNow = 5 * 60_000
    expect((await send(wire, good)).status).toBe(200)
  })

  it('counts failures in a row only, and none of a key that is unknown', async () => {
    const { wire } = testWire('huawei')
    for (let i = 0; i < 4; i++) await send(wire, wrong)
    await send(wire, good)
    for (let i = 0; i < 4; i++) await send(wire, wrong)
    expect((await send(wire, good)).status).toBe(200)
    const nobody = signSdkHmac(call({ accessKeyId: 'nobody' }))
    for (let i = 0; i < 6; i++) expect((await send(wire, nobody)).json.error_msg).toContain('ak not exist')
  })
})

describe('paths', () => {
  it.each([
    ['GET', KEYPAIRS, 'kps:ListKeypairs'],
    ['GET', `${KEYPAIRS}/associate`, 'kps:ListKeypairDetail'],
    ['POST', `${KEYPAIRS}/associate`, 'kps:AssociateKeypair'],
    ['DELETE', `${KEYPAIRS}/web/private-key`, 'kps:ClearPrivateKey'],
  ])('%s %s is %s', async (method, path, name) => {
    const { wire, calls } = testWire('huawei')
    await send(wire, signSdkHmac(call({ method, path })))
    expect(calls[0]!.operation.name).toBe(name)
  })

  it.each([
    ['GET', '/v3/nothing', 404],
    ['GET', '/', 404],
    ['GET', '*', 404],
    ['GET', `${KEYPAIRS}/`, 404],
    ['GET', `${KEYPAIRS}//`, 404],
    ['GET', `${KEYPAIRS}/a/b/c`, 404],
    ['PATCH', KEYPAIRS, 405],
    ['DELETE', KEYPAIRS, 405],
    ['PUT', `${KEYPAIRS}/web`, 405],
  ])('%s %s is %i, before any key is looked for', async (method, target, status) => {
    const { wire, lookups } = testWire('huawei')
    const reply = await send(wire, { method, target, headers: {} })
    expect([reply.status, reply.json.error_code]).toEqual([status, 'APIGW.0101'])
    expect(reply.json.request_id).toBe(reply.requestId)
    expect(lookups).toEqual([])
  })

  it('are refused when bound twice', () => {
    const list = OPERATIONS.find(({ name }) => name === 'kps:ListKeypairs')!
    expect(() => indexRoutes([list, list])).toThrow(/bound twice/)
  })

  const names = ['a b', 'a/b', "it's", 'ü', '100%', '%20', 'a+b', 'web-01']
  const forms: [string, (path: string) => string][] = [
    ['encoded again', (path) => path.split('/').map(encode).join('/')],
    ['decoded first', (path) => decodeURIComponent(path).split('/').map(encode).join('/')],
    ['as sent', (path) => path],
  ]
  describe.each(forms)('signed %s', (_form, canonical) => {
    it.each(names)('with the name %j', async (name) => {
      const { wire, calls } = testWire('huawei')
      const path = `${KEYPAIRS}/${encodeURIComponent(name)}`
      expect((await send(wire, signPathAs(path, `${canonical(path)}/`))).status).toBe(200)
      expect(calls[0]!.input).toEqual({ keypair_name: name })
    })
  })

  it('signed for another name are refused', async () => {
    const { wire } = testWire('huawei')
    expect((await send(wire, signPathAs(`${KEYPAIRS}/a`, `${KEYPAIRS}/b/`))).status).toBe(401)
    expect((await send(wire, signPathAs(`${KEYPAIRS}/a%20b`, `${KEYPAIRS}/a%20c/`))).status).toBe(401)
  })

  it('take names of 255 characters; longer or unreadable ones are a 400 of the service', async () => {
    const test = testWire('huawei')
    const get = async (segment: string) => {
      const path = `${KEYPAIRS}/${segment}`
      return send(test.wire, signPathAs(path, `${path}/`))
    }
    expect((await get('n'.repeat(255))).status).toBe(200)
    for (const segment of ['n'.repeat(256), '%ff', '%zz']) {
      const reply = await get(segment)
      expect([reply.status, reply.json.error_code]).toEqual([400, 'KPS.40001'])
    }
  })
})

describe('project and domain', () => {
  const other = 'f'.repeat(32)
  const cases: [string, Partial<RestCall>][] = [
    ['a path of another account', { path: `/v3/${other}/keypairs`, headers: {} }],
    ['another project in the header', { headers: { 'x-project-id': other } }],
    ['another domain in the header', { headers: { 'x-domain-id': other } }],
  ]
  it.each(cases)('%s is 403 before anything is loaded', async (_name, more) => {
    const { wire, calls } = testWire('huawei')
    const reply = await send(wire, signSdkHmac(call(more)))
    expect([reply.status, reply.json.error_code]).toEqual([403, 'KPS.40302'])
    expect(calls).toHaveLength(0)
  })

  it('the own ones are accepted', async () => {
    const { wire } = testWire('huawei')
    const headers = { 'x-project-id': ACCOUNT.projectId, 'x-domain-id': ACCOUNT.domainId }
    expect((await send(wire, signSdkHmac(call({ headers })))).status).toBe(200)
  })
})

describe('the input', () => {
  const input = async (more: Partial<RestCall>) => {
    const { wire, calls } = testWire('huawei')
    const reply = await send(wire, signSdkHmac(call(more)))
    return calls[0]?.input ?? [reply.status, reply.json.error_code]
  }

  it('is made of body, query and path', async () => {
    expect(await input({ query: { limit: '5', marker: 'a b+' } })).toEqual({ limit: 5, marker: 'a b+' })
    expect(await input({ query: { limit: 'five' } })).toEqual({ limit: 'five' })
    const body = '{"keypair":{"name":"a"}}'
    expect(await input({ method: 'POST', body })).toEqual({ keypair: { name: 'a' } })
    const path = `${KEYPAIRS}/web`
    expect(await input({ method: 'DELETE', path, body: '{"keypair_name":"other","x":1}' })).toEqual({
      keypair_name: 'web',
      x: 1,
    })
    expect(await input({ method: 'POST', path: `${KEYPAIRS}/batch-import`, body: '[1,{"a":2}]' })).toEqual({
      items: [1, { a: 2 }],
    })
    expect(
      await input({ method: 'POST', path: `${KEYPAIRS}/associate`, body: '{"problem":{"code":"x"}}' }),
    ).toEqual({ problem: { code: 'x' } })
  })

  it.each(['{', 'null', '3', '"x"', '{"__proto__":{"a":1}}', '\u0000'])(
    'refuses the body %j',
    async (body) => {
      expect(await input({ method: 'POST', body })).toEqual([400, 'KPS.40001'])
    },
  )

  it('refuses a query that the operation does not have, or twice', async () => {
    expect(await input({ query: { nothing: '1' } })).toEqual([400, 'KPS.40001'])
    expect(await input({ method: 'POST', query: { keypair: '1' } })).toEqual([400, 'KPS.40001'])
    const { wire } = testWire('huawei')
    const twice = signSdkHmac(call({ query: { limit: '1' } }))
    const canonical = await send(wire, { ...twice, target: `${KEYPAIRS}?limit=1&limit=1` })
    expect(canonical.status).toBe(401)
  })
})

describe('answers', () => {
  it('have the status of the operation, and a body where it has one', async () => {
    const { wire } = testWire('huawei')
    const list = await send(wire, good)
    expect(list).toMatchObject({
      status: 200,
      contentType: 'application/json',
      requestIdHeader: 'X-Request-Id',
    })
    expect(list.json).toEqual({ Done: true })
    const deleted = await send(wire, signSdkHmac(call({ method: 'DELETE', path: `${KEYPAIRS}/web` })))
    expect([deleted.status, deleted.body]).toEqual([204, ''])
    const bound = await send(wire, signSdkHmac(call({ method: 'POST', path: `${KEYPAIRS}/associate` })))
    expect(bound.status).toBe(202)
  })

  const URN = `kps:cn-north-4:${ACCOUNT.domainId}:SSHKeyPair:web-01`
  const denial: Denial = {
    action: 'kps:SSHKeyPair:get',
    resource: URN,
    reason: 'ImplicitDeny',
    layer: 'identity',
    foreign: false,
  }
  const denials: [string, Partial<Denial>, string][] = [
    ['no policy', {}, 'because no identity-based policy allows the kps:SSHKeyPair:get action'],
    ['a Deny', { reason: 'ExplicitDeny' }, 'with an explicit deny in the identity-based policy'],
    [
      'an SCP',
      { reason: 'ExplicitDeny', layer: 'organization' },
      'with an explicit deny in the service control policy',
    ],
    ['a session', { layer: 'session' }, 'because no session policy allows the kps:SSHKeyPair:get action'],
  ]
  it.each(denials)('say that %s refused', async (_name, more, cause) => {
    const test = testWire('huawei')
    test.answer = { ok: false, problem: { code: 'AccessDenied', denial: { ...denial, ...more } } }
    const reply = await send(test.wire, good)
    expect(reply.status).toBe(403)
    expect(reply.json).toEqual({
      error_code: 'KPS.40301',
      error_msg: `User: ${ALICE.urn} is not authorized to perform: kps:SSHKeyPair:get on resource: ${URN} ${cause}`,
      request_id: reply.requestId,
    })
  })

  it("give another account's key pair the look of a missing one, to the byte", async () => {
    const test = testWire('huawei')
    test.answer = { ok: false, problem: { code: 'AccessDenied', denial: { ...denial, foreign: true } } }
    const denied = await send(test.wire, good)
    test.answer = { ok: false, problem: { code: 'KeypairNotFound', name: 'web-01' } }
    const missing = await send(test.wire, good)
    expect(denied.status).toBe(404)
    expect(denied.body.replaceAll(denied.requestId, '')).toBe(missing.body.replaceAll(missing.requestId, ''))
  })

  const problems: [Problem, number, string][] = [
    [{ code: 'UnknownOperation', name: 'x' }, 404, 'APIGW.0101'],
    [{ code: 'MissingParameter', name: 'x' }, 400, 'KPS.40002'],
    [{ code: 'InvalidParameter', name: 'x' }, 400, 'KPS.40001'],
    [{ code: 'RequestTooLarge' }, 413, 'APIGW.0201'],
    [{ code: 'ProjectMismatch' }, 403, 'KPS.40302'],
    [{ code: 'DryRun', result: 'Succeeded' }, 400, 'KPS.40010'],
    [{ code: 'Overloaded' }, 503, 'KPS.50301'],
    [{ code: 'Unavailable', detail: 'x' }, 503, 'KPS.50301'],
    [{ code: 'Internal' }, 500, 'KPS.50001'],
    [{ code: 'KeyNotFound' }, 404, 'KPS.40402'],
    [{ code: 'AliasNotFound' }, 404, 'KPS.40404'],
    [{ code: 'KeyStateRejects', state: 'Disabled' }, 409, 'KPS.40901'],
    [{ code: 'UnsupportedOperation' }, 400, 'KPS.40006'],
    [{ code: 'InvalidKeyMaterial' }, 400, 'KPS.40007'],
    [{ code: 'PolicyNotFound' }, 404, 'KPS.40403'],
    [{ code: 'MalformedPolicy', detail: 'x' }, 400, 'KPS.40005'],
    [{ code: 'LimitExceeded', what: 'x' }, 400, 'KPS.40004'],
    [{ code: 'KeypairNotFound', name: 'x' }, 404, 'KPS.40401'],
    [{ code: 'KeypairExists', name: 'x' }, 400, 'KPS.40003'],
    [{ code: 'NonceUsed' }, 400, 'KPS.40009'],
    [{ code: 'InvalidWorld', findings: [] }, 400, 'KPS.40008'],
  ]
  it.each(problems)('%o', async (problem, status, code) => {
    const test = testWire('huawei')
    test.answer = { ok: false, problem }
    const reply = await send(test.wire, good)
    expect([reply.status, reply.json.error_code]).toEqual([status, code])
    expect(reply.body).not.toContain('undefined')
  })

  it('to a store that is down, and to a defect, tell nothing', async () => {
    const down = testWire('huawei', {
      findAccessKey: () => Promise.reject(refuse({ code: 'Unavailable', detail: 'no database' })),
    })
    const first = await send(down.wire, good)
    expect([first.status, first.body.includes('no database')]).toEqual([503, false])
    const broken = testWire('huawei')
    broken.answer = () => Promise.reject(new Error('secret'))
    const second = await send(broken.wire, good)
    expect([second.status, second.body.includes('secret'), broken.logged.join().includes('secret')]).toEqual([
      500,
      false,
      false,
    ])
  })
})
