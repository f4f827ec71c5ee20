import Type, { type TObject } from 'typebox'
import { readOperation } from '../../pipeline/operation.ts'
import type { Product, RpcBinding } from '../alibaba/binding.ts'
import type { RestBinding } from '../huawei/binding.ts'

// Operations of every shape that the wires read, and that do nothing, each on its wire.

const closed = { additionalProperties: false }

function operation(name: string, input: TObject, output?: TObject) {
  return readOperation({
    effect: 'read',
    name,
    summary: '',
    input,
    output: output ?? Type.Object({ Done: Type.Boolean() }),
    resolve: () => undefined,
    checks: () => [],
    example: {},
    work: () => ({}),
  })
}

/** An operation on the Alibaba wire that does nothing. */
export function rpc(product: Product, version: string, action: string, input: TObject): RpcBinding {
  const name = `${product.toLowerCase()}:${action}`
  return { wire: 'alibaba', operation: operation(name, input), product, version, action }
}

const kms = (action: string, input: TObject) => rpc('Kms', '2016-01-20', action, input)

function kps(
  name: string,
  method: RestBinding['method'],
  path: string,
  more?: Partial<RestBinding>,
  input?: TObject,
) {
  const schema = input ?? Type.Object({ keypair_name: Type.Optional(Type.String()) }, closed)
  const output = more?.status === 204 ? Type.Object({}) : Type.Object({ done: Type.Boolean() })
  const binding: RestBinding = {
    wire: 'huawei',
    operation: operation(`kps:${name}`, schema, output),
    method,
    path: `/v3/{project_id}${path}`,
    status: 200,
    ...more,
  }
  return binding
}

const text = () => Type.Optional(Type.String())

export const RPC: readonly RpcBinding[] = [
  kms(
    'Encrypt',
    Type.Object(
      {
        KeyId: text(),
        Plaintext: text(),
        EncryptionContext: Type.Optional(Type.Record(Type.String(), Type.String())),
      },
      closed,
    ),
  ),
  kms(
    'CreateKey',
    Type.Object(
      {
        Description: text(),
        PageSize: Type.Optional(Type.Integer()),
        Ratio: Type.Optional(Type.Number()),
        DryRun: Type.Optional(Type.Boolean()),
        Tag: Type.Optional(Type.Array(Type.Object({ Key: Type.String(), Value: text() }, closed))),
        ResourceId: Type.Optional(Type.Array(Type.String())),
        Config: Type.Optional(
          Type.Object({ CustomData: text(), Size: Type.Optional(Type.Integer()) }, closed),
        ),
        Context: Type.Optional(Type.Record(Type.String(), Type.String())),
      },
      closed,
    ),
  ),
  kms('DescribeRegions', Type.Object({}, closed)),
  kms('WithRegion', Type.Object({ RegionId: text() }, closed)),
  rpc('Sts', '2015-04-01', 'GetCallerIdentity', Type.Object({}, closed)),
]

export const REST: readonly RestBinding[] = [
  kps(
    'CreateKeypair',
    'POST',
    '/keypairs',
    {},
    Type.Object({ keypair: Type.Object({ name: Type.String() }) }),
  ),
  kps(
    'ListKeypairs',
    'GET',
    '/keypairs',
    { query: ['limit', 'marker'] },
    Type.Object({ limit: Type.Optional(Type.Integer()), marker: text() }, closed),
  ),
  kps('ListKeypairDetail', 'GET', '/keypairs/{keypair_name}'),
  kps('DeleteKeypair', 'DELETE', '/keypairs/{keypair_name}', { status: 204 }),
  kps('AssociateKeypair', 'POST', '/keypairs/associate', { status: 202 }),
  kps('ClearPrivateKey', 'DELETE', '/keypairs/{keypair_name}/private-key'),
  kps(
    'BatchImport',
    'POST',
    '/keypairs/batch-import',
    {},
    Type.Object({ items: Type.Array(Type.Unknown()) }),
  ),
]
