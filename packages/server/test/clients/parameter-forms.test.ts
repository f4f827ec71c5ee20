import { describe, expect, it } from 'vitest'
import { alibabaBindings } from '../../src/wire/alibaba/bindings.ts'
import { type RpcCall, signAcs3, signAcs4, signV1 } from '../../src/wire/alibaba/sign.ts'
import { rpcCall } from '../../src/wire/testing/requests.ts'
import { send, testWire } from '../../src/wire/testing/world.ts'

// Every form in which official clients send parameters, read by the operations of the service itself: what arrives at
// the pipeline is the input that the client meant. Nothing runs here; validation is the pipeline's.

const kms = alibabaBindings.filter(({ product }) => product === 'Kms').map(({ operation }) => operation)

type Parameters = Record<string, string>

const ways: [name: string, sign: (call: RpcCall) => ReturnType<typeof signV1>][] = [
  ['V1, query', signV1],
  ['V1, form', (call) => signV1({ ...call, query: {}, form: call.query })],
  ['ACS3, query', signAcs3],
  ['ACS3, form', (call) => signAcs3({ ...call, query: {}, form: call.query })],
  ['ACS4, query', (call) => signAcs4(call, 'center', 'Kms')],
]

async function inputOf(action: string, query: Parameters, sign = signV1): Promise<Record<string, unknown>> {
  const test = testWire('alibaba', { rpc: alibabaBindings })
  // What calls that answer item by item say of items that failed.
  test.answer = { ok: true, output: { Errors: [] } }
  const reply = await send(test.wire, sign(rpcCall({ action, query })))
  expect(reply.json).toMatchObject({ RequestId: reply.requestId })
  expect(reply.status).toBe(200)
  return test.calls[0]!.input
}

const literal: [form: string, action: string, sent: Parameters, read: Record<string, unknown>][] = [
  [
    'EncryptionContext as JSON text',
    'Encrypt',
    { EncryptionContext: '{"Project":"A b","x/y":"1=2&"}' },
    { EncryptionContext: { Project: 'A b', 'x/y': '1=2&' } },
  ],
  [
    'EncryptionContext as dotted names',
    'GenerateDataKey',
    { 'EncryptionContext.Project': 'A b', 'EncryptionContext.x/y': '=', 'EncryptionContext.a.b': 'dots' },
    { EncryptionContext: { Project: 'A b', 'x/y': '=', 'a.b': 'dots' } },
  ],
  [
    'SourceEncryptionContext and DestinationEncryptionContext as dotted names',
    'ReEncrypt',
    { 'SourceEncryptionContext.x/y': '1', 'DestinationEncryptionContext.ключ é': '2' },
    { SourceEncryptionContext: { 'x/y': '1' }, DestinationEncryptionContext: { 'ключ é': '2' } },
  ],
  [
    'SourceEncryptionContext and DestinationEncryptionContext as JSON text',
    'ReEncrypt',
    { SourceEncryptionContext: '{"a":"1"}', DestinationEncryptionContext: '{}' },
    { SourceEncryptionContext: { a: '1' }, DestinationEncryptionContext: {} },
  ],
  [
    'Tags as JSON text',
    'TagResource',
    { KeyId: 'k', Tags: '[{"TagKey":"a","TagValue":"ü 1"},{"TagKey":"b","TagValue":""}]' },
    {
      KeyId: 'k',
      Tags: [
        { TagKey: 'a', TagValue: 'ü 1' },
        { TagKey: 'b', TagValue: '' },
      ],
    },
  ],
  ['TagKeys as JSON text', 'UntagResource', { TagKeys: '["a","b"]' }, { TagKeys: ['a', 'b'] }],
  [
    'Filters as JSON text',
    'ListKeys',
    { Filters: '[{"Key":"KeyState","Values":["Enabled"]}]', PageSize: '20' },
    { Filters: [{ Key: 'KeyState', Values: ['Enabled'] }], PageSize: 20 },
  ],
  [
    'Tag.1.Key, ResourceId.1, with RegionId as a parameter of the call',
    'TagResources',
    {
      RegionId: 'cn-hangzhou',
      ResourceType: 'key',
      'ResourceId.1': 'key-1',
      'ResourceId.2': 'key-2',
      'Tag.1.Key': 'a',
      'Tag.1.Value': 'x y',
      'Tag.2.Key': 'b',
    },
    {
      RegionId: 'cn-hangzhou',
      ResourceType: 'key',
      ResourceId: ['key-1', 'key-2'],
      Tag: [{ Key: 'a', Value: 'x y' }, { Key: 'b' }],
    },
  ],
  [
    'TagKey.1 beyond nine, and All=True',
    'UntagResources',
    {
      ...Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`TagKey.${i + 1}`, `t${i}`])),
      All: 'True',
    },
    { TagKey: Array.from({ length: 11 }, (_, i) => `t${i}`), All: true },
  ],
  [
    'ExtendedConfig as JSON text',
    'CreateSecret',
    { SecretName: 's', ExtendedConfig: '{"CustomData":{"a":"1"}}' },
    { SecretName: 's', ExtendedConfig: { CustomData: { a: '1' } } },
  ],
  [
    'ExtendedConfig.CustomData as a dotted name, JSON text inside',
    'CreateSecret',
    { SecretName: 's', 'ExtendedConfig.CustomData': '{"a":"1"}' },
    { SecretName: 's', ExtendedConfig: { CustomData: { a: '1' } } },
  ],
  [
    'SecretsList as JSON text',
    'BatchGetSecretValue',
    { SecretsList: '[{"SecretName":"a"},{"SecretName":"b"}]' },
    { SecretsList: [{ SecretName: 'a' }, { SecretName: 'b' }] },
  ],
  [
    'booleans as True',
    'SetDeletionProtection',
    { EnableDeletionProtection: 'True' },
    { EnableDeletionProtection: true },
  ],
  [
    'booleans as False',
    'CreateKey',
    { EnableAutomaticRotation: 'False' },
    { EnableAutomaticRotation: false },
  ],
  ['SignatureType= and RegionId on any call', 'ListKeys', { SignatureType: '', RegionId: 'cn-hangzhou' }, {}],
  ['integers as text', 'ScheduleKeyDeletion', { PendingWindowInDays: '7' }, { PendingWindowInDays: 7 }],
]

describe.each(ways)('by %s', (_way, sign) => {
  it.each(literal)('%s', async (_form, action, sent, read) => {
    expect(await inputOf(action, sent, sign)).toEqual(read)
  })
})

describe('an empty form with a form content type', () => {
  it.each(['DescribeRegions', 'ListKeys'])('is no parameters: %s', async (action) => {
    const test = testWire('alibaba', { rpc: alibabaBindings })
    const sent = signV1(rpcCall({ action, query: {} }))
    const headers = { ...sent.headers, 'content-type': 'application/x-www-form-urlencoded' }
    expect((await send(test.wire, { ...sent, headers })).status).toBe(200)
    expect(test.calls[0]!.input).toEqual({})
  })
})

interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly enum?: readonly string[]
}

/** A value that a schema may have, awkward where it is text. */
function sample(schema: Schema): unknown {
  switch (schema.type) {
    case 'integer':
      return 12
    case 'boolean':
      return true
    case 'array':
      return [sample(schema.items!), sample(schema.items!)]
    case 'object':
      return schema.properties === undefined
        ? { 'x/y z': 'a+b', 'dotted.name': '密' }
        : Object.fromEntries(Object.entries(schema.properties).map(([name, part]) => [name, sample(part)]))
    default:
      return schema.enum?.[0] ?? "it's +/=& 100% 密钥"
  }
}

/** A value as it travels, whole; booleans as Python writes them. */
function whole(value: unknown): string {
  if (typeof value === 'object') return JSON.stringify(value)
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : String(value)
}

/** A value in parts: `Name.1.Member` for lists of objects, `Name.key` for maps. */
function inParts(name: string, value: unknown): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]]
  // `ExtendedConfig.CustomData` of UpdateSecret is one parameter, whose value is JSON text.
  if (name.includes('.') && !/\.\d+(\.|$)/.test(name)) return [[name, JSON.stringify(value)]]
  return Object.entries(value).flatMap(([key, part]) =>
    inParts(`${name}.${Array.isArray(value) ? Number(key) + 1 : key}`, part),
  )
}

describe('every parameter of every KMS operation', () => {
  const withParameters = kms.filter(({ input }) => Object.keys(input.properties).length > 0)
  it('is of a kind that this test can send', () => expect(withParameters.length).toBeGreaterThan(45))

  it.each(withParameters.map((operation) => [operation.name, operation] as const))(
    '%s',
    async (_, operation) => {
      const action = operation.name.slice(4)
      const input = sample(operation.input) as Record<string, unknown>
      const texts = Object.fromEntries(Object.entries(input).map(([name, value]) => [name, whole(value)]))
      const parts = Object.fromEntries(Object.entries(input).flatMap(([name, value]) => inParts(name, value)))
      for (const [, sign] of ways) {
        expect(await inputOf(action, texts, sign)).toEqual(input)
        expect(await inputOf(action, parts, sign)).toEqual(input)
      }
    },
  )
})
