import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KmsHouse, OWN, openKmsHouse } from './testing/kms-house.ts'

let house: KmsHouse
beforeAll(async () => {
  house = await openKmsHouse()
})
afterAll(() => house.close())

const document = (...Statement: object[]) => JSON.stringify({ Version: '1', Statement })
const all = {
  Effect: 'Allow',
  Principal: { RAM: [`acs:ram::${OWN.uid}:*`] },
  Action: ['kms:*'],
  Resource: ['*'],
}
const deny = (Action: string | string[], Principal: unknown = '*', rest: object = {}) => ({
  Effect: 'Deny',
  Principal,
  Action,
  Resource: '*',
  ...rest,
})
const whole = { RAM: [`acs:ram::${OWN.uid}:*`] }

const LOCKED_OUT =
  'the key policy denies `kms:SetKeyPolicy` to everyone: only the root identity of the account can change it back'

describe('a policy that locks out', () => {
  it('is set, and the audit says so; the root undoes it', async () => {
    const KeyId = await house.key()
    const admin = house.user('admin', [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }])
    const Policy = document(all, deny('kms:SetKeyPolicy', whole))
    await house.ok('SetKeyPolicy', { KeyId, Policy }, admin)
    expect(house.audited.at(-1)).toMatchObject({ operation: 'kms:SetKeyPolicy', outcome: 'Success' })
    expect(house.audited.at(-1)?.warnings).toContain(LOCKED_OUT)
    expect(await house.problem('SetKeyPolicy', { KeyId, Policy: document(all) }, admin)).toMatchObject({
      denial: { reason: 'ExplicitDeny', layer: 'resource' },
    })
    await house.ok('SetKeyPolicy', { KeyId, Policy: document(all) })
    expect(house.audited.at(-1)?.warnings ?? []).not.toContain(LOCKED_OUT)
    await house.ok('SetKeyPolicy', { KeyId, Policy }, admin)
    await house.key({ Policy })
    expect(house.audited.at(-1)?.warnings).toContain(LOCKED_OUT)
  })
})

describe('SetKeyPolicy', () => {
  it('judges what it stores', async () => {
    const KeyId = await house.key()
    const set = (Policy: string, rest: object = {}) =>
      house.problem('SetKeyPolicy', { KeyId, Policy, ...rest })
    expect(await set('{')).toMatchObject({ code: 'MalformedPolicy' })
    expect(await set(document({ ...all, Principal: undefined }))).toMatchObject({ code: 'MalformedPolicy' })
    expect(await set(document({ ...all, Resource: 'acs:kms:*:*:key/x' }))).toMatchObject({
      code: 'MalformedPolicy',
    })
    expect(await set(document({ ...all, Sid: 's'.repeat(33_000) }))).toMatchObject({
      code: 'InvalidParameter',
    })
    expect(await set(document(all), { PolicyName: 'other' })).toEqual({ code: 'PolicyNotFound' })
    expect(await house.problem('GetKeyPolicy', { KeyId, PolicyName: 'other' })).toEqual({
      code: 'PolicyNotFound',
    })
  })

  it('keeps the text as it was, and decides by it from the next call on', async () => {
    const KeyId = await house.key()
    const who = house.user('reader')
    const Policy = document(
      { ...all, Principal: { RAM: who.arn }, Action: 'kms:DescribeKey' },
      { ...deny('kms:Encrypt') },
    )
    expect(await house.problem('DescribeKey', { KeyId }, who)).toMatchObject({ code: 'AccessDenied' })
    await house.ok('SetKeyPolicy', { KeyId, Policy, PolicyName: 'default' })
    expect((await house.ok('GetKeyPolicy', { KeyId })).Policy).toBe(Policy)
    await house.ok('DescribeKey', { KeyId }, who)
    house.user('reader', [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }])
    expect(await house.problem('Encrypt', { KeyId, Plaintext: 'x' }, who)).toMatchObject({
      denial: { reason: 'ExplicitDeny', layer: 'resource' },
    })
  })

  it('lets RAM policies govern a key that was made without one', async () => {
    const KeyId = await house.key()
    expect(await house.problem('DescribeKey', { KeyId }, house.user('nobody'))).toMatchObject({
      code: 'AccessDenied',
      denial: { reason: 'ImplicitDeny' },
    })
  })

  it('of a new key counts from the next call, and does not decide its making', async () => {
    const who = house.user('maker')
    const Policy = document({ ...all, Principal: { RAM: who.arn } })
    expect(await house.problem('CreateKey', { Policy }, who)).toMatchObject({ code: 'AccessDenied' })
    const KeyId = await house.key({ Policy })
    await house.ok('Encrypt', { KeyId, Plaintext: 'x' }, who)
  })
})
