import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KmsFixture, OTHER, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeEach(async () => {
  fixture = await openKmsFixture()
})
afterEach(() => fixture.close())

const metadata = async (KeyId: string) => (await fixture.ok('DescribeKey', { KeyId })).KeyMetadata

describe('other accounts', () => {
  it('use a key by its ARN when both sides allow, and never manage it', async () => {
    const KeyId = await fixture.key()
    const { Arn } = await metadata(KeyId)
    const anything = [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }]
    const guest = fixture.user('guest', anything, OTHER)
    const hidden = { code: 'AccessDenied', denial: { foreign: true } }
    expect(await fixture.problem('Encrypt', { KeyId: Arn, Plaintext: 'x' }, guest)).toMatchObject(hidden)
    await fixture.ok('SetKeyPolicy', {
      KeyId,
      Policy: JSON.stringify({
        Version: '1',
        Statement: [{ Effect: 'Allow', Principal: { RAM: [guest.arn] }, Action: ['kms:*'], Resource: ['*'] }],
      }),
    })
    const { CiphertextBlob } = await fixture.ok('Encrypt', { KeyId: Arn, Plaintext: 'x' }, guest)
    expect((await fixture.ok('Decrypt', { CiphertextBlob }, guest)).Plaintext).toBe('x')
    for (const action of ['DescribeKey', 'ListKeyVersions', 'ListAliasesByKeyId', 'GenerateDataKey']) {
      await fixture.ok(action, { KeyId: Arn }, guest)
    }
    // By its id alone it is looked for in the caller's own account.
    expect(await fixture.problem('Encrypt', { KeyId, Plaintext: 'x' }, guest)).toEqual({
      code: 'KeyNotFound',
    })
    const management: Record<string, object> = {
      DisableKey: {},
      ScheduleKeyDeletion: { PendingWindowInDays: 7 },
      UpdateKeyDescription: { Description: '' },
      TagResource: { Tags: [{ TagKey: 'a', TagValue: 'b' }] },
      SetKeyPolicy: { Policy: JSON.stringify({ Version: '1', Statement: [] }) },
      GetKeyPolicy: {},
      CreateKeyVersion: {},
      DeleteKeyMaterial: {},
      ListResourceTags: {},
    }
    for (const [action, input] of Object.entries(management)) {
      const answer = await fixture.call(guest, action, { KeyId: Arn, ...input })
      if (action === 'SetKeyPolicy' && !answer.ok && answer.problem.code === 'MalformedPolicy') continue
      expect([action, answer]).toMatchObject([action, { ok: false, problem: hidden }])
    }
    fixture.user('guest', undefined, OTHER)
    expect(await fixture.problem('Encrypt', { KeyId: Arn, Plaintext: 'x' }, guest)).toMatchObject(hidden)
  })
})
