import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KmsFixture, OWN, openKmsFixture } from './testing/kms-fixture.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

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
    const KeyId = await fixture.key()
    const admin = fixture.user('admin', [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }])
    const Policy = document(all, deny('kms:SetKeyPolicy', whole))
    await fixture.ok('SetKeyPolicy', { KeyId, Policy }, admin)
    expect(fixture.audited.at(-1)).toMatchObject({ operation: 'kms:SetKeyPolicy', outcome: 'Success' })
    expect(fixture.audited.at(-1)?.warnings).toContain(LOCKED_OUT)
    expect(await fixture.problem('SetKeyPolicy', { KeyId, Policy: document(all) }, admin)).toMatchObject({
      denial: { reason: 'ExplicitDeny', layer: 'resource' },
    })
    await fixture.ok('SetKeyPolicy', { KeyId, Policy: document(all) })
    expect(fixture.audited.at(-1)?.warnings ?? []).not.toContain(LOCKED_OUT)
    await fixture.ok('SetKeyPolicy', { KeyId, Policy }, admin)
    await fixture.key({ Policy })
    expect(fixture.audited.at(-1)?.warnings).toContain(LOCKED_OUT)
  })
})

describe('SetKeyPolicy', () => {
  it('judges what it stores', async () => {
    const KeyId = await fixture.key()
    const set = (Policy: string, rest: object = {}) =>
      fixture.problem('SetKeyPolicy', { KeyId, Policy, ...rest })
    expect(await set('{')).toMatchObject({ code: 'MalformedPolicy' })
    expect(await set(document({ ...all, Principal: undefined }))).toMatchObject({ code: 'MalformedPolicy' })
    expect(await set(document({ ...all, Resource: 'acs:kms:*:*:key/x' }))).toMatchObject({
      code: 'MalformedPolicy',
    })
    expect(await set(document({ ...all, Sid: 's'.repeat(33_000) }))).toMatchObject({
      code: 'InvalidParameter',
    })
    expect(await set(document(all), { PolicyName: 'other' })).toEqual({ code: 'PolicyNotFound' })
    expect(await fixture.problem('GetKeyPolicy', { KeyId, PolicyName: 'other' })).toEqual({
      code: 'PolicyNotFound',
    })
  })

  it('keeps the text as it was, and decides by it from the next call on', async () => {
    const KeyId = await fixture.key()
    const who = fixture.user('reader')
    const Policy = document(
      { ...all, Principal: { RAM: who.arn }, Action: 'kms:DescribeKey' },
      { ...deny('kms:Encrypt') },
    )
    expect(await fixture.problem('DescribeKey', { KeyId }, who)).toMatchObject({ code: 'AccessDenied' })
    await fixture.ok('SetKeyPolicy', { KeyId, Policy, PolicyName: 'default' })
    expect((await fixture.ok('GetKeyPolicy', { KeyId })).Policy).toBe(Policy)
    await fixture.ok('DescribeKey', { KeyId }, who)
    fixture.user('reader', [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }])
    expect(await fixture.problem('Encrypt', { KeyId, Plaintext: 'x' }, who)).toMatchObject({
      denial: { reason: 'ExplicitDeny', layer: 'resource' },
    })
  })

  it('lets RAM policies govern a key that was made without one', async () => {
    const KeyId = await fixture.key()
    expect(await fixture.problem('DescribeKey', { KeyId }, fixture.user('nobody'))).toMatchObject({
      code: 'AccessDenied',
      denial: { reason: 'ImplicitDeny' },
    })
  })

  it('of a new key counts from the next call, and does not decide its making', async () => {
    const who = fixture.user('maker')
    const Policy = document({ ...all, Principal: { RAM: who.arn } })
    expect(await fixture.problem('CreateKey', { Policy }, who)).toMatchObject({ code: 'AccessDenied' })
    const KeyId = await fixture.key({ Policy })
    await fixture.ok('Encrypt', { KeyId, Plaintext: 'x' }, who)
  })
})
