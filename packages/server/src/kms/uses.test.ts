import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KmsFixture, openKmsFixture } from '../operations/kms/testing/kms-fixture.ts'
import { USE_LIMITS } from './uses.ts'

const limits = { block: 4, tellAt: [16, 24], stopAt: 32 }
const tooMany = { code: 'OperationRejected' }

it('the limits lie below what GCM allows under one key, whatever processes have counted and not written', () => {
  expect(USE_LIMITS.stopAt + 200 * USE_LIMITS.block).toBeLessThan(2 ** 32)
  expect([...USE_LIMITS.tellAt, USE_LIMITS.stopAt]).toEqual(
    [...USE_LIMITS.tellAt, USE_LIMITS.stopAt].sort((a, b) => a - b),
  )
})

describe('a version of a symmetric key', () => {
  let fixture: KmsFixture
  beforeEach(async () => {
    fixture = await openKmsFixture({ useLimits: limits })
  })
  afterEach(async () => {
    expect(fixture.defects).toEqual([])
    await fixture.close()
  })
  const encrypt = (KeyId: string) => fixture.ok('Encrypt', { KeyId, Plaintext: 'x' })
  const many = async (KeyId: string, count: number) => {
    for (let i = 0; i < count; i += 1) await encrypt(KeyId)
    await fixture.countUses()
  }
  const uses = async () => {
    const rows = await fixture.store.read
      .selectFrom('kms_key_versions')
      .select('uses')
      .orderBy('created_at')
      .execute()
    return rows.map((row) => Number(row.uses))
  }

  it('is counted, by all that encrypts, without a write a call', async () => {
    const KeyId = await fixture.key()
    for (let i = 0; i < 3; i += 1) await encrypt(KeyId)
    expect(await uses()).toEqual([0])
    await fixture.ok('GenerateDataKey', { KeyId })
    const { CiphertextBlob } = await encrypt(KeyId)
    await fixture.ok('Decrypt', { CiphertextBlob })
    await fixture.ok('ReEncrypt', { CiphertextBlob, DestinationKeyId: KeyId })
    await fixture.countUses()
    expect(await uses()).toEqual([6])
  })

  it('is followed by a new one by itself where the key rotates', async () => {
    const KeyId = await fixture.key({ EnableAutomaticRotation: true, RotationInterval: '365d' })
    const first = (await encrypt(KeyId)).KeyVersionId
    await many(KeyId, 16)
    expect(fixture.near).toMatchObject([{ keyId: KeyId, versionId: first, rotates: true }])
    expect(await fixture.work()).toBe(1)
    const { KeyVersionId } = await encrypt(KeyId)
    expect(KeyVersionId).not.toBe(first)
    expect(fixture.audited.map((one) => one.operation)).toEqual(
      expect.arrayContaining(['keyward:CountKeyUses', 'keyward:RotateKey']),
    )
  })

  it('is told of, in the audit and to the log, where it does not, and encrypts nothing when it is used up', async () => {
    const KeyId = await fixture.key()
    const { CiphertextBlob } = await encrypt(KeyId)
    await many(KeyId, 20)
    await many(KeyId, 11)
    expect(fixture.near.map(({ rotates }) => rotates)).toEqual([false, false])
    const reported = fixture.audited.filter((one) => one.operation === 'keyward:CountKeyUses')
    expect(reported).toMatchObject([
      { outcome: 'NearLimit', input: { KeyId } },
      { outcome: 'NearLimit', input: { KeyId } },
    ])
    for (const action of ['Encrypt', 'GenerateDataKey']) {
      expect(
        await fixture.problem(action, { KeyId, ...(action === 'Encrypt' && { Plaintext: 'x' }) }),
      ).toMatchObject(tooMany)
    }
    expect((await fixture.ok('Decrypt', { CiphertextBlob })).Plaintext).toBe('x')
    fixture.days(8)
    await fixture.ok('CreateKeyVersion', { KeyId })
    await encrypt(KeyId)
  })
})
