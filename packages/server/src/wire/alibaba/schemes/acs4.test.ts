import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256Hex } from '../../digest.ts'
import { encode } from '../../percent.ts'
import { minutes, NOW, rehead, rpcCall } from '../../testing/requests.ts'
import { credential, type Sent, send, testWire } from '../../testing/world.ts'
import { type RpcCall, signAcs4 } from '../sign.ts'
import { dayKeys, rememberDayKeys, throughText } from './day-keys.ts'
import { readCredential } from './scope.ts'

interface Form {
  query: string
  hashedCanonicalRequest: string
  documented: string
  throughText: string
}

interface Case {
  name: string
  method: string
  query: Record<string, string>
  headers: Record<string, string>
  body: string
  signedHeaders: string
  accessKeyId: string
  scope: string
  forms: Form[]
}

const CASES: Case[] = JSON.parse(readFileSync(new URL('../cases/acs4.json', import.meta.url), 'utf8'))

function sentOf(vector: Case, signature: string, target?: string): Sent {
  const { method, headers, body, accessKeyId, scope, signedHeaders } = vector
  const query = Object.entries(vector.query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .join('&')
  const authorization = `ACS4-HMAC-SHA256 Credential=${accessKeyId}/${scope},SignedHeaders=${signedHeaders},Signature=${signature}`
  return { method, target: target ?? `/?${query}`, headers: { ...headers, authorization }, body }
}

async function codeOf(sent: Sent) {
  const { wire, calls } = testWire('alibaba')
  const reply = await send(wire, sent)
  expect(calls).toHaveLength(reply.status === 200 ? 1 : 0)
  return reply.status === 200 ? 'runs' : (reply.json.Code as string)
}

// The first case is the reference's; the others were computed by a second program in another language.
describe.each(CASES)('signature ACS4: $name', (vector) => {
  const forms = vector.forms.flatMap(
    (form) =>
      [
        [form.query, 'documented', form],
        [form.query, 'throughText', form],
      ] as const,
  )
  it.each(forms)('over %j by the chain %s', async (_query, chain, form) => {
    const signature = form[chain]
    expect(await codeOf(sentOf(vector, signature))).toBe('runs')
    expect(await codeOf(sentOf(vector, signature, `/?${form.query}`))).toBe('runs')
    const flipped = (signature[9] === '0' ? '1' : '0') + signature.slice(1)
    expect(await codeOf(sentOf(vector, flipped))).toBe('SignatureDoesNotMatch')
    expect(await codeOf(sentOf(vector, signature.toUpperCase()))).toBe('SignatureDoesNotMatch')
    for (const part of [0, 1, 2] as const) {
      const moved = vector.scope.split('/')
      moved[part] = ['20240619', 'cn-qingdao', 'Ram'][part]!
      const sent = sentOf({ ...vector, scope: moved.join('/') }, signature)
      expect(await codeOf(sent)).toBe('SignatureDoesNotMatch')
    }
  })

  it('tells a client what to compare its own texts with', async () => {
    const { json } = await send(testWire('alibaba').wire, sentOf(vector, '0'.repeat(64)))
    const [form] = vector.forms
    expect(json.Message).toContain(
      `Specified signature does not match our calculation. server StringToSign is [ACS4-HMAC-SHA256\n${form!.hashedCanonicalRequest}]`,
    )
    const canonical = /server CanonicalRequest is \[([\s\S]+)\]$/.exec(json.Message)![1]!
    expect(sha256Hex(canonical)).toBe(form!.hashedCanonicalRequest)
    expect(canonical).toContain(`\n${form!.query}\n`)
  })
})

const call = (more: Partial<RpcCall> = {}) => rpcCall(more)
const acs4 = (more: Partial<RpcCall> = {}, region = 'center', product = 'Kms') =>
  signAcs4(call(more), region, product)

describe('the scope of a Credential', () => {
  const accepted: [name: string, sent: Sent][] = [
    ['a region of the cloud', acs4({}, 'eu-central-1')],
    ['center', acs4({})],
    ["the service's own region", acs4({}, 'cn-own-1')],
    ['the second label of the host, with its port', acs4({ host: 'keyward.local:8443' }, 'local:8443')],
    ['the second label of the host, without it', acs4({ host: 'keyward.local:8443' }, 'local')],
    ['what is left of a host of the cloud', acs4({ host: 'kms.cn-x.aliyuncs.com:8443' }, 'cn-x:8443')],
    ['the product in any case', acs4({}, 'center', 'kMS')],
    [
      'the product of the call',
      acs4({ action: 'GetCallerIdentity', version: '2015-04-01', query: {} }, 'center', 'Sts'),
    ],
  ]
  it.each(accepted)('may name %s', async (_name, sent) => expect(await codeOf(sent)).toBe('runs'))

  const stranger = 'Specified signature does not match our calculation. The'
  const refused: [name: string, sent: Sent, code: string, message: string][] = [
    ['an unknown region', acs4({}, 'cn-nowhere'), 'SignatureDoesNotMatch', `${stranger} region`],
    [
      'a label of a longer host',
      acs4({ host: 'kms.keyward.local' }, 'keyward'),
      'SignatureDoesNotMatch',
      `${stranger} region`,
    ],
    [
      'the first label of the host',
      acs4({ host: 'a.b' }, 'a'),
      'SignatureDoesNotMatch',
      `${stranger} region`,
    ],
    ['another product', acs4({}, 'center', 'Ram'), 'SignatureDoesNotMatch', `${stranger} product`],
    [
      'the product of another call',
      acs4({ action: 'GetCallerIdentity', version: '2015-04-01', query: {} }),
      'SignatureDoesNotMatch',
      `${stranger} product`,
    ],
    [
      'another day than x-acs-date',
      rehead(acs4(), { authorization: acs4({ time: minutes(-24 * 60) }).headers.authorization }),
      'SignatureDoesNotMatch',
      `${stranger} date`,
    ],
  ]
  it.each(refused)('may not name %s', async (_name, sent, code, message) => {
    const test = testWire('alibaba')
    const reply = await send(test.wire, sent)
    expect([reply.status, reply.json.Code]).toEqual([400, code])
    expect(reply.json.Message).toContain(message)
    expect(test.failures.map((failure) => failure.code)).toEqual([code])
    expect(test.calls).toEqual([])
  })

  it.each([
    'testid',
    'testid/20240620/center/Kms',
    'testid/20240620/center/Kms/aliyun_v4_request/x',
    'a/testid/20240620/center/Kms/aliyun_v4_request',
    'testid/20240620/center/Kms/aws4_request',
    'testid/2024062/center/Kms/aliyun_v4_request',
    'testid/2024-06-20/center/Kms/aliyun_v4_request',
    '/20240620/center/Kms/aliyun_v4_request',
    'testid//center/Kms/aliyun_v4_request',
    'testid/20240620//Kms/aliyun_v4_request',
    'testid/20240620/center//aliyun_v4_request',
    `testid/20240620/${'r'.repeat(81)}/Kms/aliyun_v4_request`,
    'testid/20240620/cen ter/Kms/aliyun_v4_request',
  ])('is not %j', async (text) => {
    expect(readCredential(text)).toBeUndefined()
    const authorization = acs4().headers.authorization!.replace(/Credential=[^,]+/, `Credential=${text}`)
    const test = testWire('alibaba')
    expect((await send(test.wire, rehead(acs4(), { authorization }))).json.Code).toBe('IncompleteSignature')
    expect(test.lookups).toEqual([])
  })
})

describe('ACS4, as ACS3', () => {
  const signedForm = acs4({ form: { Plaintext: 'x' }, query: {} })
  const rows: [name: string, sent: Sent, code: string][] = [
    ['accepts the edge of the window', acs4({ time: minutes(15) }), 'runs'],
    ['refuses what is too old', acs4({ time: minutes(-15.1) }), 'InvalidTimeStamp.Expired'],
    ['refuses what is too early', acs4({ time: minutes(15.1) }), 'InvalidTimeStamp.Expired'],
    ['refuses a wrong time', rehead(acs4(), { 'x-acs-date': '20240620' }), 'InvalidTimeStamp.Format'],
    ['refuses an unknown key', acs4({ accessKeyId: 'nobody' }), 'InvalidAccessKeyId.NotFound'],
    ['refuses an inactive key', acs4({ accessKeyId: 'inactiveid' }), 'InvalidAccessKeyId.Inactive'],
    ['refuses a wrong secret', acs4({ accessKeySecret: 'wrong' }), 'SignatureDoesNotMatch'],
    [
      'refuses a token',
      acs4({ headers: { 'x-acs-security-token': 'dG9rZW4=' } }),
      'InvalidSecurityToken.MismatchWithAccessKey',
    ],
    ['refuses an unsigned vendor header', rehead(acs4(), { 'x-acs-extra': '1' }), 'IncompleteSignature'],
    ['refuses a missing nonce', rehead(acs4(), { 'x-acs-signature-nonce': undefined }), 'MissingParameter'],
    ['refuses another body', { ...signedForm, body: 'Plaintext=y' }, 'SignatureDoesNotMatch'],
    [
      'refuses another stated hash',
      rehead(signedForm, { 'x-acs-content-sha256': sha256Hex('Plaintext=y') }),
      'SignatureDoesNotMatch',
    ],
    ['accepts the body signed', signedForm, 'runs'],
    ['refuses another query', { ...acs4(), target: '/?KeyId=key-2' }, 'SignatureDoesNotMatch'],
    ['refuses one parameter more', { ...acs4({ query: {} }), target: '/?=' }, 'SignatureDoesNotMatch'],
    [
      'refuses the algorithm SM3',
      rehead(acs4(), { authorization: acs4().headers.authorization!.replace('SHA256', 'SM3') }),
      'IncompleteSignature',
    ],
  ]
  it.each(rows)('%s', async (_name, sent, code) => expect(await codeOf(sent)).toBe(code))

  it('has the same nonce as any other signature', async () => {
    const { wire, calls } = testWire('alibaba')
    await send(wire, acs4({ nonce: 'n' }))
    await send(wire, acs4({ nonce: 'n' }, 'cn-hangzhou'))
    expect(calls[0]!.nonce).toEqual(calls[1]!.nonce)
    expect(calls[0]!.nonce!.bucket).toBe(Date.parse(NOW) / 60_000)
  })
})

describe('the keys of a day', () => {
  const scope = (region: string) => ({ date: '20240620', region, product: 'Kms' })

  it('are remembered for a credential, a few at a time', () => {
    const alice = credential('testid', 'testsecret')
    const first = dayKeys(alice, scope('r0'))
    expect(dayKeys(alice, scope('r0'))).not.toBe(first)
    rememberDayKeys(alice, scope('r0'), first)
    expect(dayKeys(alice, scope('r0'))).toBe(first)
    expect(dayKeys(credential('testid', 'testsecret'), scope('r0'))).not.toBe(first)
    for (let i = 1; i <= 8; i++) rememberDayKeys(alice, scope(`r${i}`), dayKeys(alice, scope(`r${i}`)))
    expect(dayKeys(alice, scope('r8'))).toBe(dayKeys(alice, scope('r8')))
    expect(dayKeys(alice, scope('r0'))).not.toBe(first)
    expect(dayKeys(alice, scope('r0')).documented.equals(first.documented)).toBe(true)
  })

  it('are remembered only once a signature held', async () => {
    const alice = credential('testid', 'testsecret')
    const { wire } = testWire('alibaba', { findAccessKey: () => alice })
    await send(wire, acs4({ accessKeySecret: 'wrong' }))
    expect(dayKeys(alice, scope('center'))).not.toBe(dayKeys(alice, scope('center')))
    await send(wire, acs4())
    expect(dayKeys(alice, scope('center'))).toBe(dayKeys(alice, scope('center')))
  })

  it('are not offered through text when too little is left of them there', () => {
    expect(throughText(Buffer.alloc(32, 0xff))).toBeUndefined()
    expect(throughText(Buffer.concat([Buffer.from('abcde'), Buffer.alloc(27, 0x80)]))).toBeUndefined()
    const six = throughText(Buffer.concat([Buffer.from('abcdef'), Buffer.alloc(26, 0x80)]))
    expect(six?.toString()).toBe(`abcdef${'\ufffd'.repeat(26)}`)
  })
})
