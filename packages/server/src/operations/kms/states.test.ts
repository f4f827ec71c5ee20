import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kmsOperations } from './index.ts'
import { ECIES, type Kind, type Kit, kit, RECIPIENT, RESOURCE_CALL } from './testing/key-kit.ts'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

const { states, operations } = JSON.parse(
  readFileSync(new URL('../../../cases/kms-states.json', import.meta.url), 'utf8'),
) as {
  readonly states: readonly string[]
  readonly operations: Readonly<Record<string, readonly string[]>>
}

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const DIGEST = Buffer.alloc(32, 5).toString('base64')
const MESSAGE = { Algorithm: 'HMAC_SHA_256', Message: 'aGVsbG8=' }
const policy = {
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'kms:*', Principal: '*', Resource: '*' }],
}

interface Cell {
  readonly kind?: Kind
  /** Only keys with imported material can be asked. */
  readonly imported?: boolean
  input(kit: Kit): object | Promise<object>
}
const named = ({ keyId }: Kit) => ({ KeyId: keyId })
const pair = ({ keyId, versionId }: Kit) => ({ KeyId: keyId, KeyVersionId: versionId })

/** How each row of the table is called. A row without an entry takes the key id alone. */
const cells: Readonly<Record<string, Cell>> = {
  CreateKey: { input: () => ({}) },
  ListKeys: { input: () => ({}) },
  ListAliases: { input: () => ({}) },
  DeleteAlias: { input: ({ aliasName }) => ({ AliasName: aliasName }) },
  ListTagResources: { input: ({ keyId }) => ({ ...RESOURCE_CALL, ResourceId: [keyId] }) },
  DescribeKeyVersion: { input: pair },
  GetParametersForImport: {
    imported: true,
    input: (of) => ({ ...named(of), WrappingKeySpec: 'RSA_2048', WrappingAlgorithm: 'RSAES_OAEP_SHA_1' }),
  },
  DeleteKeyMaterial: { imported: true, input: named },
  ImportKeyMaterial: { imported: true, input: (of) => ({ ...named(of), ...of.sent }) },
  SetKeyPolicy: { input: (of) => ({ ...named(of), Policy: JSON.stringify(policy) }) },
  GetPublicKey: { kind: 'signing', input: pair },
  Encrypt: { input: (of) => ({ ...named(of), Plaintext: 'aGVsbG8=' }) },
  Decrypt: { input: ({ blob }) => ({ CiphertextBlob: blob }) },
  ExportDataKey: { input: ({ blob }) => ({ CiphertextBlob: blob, ...RECIPIENT }) },
  GenerateAndExportDataKey: { input: (of) => ({ ...named(of), ...RECIPIENT }) },
  'ReEncrypt from': {
    input: async ({ blob }) => ({ CiphertextBlob: blob, DestinationKeyId: await fixture.key() }),
  },
  'ReEncrypt to': {
    input: async ({ keyId }) => {
      const KeyId = await fixture.key()
      const { CiphertextBlob } = await fixture.ok('Encrypt', { KeyId, Plaintext: 'x' })
      return { CiphertextBlob, DestinationKeyId: keyId }
    },
  },
  AsymmetricSign: {
    kind: 'signing',
    input: (of) => ({ ...pair(of), Algorithm: 'ECDSA_SHA_256', Digest: DIGEST }),
  },
  AsymmetricVerify: {
    kind: 'signing',
    input: (of) => ({ ...pair(of), Algorithm: 'ECDSA_SHA_256', Digest: DIGEST, Value: 'AAAA' }),
  },
  AsymmetricEncrypt: {
    kind: 'encrypting',
    input: (of) => ({ ...pair(of), Algorithm: ECIES, Plaintext: 'AAAA' }),
  },
  AsymmetricDecrypt: {
    kind: 'encrypting',
    input: (of) => ({ ...pair(of), Algorithm: ECIES, CiphertextBlob: of.blob }),
  },
  GenerateMac: { kind: 'mac', input: (of) => ({ ...named(of), ...MESSAGE }) },
  VerifyMac: { kind: 'mac', input: (of) => ({ ...named(of), ...MESSAGE, Mac: 'AAAA' }) },
  UpdateRotationPolicy: {
    input: (of) => ({ ...named(of), EnableAutomaticRotation: true, RotationInterval: '30d' }),
  },
  ScheduleKeyDeletion: { input: (of) => ({ ...named(of), PendingWindowInDays: 7 }) },
  CreateAlias: { input: (of) => ({ ...named(of), AliasName: `alias/${of.keyId}` }) },
  UpdateAlias: {
    input: async (of) => {
      const AliasName = `alias/moved-${of.keyId}`
      await fixture.ok('CreateAlias', { AliasName, KeyId: await fixture.key() })
      return { ...named(of), AliasName }
    },
  },
  UpdateKeyDescription: { input: (of) => ({ ...named(of), Description: 'new' }) },
  SetDeletionProtection: { input: (of) => ({ ...named(of), EnableDeletionProtection: true }) },
  TagResource: { input: (of) => ({ ...named(of), Tags: [{ TagKey: 'a', TagValue: 'b' }] }) },
  UntagResource: { input: (of) => ({ ...named(of), TagKeys: ['a'] }) },
  TagResources: { input: ({ keyId }) => ({ ...RESOURCE_CALL, ResourceId: [keyId], Tag: [{ Key: 'a' }] }) },
  UntagResources: { input: ({ keyId }) => ({ ...RESOURCE_CALL, ResourceId: [keyId], TagKey: ['a'] }) },
}

describe('operation x state', () => {
  it('has a row for every operation that works on keys', () => {
    const withoutKey = /^(Describe(Regions|Service|AccountKmsStatus)|OpenKmsService|.*KmsInstance.*)$/
    const rows = new Set(Object.keys(operations).map((name) => name.split(' ')[0]))
    const wanted = kmsOperations
      .filter(({ refuses }) => refuses !== 'UnsupportedOperation')
      .map(({ name }) => name.slice('kms:'.length))
      .filter((name) => !withoutKey.test(name))
    expect([...rows].sort()).toEqual(wanted.sort())
  })

  const table = Object.entries(operations).flatMap(([name, row]) =>
    row.map((expected, i) => ({ name, state: states[i] as string, expected })),
  )
  it.each(table)('$name on $state: $expected', async ({ name, state, expected }) => {
    const {
      kind = 'symmetric',
      imported = state === 'PendingImport',
      input,
    } = cells[name] ?? { input: named }
    const of = await kit(fixture, kind, state, imported)
    if (name === 'CreateKeyVersion') fixture.days(8)
    const answer = await fixture.call(fixture.root, name.split(' ')[0] as string, await input(of))
    expect(fixture.defects).toEqual([])
    if (expected === 'ok') expect(answer).toMatchObject({ ok: true })
    else if (expected === 'Rejected.StateModifiedFailed') {
      expect(answer).toEqual({ ok: false, problem: { code: 'StateModifiedFailed' } })
    } else expect(answer).toEqual({ ok: false, problem: { code: 'KeyStateRejects', state } })
  })
})
