import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { Call } from '../../src/pipeline/answer.ts'
import { createHttpServer, type HttpServer } from '../../src/wire/http.ts'
import { ACCOUNT, type TestWire, testWire } from '../../src/wire/testing/world.ts'
import { acs4Caller } from './acs4Clients.ts'
import {
  type AlibabaCaller,
  type AlibabaError,
  acs3Caller,
  kmsClient,
  kmsModels,
  popCoreCaller,
  v1Caller,
} from './alibabaClients.ts'
import { type HuaweiError, kpsClient } from './huaweiKpsClient.ts'

// The official clients against both wires over a pipeline that only remembers: their signatures are accepted, what
// they send arrives as the operation's input, and they understand the answers.

let alibaba: TestWire
let huawei: TestWire
let server: HttpServer
let url: string

beforeAll(async () => {
  alibaba = testWire('alibaba', { clock: systemClock })
  huawei = testWire('huawei', { clock: systemClock })
  server = createHttpServer({
    wires: [alibaba.wire, huawei.wire],
    trustedProxies: [],
    log: { error: () => {}, warn: () => {} },
    clock: systemClock,
    health: { live: () => true, ready: () => true },
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  url = `http://127.0.0.1:${port}`
})

afterAll(() => server.close(1000))

beforeEach(() => {
  alibaba.answer = { ok: true, output: { KeyId: 'key-1', CiphertextBlob: 'Ymxvbg==' } }
  huawei.answer = { ok: true, output: { keypairs: [] } }
  alibaba.calls.length = 0
  huawei.calls.length = 0
  alibaba.failures.length = 0
  huawei.failures.length = 0
})

function only(calls: readonly Call[]): Call {
  expect(calls).toHaveLength(1)
  return calls[0]!
}

/** Everything that an encoder can get wrong. */
const AWKWARD = `it's (a) *test* ~!+ /?&=%25 "quoted" {密钥 é😀}`

const login = { accessKeyId: 'testid', accessKeySecret: 'testsecret' }
const callers: [string, (more?: object) => AlibabaCaller][] = [
  ['kms20160120 1.2.0 (V1)', (more) => v1Caller({ url, ...login, ...more })],
  ['openapi-client 0.4.15 (ACS3), query', (more) => acs3Caller({ url, ...login, ...more })],
  ['openapi-client 0.4.15 (ACS3), GET', (more) => acs3Caller({ url, ...login, ...more }, { method: 'GET' })],
  ['openapi-client 0.4.15 (ACS3), form', (more) => acs3Caller({ url, ...login, ...more }, { form: true })],
  ['openapi-client with gateway-pop 0.1.5 (ACS4)', (more) => acs4Caller({ url, ...login, ...more })],
  [
    'openapi-client with gateway-pop 0.0.6 (ACS4), form',
    (more) => acs4Caller({ url, ...login, ...more }, { gateway: '0.0.6', form: true }),
  ],
  [
    'openapi-core 1.0.8 with gateway-pop 0.0.6 (ACS4)',
    (more) => acs4Caller({ url, ...login, ...more }, { core: true, gateway: '0.0.6' }),
  ],
  [
    'openapi-core 1.0.8 with gateway-pop 0.1.5 (ACS4), GET',
    (more) => acs4Caller({ url, ...login, ...more }, { core: true, method: 'GET' }),
  ],
  ['pop-core 1.8.0 (V1), POST', (more) => popCoreCaller({ url, ...login, ...more }, 'POST')],
  ['pop-core 1.8.0 (V1), GET', (more) => popCoreCaller({ url, ...login, ...more }, 'GET')],
]

describe.each(callers)('%s', (_, make) => {
  it('is accepted, and its parameters arrive', async () => {
    const answer = await make()('Encrypt', { KeyId: 'alias/a b', Plaintext: AWKWARD })
    expect(answer).toMatchObject({ KeyId: 'key-1', CiphertextBlob: 'Ymxvbg==' })
    const call = only(alibaba.calls)
    expect(answer.RequestId).toBe(call.connection.requestId)
    expect(call.operation.name).toBe('kms:Encrypt')
    expect(call.caller.name).toBe('alice')
    expect(call.input).toEqual({ KeyId: 'alias/a b', Plaintext: AWKWARD })
    expect(call.connection).toMatchObject({ sourceAddress: '127.0.0.1', tlsVersion: '0' })
  })

  it('takes no parameters', async () => {
    await make()('DescribeRegions')
    expect(only(alibaba.calls).input).toEqual({})
  })

  it('sends another nonce each time', async () => {
    const call = make()
    await call('DescribeRegions')
    await call('DescribeRegions')
    const [a, b] = alibaba.calls.map(({ nonce }) => Buffer.from(nonce!.id).toString('hex'))
    expect(a).not.toBe(b)
  })

  it('understands a refusal', async () => {
    const denial = {
      action: 'kms:Encrypt',
      resource: `acs:kms:cn-hangzhou:${ACCOUNT.uid}:key/key-1`,
      reason: 'ImplicitDeny',
      layer: 'identity',
      foreign: false,
    } as const
    alibaba.answer = { ok: false, problem: { code: 'AccessDenied', denial } }
    const refused = (await make()('Encrypt', { KeyId: 'key-1' }).catch((e: unknown) => e)) as AlibabaError
    expect(refused).toMatchObject({
      name: 'AlibabaError',
      code: 'Forbidden.NoPermission',
      status: 403,
      accessDeniedDetail: { AuthAction: 'kms:Encrypt', NoPermissionType: 'ImplicitDeny' },
    })
    expect(refused.requestId).toBe(only(alibaba.calls).connection.requestId)
  })

  it('hears of a wrong secret and an unknown key', async () => {
    const refusal = (more: object) => make(more)('DescribeRegions').catch((e: unknown) => e)
    expect(await refusal({ accessKeySecret: 'wrong' })).toMatchObject({ code: 'SignatureDoesNotMatch' })
    expect(await refusal({ accessKeyId: 'nobody' })).toMatchObject({
      code: 'InvalidAccessKeyId.NotFound',
      status: 404,
    })
    expect(await refusal({ securityToken: 'dG9rZW4=' })).toMatchObject({
      code: 'InvalidSecurityToken.MismatchWithAccessKey',
    })
    expect(alibaba.calls).toHaveLength(0)
    expect(alibaba.failures.map(({ code }) => code)).toEqual([
      'SignatureDoesNotMatch',
      'InvalidAccessKeyId.NotFound',
      'InvalidSecurityToken.MismatchWithAccessKey',
    ])
  })

  it('may send 90 kB of parameters', async () => {
    const Plaintext = '+/='.repeat(10_240)
    await make()('Encrypt', { Plaintext })
    expect(only(alibaba.calls).input).toEqual({ Plaintext })
  })
})

describe('the typed KMS client', () => {
  it('sends an encryption context as dotted names, whatever they hold', async () => {
    const context = { Project: 'A b', 'x/y': '1=2', 'a.b': 'dots', ключ: 'é' }
    const request = new kmsModels.EncryptRequest({
      keyId: 'key-1',
      plaintext: 'x',
      encryptionContext: context,
    })
    const answer = await kmsClient({ url, ...login }).encrypt(request)
    expect(answer.keyId).toBe('key-1')
    expect(only(alibaba.calls).input.EncryptionContext).toEqual(context)
  })

  it('sends DescribeRegions with a form type and no body', async () => {
    alibaba.answer = { ok: true, output: { Regions: { Region: [{ RegionId: 'cn-hangzhou' }] } } }
    const answer = await kmsClient({ url, ...login }).describeRegions(
      new kmsModels.DescribeRegionsRequest({}),
    )
    expect(answer.regions.region.map(({ regionId }) => regionId)).toEqual(['cn-hangzhou'])
  })
})

describe('the generic client', () => {
  it.each([
    ['openapi-client (ACS3)', acs3Caller],
    ['gateway-pop 0.1.5 (ACS4)', acs4Caller],
  ] as const)('%s understands an error in XML', async (_name, caller) => {
    alibaba.answer = { ok: false, problem: { code: 'KeyStateRejects', state: 'Disabled' } }
    const refused = caller({ url, ...login })('Encrypt', { KeyId: 'key-1', Format: 'XML' })
    await expect(refused).rejects.toMatchObject({
      code: 'Rejected.Disabled',
      status: 409,
      message: expect.stringContaining('The request was rejected because the key state is Disabled.'),
    })
  })

  it('signs parameter names unencoded, and is accepted', async () => {
    await acs3Caller({ url, ...login })('Encrypt', { 'EncryptionContext.x/y z': 'v' })
    expect(only(alibaba.calls).input).toEqual({ EncryptionContext: { 'x/y z': 'v' } })
  })
})

describe('huaweicloud-sdk-core 3.1.211', () => {
  const key = {
    accessKeyId: 'AKEXAMPLE0000000001',
    accessKeySecret: 'SKexampleSecret0000000000000000000000001',
  }
  const client = (more: object = {}) => kpsClient({ url, projectId: ACCOUNT.projectId, ...key, ...more })

  it('creates, lists, shows and deletes', async () => {
    await client().createKeypair({ name: 'web-01' })
    await client().listKeypairs({ limit: 50, marker: AWKWARD })
    await client().listKeypairDetail('web-01')
    const deleted = await client().deleteKeypair('web-01')
    expect(deleted.httpStatusCode).toBe(204)
    expect(huawei.calls.map(({ operation, input }) => [operation.name, input])).toEqual([
      ['kps:CreateKeypair', { keypair: { name: 'web-01' } }],
      ['kps:ListKeypairs', { limit: 50, marker: AWKWARD }],
      ['kps:ListKeypairDetail', { keypair_name: 'web-01' }],
      ['kps:DeleteKeypair', { keypair_name: 'web-01' }],
    ])
  })

  it.each(['a b', 'a/b', 'ü', '%25', 'n'.repeat(255)])('is accepted with the name %j', async (name) => {
    await client().listKeypairDetail(name)
    expect(only(huawei.calls).input).toEqual({ keypair_name: name })
  })

  it('understands a refusal', async () => {
    huawei.answer = { ok: false, problem: { code: 'KeypairNotFound', name: 'web-01' } }
    const refused = (await client()
      .listKeypairDetail('web-01')
      .catch((e: unknown) => e)) as HuaweiError
    expect(refused).toMatchObject({ httpStatusCode: 404, errorMsg: 'The key pair does not exist.' })
    expect(refused.errorCode).toMatch(/^KPS\.\d+$/)
    expect(refused.requestId).toBe(only(huawei.calls).connection.requestId)
  })

  it('hears of a wrong secret', async () => {
    const refused = client({ accessKeySecret: 'wrong' }).listKeypairs()
    await expect(refused).rejects.toMatchObject({
      httpStatusCode: 401,
      errorCode: 'APIGW.0301',
      errorMsg: 'Incorrect IAM authentication information: verify aksk signature fail',
    })
    expect(huawei.calls).toHaveLength(0)
  })
})
