import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NO_KEYS } from '../src/operations/kms/testing/example-keys.ts'
import { NO_KEYPAIRS } from '../src/operations/kps/testing/example-keypairs.ts'
import { NO_ORGANIZATION } from '../src/operations/organizations/testing/example-organization.ts'
import { NO_IDENTITY } from '../src/operations/ram/testing/example-identities.ts'
import { NO_SECRETS } from '../src/operations/secrets/testing/example-secrets.ts'
import { operations } from '../src/operations/table.ts'
import { exampleInput } from '../src/operations/testing/example-world.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Who is refused learns nothing of what exists: for every operation that takes a key, an alias or a ciphertext, the whole
// answer to a caller without any policy is the same for an entity that is there and one that is not, of the caller's own
// account or of another. It may differ in the request's id and in the name that the caller sent, in nothing else.

const OTHER = '9876543210987654'
const REGION = 'cn-hangzhou'
const MISSING_ID = '00000000-0000-4000-8000-000000000000'

let service: TestService
let nobody: Credential
/** May do the first half of the calls that need two decisions. */
let half: Credential
let stranger: Credential
/** Names of entities that exist, by the kind of name, each with one of the same length that does not. */
const pairs: Record<Kind, (readonly [there: string, missing: string])[]> = {
  key: [],
  alias: [],
  blob: [],
  secret: [],
}
type Kind = 'key' | 'alias' | 'blob' | 'secret'

const kindOf = (field: string): Kind | undefined =>
  /^(Source|Destination)?KeyId$|^ResourceId$|^ProtectedResourceArn$/.test(field)
    ? 'key'
    : { AliasName: 'alias' as const, CiphertextBlob: 'blob' as const, SecretName: 'secret' as const }[field]

const document = (...statements: object[]) => ({ Version: '1', Statement: statements })

async function ok(who: Credential, action: string, input: Record<string, unknown>) {
  const { body, status } = await service.call(who, `kms:${action}`, input)
  if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
  // biome-ignore lint/suspicious/noExplicitAny: answers of every form
  return body as any
}

/** A key with everything that could tell of it: an alias, tags, a policy that speaks to everyone, a ciphertext. */
async function make(who: Credential, uid: string, n: number) {
  const { KeyId } = (await ok(who, 'CreateKey', {})).KeyMetadata as { KeyId: string }
  const AliasName = `alias/there-${n}`
  await ok(who, 'CreateAlias', { KeyId, AliasName })
  await ok(who, 'TagResource', { KeyId, Tags: [{ TagKey: 'Project', TagValue: 'x'.repeat(100) }] })
  const { CiphertextBlob } = await ok(who, 'Encrypt', { KeyId, Plaintext: 'aGVsbG8=' })
  if (n % 2 === 1) {
    const Principal = { RAM: ['*'] }
    const Condition = { StringEquals: { 'kms:tag/Project': ['x', 'y', 'z'] } }
    const owner = { RAM: [`acs:ram::${uid}:root`] }
    const Policy = document(
      { Effect: 'Allow', Principal: owner, Action: ['kms:*'], Resource: ['*'] },
      {
        Effect: 'Deny',
        Principal: { RAM: [`acs:ram::${service.root.accountUid}:user/nobody`] },
        Action: ['kms:*'],
        Resource: ['*'],
      },
      { Effect: 'Allow', Principal, Action: ['kms:*'], Resource: ['*'], Condition },
    )
    await ok(who, 'SetKeyPolicy', { KeyId, Policy: JSON.stringify(Policy) })
  }
  const arn = (name: string) => `acs:kms:${REGION}:${uid}:${name}`
  const own = uid === service.root.accountUid
  const absent = `alias/none--${n}`
  pairs.key.push([arn(`key/${KeyId}`), arn(`key/${MISSING_ID}`)], [arn(AliasName), arn(absent)])
  if (own) pairs.key.push([KeyId, MISSING_ID], [AliasName, absent])
  if (own) pairs.alias.push([AliasName, absent])
  const unknown = Buffer.from(CiphertextBlob, 'base64')
  unknown.write(MISSING_ID)
  const SecretName = `there-${n}`
  const wrapped = n % 2 === 1 ? { EncryptionKeyId: KeyId } : {}
  await ok(who, 'CreateSecret', { SecretName, SecretData: 'x', VersionId: 'v1', ...wrapped })
  if (n % 2 === 1) {
    const Principal = { RAM: ['*'] }
    const Condition = {
      StringEquals: { 'kms:SecretType': ['Rds', 'y'], 'kms:EncryptionKeyId': [KeyId, 'z'] },
    }
    const Policy = document({ Effect: 'Deny', Principal, Action: ['kms:*'], Resource: ['*'], Condition })
    await ok(who, 'SetSecretPolicy', { SecretName, Policy: JSON.stringify(Policy) })
  }
  pairs.secret.push([arn(`secret/${SecretName}`), arn(`secret/none--${n}`)])
  if (own) pairs.secret.push([SecretName, `none--${n}`])
  pairs.blob.push([CiphertextBlob, unknown.toString('base64')])
}

beforeAll(async () => {
  service = await startService()
  const policy = {
    language: 'ram',
    name: 'all',
    document: document({ Effect: 'Allow', Action: '*', Resource: '*' }),
  }
  const key = { id: `LTAI${'s'.repeat(20)}`, secret: 's'.repeat(30) }
  const user = { name: 'boss', policies: { ram: ['all'], iam: [] }, accessKeys: [key] }
  await service.apply({ accounts: [{ uid: OTHER, name: 'other', policies: [policy], users: [user] }] })
  stranger = { accessKeyId: key.id, accessKeySecret: key.secret, projectId: '' }
  nobody = await service.user('nobody')
  half = await service.user('half', {
    ram: [
      document({ Effect: 'Allow', Action: 'kms:ReEncryptFrom', Resource: '*' }),
      document({ Effect: 'Allow', Action: 'kms:*Alias', Resource: 'acs:kms:*:*:alias/*' }),
    ],
  })
  for (const n of [0, 1]) await make(service.root as Credential, service.root.accountUid, n)
  for (const n of [2, 3]) await make(stranger, OTHER, n)
})
afterAll(() => service.close())

const emptied = <T extends object>(record: T, value: string) =>
  Object.fromEntries(Object.keys(record).map((name) => [name, value])) as { [K in keyof T]: string }

/** An example whose every name is one that does not exist. */
function example(name: string): Record<string, unknown> {
  const operation = operations.find((one) => one.name === name)!
  return exampleInput(operation, {
    accountUid: service.root.accountUid,
    projectId: service.root.projectId,
    keyId: MISSING_ID,
    ciphertextBlob: pairs.blob[0]![1],
    keypairName: 'none',
    targetId: 'none',
    kms: {
      ...emptied(NO_KEYS, MISSING_ID),
      aliasName: 'alias/none--9',
      asymmetricBlob: 'AAAA',
      publicKeyBlob: 'AAAA',
      signingAlgorithm: NO_KEYS.signingAlgorithm,
      encryptingAlgorithm: NO_KEYS.encryptingAlgorithm,
      macAlgorithm: NO_KEYS.macAlgorithm,
      wrappingKeySpec: NO_KEYS.wrappingKeySpec,
      wrappingAlgorithm: NO_KEYS.wrappingAlgorithm,
    },
    kps: emptied(NO_KEYPAIRS, 'none'),
    secrets: NO_SECRETS,
    identity: NO_IDENTITY,
    organization: NO_ORGANIZATION,
  })
}

/** What further parameters a call needs that names its entity in this one; undefined for those that are too many. */
function beside(name: string, field: string): Record<string, unknown> {
  if (name === 'kms:SetDeletionProtection') return { ProtectedResourceArn: undefined }
  // Each of these calls names one thing: the example's is a key.
  if (/^kms:U?n?[Tt]agResource$/.test(name) && field === 'SecretName') return { KeyId: undefined }
  // The example's alias holds the key's id.
  if (name === 'kms:CreateAlias') return { AliasName: 'alias/new' }
  return field === 'SourceKeyId'
    ? { SourceKeyVersionId: MISSING_ID, SourceEncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }
    : {}
}

/** Everything of an answer but what may differ; a sealed message is its length. */
async function answer(who: Credential, name: string, field: string, value: string) {
  const given = example(name)
  const input = { ...given, ...beside(name, field), [field]: Array.isArray(given[field]) ? [value] : value }
  const { body, status } = await service.call(who, name, input)
  const { AccessDeniedDetail: detail, RequestId: _, ...rest } = body as Record<string, object>
  const sealed = (detail as Record<string, string> | undefined)?.EncodedDiagnosticMessage
  const told = { ...rest, ...(detail && { detail: { ...detail, EncodedDiagnosticMessage: sealed?.length } }) }
  return [status, JSON.stringify(told).replaceAll(value, '<name>')] as const
}

const cases = operations.flatMap(({ input, name }) =>
  Object.keys(input.properties).flatMap((field) => {
    const kind = name.startsWith('kms:') ? kindOf(field) : undefined
    return kind === undefined ? [] : [[name, field, kind] as const]
  }),
)

const seconds = [
  ['kms:CreateAlias', 'KeyId', 'key'],
  ['kms:UpdateAlias', 'KeyId', 'key'],
  ['kms:ReEncrypt', 'DestinationKeyId', 'key'],
] as const

async function expectAlike(who: Credential, name: string, field: string, kind: Kind) {
  for (const [there, missing] of pairs[kind]) {
    const absent = await answer(who, name, field, missing)
    expect(await answer(who, name, field, there)).toEqual(absent)
    // Some calls take ids or ARNs alone, and refuse another form before they look.
    if (/Unsupported\.Alias|"ProtectedResourceArn/.test(absent[1].replaceAll('\\', ''))) continue
    // A new secret has a name: an ARN is none.
    if (name === 'kms:CreateSecret' && there.startsWith('acs:') && absent[0] === 400) continue
    const [, , second] = seconds.find(([one, other]) => one === name && other === field) ?? []
    const asked = second === undefined || who === half
    expect([there, absent[0]]).toEqual([there, asked && there.includes(OTHER) ? 404 : 403])
  }
}

describe('a caller without any policy', () => {
  it('is tried with every operation that names a key or a secret', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60)
  })

  it.each(cases)('cannot tell by %s whether what its %s names exists', (name, field, kind) =>
    expectAlike(nobody, name, field, kind),
  )
})

describe('a caller who may do half of a call', () => {
  it.each(seconds)('cannot tell by %s whether what its %s names exists', (name, field, kind) =>
    expectAlike(half, name, field, kind),
  )

  it('is not told which key an alias has', async () => {
    for (const [AliasName] of pairs.alias) {
      const { body, status } = await service.call(half, 'kms:DeleteAlias', { AliasName })
      const name = `acs:kms:${REGION}:${service.root.accountUid}:${AliasName}`
      expect(status).toBe(403)
      expect(body).toMatchObject({ AccessDeniedDetail: { AuthResource: name } })
      expect(JSON.stringify(body)).not.toContain('key/')
    }
  })
})

describe('a caller who may protect no private key by a KMS key', () => {
  it('cannot tell which exist, nor which key an alias has', async () => {
    const Statement = [{ Effect: 'Allow', Action: ['kps:*:*', 'kms:cmk:list'] }]
    const who = await service.user('keeper', { iam: [{ Version: '5.0', Statement }] })
    const kept = async (encryption: Record<string, string>) => {
      const key_protection = { encryption: { type: 'kms', ...encryption } }
      const keypair = { name: 'a', scope: 'domain', algorithm: 'SSH_ED25519', key_protection }
      const { body, status } = await service.call(who, 'kps:CreateKeypair', { keypair })
      const { encoded_authorization_message: sealed, request_id: _, ...told } = body as Record<string, string>
      return [status, sealed?.length, JSON.stringify(told)] as const
    }
    const ids = pairs.key.filter(([there]) => /^[0-9a-f-]{36}$/.test(there))
    const [[idA], [idB]] = ids as unknown as [[string], [string]]
    const [[alias, missing]] = pairs.alias as unknown as [[string, string]]
    const byAlias = await kept({ kms_key_name: missing })
    expect(byAlias[0]).toBe(403)
    expect(await kept({ kms_key_name: alias })).toEqual(byAlias)
    const byId = async (id: string, more = {}) => {
      const [status, length, told] = await kept({ kms_key_id: id, ...more })
      return [status, length, told.replaceAll(id, '<id>')]
    }
    expect(await byId(idA)).toEqual(await byId(MISSING_ID))
    const [first] = await byId(idA)
    expect(first).toBe(403)
    expect(await byId(idA, { kms_key_name: alias })).toEqual(await byId(idA))
    expect(await byId(idB, { kms_key_name: alias })).toEqual(await byId(idA))
  })
})
