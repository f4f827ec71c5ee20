import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AlibabaAnswer,
  type AlibabaCaller,
  type AlibabaError,
  acs3Caller,
  popCoreCaller,
} from './clients/alibabaClients.ts'
import { imsTypedCaller, ramTypedCaller } from './clients/ramClients.ts'
import { startService, type TestService } from './service.ts'

// The calls that the Terraform provider for Alibaba Cloud makes for its RAM resources, in its order, with its parameters, and
// with the codes that its read, retry and delete functions look for.

let service: TestService
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.close())

const RAM = '2015-05-01'
const DOCUMENT = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: ['kms:ListKeys'], Resource: ['*'] }],
})
const SECOND = DOCUMENT.replace('ListKeys', 'DescribeKey')
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

describe.each([
  ['@alicloud/pop-core (V1, form)', popCoreCaller, 'v1'],
  ['@alicloud/openapi-client (ACS3)', acs3Caller, 'v3'],
] as const)('by %s', (_client, caller, tag) => {
  let call: (action: string, parameters?: object) => Promise<AlibabaAnswer>
  let trust: string
  beforeAll(async () => {
    const all = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'ram:*', Resource: '*' }] }
    const who = await service.user(`terraform-${tag}`, { ram: [all] })
    const generic: AlibabaCaller = caller({ url: service.url, ...who })
    call = (action, parameters = {}) => generic(action, parameters as Record<string, unknown>, RAM)
    const Principal = { RAM: [`acs:ram::${service.root.accountUid}:root`] }
    trust = JSON.stringify({
      Version: '1',
      Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal }],
    })
  })
  const code = (action: string, parameters: object) =>
    call(action, parameters).then(
      () => 'no error',
      (error: AlibabaError) => `${error.status} ${error.code}`,
    )

  it('alicloud_ram_user with access key, login profile and membership; delete with and without force', async () => {
    const UserName = `tf-user-${tag}`
    const { User } = await call('CreateUser', {
      UserName,
      DisplayName: 'TF',
      MobilePhone: '86-18688888888',
      Email: 'a@example.com',
      Comments: 'by terraform',
    })
    expect(User).toMatchObject({
      UserName,
      DisplayName: 'TF',
      MobilePhone: '86-18688888888',
      Comments: 'by terraform',
    })
    expect(User.UserId).toMatch(/^\d{18}$/)
    expect(User.CreateDate).toMatch(DATE)
    // The provider finds the name by the id, page by page.
    const names: string[] = []
    for (let Marker: string | undefined; ; ) {
      const page = await call('ListUsers', { MaxItems: 1, ...(Marker && { Marker }) })
      names.push(...page.Users.User.map((one: { UserName: string }) => one.UserName))
      if (!page.IsTruncated) break
      Marker = page.Marker
    }
    expect(names).toContain(UserName)
    expect(new Set(names).size).toBe(names.length)
    const renamed = `${UserName}.new`
    await call('UpdateUser', {
      UserName,
      NewUserName: renamed,
      NewDisplayName: 'TF2',
      NewEmail: 'b@example.com',
    })
    const read = await call('GetUser', { UserName: renamed })
    expect(read.User).toMatchObject({ UserId: User.UserId, DisplayName: 'TF2', Email: 'b@example.com' })
    expect(await code('GetUser', { UserName })).toBe('404 EntityNotExist.User')
    const { AccessKey } = await call('CreateAccessKey', { UserName: renamed })
    expect(AccessKey).toMatchObject({ Status: 'Active', AccessKeySecret: expect.any(String) })
    await call('UpdateAccessKey', {
      UserAccessKeyId: AccessKey.AccessKeyId,
      Status: 'Inactive',
      UserName: renamed,
    })
    const keys = await call('ListAccessKeys', { UserName: renamed })
    expect(keys.AccessKeys.AccessKey).toMatchObject([
      { AccessKeyId: AccessKey.AccessKeyId, Status: 'Inactive' },
    ])
    const login = { UserName: renamed, Password: 'Yourpassword_1234', PasswordResetRequired: true }
    expect(await code('GetLoginProfile', { UserName: renamed })).toBe('404 EntityNotExist.User.LoginProfile')
    await call('CreateLoginProfile', login)
    expect((await call('GetLoginProfile', { UserName: renamed })).LoginProfile).toMatchObject({
      PasswordResetRequired: true,
      MFABindRequired: false,
    })
    await call('CreateGroup', { GroupName: `tf-${tag}`, Comments: 'x' })
    const member = { UserName: renamed, GroupName: `tf-${tag}` }
    await call('AddUserToGroup', member)
    expect(await code('AddUserToGroup', member)).toBe('409 EntityAlreadyExists.User.Group')
    const members = await call('ListUsersForGroup', { GroupName: `tf-${tag}`, MaxItems: 1000 })
    expect(members.Users.User).toMatchObject([{ UserName: renamed, JoinDate: expect.stringMatching(DATE) }])
    const policy = { PolicyType: 'System', PolicyName: 'AliyunKMSReadOnlyAccess', UserName: renamed }
    await call('AttachPolicyToUser', policy)
    expect(await code('AttachPolicyToUser', policy)).toBe('409 EntityAlreadyExists.User.Policy')
    // What the provider tells to set `force` for.
    expect(await code('DeleteUser', { UserName: renamed })).toBe('409 DeleteConflict.User.Group')
    await call('DeleteAccessKey', { UserName: renamed, UserAccessKeyId: AccessKey.AccessKeyId })
    const gone = await code('DeleteAccessKey', { UserName: renamed, UserAccessKeyId: AccessKey.AccessKeyId })
    expect(gone).toBe('404 EntityNotExist.User.AccessKey')
    for (const one of (await call('ListPoliciesForUser', { UserName: renamed })).Policies.Policy) {
      const { PolicyName, PolicyType } = one
      await call('DetachPolicyFromUser', { PolicyName, PolicyType, UserName: renamed })
    }
    expect(await code('DetachPolicyFromUser', policy)).toBe('404 EntityNotExist.User.Policy')
    for (const { GroupName } of (await call('ListGroupsForUser', { UserName: renamed })).Groups.Group)
      await call('RemoveUserFromGroup', { UserName: renamed, GroupName })
    expect(await code('RemoveUserFromGroup', member)).toBe('404 EntityNotExist.User.Group')
    expect(await code('DeleteUser', { UserName: renamed })).toBe('409 DeleteConflict.User.LoginProfile')
    await call('DeleteLoginProfile', { UserName: renamed })
    expect(await code('UnbindMFADevice', { UserName: renamed })).toBe('404 EntityNotExist.User.MFADevice')
    await call('DeleteUser', { UserName: renamed })
    expect(await code('DeleteUser', { UserName: renamed })).toBe('404 EntityNotExist.User')
    await call('UpdateGroup', { GroupName: `tf-${tag}`, NewGroupName: `tf2-${tag}`, NewComments: 'y' })
    expect((await call('GetGroup', { GroupName: `tf2-${tag}` })).Group).toMatchObject({ Comments: 'y' })
    await call('DeleteGroup', { GroupName: `tf2-${tag}` })
    expect(await code('GetGroup', { GroupName: `tf2-${tag}` })).toBe('404 EntityNotExist.Group')
  })

  it('alicloud_ram_policy: create, versions with rotation, attach, delete with force', async () => {
    const PolicyName = `tf-policy-${tag}`
    const UserName = `tf-holder-${tag}`
    const { Policy } = await call('CreatePolicy', {
      PolicyName,
      PolicyDocument: DOCUMENT,
      Description: 'd',
      'Tag.1.Key': 'Created',
      'Tag.1.Value': 'TF',
    })
    expect(Policy).toMatchObject({ PolicyName, PolicyType: 'Custom', DefaultVersion: 'v1', Description: 'd' })
    const type = { PolicyName, PolicyType: 'Custom' }
    const read = await call('GetPolicy', type)
    expect(read.Policy).toMatchObject({ AttachmentCount: 0, CreateDate: expect.stringMatching(DATE) })
    expect(read.DefaultPolicyVersion).toMatchObject({ VersionId: 'v1', IsDefaultVersion: true })
    expect(JSON.parse(read.DefaultPolicyVersion.PolicyDocument)).toEqual(JSON.parse(DOCUMENT))
    const RotateStrategy = 'DeleteOldestNonDefaultVersionWhenLimitExceeded'
    const next = { PolicyName, PolicyDocument: SECOND, SetAsDefault: true }
    for (let version = 2; version <= 5; version += 1)
      await call('CreatePolicyVersion', { ...next, RotateStrategy: 'None' })
    expect(await code('CreatePolicyVersion', { ...next, RotateStrategy: 'None' })).toBe(
      '409 LimitExceeded.Policy.Version',
    )
    await call('CreatePolicyVersion', { ...next, RotateStrategy })
    const versions = await call('ListPolicyVersions', type)
    expect(versions.PolicyVersions.PolicyVersion.map((one: AlibabaAnswer) => one.VersionId)).toEqual([
      'v2',
      'v3',
      'v4',
      'v5',
      'v6',
    ])
    await call('UpdatePolicyDescription', { PolicyName, NewDescription: 'e' })
    await call('CreateUser', { UserName })
    await call('AttachPolicyToUser', { ...type, UserName })
    const attached = await call('ListPoliciesForUser', { UserName })
    expect(attached.Policies.Policy).toMatchObject([
      {
        PolicyName,
        PolicyType: 'Custom',
        Description: 'e',
        DefaultVersion: 'v6',
        AttachDate: expect.stringMatching(DATE),
      },
    ])
    expect(await code('DeletePolicy', { PolicyName, CascadingDelete: true })).toBe(
      '409 DeleteConflict.Policy.User',
    )
    const entities = await call('ListEntitiesForPolicy', type)
    expect(entities.Users.User).toMatchObject([{ UserName }])
    expect([entities.Groups.Group, entities.Roles.Role]).toEqual([[], []])
    await call('DetachPolicyFromUser', { ...type, UserName })
    expect(await code('DeletePolicyVersion', { PolicyName, VersionId: 'v6' })).toBe(
      '409 DeleteConflict.Policy.Version.Default',
    )
    await call('DeletePolicyVersion', { PolicyName, VersionId: 'v5' })
    expect(await code('DeletePolicyVersion', { PolicyName, VersionId: 'v5' })).toBe(
      '404 EntityNotExist.Policy.Version',
    )
    expect(await code('DeletePolicy', { PolicyName })).toBe('409 DeleteConflict.Policy.Version')
    await call('DeletePolicy', { PolicyName, CascadingDelete: true })
    expect(await code('GetPolicy', type)).toBe('404 EntityNotExist.Policy')
    await call('DeleteUser', { UserName })
    const system = await call('ListPolicies', { PolicyType: 'System', MaxItems: 100, MaxResults: 100 })
    const names = system.Policies.Policy.map((one: { PolicyName: string }) => one.PolicyName)
    for (const name of ['AdministratorAccess', 'AliyunKMSFullAccess', 'AliyunKMSSecretAdminAccess'])
      expect(names).toContain(name)
    expect(await code('DeletePolicy', { PolicyName: 'AdministratorAccess' })).toBe(
      '404 EntityNotExist.Policy',
    )
  })

  it('alicloud_ram_role with attachment and tags', async () => {
    const RoleName = `tf-role-${tag}`
    const { Role } = await call('CreateRole', {
      RoleName,
      AssumeRolePolicyDocument: trust,
      Description: 'r',
      MaxSessionDuration: 7200,
      'Tag.1.Key': 'Created',
      'Tag.1.Value': 'TF',
    })
    expect(Role).toMatchObject({ RoleName, MaxSessionDuration: 7200, Description: 'r' })
    expect(Role.Arn).toBe(`acs:ram::${service.root.accountUid}:role/${RoleName}`)
    expect(JSON.parse((await call('GetRole', { RoleName })).Role.AssumeRolePolicyDocument)).toEqual(
      JSON.parse(trust),
    )
    await call('UpdateRole', { RoleName, NewMaxSessionDuration: 3600, NewDescription: 's' })
    await call('UpdateRole', { RoleName, NewAssumeRolePolicyDocument: trust })
    const policy = { PolicyType: 'System', PolicyName: 'AliyunKMSReadOnlyAccess', RoleName }
    await call('AttachPolicyToRole', policy)
    expect(await code('DeleteRole', { RoleName })).toBe('409 DeleteConflict.Role.Policy')
    await call('DetachPolicyFromRole', policy)
    expect(await code('DetachPolicyFromRole', policy)).toBe('404 EntityNotExist.Role.Policy')
    const named = { ResourceType: 'role', ResourceNames: JSON.stringify([RoleName]) }
    await call('TagResources', { ...named, Tag: JSON.stringify([{ Key: 'For', Value: 'acceptance' }]) })
    const tags = await call('ListTagResources', named)
    expect(tags.TagResources).toEqual([
      { ResourceName: RoleName, ResourceType: 'role', TagKey: 'Created', TagValue: 'TF' },
      { ResourceName: RoleName, ResourceType: 'role', TagKey: 'For', TagValue: 'acceptance' },
    ])
    await call('UntagResources', { ...named, 'TagKey.1': 'Created', TagKeys: JSON.stringify(['Created']) })
    expect((await call('ListTagResources', named)).TagResources).toHaveLength(1)
    const roles = await call('ListRoles', { MaxItems: 1000 })
    expect(roles.Roles.Role).toContainEqual(expect.objectContaining({ RoleName, MaxSessionDuration: 3600 }))
    await call('DeleteRole', { RoleName })
    expect(await code('GetRole', { RoleName })).toBe('404 EntityNotExist.Role')
  })

  it('is told in RAM’s words what is wrong with a parameter or a document', async () => {
    expect(await code('CreateUser', { UserName: 'a/b' })).toBe('400 InvalidParameter.UserName.InvalidChars')
    expect(await code('CreateUser', { UserName: 'a'.repeat(65) })).toBe(
      '400 InvalidParameter.UserName.Length',
    )
    expect(await code('GetPolicy', { PolicyName: 'a', PolicyType: 'Mine' })).toBe(
      '400 InvalidParameter.PolicyType',
    )
    expect(await code('GetPolicyVersion', { PolicyName: 'a', PolicyType: 'Custom', VersionId: '1' })).toBe(
      '400 InvalidParameter.VersionId.Format',
    )
    const wrong = {
      Version: '1',
      Statement: [
        { Effect: 'Alow', Resource: '*' },
        { Action: 'kms:*', Resource: '*' },
      ],
    }
    const PolicyDocument = JSON.stringify(wrong)
    const error: AlibabaError = await call('CreatePolicy', { PolicyName: 'wrong', PolicyDocument }).then(
      () => expect.unreachable(),
      (thrown: AlibabaError) => thrown,
    )
    expect(error.code).toBe('MalformedPolicyDocument')
    // Every mistake with its place, not only the first.
    expect(error.message.match(/\(line 1, column \d+\)/g)!.length).toBeGreaterThanOrEqual(2)
    expect(
      await code('CreatePolicy', { PolicyName: 'long', PolicyDocument: DOCUMENT + ' '.repeat(6145) }),
    ).toBe('400 InvalidParameter.PolicyDocument.Length')
  })

  it('alicloud_ram_account_alias', async () => {
    await call('SetAccountAlias', { AccountAlias: `tf-${tag}` })
    expect((await call('GetAccountAlias')).AccountAlias).toBe(`tf-${tag}`)
    await call('ClearAccountAlias')
    expect((await call('GetAccountAlias')).AccountAlias).toBe(service.root.accountUid)
  })
})

describe('@alicloud/ims20190815', () => {
  it('alicloud_ram_account_password_policy and _security_preference come back as they were set', async () => {
    const all = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'ram:*', Resource: '*' }] }
    const call = imsTypedCaller({ url: service.url, ...(await service.user('ims', { ram: [all] })) })
    await call('SetPasswordPolicy', { minimumPasswordLength: 12, hardExpire: true, maxPasswordAge: 90 })
    const { passwordPolicy } = await call('GetPasswordPolicy')
    expect(passwordPolicy).toMatchObject({
      minimumPasswordLength: 12,
      hardExpire: true,
      requireNumbers: false,
    })
    await call('SetSecurityPreference', { loginSessionDuration: 8, allowUserToManageAccessKeys: true })
    const { securityPreference } = await call('GetSecurityPreference')
    expect(securityPreference).toMatchObject({
      accessKeyPreference: { allowUserToManageAccessKeys: true },
      loginProfilePreference: { loginSessionDuration: 8, loginNetworkMasks: '' },
      MFAPreference: { allowUserToManageMFADevices: true },
    })
    const nobody = imsTypedCaller({ url: service.url, ...(await service.user('no-ims')) })
    await expect(nobody('GetPasswordPolicy')).rejects.toMatchObject({ code: 'NoPermission' })
  })
})

describe('@alicloud/ram20150501', () => {
  it('finds every member of its models in the answers', async () => {
    const all = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'ram:*', Resource: '*' }] }
    const call = ramTypedCaller({ url: service.url, ...(await service.user('typed', { ram: [all] })) })
    const { user } = await call('CreateUser', { userName: 'sdk', displayName: 'S' })
    expect(user).toMatchObject({ userName: 'sdk', displayName: 'S', userId: expect.any(String) })
    await call('CreatePolicy', {
      policyName: 'sdk',
      policyDocument: DOCUMENT,
      tag: [{ key: 'a', value: 'b' }],
    })
    await call('AttachPolicyToUser', { policyType: 'Custom', policyName: 'sdk', userName: 'sdk' })
    const { policies } = await call('ListPoliciesForUser', { userName: 'sdk' })
    expect(policies.policy).toMatchObject([
      { policyName: 'sdk', defaultVersion: 'v1', attachDate: expect.any(String) },
    ])
    const listed = await call('ListPolicies', { policyType: 'Custom', maxItems: 1000 })
    const mine = listed.policies.policy.find((one: { policyName: string }) => one.policyName === 'sdk')
    expect(mine).toMatchObject({ attachmentCount: 1, tags: { tag: [{ tagKey: 'a', tagValue: 'b' }] } })
    const tags = await call('ListTagResources', { resourceType: 'policy', resourceNames: ['sdk'] })
    expect(tags.tagResources).toMatchObject([{ resourceName: 'sdk', tagKey: 'a', tagValue: 'b' }])
    await call('UntagResources', { resourceType: 'policy', resourceNames: ['sdk'], tagKeys: ['a'] })
    const { accessKey } = await call('CreateAccessKey', { userName: 'sdk' })
    // The new key works at once; switched off, it does not.
    const own = ramTypedCaller({
      url: service.url,
      accessKeyId: accessKey.accessKeyId,
      accessKeySecret: accessKey.accessKeySecret,
    })
    await expect(own('ListUsers')).rejects.toMatchObject({ code: 'NoPermission' })
    await call('AttachPolicyToUser', {
      policyType: 'System',
      policyName: 'AdministratorAccess',
      userName: 'sdk',
    })
    expect((await own('GetUser', { userName: 'sdk' })).user.userId).toBe(user.userId)
    const key = { userName: 'sdk', userAccessKeyId: accessKey.accessKeyId }
    await call('UpdateAccessKey', { ...key, status: 'Inactive' })
    await expect(own('ListUsers')).rejects.toMatchObject({ code: 'InvalidAccessKeyId.Inactive' })
    await call('DeleteAccessKey', key)
    await expect(own('ListUsers')).rejects.toMatchObject({ code: 'InvalidAccessKeyId.NotFound' })
  })
})
