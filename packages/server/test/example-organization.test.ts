import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assume, makeKey, outcome } from './identity-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// examples/organization.yaml does what its comments say.

const example = readFileSync(new URL('../../../examples/organization.yaml', import.meta.url), 'utf8')
const OFFICE = { 'x-forwarded-for': '10.20.1.1' }

describe('the example of an organization', () => {
  let service: TestService
  let owner: Credential
  let ci: Credential
  beforeAll(async () => {
    service = await startService({ flags: { 'trusted-proxy': '127.0.0.1' } })
    const { body } = await service.call(service.root, 'keyward:ApplyWorld', { World: example })
    const made = body.Credentials as Record<string, string>[]
    const credential = (user: string): Credential => {
      const {
        AccessKeyId = '',
        AccessKeySecret = '',
        ProjectId = '',
      } = made.find((one) => one.User === user) ?? {}
      return { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, projectId: ProjectId }
    }
    owner = credential('owner')
    ci = credential('ci')
  })
  afterAll(() => service.close())

  it('changes nothing when it is applied again, and warns of nothing', async () => {
    const { body } = await service.call(service.root, 'keyward:ApplyWorld', { World: example })
    expect(body).toMatchObject({ Changes: [], Warnings: [] })
  })

  it('keeps keys from being given up', async () => {
    const KeyId = await makeKey(service, owner)
    const deletion = await service.call(owner, 'kms:ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
    expect(deletion.body.AccessDeniedDetail).toMatchObject({
      PolicyType: 'ControlPolicy',
      NoPermissionType: 'ExplicitDeny',
    })
    expect((await service.call(owner, 'kms:DisableKey', { KeyId })).status).toBe(200)
  })

  it('has key pairs managed from the office alone', async () => {
    expect((await service.call(owner, 'kps:ListKeypairs', {})).status).toBe(403)
    expect((await service.call(owner, 'kps:ListKeypairs', {}, OFFICE)).status).toBe(200)
  })

  it('lets the builds open the role of the shop with the agreed id, and use its keys', async () => {
    const KeyId = await makeKey(service, owner)
    const role = 'acs:ram::1000000000000001:role/deployer'
    const without = await service.call(ci, 'sts:AssumeRole', { RoleArn: role, RoleSessionName: 'ci' })
    expect(outcome(without)).toBe('403 NoPermission')
    const session = await assume(service, ci, role, { ExternalId: 'shop-4711' })
    expect((await service.call(session, 'kms:Encrypt', { KeyId, Plaintext: 'aGVsbG8=' })).status).toBe(200)
    expect((await service.call(session, 'kms:CreateKey', {})).status).toBe(403)
  })
})
