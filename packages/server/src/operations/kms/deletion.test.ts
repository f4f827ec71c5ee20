import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KmsFixture, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeEach(async () => {
  fixture = await openKmsFixture()
})
afterEach(() => fixture.close())

const metadata = async (KeyId: string) => (await fixture.ok('DescribeKey', { KeyId })).KeyMetadata
const materialRows = (KeyId: string) =>
  fixture.store.read.selectFrom('kms_key_versions').selectAll().where('key_id', '=', KeyId).execute()

describe('the end of a key', () => {
  it('comes when the window has passed, for good', async () => {
    const KeyId = await fixture.key()
    await fixture.ok('CreateAlias', { KeyId, AliasName: 'alias/doomed' })
    const { CiphertextBlob } = await fixture.ok('Encrypt', { KeyId, Plaintext: 'x' })
    await fixture.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    const { DeleteDate, KeyState } = await metadata(KeyId)
    expect(KeyState).toBe('PendingDeletion')
    expect(Date.parse(DeleteDate) - fixture.clock.now()).toBeGreaterThan(7 * 86_400_000 - 5_000)
    fixture.days(6.9)
    expect(await fixture.work()).toBe(0)
    expect((await metadata(KeyId)).KeyState).toBe('PendingDeletion')
    fixture.days(0.2)
    // The clock alone is enough: the job may come later.
    for (const still of [true, false]) {
      expect(await fixture.problem('DescribeKey', { KeyId })).toEqual({ code: 'KeyNotFound' })
      expect(await fixture.problem('CancelKeyDeletion', { KeyId })).toEqual({ code: 'KeyNotFound' })
      expect(await fixture.problem('Decrypt', { CiphertextBlob })).toEqual({ code: 'KeyNotFound' })
      expect((await materialRows(KeyId)).length).toBe(still ? 1 : 0)
      if (still) expect(await fixture.work()).toBe(1)
    }
    expect(await fixture.problem('DescribeKey', { KeyId: 'alias/doomed' })).toEqual({ code: 'AliasNotFound' })
    expect(await fixture.work()).toBe(0)
    expect(fixture.audited.at(-1)?.operation).not.toBe('keyward:DestroyKey')
    expect(fixture.audited).toContainEqual(
      expect.objectContaining({ operation: 'keyward:DestroyKey', input: { KeyId } }),
    )
  })

  it('is called off by CancelKeyDeletion, back to Enabled or to PendingImport', async () => {
    const KeyId = await fixture.key()
    await fixture.ok('DisableKey', { KeyId })
    await fixture.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 366 })
    await fixture.ok('CancelKeyDeletion', { KeyId })
    expect(await metadata(KeyId)).toMatchObject({ KeyState: 'Enabled', DeleteDate: '' })
    const external = await fixture.key({ Origin: 'EXTERNAL' })
    await fixture.ok('ScheduleKeyDeletion', { KeyId: external, PendingWindowInDays: 7 })
    await fixture.ok('CancelKeyDeletion', { KeyId: external })
    expect(await metadata(external)).toMatchObject({ KeyState: 'PendingImport' })
  })

  it.each([6, 367, 7.5])('refuses a window of %s days', async (PendingWindowInDays) => {
    const KeyId = await fixture.key()
    expect(await fixture.problem('ScheduleKeyDeletion', { KeyId, PendingWindowInDays })).toEqual({
      code: 'InvalidParameter',
      name: 'PendingWindowInDays',
      detail: 'It is a whole number from 7 to 366.',
    })
  })

  it('waits for deletion protection to be lifted', async () => {
    const KeyId = await fixture.key()
    const { Arn } = await metadata(KeyId)
    const text = 'orders need it'
    await fixture.ok('SetDeletionProtection', {
      ProtectedResourceArn: Arn,
      EnableDeletionProtection: true,
      DeletionProtectionDescription: text,
    })
    expect(await metadata(KeyId)).toMatchObject({
      DeletionProtection: 'Enabled',
      DeletionProtectionDescription: text,
    })
    expect(await fixture.problem('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })).toMatchObject({
      code: 'StateModifiedFailed',
    })
    await fixture.ok('SetDeletionProtection', { KeyId, EnableDeletionProtection: false })
    expect(await metadata(KeyId)).toMatchObject({ DeletionProtection: 'Disabled' })
    await fixture.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
  })

  it('names the entity to protect once, and as what it is', async () => {
    const set = (input: object) =>
      fixture.problem('SetDeletionProtection', { EnableDeletionProtection: true, ...input })
    const KeyId = await fixture.key()
    expect(await set({})).toMatchObject({ code: 'MissingParameter' })
    expect(await set({ KeyId, KmsInstanceId: 'kst-keyward' })).toMatchObject({ code: 'InvalidParameter' })
    expect(await set({ ProtectedResourceArn: KeyId })).toMatchObject({ code: 'InvalidParameter' })
    expect(await set({ KmsInstanceId: 'kst-keyward' })).toMatchObject({ code: 'UnsupportedOperation' })
    expect(await set({ KmsInstanceId: 'kst-other' })).toEqual({ code: 'InstanceNotFound' })
  })
})

describe('work by the clock', () => {
  it('does nothing with a row that moved since it was found', async () => {
    const KeyId = await fixture.key()
    await fixture.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    fixture.days(7.1)
    // Two workers found the same row; the second one sees that it is gone.
    const [one, two] = await Promise.all([fixture.work(), fixture.work()])
    expect(one).toBe(1)
    expect(two).toBeLessThanOrEqual(1)
    const entries = fixture.audited.filter(
      ({ operation, input }) => operation === 'keyward:DestroyKey' && input?.KeyId === KeyId,
    )
    expect(entries).toHaveLength(1)
  })
})
