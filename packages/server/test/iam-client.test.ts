import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type IamCaller, iamCaller } from './clients/huaweiIamClient.ts'
import type { HuaweiError } from './clients/huaweiKpsClient.ts'
import { ramTypedCaller } from './clients/ramClients.ts'
import { startService, type TestService } from './service.ts'

// The lives of users, groups, policies, agencies and access keys, by the official client of IAM, unmodified; every member that
// its answer classes have is read.

let service: TestService
let iam: IamCaller
let domainId: string
beforeAll(async () => {
  service = await startService()
  domainId = service.root.domainId
  const all = { Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['iam:*:*'], Resource: ['*'] }] }
  const who = await service.user('client', { iam: [all] })
  iam = iamCaller({ url: service.url, domainId, ...who })
})
afterAll(() => service.close())

const ID = expect.stringMatching(/^[0-9a-f]{32}$/)
const DATE = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const document = (action: string) =>
  JSON.stringify({ Version: '5.0', Statement: [{ Effect: 'Allow', Action: [action] }] })
const refusal = (...call: Parameters<IamCaller>) =>
  iam(...call).then(
    () => 'no error',
    ({ errorCode, httpStatusCode }: HuaweiError) => `${httpStatusCode} ${errorCode}`,
  )
const status = async (...call: Parameters<IamCaller>) => (await iam(...call)).httpStatusCode

describe('a user', () => {
  it('is made, found, changed, tagged, put into groups, and deleted', async () => {
    const { user } = await iam('createUserV5', {
      body: { name: 'worker', description: 'works', enabled: true },
    })
    const shown = {
      user_id: ID,
      user_name: 'worker',
      urn: `iam::${domainId}:user:worker`,
      is_root_user: false,
      enabled: true,
      description: 'works',
      created_at: DATE,
    }
    expect(user).toEqual(shown)
    const { user_id } = user
    expect((await iam('showUserV5', { user_id })).user).toEqual({ ...shown, tags: [] })
    const body = { new_user_name: 'worker2', new_description: '', enabled: false }
    const changed = { ...shown, user_name: 'worker2', urn: `iam::${domainId}:user:worker2` }
    expect((await iam('updateUserV5', { user_id, body })).user).toEqual({
      ...changed,
      description: '',
      enabled: false,
    })
    expect((await iam('showUserLastLoginV5', { user_id })).user_last_login).toEqual({})
    const resource = { resource_type: 'user', resource_id: user_id }
    const tags = [
      { tag_key: 'cost', tag_value: '' },
      { tag_key: 'team', tag_value: 'a' },
    ]
    expect((await iam('tagResourceV5', { ...resource, body: { tags } })).tags).toEqual(tags)
    expect(await status('deleteResourceTagsV5', { ...resource, body: ['cost'] })).toBe(200)
    expect((await iam('listResourceTagsV5', resource)).tags).toEqual([tags[1]])
    expect((await iam('showUserV5', { user_id })).user.tags).toEqual([tags[1]])

    const { group } = await iam('createGroupV5', { body: { group_name: 'crew', description: 'd' } })
    const asShown = {
      group_id: ID,
      group_name: 'crew',
      urn: `iam::${domainId}:group:crew`,
      description: 'd',
      created_at: DATE,
    }
    expect(group).toEqual(asShown)
    const { group_id } = group
    for (let twice = 0; twice < 2; twice += 1)
      expect(await status('addUserToGroupV5', { group_id, body: { user_id } })).toBe(200)
    expect((await iam('listUsersV5', { group_id })).users).toMatchObject([{ user_id }])
    expect((await iam('listGroupsV5', { user_id })).groups).toEqual([asShown])
    const renamed = { new_group_name: 'crew2', new_group_description: 'e' }
    expect((await iam('updateGroupV5', { group_id, body: renamed })).group).toMatchObject({
      group_name: 'crew2',
      description: 'e',
    })
    expect((await iam('showGroupV5', { group_id })).group.urn).toBe(`iam::${domainId}:group:crew2`)
    expect(await refusal('deleteGroupV5', { group_id })).toBe('409 PAP5.9002')
    // Its groups and its login profile go with a user.
    await iam('createLoginProfileV5', {
      user_id,
      body: { password: 'Yourpassword_1', password_reset_required: true },
    })
    expect(await status('deleteUserV5', { user_id })).toBe(204)
    expect(await refusal('showUserV5', { user_id })).toBe('404 PAP5.0012')
    expect(await status('deleteGroupV5', { group_id })).toBe(204)
  })

  it('has a login profile, or the code that says it has none', async () => {
    const { user } = await iam('createUserV5', { body: { name: 'sitter', enabled: true } })
    const { user_id } = user
    expect(await refusal('showLoginProfileV5', { user_id })).toBe('404 IAM.0004')
    const body = { password: 'Yourpassword_1', password_reset_required: true }
    const made = { user_id, password_reset_required: true, created_at: DATE }
    expect((await iam('createLoginProfileV5', { user_id, body })).login_profile).toEqual(made)
    const { login_profile } = await iam('updateLoginProfileV5', {
      user_id,
      body: { password_reset_required: false },
    })
    expect(login_profile).toEqual({ ...made, password_reset_required: false })
    expect((await iam('showLoginProfileV5', { user_id })).login_profile).toEqual(login_profile)
    expect(await status('deleteLoginProfileV5', { user_id })).toBe(204)
    await iam('deleteUserV5', { user_id })
  })

  it('has at most two access keys; neither signs where it is switched off, or its user is', async () => {
    const { user } = await iam('createUserV5', { body: { name: 'signer', enabled: true } })
    const { user_id } = user
    const { access_key } = await iam('createAccessKeyV5', { user_id })
    expect(access_key).toEqual({
      user_id,
      access_key_id: expect.any(String),
      secret_access_key: expect.any(String),
      created_at: DATE,
      status: 'active',
    })
    const { access_key_id, secret_access_key, ...kept } = access_key
    const own = { accessKeyId: access_key_id, accessKeySecret: secret_access_key, projectId: '' }
    const calls = async () => (await service.call(own, 'sts:CallerIdentity', {})).status
    expect(await calls()).toBe(200)
    const key = { user_id, access_key_id }
    expect((await iam('showAccessKeyLastUsedV5', key)).access_key_last_used).toEqual({})
    const off = await iam('updateAccessKeyV5', { ...key, body: { status: 'inactive' } })
    expect(off.access_key).toEqual({ access_key_id, ...kept, status: 'inactive' })
    expect(await calls()).toBe(401)
    await iam('updateAccessKeyV5', { ...key, body: { status: 'active' } })
    expect(await calls()).toBe(200)
    await iam('updateUserV5', { user_id, body: { enabled: false } })
    expect(await calls()).toBe(401)
    await iam('updateUserV5', { user_id, body: { enabled: true } })
    expect(await calls()).toBe(200)
    await iam('createAccessKeyV5', { user_id })
    expect(await refusal('createAccessKeyV5', { user_id })).toBe('400 PAP5.9003')
    const { access_keys, page_info } = await iam('listAccessKeysV5', { user_id, limit: 1 })
    expect(access_keys).toEqual([{ access_key_id, ...kept }])
    const next = await iam('listAccessKeysV5', { user_id, limit: 1, marker: page_info.next_marker })
    expect([next.access_keys.length, next.page_info]).toEqual([1, { current_count: 1 }])
    expect(await refusal('deleteUserV5', { user_id })).toBe('409 PAP5.9002')
    for (const { access_key_id } of [access_keys[0], next.access_keys[0]])
      expect(await status('deleteAccessKeyV5', { user_id, access_key_id })).toBe(204)
    expect(await refusal('deleteAccessKeyV5', key)).toBe('404 PAP5.0012')
    expect(await calls()).toBe(401)
    await iam('deleteUserV5', { user_id })
  })
})

describe('a group', () => {
  it('has a name in letters of every script, which policies and the other wire name too', async () => {
    const group_name = '密钥 {admins}-Л_1.é'
    const { group } = await iam('createGroupV5', { body: { group_name, description: '管理' } })
    expect(group).toMatchObject({
      group_name,
      urn: `iam::${domainId}:group:${group_name}`,
      description: '管理',
    })
    const { user } = await iam('createUserV5', { body: { name: 'reader', enabled: true } })
    const { access_key } = await iam('createAccessKeyV5', { user_id: user.user_id })
    const Statement = [
      { Effect: 'Allow', Action: ['iam:groups:getGroupV5'], Resource: [`iam::*:group:密钥*`] },
    ]
    const { policy } = await iam('createPolicyV5', {
      body: { policy_name: 'names-letters', policy_document: JSON.stringify({ Version: '5.0', Statement }) },
    })
    const { policy_id } = policy
    await iam('attachUserPolicyV5', { policy_id, body: { user_id: user.user_id } })
    const key = { accessKeyId: access_key.access_key_id, accessKeySecret: access_key.secret_access_key }
    const reader = iamCaller({ url: service.url, domainId, projectId: service.root.projectId, ...key })
    const { group_id } = group
    expect((await reader('showGroupV5', { group_id })).group).toEqual(group)
    const ram = ramTypedCaller({ url: service.url, ...service.root })
    expect((await ram('GetGroup', { groupName: group_name })).group.groupId).toBe(group_id)
    const body = { new_group_name: '密'.repeat(128) }
    expect((await iam('updateGroupV5', { group_id, body })).group.group_name).toBe(body.new_group_name)
    await iam('createGroupV5', { body: { group_name: '密'.repeat(127) } })
    const listed: string[] = []
    for (let marker: string | undefined, more = true; more; more = marker !== undefined) {
      const { groups, page_info } = await iam('listGroupsV5', { limit: 1, ...(marker && { marker }) })
      listed.push(...groups.map((one: { group_name: string }) => one.group_name))
      marker = page_info.next_marker
    }
    expect(listed).toContain(body.new_group_name)
    expect(listed.filter((name) => name.startsWith('密'))).toHaveLength(2)
    for (const wrong of [
      'a/b',
      'a:b',
      '*',
      ' a',
      'a ',
      'e\u0301',
      'a\u200bb',
      '\u202ea',
      'a\tb',
      '名'.repeat(129),
    ])
      expect([wrong, await refusal('createGroupV5', { body: { group_name: wrong } })]).toEqual([
        wrong,
        '400 PAP5.9005',
      ])
  })
})

describe('a policy', () => {
  it('has five versions, is attached to a user, a group and an agency, and decides at once', async () => {
    const { policy } = await iam('createPolicyV5', {
      body: {
        policy_name: 'pairs',
        path: 'team/a/',
        policy_document: document('kps:SSHKeyPair:get'),
        description: 'd',
      },
    })
    const shown = {
      policy_type: 'custom',
      policy_name: 'pairs',
      policy_id: ID,
      urn: `iam::${domainId}:policy:team/a/pairs`,
      path: 'team/a/',
      default_version_id: 'v1',
      attachment_count: 0,
      description: 'd',
      created_at: DATE,
      updated_at: DATE,
    }
    expect(policy).toEqual(shown)
    const { policy_id } = policy
    expect((await iam('getPolicyV5', { policy_id })).policy).toEqual(shown)
    const { user } = await iam('createUserV5', { body: { name: 'holder', enabled: true } })
    const { user_id } = user
    const { access_key } = await iam('createAccessKeyV5', { user_id })
    const own = {
      accessKeyId: access_key.access_key_id,
      accessKeySecret: access_key.secret_access_key,
      projectId: service.root.projectId,
    }
    const listing = async () => (await service.call(own, 'kps:ListKeypairs', {})).status
    for (let twice = 0; twice < 2; twice += 1)
      expect(await status('attachUserPolicyV5', { policy_id, body: { user_id } })).toBe(200)
    expect(await listing()).toBe(403)
    const body = { policy_document: document('kps:SSHKeyPair:list'), set_as_default: true }
    const { policy_version } = await iam('createPolicyVersionV5', { policy_id, body })
    expect(policy_version).toEqual({
      document: body.policy_document,
      version_id: 'v2',
      is_default: true,
      created_at: DATE,
    })
    expect(await listing()).toBe(200)
    expect(await status('setDefaultPolicyVersionV5', { policy_id, version_id: 'v1' })).toBe(200)
    expect(await listing()).toBe(403)
    for (let version = 3; version <= 5; version += 1)
      await iam('createPolicyVersionV5', { policy_id, body: { policy_document: body.policy_document } })
    expect(await refusal('createPolicyVersionV5', { policy_id, body })).toBe('409 PAP5.0028')
    const { versions } = await iam('listPolicyVersionsV5', { policy_id })
    expect(versions.map((one: { version_id: string }) => one.version_id)).toEqual([
      'v5',
      'v4',
      'v3',
      'v2',
      'v1',
    ])
    expect((await iam('getPolicyVersionV5', { policy_id, version_id: 'v2' })).policy_version).toEqual({
      ...policy_version,
      is_default: false,
    })
    expect(await refusal('deletePolicyVersionV5', { policy_id, version_id: 'v1' })).toBe('409 PAP5.9002')
    expect(await status('deletePolicyVersionV5', { policy_id, version_id: 'v5' })).toBe(204)
    expect(await refusal('getPolicyVersionV5', { policy_id, version_id: 'v5' })).toBe('404 PAP5.0012')

    const { group } = await iam('createGroupV5', { body: { group_name: 'holders' } })
    const { agency } = await iam('createAgencyV5', {
      body: { agency_name: 'holding', trust_policy: trust() },
    })
    const { group_id } = group
    const { agency_id } = agency
    await iam('attachGroupPolicyV5', { policy_id, body: { group_id } })
    await iam('attachAgencyPolicyV5', { policy_id, body: { agency_id } })
    const attached = [{ policy_name: 'pairs', policy_id, urn: shown.urn, attached_at: DATE }]
    expect((await iam('listAttachedUserPoliciesV5', { user_id })).attached_policies).toEqual(attached)
    expect((await iam('listAttachedGroupPoliciesV5', { group_id })).attached_policies).toEqual(attached)
    expect((await iam('listAttachedAgencyPoliciesV5', { agency_id })).attached_policies).toEqual(attached)
    const entities = await iam('listEntitiesForPolicyV5', { policy_id })
    expect(entities).toMatchObject({
      policy_users: [{ user_id, attached_at: DATE }],
      policy_groups: [{ group_id, attached_at: DATE }],
      policy_agencies: [{ agency_id, attached_at: DATE }],
      page_info: { current_count: 3 },
    })
    const users = await iam('listEntitiesForPolicyV5', { policy_id, entity_type: 'user' })
    expect([users.policy_users.length, users.policy_groups, users.policy_agencies]).toEqual([1, [], []])
    expect((await iam('getPolicyV5', { policy_id })).policy.attachment_count).toBe(3)
    expect(await refusal('deletePolicyV5', { policy_id })).toBe('409 PAP5.9002')
    await iam('detachUserPolicyV5', { policy_id, body: { user_id } })
    await iam('detachGroupPolicyV5', { policy_id, body: { group_id } })
    await iam('detachAgencyPolicyV5', { policy_id, body: { agency_id } })
    const again = { policy_id, body: { user_id } }
    expect(await refusal('detachUserPolicyV5', again)).toBe('404 PAP5.0012')
    // All its versions go with it.
    expect(await status('deletePolicyV5', { policy_id })).toBe(204)
    expect(await refusal('getPolicyV5', { policy_id })).toBe('404 PAP5.0012')
  })

  it('of the system is listed, attached by its id, and changed by nobody', async () => {
    const { policies } = await iam('listPoliciesV5', { policy_type: 'system' })
    const full = policies.find((one: { policy_name: string }) => one.policy_name === 'AdministratorAccess')
    expect(full).toMatchObject({
      policy_type: 'system',
      urn: 'iam::system:policy:AdministratorAccess',
      default_version_id: 'v1',
    })
    const { policy_id } = full
    const { policy_version } = await iam('getPolicyVersionV5', { policy_id, version_id: 'v1' })
    expect(JSON.parse(policy_version.document).Statement[0].Effect).toBe('Allow')
    expect(await refusal('deletePolicyV5', { policy_id })).toBe('403 PAP5.0001')
    const { user } = await iam('createUserV5', { body: { name: 'full', enabled: true } })
    await iam('attachUserPolicyV5', { policy_id, body: { user_id: user.user_id } })
    const attached = await iam('listPoliciesV5', { only_attached: true, policy_type: 'system' })
    expect(attached.policies).toMatchObject([{ policy_id, attachment_count: 1 }])
  })

  it('that is malformed is refused with everything that is wrong with it', async () => {
    const bad = { Version: '5.0', Statement: [{ Effect: 'Perhaps', Action: ['kps:*'], Other: 1 }] }
    const body = { policy_name: 'bad', policy_document: JSON.stringify(bad) }
    const error: HuaweiError = await iam('createPolicyV5', { body }).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    )
    expect([error.httpStatusCode, error.errorCode]).toEqual([400, 'PAP5.0011'])
    for (const said of ['Effect', 'Other', 'line 1']) expect(error.errorMsg).toContain(said)
  })

  it('is listed page by page, by the marker of the page before', async () => {
    for (const name of ['list-1', 'list-2', 'list-3'])
      await iam('createPolicyV5', {
        body: { policy_name: name, path: 'listed/', policy_document: document('kps:SSHKeyPair:get') },
      })
    const seen: string[] = []
    for (let marker: string | undefined; ; ) {
      const page = await iam('listPoliciesV5', {
        path_prefix: 'listed/',
        limit: 2,
        ...(marker && { marker }),
      })
      seen.push(...page.policies.map((one: { policy_name: string }) => one.policy_name))
      marker = page.page_info.next_marker
      if (!marker) break
    }
    expect(seen).toEqual(['list-1', 'list-2', 'list-3'])
    expect(await refusal('listPoliciesV5', { marker: 'no-marker-of-this-list' })).toBe('400 PAP5.0010')
    expect(await refusal('listPoliciesV5', { limit: 201 })).toBe('400 PAP5.9005')
  })
})

const trust = () =>
  JSON.stringify({
    Version: '5.0',
    Statement: [{ Effect: 'Allow', Action: ['sts:agencies:assume'], Principal: { IAM: [domainId] } }],
  })

describe('an agency', () => {
  it('is made, changed, trusted anew, tagged and deleted', async () => {
    const { agency } = await iam('createAgencyV5', {
      body: {
        agency_name: 'deployer',
        path: 'ci/',
        trust_policy: trust(),
        max_session_duration: 7200,
        description: 'd',
      },
    })
    const shown = {
      agency_id: ID,
      agency_name: 'deployer',
      path: 'ci/',
      urn: `iam::${domainId}:agency:ci/deployer`,
      trust_policy: trust(),
      trust_domain_id: '',
      trust_domain_name: '',
      max_session_duration: 7200,
      description: 'd',
      created_at: DATE,
    }
    expect(agency).toEqual(shown)
    const { agency_id } = agency
    expect((await iam('getAgencyV5', { agency_id })).agency).toEqual({ ...shown, tags: [] })
    const body = { max_session_duration: 3600, description: 'e' }
    expect(await status('updateAgencyV5', { agency_id, body })).toBe(200)
    const nobody = JSON.stringify({
      Version: '5.0',
      Statement: [{ Effect: 'Deny', Action: ['sts:agencies:assume'], Principal: { IAM: [domainId] } }],
    })
    expect(await status('updateTrustPolicyV5', { agency_id, body: { trust_policy: nobody } })).toBe(200)
    const tags = [{ tag_key: 'team', tag_value: 'a' }]
    const resource = { resource_type: 'agency', resource_id: agency_id }
    await iam('tagResourceV5', { ...resource, body: { tags } })
    expect((await iam('getAgencyV5', { agency_id })).agency).toEqual({
      ...shown,
      ...body,
      trust_policy: nobody,
      tags,
    })
    expect((await iam('listAgenciesV5', { path_prefix: 'ci/' })).agencies).toMatchObject([{ agency_id }])
    expect(await refusal('createAgencyV5', { body: { agency_name: 'a b', trust_policy: trust() } })).toBe(
      '400 PAP5.0029',
    )
    const reserved = { agency_name: 'x', path: 'service-linked-agency/kms/', trust_policy: trust() }
    expect(await refusal('createAgencyV5', { body: reserved })).toBe('400 PAP5.0030')
    expect(await status('deleteAgencyV5', { agency_id })).toBe(204)
    expect(await refusal('getAgencyV5', { agency_id })).toBe('404 PAP5.0012')
  })
})

describe('the account', () => {
  it('is summed up: every count and every quota', async () => {
    const { httpStatusCode: _, ...summary } = await iam('getAccountSummaryV5')
    expect(summary).toMatchObject({
      users: expect.any(Number),
      users_quota: 1000,
      groups_quota: 50,
      agencies_quota: 1000,
      policies_quota: 1500,
      policy_size_quota: 6144,
      versions_per_policy_quota: 5,
      attached_policies_per_user_quota: 20,
      attached_policies_per_group_quota: 20,
      attached_policies_per_agency_quota: 20,
      root_user_mfa_enabled: 0,
    })
    expect(summary.users).toBeGreaterThan(0)
  })

  it('tells what policies can say of each service', async () => {
    const { service_codes } = await iam('listRegisteredServicesForAuthSchemaV5')
    for (const code of ['iam', 'kms', 'kps', 'sts']) expect(service_codes).toContain(code)
    const schema = await iam('getAuthorizationSchemaV5', { service_code: 'kps' })
    const create = schema.actions.find((one: { name: string }) => one.name === 'kps:SSHKeyPair:create')
    expect(create).toEqual({
      name: 'kps:SSHKeyPair:create',
      access_level: 'write',
      permission_only: false,
      description: { zh_CN: expect.any(String), en_US: expect.any(String) },
      aliases: ['kps:domainKeypairs:create'],
      resources: [
        { urn_template: 'kps:<region>:<account>:SSHKeyPair:<name>', required: true, condition_keys: [] },
      ],
      condition_keys: ['kps:KmsKeyId', 'kps:Algorithm'],
    })
    expect(schema.resources).toEqual([
      { type_name: 'SSHKeyPair', urn_template: 'kps:<region>:<account>:SSHKeyPair:<name>' },
    ])
    expect(schema.conditions).toContainEqual({
      key: 'kps:KmsKeyId',
      value_type: 'string',
      multi_valued: false,
      description: { zh_CN: expect.any(String), en_US: expect.any(String) },
    })
    expect(schema.operations).toContainEqual({
      operation_id: 'POST /v3/{project_id}/keypairs',
      operation_action: 'kps:SSHKeyPair:create',
      dependent_actions: ['kms:cmk:createDataKey', 'kms:cmk:list'],
    })
    const own = await iam('getAuthorizationSchemaV5', { service_code: 'iam' })
    const level = (name: string) =>
      own.actions.find((one: { name: string }) => one.name === name)?.access_level
    expect(level('iam:policies:createV5')).toBe('permission_management')
    expect(level('iam::tagForResourceV5')).toBe('tagging')
    expect(await refusal('getAuthorizationSchemaV5', { service_code: 'nothing' })).toBe('404 PAP5.0012')
  })
})

describe('the root identity', () => {
  it('is a user to itself alone, and makes and takes away its own keys', async () => {
    const root = iamCaller({ url: service.url, ...service.root })
    const { user } = await root('showUserV5', { user_id: domainId })
    expect(user).toMatchObject({ user_id: domainId, is_root_user: true, urn: `iam::${domainId}:root` })
    const { access_key } = await root('createAccessKeyV5', { user_id: domainId })
    const { access_key_id } = access_key
    expect((await root('listAccessKeysV5', { user_id: domainId })).access_keys).toHaveLength(2)
    await root('deleteAccessKeyV5', { user_id: domainId, access_key_id })
    expect(await refusal('createAccessKeyV5', { user_id: domainId })).toBe('404 PAP5.0012')
  })
})

describe('the agency of a service', () => {
  it('is made once, shown, and deleted by a task', async () => {
    const body = { service_principal: 'service.Organizations', description: 'for the organization' }
    const { agency } = await iam('createServiceLinkedAgencyV5', { body })
    expect(agency).toMatchObject({
      agency_id: ID,
      agency_name: 'ServiceLinkedAgencyForOrganizations',
      path: 'service-linked-agency/service.Organizations/',
      description: 'for the organization',
    })
    expect(JSON.parse(agency.trust_policy).Statement[0].Principal).toEqual({
      Service: ['service.Organizations'],
    })
    expect(await refusal('createServiceLinkedAgencyV5', { body })).toBe('409 PAP5.9001')
    const { agency_id } = agency
    expect((await iam('getAgencyV5', { agency_id })).agency.agency_id).toBe(agency_id)
    const deleted = await iam('deleteServiceLinkedAgencyV5', { agency_id })
    expect(deleted.httpStatusCode).toBe(202)
    const { deletion_task_id } = deleted
    const told = await iam('getServiceLinkedAgencyDeletionStatusV5', { deletion_task_id })
    expect(told).toMatchObject({ status: 'success', reason: '', agency_usage_list: [] })
    expect(await refusal('getAgencyV5', { agency_id })).toBe('404 PAP5.0012')
    const other = { deletion_task_id: 'a'.repeat(64) }
    expect(await refusal('getServiceLinkedAgencyDeletionStatusV5', other)).toBe('404 PAP5.0012')
  })
})
