import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attachPolicies } from '../src/identity/attachments.ts'
import { addMembers, createGroups } from '../src/identity/groups.ts'
import { createPolicies } from '../src/identity/policies.ts'
import { createRoles } from '../src/identity/roles.ts'
import { insertRows } from '../src/identity/rows.ts'
import { type Fixture, openFixture } from '../src/identity/testing/fixture.ts'
import { createUsers } from '../src/identity/users.ts'
import { iamOperations } from '../src/operations/iam/index.ts'
import { organizationOperations } from '../src/operations/organizations/index.ts'
import { ramOperations } from '../src/operations/ram/index.ts'
import { resourceManagerOperations } from '../src/operations/resourcemanager/index.ts'
import { answerProblem as alibabaAnswer } from '../src/wire/alibaba/problems.ts'
import { answerProblem as huaweiAnswer } from '../src/wire/huawei/problems.ts'

// Every limit and every conflict of identities and organizations, in an account and an organization that are full: the code
// of each wire (reference: alibaba-ram.md F.5, F.6; huawei-iam.md D.5, I.4).

const id = (kind: string, i: number) => `${kind}${String(i).padStart(31, '0')}`
const many = (count: number) => Array.from({ length: count }, (_, i) => i)
const ids = {
  user: (i: number) => id('a', i),
  group: (i: number) => id('b', i),
  role: (i: number) => id('c', i),
  ram: (i: number) => id('d', i),
  iam: (i: number) => id('e', i),
}
const folder = (i: number) => String(i).padStart(10, '0')
const uidOf = (i: number) => String(1_000_000_000_000_000 + i)
const RAM = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'kms:ListKeys', Resource: '*' }],
})
const IAM = JSON.stringify({
  Version: '5.0',
  Statement: [{ Effect: 'Allow', Action: ['kms:cmk:list'], Resource: ['*'] }],
})
const SCP = JSON.stringify({
  Version: '5.0',
  Statement: [{ Effect: 'Deny', Action: ['kms:cmk:list'], Resource: ['*'] }],
})

let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
  const { uid } = fixture.root.account
  const author = { now: 1, by: 'file' } as const
  await fixture.store.write(async (tx) => {
    const named = (kind: 'group' | 'role' | 'user', letter: string, count: number) =>
      many(count).map((i) => ({ id: ids[kind](i), ramId: ids[kind](i), name: `${letter}${i}` }))
    await createUsers(tx, uid, named('user', 'u', 1000), author)
    await createGroups(tx, uid, named('group', 'g', 50), author)
    await createRoles(tx, uid, named('role', 'r', 1000), author)
    const policies = (['ram', 'iam'] as const).flatMap((language) =>
      many(1500).map((i) => {
        const document = language === 'ram' ? RAM : IAM
        return { id: ids[language](i), language, name: `p${i}`, document }
      }),
    )
    await createPolicies(tx, uid, policies, author)
    await addMembers(
      tx,
      uid,
      many(10).map((i) => ({ group: ids.group(i), user: ids.user(0) })),
      author,
    )
    const on = (kind: 'group' | 'role' | 'user', target: number, policy: string) => ({
      policy,
      kind,
      target: ids[kind](target),
    })
    await attachPolicies(
      tx,
      uid,
      [
        ...many(10).map((i) => on('user', 0, ids.ram(i))),
        ...many(5).flatMap((i) => [on('group', 0, ids.ram(i)), on('role', 0, ids.ram(i))]),
        ...many(20).flatMap((i) =>
          (['user', 'group', 'role'] as const).map((kind) => on(kind, 0, ids.iam(i))),
        ),
        on('user', 1, ids.ram(20)),
        on('group', 20, ids.ram(21)),
        on('role', 20, ids.ram(22)),
      ],
      author,
    )
    const row = { created_at: 1, version: 1, declared_by: 'file' }
    const key = { ...row, account_uid: uid, sealed_secret: new Uint8Array(1), status: 'active', label: null }
    await insertRows(tx, 'access_keys', [
      { ...key, id: 'KEY1', user_id: ids.user(2) },
      { ...key, id: 'KEY2', user_id: ids.user(2) },
    ])
    await insertRows(tx, 'login_profiles', [
      {
        user_id: ids.user(3),
        account_uid: uid,
        reset_required: 0,
        mfa_required: 0,
        created_at: 1,
        version: 1,
      },
    ])
    // A tree of a root, five folders one in another, and many beside them.
    const folders = many(1001).map((i) => ({
      ...row,
      id: folder(i),
      parent_id: i === 0 ? '' : folder(i <= 5 ? i - 1 : 0),
      name: `f${i}`,
      tags: '{}',
    }))
    await insertRows(tx, 'organization_folders', folders)
    const organization = { id: '0000000000', management_uid: uid, created_at: 1, version: 1 }
    await insertRows(tx, 'organizations', [{ ...organization, number: 1, ram_enabled: 1, iam_enabled: 1 }])
    const accounts = many(9_999)
    await insertRows(
      tx,
      'accounts',
      accounts.map((i) => ({
        ...row,
        closed_at: 0,
        id: uidOf(i),
        domain_id: ids.user(i),
        project_id: ids.user(i),
        name: `m${i}`,
      })),
    )
    const member = { ...row, tags: '{}', description: '', joined: 'invited', updated_at: 1 }
    await insertRows(tx, 'organization_members', [
      { ...member, account_uid: uid, folder_id: folder(0) },
      ...accounts.map((i) => ({ ...member, account_uid: uidOf(i), folder_id: folder(i === 0 ? 6 : 0) })),
    ])
    const policy = { ...row, description: '', tags: '{}', updated_at: 1 }
    await insertRows(tx, 'organization_policies', [
      ...many(1000).map((i) => ({
        ...policy,
        id: ids.ram(i),
        language: 'ram',
        name: `p${i}`,
        document: RAM,
      })),
      ...many(1000).map((i) => ({
        ...policy,
        id: ids.iam(i),
        language: 'iam',
        name: `p${i}`,
        document: SCP,
      })),
    ])
    const attached = { target_id: folder(7), created_at: 1 }
    await insertRows(tx, 'organization_attachments', [
      { ...attached, policy_id: 'system/ram/FullAliyunAccess', language: 'ram' },
      ...many(10).map((i) => ({ ...attached, policy_id: ids.ram(i), language: 'ram' })),
      ...many(5).map((i) => ({ ...attached, policy_id: ids.iam(i), language: 'iam' })),
    ])
    await insertRows(
      tx,
      'organization_delegations',
      many(5).map((i) => ({ account_uid: uidOf(i), service: 'full.example', created_at: 1 })),
    )
    await insertRows(tx, 'organization_services', [{ service: 'full.example', created_at: 1 }])
  })
}, 60_000)
afterAll(() => fixture.close())

const operations = [
  ...iamOperations,
  ...organizationOperations,
  ...ramOperations,
  ...resourceManagerOperations,
]

/** Status and code as the wire of the call answers them. */
async function codeOf(name: string, input: Record<string, unknown>): Promise<string> {
  const answer = await fixture.pipeline({
    operation: operations.find((one) => one.name === name)!,
    caller: fixture.root,
    connection: {
      requestId: 'REQUEST',
      sourceAddress: '127.0.0.1',
      tlsVersion: '1.3',
      userAgent: undefined,
      referer: undefined,
      receivedAt: Date.now(),
    },
    input,
  })
  expect(fixture.defects).toEqual([])
  if (answer.ok) return 'done'
  const product = name.startsWith('ram:') ? 'Ram' : 'ResourceManager'
  const { status, code } = /^(iam|organizations):/.test(name)
    ? huaweiAnswer(answer.problem, { caller: fixture.root, operation: name })
    : alibabaAnswer(answer.problem, { caller: fixture.root, product })
  return `${status} ${code}`
}

const custom = (i: number) => ({ PolicyType: 'Custom', PolicyName: `p${i}` })
const trust = JSON.stringify({
  Version: '1',
  Statement: [
    { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: ['acs:ram::1000000000000001:root'] } },
  ],
})
const iamTrust = JSON.stringify({
  Version: '5.0',
  Statement: [{ Effect: 'Allow', Action: ['sts:agencies:assume'], Principal: { IAM: ['0'.repeat(32)] } }],
})

describe('RAM', () => {
  it.each([
    ['CreateUser', { UserName: 'new' }, '409 LimitExceeded.User'],
    ['CreateGroup', { GroupName: 'new' }, '409 LimitExceeded.Group'],
    ['CreateRole', { RoleName: 'new', AssumeRolePolicyDocument: trust }, '409 LimitExceeded.Role'],
    ['CreatePolicy', { PolicyName: 'new', PolicyDocument: RAM }, '409 LimitExceeded.Policy'],
    ['CreateAccessKey', { UserName: 'u2' }, '409 LimitExceeded.User.AccessKey'],
    ['AddUserToGroup', { UserName: 'u0', GroupName: 'g10' }, '409 LimitExceeded.User.Group'],
    ['AttachPolicyToUser', { ...custom(30), UserName: 'u0' }, '409 LimitExceeded.User.Policy'],
    ['AttachPolicyToGroup', { ...custom(30), GroupName: 'g0' }, '409 LimitExceeded.Group.Policy'],
    ['AttachPolicyToRole', { ...custom(30), RoleName: 'r0' }, '409 LimitExceeded.Role.Policy'],
    ['CreateUser', { UserName: 'u1' }, '409 EntityAlreadyExists.User'],
    ['UpdateUser', { UserName: 'u1', NewUserName: 'u2' }, '409 EntityAlreadyExists.User'],
    ['CreateGroup', { GroupName: 'g1' }, '409 EntityAlreadyExists.Group'],
    ['UpdateGroup', { GroupName: 'g1', NewGroupName: 'g2' }, '409 EntityAlreadyExists.Group'],
    ['CreateRole', { RoleName: 'r1', AssumeRolePolicyDocument: trust }, '409 EntityAlreadyExists.Role'],
    ['CreatePolicy', { PolicyName: 'p1', PolicyDocument: RAM }, '409 EntityAlreadyExists.Policy'],
    ['AddUserToGroup', { UserName: 'u0', GroupName: 'g0' }, '409 EntityAlreadyExists.User.Group'],
    ['AttachPolicyToUser', { ...custom(0), UserName: 'u0' }, '409 EntityAlreadyExists.User.Policy'],
    ['AttachPolicyToGroup', { ...custom(0), GroupName: 'g0' }, '409 EntityAlreadyExists.Group.Policy'],
    ['AttachPolicyToRole', { ...custom(0), RoleName: 'r0' }, '409 EntityAlreadyExists.Role.Policy'],
    ['DeleteUser', { UserName: 'u0' }, '409 DeleteConflict.User.Group'],
    ['DeleteUser', { UserName: 'u1' }, '409 DeleteConflict.User.Policy'],
    ['DeleteUser', { UserName: 'u2' }, '409 DeleteConflict.User.AccessKey'],
    ['DeleteUser', { UserName: 'u3' }, '409 DeleteConflict.User.LoginProfile'],
    ['DeleteGroup', { GroupName: 'g0' }, '409 DeleteConflict.Group.User'],
    ['DeleteGroup', { GroupName: 'g20' }, '409 DeleteConflict.Group.Policy'],
    ['DeleteRole', { RoleName: 'r0' }, '409 DeleteConflict.Role.Policy'],
    ['DeletePolicy', { PolicyName: 'p20' }, '409 DeleteConflict.Policy.User'],
    ['DeletePolicy', { PolicyName: 'p21' }, '409 DeleteConflict.Policy.Group'],
    ['DeletePolicy', { PolicyName: 'p22' }, '409 DeleteConflict.Policy.Role'],
    [
      'DeletePolicyVersion',
      { PolicyName: 'p0', VersionId: 'v1' },
      '409 DeleteConflict.Policy.Version.Default',
    ],
    ['RemoveUserFromGroup', { UserName: 'u5', GroupName: 'g0' }, '404 EntityNotExist.User.Group'],
    ['DetachPolicyFromUser', { ...custom(30), UserName: 'u0' }, '404 EntityNotExist.User.Policy'],
    ['DetachPolicyFromGroup', { ...custom(30), GroupName: 'g0' }, '404 EntityNotExist.Group.Policy'],
    ['DetachPolicyFromRole', { ...custom(30), RoleName: 'r0' }, '404 EntityNotExist.Role.Policy'],
    ['GetPolicyVersion', { ...custom(0), VersionId: 'v9' }, '404 EntityNotExist.Policy.Version'],
    ['GetUser', { UserName: 'none' }, '404 EntityNotExist.User'],
    ['GetGroup', { GroupName: 'none' }, '404 EntityNotExist.Group'],
    ['GetRole', { RoleName: 'none' }, '404 EntityNotExist.Role'],
    ['GetPolicy', { PolicyType: 'Custom', PolicyName: 'none' }, '404 EntityNotExist.Policy'],
    ['DeletePolicy', { PolicyName: 'AliyunKMSFullAccess' }, '404 EntityNotExist.Policy'],
    ['CreateUser', { UserName: 'a/b' }, '400 InvalidParameter.UserName.InvalidChars'],
    ['CreateUser', { UserName: 'a'.repeat(65) }, '400 InvalidParameter.UserName.Length'],
    [
      'CreatePolicy',
      { PolicyName: 'a_b', PolicyDocument: RAM },
      '400 InvalidParameter.PolicyName.InvalidChars',
    ],
    ['CreatePolicy', { PolicyName: 'new', PolicyDocument: '{}' }, '400 MalformedPolicyDocument'],
    [
      'CreatePolicy',
      { PolicyName: 'new', PolicyDocument: 'a'.repeat(6145) },
      '400 InvalidParameter.PolicyDocument.Length',
    ],
    ['GetPolicy', { PolicyType: 'Other', PolicyName: 'p0' }, '400 InvalidParameter.PolicyType'],
    ['GetPolicyVersion', { ...custom(0), VersionId: '1' }, '400 InvalidParameter.VersionId.Format'],
  ])('%s %j: %s', async (call, input, code) => {
    expect(await codeOf(`ram:${call}`, input)).toBe(code)
  })
})

describe('IAM', () => {
  const attach = (kind: 'agency' | 'group' | 'user', target: string, i = 30) => ({
    policy_id: ids.iam(i),
    [`${kind}_id`]: target,
  })
  const tags = many(21).map((i) => ({ tag_key: `k${i}` }))
  it.each([
    ['CreateUser', { name: 'new', enabled: true }, '409 PAP5.9004'],
    ['CreateGroup', { group_name: 'new' }, '409 PAP5.9004'],
    ['CreateAgency', { agency_name: 'new', trust_policy: iamTrust }, '409 PAP5.9004'],
    ['CreatePolicy', { policy_name: 'new', policy_document: IAM }, '409 PAP5.9004'],
    ['CreateAccessKey', { user_id: ids.user(2) }, '400 PAP5.9003'],
    ['AddUserToGroup', { group_id: ids.group(10), user_id: ids.user(0) }, '409 PAP5.9004'],
    ['AttachUserPolicy', attach('user', ids.user(0)), '409 PAP5.9004'],
    ['AttachGroupPolicy', attach('group', ids.group(0)), '409 PAP5.9004'],
    ['AttachAgencyPolicy', attach('agency', ids.role(0)), '409 PAP5.0003'],
    ['CreateUser', { name: 'u1', enabled: true }, '409 PAP5.9001'],
    ['UpdateUser', { user_id: ids.user(1), new_user_name: 'u2' }, '409 PAP5.9001'],
    ['CreateGroup', { group_name: 'g1' }, '409 PAP5.9001'],
    ['UpdateGroup', { group_id: ids.group(1), new_group_name: 'g2' }, '409 PAP5.9001'],
    ['CreateAgency', { agency_name: 'r1', trust_policy: iamTrust }, '409 PAP5.9001'],
    ['CreatePolicy', { policy_name: 'p1', policy_document: IAM }, '409 PAP5.9001'],
    ['DeleteUser', { user_id: ids.user(0) }, '409 PAP5.9002'],
    ['DeleteUser', { user_id: ids.user(2) }, '409 PAP5.9002'],
    ['DeleteGroup', { group_id: ids.group(0) }, '409 PAP5.9002'],
    ['DeleteGroup', { group_id: ids.group(20) }, '409 PAP5.9002'],
    ['DeleteAgency', { agency_id: ids.role(0) }, '409 PAP5.9002'],
    ['DeletePolicy', { policy_id: ids.iam(0) }, '409 PAP5.9002'],
    ['DeletePolicyVersion', { policy_id: ids.iam(0), version_id: 'v1' }, '409 PAP5.9002'],
    ['DetachUserPolicy', attach('user', ids.user(0)), '404 PAP5.0012'],
    ['RemoveUserFromGroup', { group_id: ids.group(0), user_id: ids.user(5) }, '404 PAP5.0012'],
    ['ShowUser', { user_id: ids.user(5000) }, '404 PAP5.0012'],
    ['CreatePolicy', { policy_name: 'new', policy_document: '{}' }, '400 PAP5.0011'],
    ['CreateAgency', { agency_name: 'a/b', trust_policy: iamTrust }, '400 PAP5.0029'],
    ['CreateAgency', { agency_name: 'new', path: 'a', trust_policy: iamTrust }, '400 PAP5.0030'],
    ['ListUsers', { marker: 'no marker' }, '400 PAP5.0010'],
    ['ListUsers', { limit: 201 }, '400 PAP5.9005'],
    [
      'TagResource',
      { resource_type: 'user', resource_id: ids.user(1), tags: [tags[0], tags[0]] },
      '400 PAP5.0033',
    ],
    [
      'TagResource',
      { resource_type: 'user', resource_id: ids.user(1), tags: [{ tag_key: '_sys_a' }] },
      '400 PAP5.0036',
    ],
    ['TagResource', { resource_type: 'user', resource_id: ids.user(1), tags }, '400 PAP5.0036'],
  ])('%s %j: %s', async (call, input, code) => {
    expect(await codeOf(`iam:${call}`, input)).toBe(code)
  })
})

describe('a resource directory', () => {
  it.each([
    ['CreateFolder', { FolderName: 'new' }, '409 QuotaExceeded.Folder.Count'],
    [
      'CreateFolder',
      { FolderName: 'new', ParentFolderId: `fd-${folder(5)}` },
      '409 LimitExceeded.Folder.Depth',
    ],
    ['CreateFolder', { FolderName: 'f1' }, '400 InvalidParameter.Folder.Name.AlreadyUsed'],
    ['CreateFolder', {}, '400 MissingParameter.Folder.Name'],
    ['CreateFolder', { FolderName: 'a/b' }, '400 InvalidParameter.Folder.Name'],
    ['CreateFolder', { FolderName: 'a'.repeat(25) }, '400 InvalidParameter.Folder.Name.Length'],
    ['CreateFolder', { FolderName: 'a', ParentFolderId: 'fd-none' }, '404 EntityNotExists.Folder'],
    ['CreateFolder', { FolderName: 'a', ParentFolderId: '' }, '400 InvalidParameter.ParentFolderId'],
    ['GetFolder', {}, '400 MissingParameter.FolderId'],
    ['GetFolder', { FolderId: '' }, '400 InvalidParameter.FolderId'],
    ['DeleteFolder', { FolderId: `fd-${folder(1)}` }, '409 DeleteConflict.Folder.SubFolder'],
    ['DeleteFolder', { FolderId: `fd-${folder(6)}` }, '409 DeleteConflict.Folder.Account'],
    ['CreateResourceAccount', { DisplayName: 'new' }, '409 LimitExceeded.Account'],
    ['CreateResourceAccount', { DisplayName: 'm1' }, '409 InvalidParameter.Account.DisplayName.AlreadyUsed'],
    ['CreateResourceAccount', {}, '400 MissingParameter.Account.DisplayName'],
    [
      'CreateResourceAccount',
      { DisplayName: 'a'.repeat(65) },
      '400 InvalidParameter.Account.DisplayName.Length',
    ],
    ['GetAccount', {}, '400 MissingParameter.AccountId'],
    ['GetAccount', { AccountId: '' }, '400 InvalidParameter.AccountId'],
    ['GetAccount', { AccountId: '1' }, '404 EntityNotExists.Account'],
    ['MoveAccount', { AccountId: uidOf(1) }, '400 MissingParameter.DestinationFolderId'],
    [
      'MoveAccount',
      { AccountId: uidOf(1), DestinationFolderId: '' },
      '400 InvalidParameter.DestinationFolderId',
    ],
    [
      'CreateControlPolicy',
      { PolicyName: 'p1', PolicyDocument: RAM, EffectScope: 'RAM' },
      '409 EntityAlreadyExists.ControlPolicy',
    ],
    ['DeleteControlPolicy', { PolicyId: `cp-${ids.ram(0)}` }, '409 DeleteConflict.ControlPolicy.Target'],
    [
      'AttachControlPolicy',
      { PolicyId: `cp-${ids.ram(20)}`, TargetId: `fd-${folder(7)}` },
      '409 LimitExceeded.ControlPolicy.Attachment',
    ],
    [
      'AttachControlPolicy',
      { PolicyId: `cp-${ids.ram(20)}`, TargetId: 'fd-none' },
      '404 EntityNotExists.Target',
    ],
    [
      'AttachControlPolicy',
      { PolicyId: 'cp-none', TargetId: `fd-${folder(7)}` },
      '404 EntityNotExists.ControlPolicy',
    ],
    [
      'RegisterDelegatedAdministrator',
      { AccountId: uidOf(0), ServicePrincipal: 'full.example' },
      '409 AccountAlreadyRegistered',
    ],
    [
      'RegisterDelegatedAdministrator',
      { AccountId: uidOf(9), ServicePrincipal: 'full.example' },
      '409 DelegatedAccountNumberExceeded',
    ],
    [
      'DeregisterDelegatedAdministrator',
      { AccountId: uidOf(9), ServicePrincipal: 'full.example' },
      '409 AccountNotRegistered',
    ],
    ['InitResourceDirectory', {}, '409 EntityAlreadyExists.ResourceDirectory'],
    ['DestroyResourceDirectory', {}, '409 DeleteConflict.ResourceDirectory.Account'],
  ])('%s %j: %s', async (call, input, code) => {
    expect(await codeOf(`resourcemanager:${call}`, input)).toBe(code)
  })

  it('has a management account that is no member and no delegated administrator', async () => {
    const AccountId = fixture.root.account.uid
    const move = { AccountId, DestinationFolderId: `fd-${folder(7)}` }
    expect(await codeOf('resourcemanager:MoveAccount', move)).toBe('409 AccountTypeOrStatusMismatch')
    const delegate = { AccountId, ServicePrincipal: 'full.example' }
    expect(await codeOf('resourcemanager:RegisterDelegatedAdministrator', delegate)).toBe(
      '409 CannotRegisterMasterAsDelegatedAdministrator',
    )
  })
})

describe('Organizations', () => {
  it.each([
    ['CreateOrganizationalUnit', { name: 'new', parent_id: `r-${folder(0)}` }, '409 Organizations.1204'],
    ['CreateOrganizationalUnit', { name: 'new', parent_id: `ou-${folder(5)}` }, '409 Organizations.9007'],
    ['CreateOrganizationalUnit', { name: 'f1', parent_id: `r-${folder(0)}` }, '409 Organizations.9003'],
    ['DeleteOrganizationalUnit', { organizational_unit_id: `ou-${folder(1)}` }, '409 Organizations.9002'],
    ['DeleteOrganizationalUnit', { organizational_unit_id: `ou-${folder(6)}` }, '409 Organizations.9002'],
    ['CreateAccount', { name: 'new' }, '409 Organizations.9014'],
    ['CreatePolicy', { name: 'new', type: 'service_control_policy', content: SCP }, '409 Organizations.9014'],
    ['CreatePolicy', { name: 'p1', type: 'service_control_policy', content: SCP }, '409 Organizations.9003'],
    [
      'CreatePolicy',
      { name: 'new', type: 'service_control_policy', content: '{}' },
      '400 Organizations.9008',
    ],
    ['DeletePolicy', { policy_id: `p-${ids.iam(0)}` }, '409 Organizations.9002'],
    [
      'AttachPolicy',
      { policy_id: `p-${ids.iam(20)}`, entity_id: `ou-${folder(7)}` },
      '409 Organizations.9006',
    ],
    ['ShowPolicy', { policy_id: 'p-none' }, '404 Organizations.9009'],
    ['DeleteOrganization', {}, '409 Organizations.9002'],
  ])('%s %j: %s', async (call, input, code) => {
    expect(await codeOf(`organizations:${call}`, input)).toBe(code)
  })
})
