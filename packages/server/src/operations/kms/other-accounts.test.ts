import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KmsHouse, OTHER, openKmsHouse } from './testing/kms-house.ts'

let house: KmsHouse
beforeEach(async () => {
  house = await openKmsHouse()
})
afterEach(() => house.close())

const metadata = async (KeyId: string) => (await house.ok('DescribeKey', { KeyId })).KeyMetadata

describe('other accounts', () => {
  it('use a key by its ARN when both sides allow, and never manage it', async () => {
    const KeyId = await house.key()
    const { Arn } = await metadata(KeyId)
    const anything = [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }]
    const guest = house.user('guest', anything, OTHER)
    const hidden = { code: 'AccessDenied', denial: { foreign: true } }
    expect(await house.problem('Encrypt', { KeyId: Arn, Plaintext: 'x' }, guest)).toMatchObject(hidden)
    await house.ok('SetKeyPolicy', {
      KeyId,
      Policy: JSON.stringify({
        Version: '1',
        Statement: [{ Effect: 'Allow', Principal: { RAM: [guest.arn] }, Action: ['kms:*'], Resource: ['*'] }],
      }),
    })
    const { CiphertextBlob } = await house.ok('Encrypt', { KeyId: Arn, Plaintext: 'x' }, guest)
    expect((await house.ok('Decrypt', { CiphertextBlob }, guest)).Plaintext).toBe('x')
    for (const action of ['DescribeKey', 'ListKeyVersions', 'ListAliasesByKeyId', 'GenerateDataKey']) {
      await house.ok(action, { KeyId: Arn }, guest)
    }
    // By its id alone it is looked for in the caller's own account.
    expect(await house.problem('Encrypt', { KeyId, Plaintext: 'x' }, guest)).toEqual({ code: 'KeyNotFound' })
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
      const answer = await house.call(guest, action, { KeyId: Arn, ...input })
      if (action === 'SetKeyPolicy' && !answer.ok && answer.problem.code === 'MalformedPolicy') continue
      expect([action, answer]).toMatchObject([action, { ok: false, problem: hidden }])
    }
    house.user('guest', undefined, OTHER)
    expect(await house.problem('Encrypt', { KeyId: Arn, Plaintext: 'x' }, guest)).toMatchObject(hidden)
  })
})
