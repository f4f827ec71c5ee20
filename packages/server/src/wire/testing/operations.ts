import Type, { type TObject } from 'typebox'
import { type Operation, type RestBinding, type RpcBinding, readOperation } from '../../pipeline/operation.ts'

// Operations of every shape that the wires read, and that do nothing.

const closed = { additionalProperties: false }

function operation(
  name: string,
  binding: RpcBinding | RestBinding,
  input: TObject,
  output?: TObject,
): Operation {
  return readOperation({
    effect: 'read',
    name,
    summary: '',
    binding,
    input,
    output: output ?? Type.Object({ Done: Type.Boolean() }),
    resolve: () => undefined,
    checks: () => [],
    example: () => ({}),
    work: () => ({}),
  })
}

function kms(action: string, input: TObject): Operation {
  return operation(`kms:${action}`, { wire: 'alibaba', product: 'Kms', version: '2016-01-20', action }, input)
}

function kps(
  name: string,
  method: RestBinding['method'],
  path: string,
  more?: Partial<RestBinding>,
  input?: TObject,
) {
  const binding: RestBinding = {
    wire: 'huawei',
    method,
    path: `/v3/{project_id}${path}`,
    status: 200,
    ...more,
  }
  const schema = input ?? Type.Object({ keypair_name: Type.Optional(Type.String()) }, closed)
  const output = binding.status === 204 ? Type.Object({}) : Type.Object({ done: Type.Boolean() })
  return operation(`kps:${name}`, binding, schema, output)
}

const text = () => Type.Optional(Type.String())

export const OPERATIONS: readonly Operation[] = [
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
  operation(
    'sts:GetCallerIdentity',
    { wire: 'alibaba', product: 'Sts', version: '2015-04-01', action: 'GetCallerIdentity' },
    Type.Object({}, closed),
  ),
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
