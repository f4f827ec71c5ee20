import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startService, type TestService } from './service.ts'

// Ways by which somebody could come to more than policies allow. In each the caller may do everything in RAM but the one
// entity that it takes, and is refused; with that one thing, and nothing else, it succeeds.

let service: TestService
let uid: string
const document = (...Statement: object[]) => ({ Version: '1', Statement })
const allow = (Action: string | string[], Resource: string | string[], more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
})
const trust = (who: string) =>
  document({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${uid}:${who}`] } })
const ALL = JSON.stringify(document(allow('*', '*')))

beforeAll(async () => {
  service = await startService()
  uid = service.root.accountUid
  const policies = ['small', 'spare', 'layered', 'unused'].map((name) => ({
    name,
    language: 'ram',
    document: document(allow('kms:ListKeys', '*')),
  }))
  const deny = {
    name: 'guard',
    language: 'ram',
    document: document({ ...allow('kms:*', '*'), Effect: 'Deny' }),
  }
  await service.apply({
    accounts: [
      {
        uid,
        policies: [...policies, deny],
        users: [
          { name: 'victim' },
          {
            name: 'keyed',
            accessKeys: [{ id: 'LTAIkeyedkeyedkeyed0001', secret: 'k'.repeat(30), status: 'inactive' }],
          },
          { name: 'member', policies: { ram: ['guard'] } },
        ],
        groups: [
          { name: 'admins', policies: { ram: ['AdministratorAccess'] } },
          { name: 'guarded', members: ['member'], policies: { ram: ['guard'] } },
          { name: 'plain' },
          { name: 'nameable' },
        ],
        roles: [
          {
            name: 'strong',
            trust: { ram: trust('user/trusted') },
            policies: { ram: ['AdministratorAccess'] },
          },
          { name: 'tagged', trust: { ram: trust('root') } },
          { name: 'linked', trust: { ram: trust('root') }, serviceLinked: 'kms.example.com' },
        ],
      },
    ],
  })
  for (const PolicyName of ['spare', 'layered']) {
    const two = { PolicyName, PolicyDocument: ALL }
    expect((await service.call(service.root, 'ram:CreatePolicyVersion', two)).status).toBe(200)
  }
})
afterAll(() => service.close())

/** What a call takes: an action on one resource, or on two. `me` is the caller's own name. */
interface Way {
  readonly call: string
  readonly input: (me: string) => Record<string, unknown>
  readonly takes: (me: string) => readonly string[]
}

const WAYS: readonly (readonly [string, Way])[] = [
  [
    'write a version of a policy that it has and make it the default',
    {
      call: 'CreatePolicyVersion',
      input: () => ({ PolicyName: 'small', PolicyDocument: ALL, SetAsDefault: true }),
      takes: () => ['policy/small'],
    },
  ],
  [
    'make a stronger version, which is there, the default',
    {
      call: 'SetDefaultPolicyVersion',
      input: () => ({ PolicyName: 'spare', VersionId: 'v2' }),
      takes: () => ['policy/spare'],
    },
  ],
  [
    'attach a policy to itself',
    {
      call: 'AttachPolicyToUser',
      input: (UserName) => ({ PolicyType: 'System', PolicyName: 'AdministratorAccess', UserName }),
      takes: (me) => [`user/${me}`, 'acs:ram:*:system:policy/AdministratorAccess'],
    },
  ],
  [
    'attach a policy to a group',
    {
      call: 'AttachPolicyToGroup',
      input: () => ({ PolicyType: 'Custom', PolicyName: 'small', GroupName: 'plain' }),
      takes: () => ['group/plain', 'policy/small'],
    },
  ],
  [
    'attach a policy to a role that it may assume',
    {
      call: 'AttachPolicyToRole',
      input: () => ({ PolicyType: 'System', PolicyName: 'AdministratorAccess', RoleName: 'tagged' }),
      takes: () => ['role/tagged', 'acs:ram:*:system:policy/AdministratorAccess'],
    },
  ],
  [
    'join a group that has more',
    {
      call: 'AddUserToGroup',
      input: (UserName) => ({ UserName, GroupName: 'admins' }),
      takes: (me) => [`user/${me}`, 'group/admins'],
    },
  ],
  [
    'let itself into a role',
    {
      call: 'UpdateRole',
      input: (me) => ({
        RoleName: 'strong',
        NewAssumeRolePolicyDocument: JSON.stringify(trust(`user/${me}`)),
      }),
      takes: () => ['role/strong'],
    },
  ],
  [
    'make a role that it may assume',
    {
      call: 'CreateRole',
      input: (me) => ({ RoleName: `of-${me}`, AssumeRolePolicyDocument: JSON.stringify(trust('root')) }),
      takes: () => ['role/*'],
    },
  ],
  [
    'make a key for another user',
    {
      call: 'CreateAccessKey',
      input: () => ({ UserName: 'victim' }),
      takes: () => ['user/victim'],
    },
  ],
  ['make a key for itself', { call: 'CreateAccessKey', input: () => ({}), takes: (me) => [`user/${me}`] }],
  [
    'let another user sign in with a password that it knows',
    {
      call: 'CreateLoginProfile',
      input: () => ({ UserName: 'victim', Password: 'known-to-the-caller' }),
      takes: () => ['user/victim'],
    },
  ],
  [
    'tag a role into a condition',
    {
      call: 'TagResources',
      input: () => ({ ResourceType: 'role', ResourceNames: ['tagged'], Tag: [{ Key: 'team', Value: 'a' }] }),
      takes: () => ['role/tagged'],
    },
  ],
  [
    'take the name of a user that is trusted',
    {
      call: 'UpdateUser',
      input: (UserName) => ({ UserName, NewUserName: 'trusted' }),
      takes: (me) => [`user/${me}`, 'user/trusted'],
    },
  ],
  [
    'take a guard off',
    {
      call: 'DetachPolicyFromUser',
      input: () => ({ PolicyType: 'Custom', PolicyName: 'guard', UserName: 'member' }),
      takes: () => ['user/member', 'policy/guard'],
    },
  ],
  [
    'delete a policy',
    {
      call: 'DeletePolicy',
      input: () => ({ PolicyName: 'unused' }),
      takes: () => ['policy/unused'],
    },
  ],
  [
    'delete a version of a policy',
    {
      call: 'DeletePolicyVersion',
      input: () => ({ PolicyName: 'layered', VersionId: 'v2' }),
      takes: () => ['policy/layered'],
    },
  ],
  [
    'take a guard off a group',
    {
      call: 'DetachPolicyFromGroup',
      input: () => ({ PolicyType: 'Custom', PolicyName: 'guard', GroupName: 'guarded' }),
      takes: () => ['group/guarded', 'policy/guard'],
    },
  ],
  [
    'take the name of a group that is named in policies',
    {
      call: 'UpdateGroup',
      input: () => ({ GroupName: 'nameable', NewGroupName: 'named' }),
      takes: () => ['group/nameable', 'group/named'],
    },
  ],
  [
    'switch a key of another user on',
    {
      call: 'UpdateAccessKey',
      input: () => ({ UserName: 'keyed', UserAccessKeyId: 'LTAIkeyedkeyedkeyed0001', Status: 'Active' }),
      takes: () => ['user/keyed'],
    },
  ],
  [
    'take a tag off a role that a Deny looks at',
    {
      call: 'UntagResources',
      input: () => ({ ResourceType: 'role', ResourceNames: ['tagged'], TagKeys: ['team'] }),
      takes: () => ['role/tagged'],
    },
  ],
  [
    'leave a group that is guarded',
    {
      call: 'RemoveUserFromGroup',
      input: () => ({ UserName: 'member', GroupName: 'guarded' }),
      takes: () => ['user/member', 'group/guarded'],
    },
  ],
]

let count = 0
const resource = (name: string) => (name.startsWith('acs:') ? name : `acs:ram:*:${uid}:${name}`)

describe.each(WAYS)('to %s', (_title, { call, input, takes }) => {
  const attempt = async (statements: (me: string) => object[]) => {
    count += 1
    const me = `mallory-${count}`
    const who = await service.user(me, { ram: [document(...statements(me))] })
    return (await service.call(who, `ram:${call}`, input(me))).status
  }

  it('takes the action', async () => {
    expect(await attempt(() => [{ Effect: 'Allow', NotAction: `ram:${call}`, Resource: '*' }])).toBe(403)
  })

  it('takes the action on every entity that it touches', async () => {
    for (const [i] of takes('x').entries()) {
      const others = (me: string) => takes(me).filter((_, at) => at !== i)
      const status = await attempt((me) => [
        { Effect: 'Allow', NotAction: `ram:${call}`, Resource: '*' },
        allow(
          `ram:${call}`,
          [...others(me), 'user/nobody-else', 'group/another', 'role/another'].map(resource),
        ),
      ])
      expect([i, status]).toEqual([i, 403])
    }
  })

  it('takes no more than that', async () => {
    expect(await attempt((me) => [allow(`ram:${call}`, takes(me).map(resource))])).toBe(200)
  })
})

describe('a role that is a service’s own', () => {
  it('is not for its account to change, whatever the account’s policies say', async () => {
    const boss = await service.user('boss', { ram: [document(allow('*', '*'))] })
    const system = { PolicyType: 'System', PolicyName: 'AdministratorAccess', RoleName: 'linked' }
    const NewAssumeRolePolicyDocument = JSON.stringify(trust('user/boss'))
    for (const [call, input] of [
      ['UpdateRole', { RoleName: 'linked', NewAssumeRolePolicyDocument }],
      ['AttachPolicyToRole', system],
      ['DeleteRole', { RoleName: 'linked' }],
      ['TagResources', { ResourceType: 'role', ResourceNames: ['linked'], Tag: [{ Key: 'a', Value: 'b' }] }],
    ] as const) {
      expect([call, (await service.call(boss, `ram:${call}`, input)).status]).toEqual([call, 403])
    }
  })
})

describe('entities of another account', () => {
  it('cannot be named: a call is about the caller’s own account', async () => {
    const key = { id: `LTAI${'o'.repeat(20)}`, secret: 'o'.repeat(30) }
    const other = { name: 'other', users: [{ name: 'victim' }], accessKeys: [key] }
    await service.apply({ accounts: [other] })
    const root = { accessKeyId: key.id, accessKeySecret: key.secret, projectId: '' }
    expect((await service.call(root, 'ram:GetUser', { UserName: 'boss' })).status).toBe(404)
    const mine = await service.call(root, 'ram:GetUser', { UserName: 'victim' })
    const theirs = await service.call(service.root, 'ram:GetUser', { UserName: 'victim' })
    expect((mine.body.User as { UserId: string }).UserId).not.toBe(
      (theirs.body.User as { UserId: string }).UserId,
    )
    // Nor does a user see by a refusal whether a user is there.
    const nobody = await service.user('curious')
    const told = async (UserName: string) => {
      const { status, body } = await service.call(nobody, 'ram:GetUser', { UserName })
      return [status, body.Code, body.Message]
    }
    expect(await told('boss')).toEqual(await told('nobody-at-all'))
  })
})
