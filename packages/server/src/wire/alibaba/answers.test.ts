import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import type { Denial, Problem } from '../../base/problem.ts'
import type { Answer } from '../../pipeline/answer.ts'
import { RPC, rpc } from '../testing/operations.ts'
import { rpcCall } from '../testing/requests.ts'
import { ACCOUNT, ALICE, send, testWire } from '../testing/world.ts'
import { indexOperations } from './operations.ts'
import { answerProblem } from './problems.ts'
import { signV1 } from './sign.ts'

const KEY = `acs:kms:cn-hangzhou:${ACCOUNT.uid}:key/key-1`
const denial: Denial = {
  action: 'kms:Encrypt',
  resource: KEY,
  reason: 'ImplicitDeny',
  layer: 'identity',
  foreign: false,
}

function encrypt(more: { format?: string; action?: string; version?: string } = {}) {
  return signV1({
    method: 'GET',
    host: 'x',
    action: more.action ?? 'Encrypt',
    version: more.version ?? '2016-01-20',
    query: more.format === undefined ? {} : { Format: more.format },
    accessKeyId: 'testid',
    accessKeySecret: 'testsecret',
    time: Date.parse('2024-06-20T08:00:00Z'),
  })
}

describe('a success', () => {
  it('is the output and RequestId, as JSON', async () => {
    const { wire } = testWire('alibaba')
    const reply = await send(wire, encrypt())
    expect(reply.json).toEqual({ RequestId: reply.requestId, Done: true })
    expect(reply.requestId).toMatch(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/)
    expect(reply).toMatchObject({
      contentType: 'application/json;charset=utf-8',
      requestIdHeader: 'x-acs-request-id',
    })
  })

  it('may be empty', async () => {
    const test = testWire('alibaba')
    test.answer = { ok: true, output: {} }
    const reply = await send(test.wire, encrypt())
    expect(reply.json).toEqual({ RequestId: reply.requestId })
  })

  it('is XML where XML was asked for', async () => {
    const test = testWire('alibaba')
    test.answer = {
      ok: true,
      output: { Keys: { Key: [{ KeyId: 'a<b' }, { KeyId: 'c\u0000&' }] }, No: undefined, N: 2 },
    }
    const reply = await send(test.wire, encrypt({ format: 'xml' }))
    expect(reply.contentType).toBe('text/xml;charset=utf-8')
    expect(reply.body).toBe(
      `<?xml version="1.0" encoding="UTF-8"?><EncryptResponse><RequestId>${reply.requestId}</RequestId>` +
        '<Keys><Key><KeyId>a&lt;b</KeyId></Key><Key><KeyId>c\ufffd&amp;</KeyId></Key></Keys><N>2</N></EncryptResponse>',
    )
  })

  it('tells the pipeline where it came from', async () => {
    const { wire, calls } = testWire('alibaba')
    const sent = encrypt()
    const reply = await send(wire, {
      ...sent,
      headers: { ...sent.headers, 'user-agent': 'ua', referer: 'ref' },
    })
    expect(calls[0]!.connection).toEqual({
      requestId: reply.requestId,
      sourceAddress: '192.0.2.7',
      tlsVersion: '1.3',
      userAgent: 'ua',
      referer: 'ref',
      receivedAt: Date.parse('2024-06-20T08:00:01Z'),
    })
  })
})

describe('a problem', () => {
  const rows: [Problem, number, string, string?][] = [
    [
      { code: 'MissingParameter', name: 'KeyId' },
      400,
      'MissingParameter',
      'The parameter "KeyId" is needed but not provided.',
    ],
    [
      { code: 'InvalidParameter', name: 'KeyId' },
      400,
      'InvalidParameter',
      'The specified parameter "KeyId" is not valid.',
    ],
    [{ code: 'RequestTooLarge' }, 413, 'RequestEntityTooLarge'],
    [{ code: 'ProjectMismatch' }, 403, 'Forbidden.NoPermission'],
    [{ code: 'Overloaded' }, 503, 'ServiceUnavailableTemporary', 'Service Unavailable Temporary.'],
    [
      { code: 'Unavailable', detail: 'x' },
      503,
      'ServiceUnavailableTemporary',
      'Service Unavailable Temporary.',
    ],
    [{ code: 'Internal' }, 500, 'InternalFailure', 'Internal Failure.'],
    [{ code: 'KeyNotFound' }, 404, 'Forbidden.KeyNotFound', 'The specified Key is not found.'],
    [{ code: 'AliasNotFound' }, 404, 'Forbidden.AliasNotFound', 'The specified Alias is not found.'],
    [
      { code: 'KeyStateRejects', state: 'Disabled' },
      409,
      'Rejected.Disabled',
      'The request was rejected because the key state is Disabled.',
    ],
    [{ code: 'UnsupportedOperation' }, 400, 'UnsupportedOperation', 'This action is not supported.'],
    [{ code: 'InvalidKeyMaterial' }, 400, 'InvalidKeyMaterial', 'key material is invalid.'],
    [{ code: 'PolicyNotFound' }, 404, 'Forbidden.ResourceNotFound', 'Policy not found.'],
    [
      { code: 'MalformedPolicy', detail: 'line 1' },
      400,
      'InvalidParameter',
      'The specified parameter "Policy" is not valid. line 1',
    ],
    [{ code: 'LimitExceeded', what: 'keys' }, 400, 'Rejected.LimitExceeded'],
    [{ code: 'KeypairNotFound', name: 'x' }, 404, 'Forbidden.ResourceNotFound'],
    [{ code: 'KeypairExists', name: 'x' }, 409, 'Rejected.ResourceExist'],
    [{ code: 'NonceUsed' }, 400, 'SignatureNonceUsed', 'Specified signature nonce was used already.'],
    [{ code: 'InvalidWorld', findings: [] }, 400, 'InvalidWorld'],
  ]
  it.each(rows)('%o', async (problem, status, code, message) => {
    const test = testWire('alibaba')
    test.answer = { ok: false, problem }
    const reply = await send(test.wire, encrypt())
    expect(reply.status).toBe(status)
    expect(reply.json).toMatchObject({ Code: code, RequestId: reply.requestId, HttpStatus: status })
    if (message !== undefined) expect(reply.json.Message).toBe(message)
    expect(reply.body).not.toContain('undefined')
  })

  it('is XML where XML was asked for', async () => {
    const test = testWire('alibaba')
    test.answer = { ok: false, problem: { code: 'KeyNotFound' } }
    const reply = await send(test.wire, encrypt({ format: 'XML' }))
    expect([reply.status, reply.contentType]).toEqual([404, 'text/xml;charset=utf-8'])
    expect(reply.body).toContain('<Error>')
    expect(reply.body).toContain('<Code>Forbidden.KeyNotFound</Code>')
  })

  it.each([
    ['Encrypt', '2016-01-20', 'InternalFailure', 'Internal Failure.'],
    ['GetCallerIdentity', '2015-04-01', 'InternalError', 'An internal error occurred.'],
  ])('of a rejected pipeline is an internal failure: %s', async (action, version, code, message) => {
    const test = testWire('alibaba')
    for (const answer of [
      () => Promise.reject(new Error('a canary of a defect')),
      { ok: false, problem: { code: 'Internal' } } as const,
    ]) {
      test.answer = answer
      const reply = await send(test.wire, encrypt({ action, version }))
      expect([reply.status, reply.json.Code, reply.json.Message]).toEqual([500, code, message])
    }
    expect(test.logged).toHaveLength(1)
    expect(test.logged.join()).not.toContain('a canary')
  })
})

describe('a denial', () => {
  it('names the resource and who was refused what, by which kind of policy', async () => {
    const test = testWire('alibaba')
    test.answer = { ok: false, problem: { code: 'AccessDenied', denial } }
    const reply = await send(test.wire, encrypt())
    expect(reply.status).toBe(403)
    expect(reply.json).toMatchObject({
      Code: 'Forbidden.NoPermission',
      Message: `This operation for ${KEY} is forbidden by permission system.`,
      AccessDeniedDetail: {
        AuthAction: 'kms:Encrypt',
        AuthPrincipalType: 'SubUser',
        AuthPrincipalOwnerId: ACCOUNT.uid,
        AuthPrincipalDisplayName: ALICE.ramId,
        NoPermissionType: 'ImplicitDeny',
        PolicyType: 'AccountLevelIdentityBasedPolicy',
      },
    })
  })

  const layers: [Denial['layer'], string][] = [
    ['organization', 'ControlPolicy'],
    ['session', 'SessionPolicy'],
    ['identity', 'AccountLevelIdentityBasedPolicy'],
    ['resource', 'ResourceBasedPolicy'],
    ['trust', 'AssumeRolePolicy'],
  ]
  it.each(layers)('by the layer %s is by %s', (layer, PolicyType) => {
    const problem: Problem = { code: 'AccessDenied', denial: { ...denial, layer, reason: 'ExplicitDeny' } }
    const root = { ...ALICE, kind: 'root', ramId: ACCOUNT.uid } as const
    expect(answerProblem(problem, { product: 'Kms', caller: root }).more).toMatchObject({
      AccessDeniedDetail: { PolicyType, NoPermissionType: 'ExplicitDeny', AuthPrincipalType: 'RootUser' },
    })
  })

  it('on no resource names none', () => {
    const problem: Problem = { code: 'AccessDenied', denial: { ...denial, resource: '*' } }
    expect(answerProblem(problem, { product: 'Kms', caller: ALICE }).message).toBe(
      'This operation is forbidden by permission system.',
    )
  })

  it('of STS and RAM has their code', async () => {
    const test = testWire('alibaba')
    test.answer = { ok: false, problem: { code: 'AccessDenied', denial } }
    const reply = await send(test.wire, encrypt({ action: 'GetCallerIdentity', version: '2015-04-01' }))
    expect([reply.status, reply.json.Code]).toEqual([403, 'NoPermission'])
    expect(answerProblem({ code: 'AccessDenied', denial }, { product: 'Ram' }).code).toBe('NoPermission')
  })

  it("on another account's key looks like a missing key, to the byte", async () => {
    const test = testWire('alibaba')
    test.answer = { ok: false, problem: { code: 'AccessDenied', denial: { ...denial, foreign: true } } }
    const denied = await send(test.wire, encrypt())
    test.answer = { ok: false, problem: { code: 'KeyNotFound' } }
    const missing = await send(test.wire, encrypt())
    const bare = (reply: typeof denied) => reply.body.replaceAll(reply.requestId, '')
    expect(denied.status).toBe(404)
    expect(bare(denied)).toBe(bare(missing))
  })
})

describe("a denial on another account's entity", () => {
  const told: [Problem, 'Kms' | 'Ram' | 'Sts' | 'Keyward'][] = []
  for (const product of ['Kms', 'Ram', 'Sts', 'Keyward'] as const) {
    for (const more of [
      {},
      { resource: 'acs:kms:cn-hangzhou:2:alias/a', reason: 'ExplicitDeny' as const },
      { layer: 'resource' as const, policy: 'p', statement: '1', diagnostic: 'AQE=' },
    ]) {
      told.push([{ code: 'AccessDenied', denial: { ...denial, ...more, foreign: true } }, product])
    }
  }
  it.each(told)('is the same whatever it is and why: %o of %s', (problem, product) => {
    const answer = answerProblem(problem, { product, caller: ALICE })
    expect(answer).toEqual(
      product === 'Kms'
        ? answerProblem({ code: 'KeyNotFound' }, { product, caller: ALICE })
        : { status: 403, code: 'NoPermission', message: expect.stringContaining('You are not authorized') },
    )
  })
})

describe('a dry run', () => {
  const dry = () => signV1(rpcCall({ action: 'Dry', query: { DryRun: 'true' } }))
  const rows = [{ ...rpc('Kms', '2016-01-20', 'Dry', Type.Object({})), dryRun: true as const }]
  const ends: readonly [string, Answer, number, string][] = [
    ['would succeed', { ok: true, output: {} }, 400, 'DryRunOperationError'],
    ['is denied', { ok: false, problem: { code: 'AccessDenied', denial } }, 403, 'AccessDeniedError'],
    ['is invalid', { ok: false, problem: { code: 'InvalidParameter', name: 'x' } }, 400, 'ValidationError'],
    ['misses a key', { ok: false, problem: { code: 'KeyNotFound' } }, 404, 'Forbidden.KeyNotFound'],
  ]
  it.each(ends)(
    'that %s says so by its code, and the operation knows nothing of it',
    async (_, answer, status, code) => {
      const test = testWire('alibaba', { rpc: rows })
      test.answer = answer
      const reply = await send(test.wire, dry())
      expect([reply.status, reply.json.Code]).toEqual([status, code])
      expect(test.calls[0]).toMatchObject({ decideOnly: true, input: {} })
    },
  )

  it('is one only for calls that have it, and by a word that is a boolean', async () => {
    const bare = testWire('alibaba', { rpc: [rpc('Kms', '2016-01-20', 'Dry', Type.Object({}))] })
    await send(bare.wire, dry())
    expect(bare.calls[0]).toMatchObject({ decideOnly: false, input: { DryRun: 'true' } })
    const test = testWire('alibaba', { rpc: rows })
    const odd = await send(test.wire, signV1(rpcCall({ action: 'Dry', query: { DryRun: 'yes' } })))
    expect(odd.json.Message).toContain('DryRun')
    expect(test.calls).toEqual([])
  })
})

describe('the operation table', () => {
  it('is refused where an output would collide with the envelope, or an action is bound twice', () => {
    const encrypt = RPC[0]!
    const output = { type: 'object', properties: { Code: {} } } as never
    expect(() => indexOperations([{ ...encrypt, operation: { ...encrypt.operation, output } }])).toThrow(
      /`Code`/,
    )
    expect(() => indexOperations([encrypt, encrypt])).toThrow(/bound twice/)
  })
})
