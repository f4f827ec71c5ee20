import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dueSecretWork } from '../../secrets/due.ts'
import { type KmsFixture, OWN, openKmsFixture, REGION } from '../kms/testing/kms-fixture.ts'
import { secretDestroyer } from './due-acts.ts'
import { secretKit } from './testing/secret-kit.ts'

let fixture: KmsFixture
beforeAll(async () => {
  fixture = await openKmsFixture()
})
afterAll(() => fixture.close())

const { create, value } = secretKit(() => fixture)

describe('deletion', () => {
  it('waits, lets only what shows it go on, and is taken back', async () => {
    const name = await create()
    await fixture.ok('DeleteSecret', { SecretName: name, RecoveryWindowInDays: 7 })
    for (const action of ['GetSecretValue', 'UpdateSecret', 'DeleteSecret']) {
      expect([action, await fixture.problem(action, { SecretName: name })]).toEqual([
        action,
        { code: 'SecretInDeletion' },
      ])
    }
    const again = { SecretName: name, SecretData: 'x', VersionId: 'v1' }
    expect(await fixture.problem('PutSecretValue', again)).toEqual({ code: 'SecretInDeletion' })
    expect(await fixture.problem('CreateSecret', again)).toEqual({ code: 'SecretInDeletion' })
    expect((await fixture.ok('DescribeSecret', { SecretName: name })).PlannedDeleteTime).not.toBe('')
    await fixture.ok('RestoreSecret', { SecretName: name })
    expect(await fixture.problem('RestoreSecret', { SecretName: name })).toEqual({
      code: 'SecretNotInDeletion',
    })
    expect(await value(name)).toBe('one')
    expect(await fixture.problem('CreateSecret', again)).toEqual({ code: 'SecretExists' })
  })

  it('ends with the window, whether the work of the clock came or not', async () => {
    const name = await create()
    await fixture.ok('DeleteSecret', { SecretName: name, RecoveryWindowInDays: 7 })
    fixture.days(7)
    expect(await fixture.problem('DescribeSecret', { SecretName: name })).toEqual({ code: 'SecretNotFound' })
    expect(await fixture.problem('RestoreSecret', { SecretName: name })).toEqual({ code: 'SecretNotFound' })
    const there = { SecretName: name, SecretData: 'x', VersionId: 'v1' }
    expect(await fixture.problem('CreateSecret', there)).toEqual({ code: 'SecretInDeletion' })
    const { clock, store } = fixture
    expect(await dueSecretWork({ clock, store, destroy: secretDestroyer(fixture.act)() })).toBe(1)
    expect(fixture.audited.at(-1)).toMatchObject({
      operation: 'keyward:DestroySecret',
      caller: 'keyward',
      outcome: 'Success',
      checks: [{ resource: `acs:kms:${REGION}:${OWN.uid}:secret/${name}`, decision: 'Allow' }],
    })
    await fixture.ok('CreateSecret', there)
  })

  it('happens at once when it is forced, also in the window', async () => {
    for (const before of [false, true]) {
      const name = await create()
      if (before) await fixture.ok('DeleteSecret', { SecretName: name })
      const forced = { SecretName: name, ForceDeleteWithoutRecovery: true }
      expect(await fixture.problem('DeleteSecret', { ...forced, RecoveryWindowInDays: 7 })).toMatchObject({
        code: 'InvalidParameter',
      })
      await fixture.ok('DeleteSecret', forced)
      expect(await fixture.problem('DescribeSecret', { SecretName: name })).toEqual({
        code: 'SecretNotFound',
      })
      await fixture.ok('CreateSecret', { SecretName: name, SecretData: 'new', VersionId: 'v1' })
      expect(await value(name)).toBe('new')
    }
  })
})
