import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AlibabaAnswer, type AlibabaError, acs3Caller } from './clients/alibabaClients.ts'
import type { HuaweiError } from './clients/huaweiKpsClient.ts'
import {
  type OrganizationsCaller,
  organizationsByTerraform,
  organizationsCaller,
  resourceManagerTypedCaller,
} from './clients/organizationClients.ts'
import { assume, assumeAgency, makeAccount, makeKey } from './identity-kit.ts'
import { startService, type TestService } from './service.ts'

// The calls that the Terraform providers of both clouds make for organizations, in their order, with their parameters, and
// with the codes that their read, retry and delete functions look for.

const DENY = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Deny', Action: ['kms:ListKeys'], Resource: ['*'] }],
})
const SCP = JSON.stringify({
  Version: '5.0',
  Statement: [{ Effect: 'Deny', Action: ['kps:SSHKeyPair:list'], Resource: ['*'] }],
})

let service: TestService
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.close())

describe('alicloud_resource_manager_*', () => {
  let call: (action: string, parameters?: object) => Promise<AlibabaAnswer>
  let master: (action: string, parameters?: object) => Promise<AlibabaAnswer>
  let typed: ReturnType<typeof resourceManagerTypedCaller>
  let root = ''
  beforeAll(() => {
    const login = { url: service.url, ...service.root }
    const generic = acs3Caller(login)
    call = (action, parameters = {}) => generic(action, parameters as Record<string, unknown>, '2020-03-31')
    master = (action, parameters = {}) => generic(action, parameters as Record<string, unknown>, '2022-04-19')
    typed = resourceManagerTypedCaller(login)
  })
  const code = (action: string, parameters: object = {}) =>
    call(action, parameters).then(
      () => 'no error',
      (error: AlibabaError) => `${error.status} ${error.code}`,
    )

  it('resource_directory', async () => {
    expect(await code('GetResourceDirectory')).toBe('404 ResourceDirectoryNotInUse')
    expect(await code('CreateFolder', { FolderName: 'a' })).toBe('404 EntityNotExists.ResourceDirectory')
    const { ResourceDirectory: made } = await call('InitResourceDirectory')
    root = made.RootFolderId
    expect(made).toEqual({
      ResourceDirectoryId: expect.stringMatching(/^rd-\w{10}$/),
      RootFolderId: expect.stringMatching(/^r-\w{10}$/),
      MasterAccountId: service.root.accountUid,
      MasterAccountName: 'main',
      CreateTime: expect.stringMatching(/Z$/),
    })
    expect(await code('InitResourceDirectory')).toBe('409 EntityAlreadyExists.ResourceDirectory')
    const status = async () => (await call('GetResourceDirectory')).ResourceDirectory.ControlPolicyStatus
    expect(await status()).toBe('Disabled')
    await call('EnableControlPolicy')
    expect(await status()).toBe('Enabled')
    const { body } = { body: await typed('GetResourceDirectory') }
    expect(body.resourceDirectory).toMatchObject({ rootFolderId: root, controlPolicyStatus: 'Enabled' })
  })

  it('folder', async () => {
    const { Folder } = await call('CreateFolder', { FolderName: 'tf-folder', ParentFolderId: root })
    expect(Folder).toEqual({
      FolderId: expect.stringMatching(/^fd-\w{10}$/),
      FolderName: 'tf-folder',
      ParentFolderId: root,
      CreateTime: expect.any(String),
    })
    const { FolderId } = Folder
    expect(await code('CreateFolder', { FolderName: 'tf-folder', ParentFolderId: root })).toBe(
      '400 InvalidParameter.Folder.Name.AlreadyUsed',
    )
    expect(await code('CreateFolder', { FolderName: 'x'.repeat(25) })).toBe(
      '400 InvalidParameter.Folder.Name.Length',
    )
    await call('UpdateFolder', { FolderId, NewFolderName: 'tf-folder-2' })
    expect((await call('GetFolder', { FolderId })).Folder.FolderName).toBe('tf-folder-2')
    const listed = await call('ListFoldersForParent', { ParentFolderId: root, PageNumber: 1, PageSize: 50 })
    expect(listed).toMatchObject({ TotalCount: 1, Folders: { Folder: [{ FolderId }] } })
    const tag = { ResourceType: 'Folder', ResourceId: [FolderId] }
    await master('TagResources', {
      ...tag,
      Tag: [
        { Key: 'team', Value: 'b' },
        { Key: 'cost', Value: '1' },
      ],
    })
    const keys = await master('ListTagKeys', { ResourceType: 'Folder', MaxResults: 1 })
    expect(keys).toMatchObject({ Tags: [{ Key: 'cost' }], NextToken: '1' })
    expect((await master('ListTagKeys', { ResourceType: 'Folder', KeyFilter: 'ea' })).Tags).toEqual([
      { Key: 'team' },
    ])
    const values = await call('ListTagValues', { ResourceType: 'Folder', TagKey: 'team' })
    expect(values.Tags).toEqual([{ Value: 'b' }])
    await call('DeleteFolder', { FolderId })
    expect(await code('GetFolder', { FolderId })).toBe('404 EntityNotExists.Folder')
    let parent = root
    for (let level = 1; level <= 5; level += 1)
      parent = (await call('CreateFolder', { FolderName: 'deep', ParentFolderId: parent })).Folder.FolderId
    expect(await code('CreateFolder', { FolderName: 'deep', ParentFolderId: parent })).toBe(
      '409 LimitExceeded.Folder.Depth',
    )
  })

  it('account, which the management account can enter', async () => {
    const { Folder } = await call('CreateFolder', { FolderName: 'members' })
    const { Account } = await master('CreateResourceAccount', {
      DisplayName: 'tf-member',
      AccountNamePrefix: 'tf',
      ParentFolderId: Folder.FolderId,
      Tags: [{ Key: 'team', Value: 'a' }],
    })
    expect(Account).toMatchObject({
      DisplayName: 'tf-member',
      FolderId: Folder.FolderId,
      JoinMethod: 'created',
      Status: 'CreateSuccess',
      Type: 'ResourceAccount',
    })
    const { AccountId } = Account
    const shown = (await master('GetAccount', { AccountId, IncludeTags: true })).Account
    expect(shown.Tags).toEqual([{ Key: 'team', Value: 'a' }])
    expect(await code('CreateResourceAccount', { DisplayName: 'tf-member' })).toBe(
      '409 InvalidParameter.Account.DisplayName.AlreadyUsed',
    )
    await master('UpdateAccount', { AccountId, NewDisplayName: 'tf-renamed' })
    await master('MoveAccount', { AccountId, DestinationFolderId: root })
    const list = await master('ListAccounts', { PageNumber: 1, PageSize: 50 })
    expect(list.Accounts.Account).toMatchObject([{ AccountId, DisplayName: 'tf-renamed', FolderId: root }])
    expect(await code('DeleteFolder', { FolderId: Folder.FolderId })).toBe('no error')
    expect(await code('RemoveCloudAccount', { AccountId })).toBe('409 AccountTypeOrStatusMismatch')
    expect(await code('DestroyResourceDirectory')).toBe('409 DeleteConflict.ResourceDirectory.Account')
    expect(await code('GetAccount', { AccountId: '1000000000000000' })).toBe('404 EntityNotExists.Account')
    const AssumeAll = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'sts:*', Resource: '*' }] }
    const admin = await service.user('enterer', { ram: [AssumeAll] })
    const arn = `acs:ram::${AccountId}:role/resourcedirectoryaccountaccessrole`
    const inside = await assume(
      service,
      admin,
      arn.replace(/role\/.*/, 'role/ResourceDirectoryAccountAccessRole'),
    )
    expect(await makeKey(service, inside)).toMatch(/-/)
  })

  it('control_policy and control_policy_attachment', async () => {
    const { ControlPolicy } = await call('CreateControlPolicy', {
      PolicyName: 'tf-policy',
      PolicyDocument: DENY,
      EffectScope: 'RAM',
      Description: 'by terraform',
    })
    const { PolicyId } = ControlPolicy
    expect(ControlPolicy).toMatchObject({
      PolicyName: 'tf-policy',
      PolicyType: 'Custom',
      AttachmentCount: '0',
    })
    const again = { PolicyName: 'tf-policy', PolicyDocument: DENY, EffectScope: 'RAM' }
    expect(await code('CreateControlPolicy', again)).toBe('409 EntityAlreadyExists.ControlPolicy')
    const long = { ...again, PolicyName: 'long', PolicyDocument: DENY + ' '.repeat(4096) }
    expect(await code('CreateControlPolicy', long)).toBe('409 InvalidParameter.PolicyDocument.Length')
    const broken = { ...again, PolicyName: 'broken', PolicyDocument: '{"Version":"1"}' }
    expect(await code('CreateControlPolicy', broken)).toBe('400 MalformedPolicyDocument')
    expect((await call('GetControlPolicy', { PolicyId })).ControlPolicy.PolicyDocument).toBe(DENY)
    await call('UpdateControlPolicy', { PolicyId, NewPolicyName: 'tf-policy-2', NewDescription: 'changed' })
    const list = await call('ListControlPolicies', { PolicyType: 'Custom', Language: 'en', PageSize: 50 })
    expect(list.ControlPolicies.ControlPolicy).toMatchObject([{ PolicyId, PolicyName: 'tf-policy-2' }])
    await call('AttachControlPolicy', { PolicyId, TargetId: root })
    await call('AttachControlPolicy', { PolicyId, TargetId: root })
    const read = async () =>
      (await call('ListControlPolicyAttachmentsForTarget', { TargetId: root })).ControlPolicyAttachments
        .ControlPolicyAttachment
    expect(await read()).toMatchObject([
      { PolicyId: 'FullAliyunAccess', PolicyType: 'System' },
      { PolicyId, PolicyName: 'tf-policy-2', PolicyType: 'Custom', Description: 'changed' },
    ])
    const targets = await typed('ListTargetAttachmentsForControlPolicy', { policyId: PolicyId })
    expect(targets.targetAttachments.targetAttachment).toMatchObject([{ targetId: root, targetType: 'Root' }])
    expect(await code('DeleteControlPolicy', { PolicyId })).toBe('409 DeleteConflict.ControlPolicy.Target')
    await call('DetachControlPolicy', { PolicyId: 'FullAliyunAccess', TargetId: root })
    expect(await code('DetachControlPolicy', { PolicyId, TargetId: root })).toBe(
      '400 NotSupport.DetachLastControlPolicy',
    )
    expect(await code('AttachControlPolicy', { PolicyId, TargetId: 'fd-0000000000' })).toBe(
      '404 EntityNotExists.Target',
    )
    await call('DisableControlPolicy')
    expect(await read()).toEqual([])
    expect(await code('AttachControlPolicy', { PolicyId, TargetId: root })).toBe(
      '409 InvalidControlPolicyEnablementStatus',
    )
    await call('DeleteControlPolicy', { PolicyId })
    expect(await code('GetControlPolicy', { PolicyId })).toBe('404 EntityNotExists.ControlPolicy')
  })

  it('handshake and delegated_administrator', async () => {
    const guest = await makeAccount(service, 'guest')
    const invite = { TargetEntity: guest.uid, TargetType: 'Account', Note: 'join' }
    const { Handshake } = await call('InviteAccountToResourceDirectory', invite)
    const { HandshakeId } = Handshake
    expect(Handshake).toMatchObject({ Status: 'Pending', TargetEntity: guest.uid, Note: 'join' })
    expect(await code('InviteAccountToResourceDirectory', invite)).toBe('409 EntityAlreadyExists.Handshake')
    await call('CancelHandshake', { HandshakeId })
    expect((await call('GetHandshake', { HandshakeId })).Handshake.Status).toBe('Cancelled')
    expect(await code('CancelHandshake', { HandshakeId })).toBe('409 HandshakeStatusMismatch')
    expect(await code('GetHandshake', { HandshakeId: 'h-0000000000' })).toBe('404 EntityNotExists.Handshake')
    const second = (await call('InviteAccountToResourceDirectory', invite)).Handshake.HandshakeId
    expect(await code('AcceptHandshake', { HandshakeId: second })).toBe('404 EntityNotExists.Handshake')
    const accepted = await service.call(guest.admin, 'resourcemanager:AcceptHandshake', {
      HandshakeId: second,
    })
    expect(accepted).toMatchObject({ status: 200, body: { Handshake: { Status: 'Accepted' } } })
    const delegate = { AccountId: guest.uid, ServicePrincipal: 'cloudfw.aliyuncs.com' }
    const list = () => service.call(guest.admin, 'resourcemanager:ListAccounts', {})
    expect((await list()).status).toBe(403)
    await call('RegisterDelegatedAdministrator', delegate)
    expect((await list()).status).toBe(200)
    expect(await code('RegisterDelegatedAdministrator', delegate)).toBe('409 AccountAlreadyRegistered')
    const all = await call('ListDelegatedAdministrators', { ServicePrincipal: delegate.ServicePrincipal })
    expect(all.Accounts.Account).toMatchObject([delegate])
    for (const asked of [{}, { AdminAccountId: guest.uid }])
      expect((await call('ListTrustedServiceStatus', asked)).EnabledServicePrincipals).toEqual({
        EnabledServicePrincipal: [
          { ServicePrincipal: delegate.ServicePrincipal, EnableTime: expect.stringMatching(/Z$/) },
        ],
      })
    await call('DeregisterDelegatedAdministrator', delegate)
    expect(await code('DeregisterDelegatedAdministrator', delegate)).toBe('409 AccountNotRegistered')
    expect((await service.call(guest.admin, 'resourcemanager:GetResourceDirectory', {})).status).toBe(200)
    await call('RemoveCloudAccount', { AccountId: guest.uid })
    expect(await code('RemoveCloudAccount', { AccountId: guest.uid })).toBe('404 EntityNotExists.Account')
  })
})

describe.each([
  ['signed by the vendor’s core', organizationsCaller],
  ['signed as the provider signs', organizationsByTerraform],
])('huaweicloud_organizations_* %s', (_, callerOf) => {
  let call: OrganizationsCaller
  let own: TestService
  let root = ''
  beforeAll(async () => {
    own = await startService()
    call = callerOf({ url: own.url, ...own.root })
  })
  afterAll(() => own.close())
  const code = (...request: Parameters<OrganizationsCaller>) =>
    call(...request).then(
      () => 'no error',
      (error: HuaweiError) => `${error.httpStatusCode} ${error.errorCode}`,
    )
  const post = (path: string, body: object) => call('POST', path, { body })

  it('organization', async () => {
    expect(await code('GET', '')).toBe('401 Organizations.1015')
    const { organization } = await call('POST', '', { body: {} })
    expect(organization).toEqual({
      id: expect.stringMatching(/^o-\w{10}$/),
      urn: `organizations::${own.root.domainId}:organization:${organization.id}`,
      management_account_id: own.root.domainId,
      management_account_name: 'main',
      created_at: expect.stringMatching(/Z$/),
    })
    const types = async () => (await call('GET', '/roots')).roots[0]
    const first = await types()
    root = first.id
    expect(first).toMatchObject({ id: expect.stringMatching(/^r-/), name: 'root', policy_types: [] })
    await post('/policies/enable', { policy_type: 'service_control_policy', root_id: root })
    expect((await types()).policy_types).toEqual([{ type: 'service_control_policy', status: 'enabled' }])
  })

  it('organizational_unit, with tags', async () => {
    const tags = [{ key: 'team', value: 'a' }]
    const { organizational_unit: unit } = await post('/organizational-units', {
      name: 'tf-unit',
      parent_id: root,
      tags,
    })
    expect(unit).toMatchObject({ id: expect.stringMatching(/^ou-/), name: 'tf-unit' })
    const path = `/organizational-units/${unit.id}`
    const entities = await call('GET', '/entities', { query: { child_id: unit.id } })
    expect(entities.entities).toEqual([{ id: root, name: 'root', type: 'root' }])
    const tagged = `/organizations:ous/${unit.id}/tags`
    expect((await call('GET', tagged)).tags).toEqual(tags)
    await post(`${tagged}/create`, { tags: [{ key: 'more', value: 'b' }] })
    await post(`${tagged}/delete`, { tags })
    expect((await call('GET', tagged)).tags).toEqual([{ key: 'more', value: 'b' }])
    const ofType = '/organizations:ous'
    expect((await call('GET', `${ofType}/tags`)).tags).toEqual([{ key: 'more', values: ['b'] }])
    const filter = { tags: [{ key: 'more', values: ['b', 'c'] }] }
    const found = await post(`${ofType}/resource-instances/filter`, filter)
    expect(found).toMatchObject({
      resources: [{ resource_id: unit.id, resource_name: 'tf-unit', tags: [{ key: 'more', value: 'b' }] }],
      total_count: 1,
    })
    expect((await post(`${ofType}/resource-instances/count`, filter)).total_count).toBe(1)
    const untagged = { without_any_tag: true }
    expect((await post(`${ofType}/resource-instances/count`, untagged)).total_count).toBe(0)
    expect(await code('GET', '/services')).toBe('400 Organizations.9015')
    await call('PATCH', path, { body: { name: 'tf-unit-2' } })
    expect((await call('GET', path)).organizational_unit.name).toBe('tf-unit-2')
    const twin = { body: { name: 'tf-unit-2', parent_id: root } }
    expect(await code('POST', '/organizational-units', twin)).toBe('409 Organizations.9003')
    await call('DELETE', path)
    expect(await code('GET', path)).toBe('404 Organizations.9009')
  })

  it('account, which the management account can enter', async () => {
    const { create_account_status: made } = await post('/accounts', {
      name: 'tf-member',
      email: 'a@example.com',
      agency_name: 'Enter',
      description: 'by terraform',
    })
    const status = await call('GET', `/create-account-status/${made.id}`)
    expect(status.create_account_status).toMatchObject({ state: 'succeeded', account_id: made.account_id })
    const path = `/accounts/${made.account_id}`
    const { account } = await call('GET', path)
    expect(account).toMatchObject({ name: 'tf-member', join_method: 'created', status: 'active' })
    const { organizational_unit: unit } = await post('/organizational-units', { name: 'a', parent_id: root })
    const move = { source_parent_id: root, destination_parent_id: unit.id }
    await post(`${path}/move`, move)
    expect(await code('POST', `${path}/move`, { body: move })).toBe('400 Organizations.9010')
    const parent = await call('GET', '/entities', { query: { child_id: made.account_id } })
    expect(parent.entities[0].id).toBe(unit.id)
    await call('PATCH', path, { body: { description: 'changed' } })
    expect((await call('GET', path)).account.description).toBe('changed')
    expect(await code('DELETE', `/organizational-units/${unit.id}`)).toBe('409 Organizations.9002')
    expect(await code('DELETE', '')).toBe('409 Organizations.9002')
    const grant = {
      Version: '5.0',
      Statement: [{ Effect: 'Allow', Action: ['sts:agencies:assume'], Resource: ['*'] }],
    }
    const admin = await own.user('enterer', { iam: [grant] })
    const inside = await assumeAgency(own, admin, `iam::${made.account_id}:agency:Enter`)
    expect(inside.securityToken).toMatch(/.{20}/)
  })

  it('policy and policy_attach', async () => {
    const wanted = {
      name: 'tf-scp',
      type: 'service_control_policy',
      content: SCP,
      description: 'by terraform',
    }
    const { policy } = await post('/policies', wanted)
    const { id } = policy.policy_summary
    expect(policy).toMatchObject({
      content: SCP,
      policy_summary: { name: 'tf-scp', type: 'service_control_policy', is_builtin: false },
    })
    expect(await code('POST', '/policies', { body: { ...wanted, name: 'b', content: '{}' } })).toBe(
      '400 Organizations.9008',
    )
    const entity = { entity_id: root }
    await post(`/policies/${id}/attach`, entity)
    await post(`/policies/${id}/attach`, entity)
    expect((await call('GET', `/policies/${id}/attached-entities`)).attached_entities).toEqual([
      { id: root, name: 'root', type: 'root' },
    ])
    const attached = await call('GET', '/policies', { query: { attached_entity_id: root } })
    expect(attached.policies.map(({ name }: { name: string }) => name)).toEqual(['FullAccess', 'tf-scp'])
    expect(await code('DELETE', `/policies/${id}`)).toBe('409 Organizations.9002')
    await post('/policies/p-FullAccess/detach', entity)
    expect(await code('POST', `/policies/${id}/detach`, { body: entity })).toBe('409 Organizations.9001')
    expect(await code('DELETE', '/policies/p-FullAccess')).toBe('400 Organizations.9004')
    await post('/policies/disable', { policy_type: 'service_control_policy', root_id: root })
    expect(await code('POST', `/policies/${id}/attach`, { body: entity })).toBe('400 Organizations.9005')
    await call('DELETE', `/policies/${id}`)
    expect(await code('GET', `/policies/${id}`)).toBe('404 Organizations.9009')
  })

  it('account_invite, account_invite_accepter, delegated_administrator and trusted_service', async () => {
    const guest = await makeAccount(own, 'guest')
    const theirs = callerOf({ url: own.url, ...guest.admin })
    const target = { type: 'account', entity: guest.domainId }
    const { handshake } = await post('/accounts/invite', { target, notes: 'join' })
    expect(handshake).toMatchObject({ status: 'pending', target })
    expect((await theirs('GET', '/v1/received-handshakes')).handshakes).toMatchObject([{ id: handshake.id }])
    await theirs('POST', `/v1/received-handshakes/${handshake.id}/accept`, { body: {} })
    expect((await call('GET', `/handshakes/${handshake.id}`)).handshake.status).toBe('accepted')
    expect(await code('POST', `/handshakes/${handshake.id}/cancel`, { body: {} })).toBe(
      '401 Organizations.1401',
    )
    const delegate = { account_id: guest.domainId, service_principal: 'service.CFW' }
    await post('/trusted-services/enable', { service_principal: 'service.CFW' })
    expect((await call('GET', '/trusted-services')).trusted_services).toMatchObject([
      { service_principal: 'service.CFW' },
    ])
    const seen = () =>
      theirs('GET', '/accounts').then(
        () => 'seen',
        (error: HuaweiError) => error.errorCode,
      )
    expect(await seen()).toBe('Organizations.1002')
    await post('/delegated-administrators/register', delegate)
    expect(await seen()).toBe('seen')
    await post('/delegated-administrators/deregister', delegate)
    expect(await code('POST', '/delegated-administrators/deregister', { body: delegate })).toBe(
      '401 Organizations.1500',
    )
    const other = { service_principal: 'service.none' }
    expect(await code('POST', '/trusted-services/disable', { body: other })).toBe('400 Organizations.1900')
    await theirs('POST', '/leave', { body: {} })
    expect(await code('GET', `/accounts/${guest.domainId}`)).toBe('404 Organizations.9009')
  })
})
