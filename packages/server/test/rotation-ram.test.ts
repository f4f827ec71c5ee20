import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestClock } from '../src/base/clock.ts'
import type { Value } from '../src/secrets/rotation/place.ts'
import { ROTATIONS, runClient, secretKit, serviceRole } from './rotation-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Access keys of users in the service's own directory, rotated by the role of the account.

let service: TestService
let count = 0
beforeAll(async () => {
  service = await startService({ switches: ['test-clock'] })
})
afterAll(() => service?.close())
beforeEach(async () => {
  count += 1
  await service.apply({ accounts: [{ uid: service.root.accountUid, ...serviceRole() }] })
})

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const advance = (ms: number) => (service.service.clock as TestClock).advance(ms)

const all = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }

async function makeUser(keys = 1) {
  const name = `robot-${count}`
  const accessKeys = Array.from({ length: keys }, (_, i) => ({
    id: `LTAIrobot${count}x${i}`,
    secret: `secret-of-robot-${count}-${i}`,
  }))
  await service.apply({ accounts: [{ uid: service.root.accountUid, users: [{ name, accessKeys }] }] })
  return { name, key: accessKeys[0] as { id: string; secret: string } }
}

const create = (
  user: string,
  key: { id: string; secret: string },
  more: object = {},
  who: Credential = service.root,
) =>
  service.call(who, 'kms:CreateSecret', {
    SecretName: '$Auto',
    VersionId: 'v0',
    SecretType: 'RAMCredentials',
    SecretData: JSON.stringify({ AccessKeys: [{ AccessKeyId: key.id, AccessKeySecret: key.secret }] }),
    ExtendedConfig: { SecretSubType: 'RamUserAccessKey', UserName: user },
    ...more,
  })
const kitOf = (user: string) => secretKit(service, `acs/ram/user/${user}`)

/** Signs a call with the key: it is known when the call is answered at all, whatever the policies say. */
async function signs({ AccessKeyId = '', AccessKeySecret = '' }: Value): Promise<void> {
  const who = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, projectId: '' }
  const { status, body } = await service.call(who, 'sts:GetCallerIdentity', {})
  if (status !== 200) throw new Error(String(body.Code))
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let left = 200; left > 0; left -= 1) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it does not come')
}
const isGone = (value: Value) =>
  signs(value).then(
    () => false,
    () => true,
  )

describe('an access key in a secret', () => {
  it('rotates without one login that fails, and the old one goes when its window ends', async () => {
    const { name, key } = await makeUser()
    const made = await create(name, key)
    expect(made.body).toMatchObject({ SecretName: `acs/ram/user/${name}` })
    const kit = kitOf(name)
    expect(await kit.value()).toMatchObject({ AccessKeyId: key.id, GenerateTimestamp: expect.any(String) })
    const clients = [1, 2].map(() => runClient(kit, signs))
    for (let i = 1; i <= ROTATIONS; i += 1) {
      const old = (await kit.value()) as Value
      await kit.rotate(`v${i}`)
      const now = (await kit.value()) as Value
      expect(now.AccessKeyId).not.toBe(old.AccessKeyId)
      await signs(now)
      await signs(old)
      expect((await kit.call('RotateSecret', { VersionId: 'again' })).body.Code).toBe(
        'Rejected.ResourceInUse',
      )
      expect((await kit.call('RotateSecret', { VersionId: `v${i}` })).status).toBe(200)
      const policy = { EnableAutomaticRotation: true, RotationInterval: '7d' }
      expect((await kit.call('UpdateSecretRotationPolicy', policy)).body.Code).toBe('Rejected.ResourceInUse')
      advance(9 * MINUTE)
      await signs(old)
      advance(2 * MINUTE)
      await until(() => isGone(old))
      await signs(now)
    }
    for (const { failures } of await Promise.all(clients.map((client) => client.stop()))) {
      expect(failures).toBe(0)
    }
  }, 300_000)

  it('rotates by schedule, and the old one stays for two days at most', async () => {
    const { name, key } = await makeUser()
    await create(name, key, { EnableAutomaticRotation: true, RotationInterval: '7d' })
    const kit = kitOf(name)
    const first = (await kit.value()) as Value
    advance(7 * DAY + MINUTE)
    await until(async () => (await kit.value())?.AccessKeyId !== first.AccessKeyId)
    await signs(first)
    advance(DAY)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await signs(first)
    advance(DAY + MINUTE)
    await until(() => isGone(first))
    expect(await kit.describe()).toMatchObject({ AutomaticRotation: 'Enabled', RotationInterval: '604800s' })
  }, 60_000)

  it.each([
    ['no role', { roles: [], policies: [] }],
    ['a role that does not trust the service', untrusting()],
    ['a role whose policies do not reach the user', serviceRole('other-*')],
    ['a role that may not delete keys', serviceRole('*', ['List', 'Create', 'Update'])],
  ])('is neither taken nor rotated with %s', async (_what, account) => {
    const { name, key } = await makeUser()
    const other = { name: `before-${count}`, id: `LTAIbefore${count}`, secret: 'secret-of-before' }
    const users = [{ name: other.name, accessKeys: [{ id: other.id, secret: other.secret }] }]
    await service.apply({ accounts: [{ uid: service.root.accountUid, users }] })
    expect((await create(other.name, other)).status).toBe(200)
    await service.apply(
      { accounts: [{ uid: service.root.accountUid, users: [{ name }, ...users], ...account }] },
      { Prune: true },
    )
    for (const answer of [
      await create(name, key),
      await kitOf(other.name).call('RotateSecret', { VersionId: 'v1' }),
    ]) {
      expect([answer.status, answer.body.Code]).toEqual([403, 'Forbidden.NoPermission'])
    }
    expect(await kitOf(other.name).value()).toMatchObject({ AccessKeyId: other.id })
  })

  it('of a user with two keys meets the limit', async () => {
    const { name, key } = await makeUser(2)
    await create(name, key)
    const kit = kitOf(name)
    const { status, body } = await kit.call('RotateSecret', { VersionId: 'v1' })
    expect([status, body.Code]).toEqual([409, 'LimitExceeded.User.AccessKey'])
    expect(await kit.value()).toMatchObject({ AccessKeyId: key.id })
  })

  it('is of one user: another who gets the name later gives no key away', async () => {
    const { name, key } = await makeUser()
    await create(name, key, { EnableAutomaticRotation: true, RotationInterval: '7d' })
    const ram = async (action: string, more: object = {}) => {
      const answer = await service.call(service.root, `ram:${action}`, { UserName: name, ...more })
      expect([action, answer.status, answer.body.Code]).toEqual([action, 200, undefined])
      return answer.body
    }
    await ram('DeleteAccessKey', { UserAccessKeyId: key.id })
    await ram('DeleteUser')
    await ram('CreateUser')
    await ram('CreateAccessKey')
    const kit = kitOf(name)
    const { status, body } = await kit.call('RotateSecret', { VersionId: 'v1' })
    expect([status, body.Code]).toEqual([404, 'Forbidden.ResourceNotFound'])
    advance(7 * DAY + MINUTE)
    await until(async () => (await kit.describe()).AutomaticRotation === 'Invalid')
    expect((await kit.describe()).RotationError).toContain('not one of the user')
    const { AccessKeys } = await ram('ListAccessKeys')
    expect((AccessKeys as { AccessKey: object[] }).AccessKey).toHaveLength(1)
    expect(await kit.value()).toMatchObject({ AccessKeyId: key.id })
  })

  it('must be the user’s own, active and whole', async () => {
    const { name, key } = await makeUser()
    const alien = { id: service.root.accessKeyId, secret: service.root.accessKeySecret }
    for (const wrong of [alien, { ...key, secret: 'other' }, { ...key, id: 'LTAInobody' }]) {
      const { status, body } = await create(name, wrong)
      expect([status, body.Code]).toEqual([400, 'InvalidParameter'])
    }
    expect((await create('nobody', key)).body.Code).toBe('Forbidden.ResourceNotFound')
  })
})

describe('a user with all of kms', () => {
  it('gains no key of another user, none of root, no account and no user of a host that nobody listed', async () => {
    const mallory = await service.user(`mallory-${count}`, { ram: [all] })
    await service.apply({
      accounts: [{ uid: service.root.accountUid, ...serviceRole('robot-*') }],
    })
    const admin = await service.user(`admin-${count}`, { ram: [all] })
    const own = (
      await create(`admin-${count}`, { id: admin.accessKeyId, secret: admin.accessKeySecret }, {}, mallory)
    ).body
    expect(own.Code).toBe('Forbidden.NoPermission')
    const root = { id: service.root.accessKeyId, secret: service.root.accessKeySecret }
    for (const user of ['root', '', '*', '../root']) {
      expect((await create(user, root, {}, mallory)).status).toBeGreaterThanOrEqual(400)
    }
    const put = {
      TargetId: 'prod',
      Engine: 'postgresql',
      Address: '127.0.0.1',
      Tls: 'off',
      Administrator: 'postgres',
      AdministratorPassword: 'x',
    }
    expect((await service.call(mallory, 'keyward:PutTarget', put)).status).toBe(403)
    expect((await service.call(service.root, 'keyward:PutTarget', put)).status).toBe(200)
    for (const AccountName of ['postgres', 'shop']) {
      const { body } = await service.call(mallory, 'kms:CreateSecret', {
        SecretName: `take/${AccountName}`,
        VersionId: 'v0',
        SecretType: 'Rds',
        SecretData: JSON.stringify({ Accounts: [{ AccountName, AccountPassword: 'x' }] }),
        ExtendedConfig: { SecretSubType: 'SingleUser', DBInstanceId: 'prod' },
      })
      expect([AccountName, body.Code]).toEqual([AccountName, 'Forbidden.ResourceNotFound'])
      expect(body.Message).toContain('does not let secrets manage')
    }
    const host = {
      HostId: 'web',
      Address: '127.0.0.1',
      Port: 1,
      HostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y',
    }
    expect((await service.call(service.root, 'keyward:PutHost', host)).status).toBe(200)
    const { body } = await service.call(mallory, 'kms:CreateSecret', {
      SecretName: 'acs/ecs/root',
      VersionId: 'v0',
      SecretType: 'ECS',
      SecretData: JSON.stringify({ UserName: 'root', Password: 'x' }),
      ExtendedConfig: { SecretSubType: 'Password', RegionId: 'cn-hangzhou', InstanceId: 'web' },
    })
    expect([body.Code, String(body.Message)]).toEqual([
      'Forbidden.ResourceNotFound',
      expect.stringContaining('does not let secrets manage the user `root`'),
    ])
  })
})

function untrusting() {
  const { policies, roles } = serviceRole()
  const trust = {
    ram: {
      Version: '1',
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: ['ecs.aliyuncs.com'] } },
      ],
    },
  }
  return { policies, roles: roles.map((role) => ({ ...role, trust })) }
}
