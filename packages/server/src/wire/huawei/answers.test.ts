import { describe, expect, it } from 'vitest'
import { type Denial, type Problem, refuse } from '../../base/problem.ts'
import { KEYPAIRS, restCall } from '../testing/requests.ts'
import { ACCOUNT, ALICE, send, testWire } from '../testing/world.ts'
import { signSdkHmac } from './sign.ts'

const good = signSdkHmac(restCall())

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
    const deleted = await send(wire, signSdkHmac(restCall({ method: 'DELETE', path: `${KEYPAIRS}/web` })))
    expect([deleted.status, deleted.body]).toEqual([204, ''])
    const bound = await send(wire, signSdkHmac(restCall({ method: 'POST', path: `${KEYPAIRS}/associate` })))
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
    [{ code: 'MissingParameter', name: 'x' }, 400, 'KPS.40002'],
    [{ code: 'InvalidParameter', name: 'x' }, 400, 'KPS.40001'],
    [{ code: 'RequestTooLarge' }, 413, 'APIGW.0201'],
    [{ code: 'ProjectMismatch' }, 403, 'KPS.40302'],
    [{ code: 'Overloaded' }, 503, 'KPS.50301'],
    [{ code: 'Unavailable', detail: 'x' }, 503, 'KPS.50301'],
    [{ code: 'Internal' }, 500, 'KPS.50001'],
    [{ code: 'KeyNotFound' }, 404, 'KPS.40402'],
    [{ code: 'AliasNotFound' }, 404, 'KPS.40404'],
    [{ code: 'KeyStateRejects', state: 'Disabled' }, 409, 'KPS.40901'],
    [{ code: 'UnsupportedOperation' }, 400, 'KPS.40006'],
    [{ code: 'InvalidKeyMaterial' }, 400, 'KPS.40007'],
    [{ code: 'LimitExceeded', what: 'x' }, 400, 'KPS.40004'],
    [{ code: 'KeypairNotFound', name: 'x' }, 404, 'KPS.40401'],
    [{ code: 'KeypairExists', name: 'x' }, 400, 'KPS.40003'],
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
