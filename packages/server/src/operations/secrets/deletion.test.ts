import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dueSecretWork } from '../../secrets/due.ts'
import { type KmsHouse, OWN, openKmsHouse, REGION } from '../kms/testing/kms-house.ts'
import { secretDestroyer } from './due-acts.ts'
import { secretKit } from './testing/secret-kit.ts'

let house: KmsHouse
beforeAll(async () => {
  house = await openKmsHouse()
})
afterAll(() => house.close())

const { create, value } = secretKit(() => house)

describe('deletion', () => {
  it('waits, lets only what shows it go on, and is taken back', async () => {
    const name = await create()
    await house.ok('DeleteSecret', { SecretName: name, RecoveryWindowInDays: 7 })
    for (const action of ['GetSecretValue', 'UpdateSecret', 'DeleteSecret']) {
      expect([action, await house.problem(action, { SecretName: name })]).toEqual([
        action,
        { code: 'SecretInDeletion' },
      ])
    }
    const again = { SecretName: name, SecretData: 'x', VersionId: 'v1' }
    expect(await house.problem('PutSecretValue', again)).toEqual({ code: 'SecretInDeletion' })
    expect(await house.problem('CreateSecret', again)).toEqual({ code: 'SecretInDeletion' })
    expect((await house.ok('DescribeSecret', { SecretName: name })).PlannedDeleteTime).not.toBe('')
    await house.ok('RestoreSecret', { SecretName: name })
    expect(await house.problem('RestoreSecret', { SecretName: name })).toEqual({
      code: 'SecretNotInDeletion',
    })
    expect(await value(name)).toBe('one')
    expect(await house.problem('CreateSecret', again)).toEqual({ code: 'SecretExists' })
  })

  it('ends with the window, whether the work of the clock came or not', async () => {
    const name = await create()
    await house.ok('DeleteSecret', { SecretName: name, RecoveryWindowInDays: 7 })
    house.days(7)
    expect(await house.problem('DescribeSecret', { SecretName: name })).toEqual({ code: 'SecretNotFound' })
    expect(await house.problem('RestoreSecret', { SecretName: name })).toEqual({ code: 'SecretNotFound' })
    const there = { SecretName: name, SecretData: 'x', VersionId: 'v1' }
    expect(await house.problem('CreateSecret', there)).toEqual({ code: 'SecretInDeletion' })
    const { clock, store } = house
    expect(await dueSecretWork({ clock, store, destroy: secretDestroyer(house.act)() })).toBe(1)
    expect(house.audited.at(-1)).toMatchObject({
      operation: 'keyward:DestroySecret',
      caller: 'keyward',
      outcome: 'Success',
      checks: [{ resource: `acs:kms:${REGION}:${OWN.uid}:secret/${name}`, decision: 'Allow' }],
    })
    await house.ok('CreateSecret', there)
  })

  it('happens at once when it is forced, also in the window', async () => {
    for (const before of [false, true]) {
      const name = await create()
      if (before) await house.ok('DeleteSecret', { SecretName: name })
      const forced = { SecretName: name, ForceDeleteWithoutRecovery: true }
      expect(await house.problem('DeleteSecret', { ...forced, RecoveryWindowInDays: 7 })).toMatchObject({
        code: 'InvalidParameter',
      })
      await house.ok('DeleteSecret', forced)
      expect(await house.problem('DescribeSecret', { SecretName: name })).toEqual({ code: 'SecretNotFound' })
      await house.ok('CreateSecret', { SecretName: name, SecretData: 'new', VersionId: 'v1' })
      expect(await value(name)).toBe('new')
    }
  })
})
