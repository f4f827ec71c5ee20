import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { alibabaBindings } from '../../src/wire/alibaba/bindings.ts'
import { FAILURES } from '../../src/wire/alibaba/failures.ts'
import { signAcs3, signAcs4, signV1 } from '../../src/wire/alibaba/sign.ts'
import { resignV1, rpcCall, V1 } from '../../src/wire/testing/requests.ts'
import { fetchRaw, type Started, start, stopAll } from '../../src/wire/testing/server.ts'
import { type Sent, send, testWire } from '../../src/wire/testing/world.ts'
import { kmsClient, kmsModels, v1Caller } from './alibabaClients.ts'

// What official clients were seen to send and to expect: one block a row of the reference's table of clients of the
// Alibaba Cloud wire. Clients that npm has are driven, others are written down as they were observed. The rows of
// gateway-pop and of the typed clients are acs4.test.ts and nesting.test.ts.

const SIGNERS = [
  ['V1', signV1],
  ['ACS3', signAcs3],
  ['ACS4', (call: ReturnType<typeof rpcCall>) => signAcs4(call, 'center', 'Kms')],
] as const

async function answered(sent: Sent) {
  const test = testWire('alibaba')
  const reply = await send(test.wire, sent)
  return { reply, input: test.calls[0]?.input }
}

describe('row "Python Tea: a space in the query travels as +, in all signature modes"', () => {
  it.each(SIGNERS)('%s', async (_name, sign) => {
    const sent = sign(rpcCall({ query: { KeyId: 'alias/a b', Plaintext: 'c+d e%20' } }))
    const spaced = { ...sent, target: sent.target.replaceAll('%20', '+') }
    expect(spaced.target).toContain('alias%2Fa+b')
    expect((await answered(spaced)).input).toEqual({ KeyId: 'alias/a b', Plaintext: 'c+d e%20' })
  })
})

describe('row "both Python clients: booleans travel as True and False"', () => {
  it.each(SIGNERS)('%s', async (_name, sign) => {
    for (const [text, value] of [
      ['True', true],
      ['False', false],
      ['true', true],
      ['FALSE', false],
    ] as const) {
      const { input } = await answered(sign(rpcCall({ action: 'CreateKey', query: { DryRun: text } })))
      expect(input).toEqual({ DryRun: value })
    }
  })
})

describe('row "Python V1: SignatureType= and RegionId on every call"', () => {
  it('is accepted, on calls without and with such a parameter', async () => {
    const extra = { ...V1, SignatureType: '', RegionId: 'cn-hangzhou' }
    expect((await answered(resignV1(extra))).input).toEqual({})
    expect((await answered(resignV1({ ...extra, Action: 'WithRegion' }))).input).toEqual({
      RegionId: 'cn-hangzhou',
    })
  })
})

describe('row "Python V1: takes the message of SignatureDoesNotMatch apart at the colon"', () => {
  it('finds its own string to sign behind the only colon', async () => {
    const parameters = { ...V1, Plaintext: 'a:b' }
    const sent = resignV1(parameters)
    const { reply } = await answered({ ...sent, target: sent.target.replace(/Signature=.+/, 'Signature=x') })
    expect(reply.json.Code).toBe('SignatureDoesNotMatch')
    const parts: string[] = reply.json.Message.split(':')
    expect(parts).toHaveLength(2)
    const signature = createHmac('sha1', 'testsecret&').update(parts[1]!).digest('base64')
    expect(sent.target).toContain(encodeURIComponent(signature))
  })
})

describe('row "pop-core: judges by a top-level Code alone; its POST has everything in the form"', () => {
  it('no success of the service can have a Code', () => {
    expect(alibabaBindings.length).toBeGreaterThan(50)
    for (const { operation } of alibabaBindings) {
      expect(Object.keys(operation.output.properties)).not.toContain('Code')
    }
  })

  it('every error has one, whatever went wrong', async () => {
    const odd: Sent[] = [
      { method: 'GET', target: '/', headers: {} },
      { method: 'PUT', target: '/', headers: {} },
      { method: 'GET', target: '/?%', headers: {} },
      signV1(rpcCall({ action: 'Nothing' })),
    ]
    for (const sent of odd) expect((await answered(sent)).reply.json.Code).toMatch(/^[A-Z]/)
  })

  it('the signature is read from the form as well', async () => {
    const signed = resignV1({ ...V1, KeyId: 'a b' })
    // The method is signed: GET parameters do not pass for a POST.
    const form = { method: 'POST', target: '/', body: signed.target.slice(2) }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await answered({ ...form, headers })).reply.json.Code).toBe('SignatureDoesNotMatch')
    const posted = signV1(rpcCall({ query: { KeyId: 'a b' } }))
    const moved = { ...posted, target: '/', body: posted.target.slice(2), headers }
    expect((await answered(moved)).input).toEqual({ KeyId: 'a b' })
  })
})

describe('row "TypeScript, Go and others: judge by HTTP status alone"', () => {
  it('a success is 200, every failure 4xx, with the same status in the answer', async () => {
    expect((await answered(signAcs3(rpcCall()))).reply.status).toBe(200)
    for (const { status } of Object.values(FAILURES)) expect(status >= 400 && status < 500).toBe(true)
    const { reply } = await answered(signAcs3(rpcCall({ accessKeyId: 'nobody' })))
    expect([reply.status, reply.json.HttpStatus]).toEqual([404, 404])
  })
})

describe('row "Python Tea ACS3: signs accept and user-agent too"', () => {
  it.each(SIGNERS.slice(1))('%s', async (_name, sign) => {
    const headers = {
      accept: 'application/json',
      'user-agent': 'AlibabaCloud (Linux; x86_64) Python/3.11 TeaDSL/2',
    }
    const sent = sign(rpcCall({ headers }))
    expect(sent.headers.authorization).toContain('SignedHeaders=accept;host;user-agent;x-acs-action')
    expect((await answered(sent)).reply.status).toBe(200)
    const changed = { ...sent, headers: { ...sent.headers, 'user-agent': 'other' } }
    expect((await answered(changed)).reply.json.Code).toBe('SignatureDoesNotMatch')
  })
})

describe('with a server', () => {
  let started: Started
  let url: string
  const login = { accessKeyId: 'testid', accessKeySecret: 'testsecret' }
  beforeAll(async () => {
    started = await start()
    url = `http://127.0.0.1:${started.port}`
  })
  afterAll(stopAll)

  it('row "TypeScript 3.x: 30,720 bytes of secret make a request line of 92 kB"', async () => {
    const Plaintext = '+'.repeat(30_720)
    const call = { ...rpcCall({ query: { Plaintext } }), host: 'h', time: Date.now() }
    for (const sent of [signAcs3(call), signAcs4(call, 'cn-hangzhou', 'Kms')]) {
      expect(sent.target.length).toBeGreaterThan(92_000)
      expect((await fetchRaw(started.port, sent)).status).toBe(200)
      expect(started.alibaba.calls.at(-1)?.input).toEqual({ Plaintext })
    }
    expect([...started.logged, ...started.alibaba.logged].join()).not.toContain('%2B%2B')
  })

  describe('row "KMS client 1.2.0"', () => {
    it('sends the names of all three encryption contexts encoded', async () => {
      const test = testWire('alibaba', { rpc: alibabaBindings })
      const context = { 'x/y z': '1', 'a.b': '=&' }
      // Encrypt over the wire shows that the client does so; ReEncrypt has two such maps, which its typed request lacks.
      await kmsClient({ url, ...login }).encrypt(
        new kmsModels.EncryptRequest({ keyId: 'k', plaintext: 'p', encryptionContext: context }),
      )
      expect(started.alibaba.calls.at(-1)?.input.EncryptionContext).toEqual(context)
      const names = ['SourceEncryptionContext', 'DestinationEncryptionContext']
      const query = Object.fromEntries(
        names.flatMap((name) => Object.entries(context).map(([key, value]) => [`${name}.${key}`, value])),
      )
      await send(test.wire, signV1(rpcCall({ action: 'ReEncrypt', query })))
      expect(test.calls[0]?.input).toEqual(Object.fromEntries(names.map((name) => [name, context])))
    })

    it('sends DescribeRegions with a form content type and no body', async () => {
      started.alibaba.answer = { ok: true, output: { Regions: { Region: [] } } }
      await v1Caller({ url, ...login })('DescribeRegions')
      expect(started.alibaba.calls.at(-1)).toMatchObject({
        operation: { name: 'kms:DescribeRegions' },
        input: {},
      })
    })
  })
})
