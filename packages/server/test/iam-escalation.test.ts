import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Credential, startService, type TestService } from './service.ts'

// Ways by which somebody could come to more than policies allow, over the Huawei wire. In each the caller may do everything in
// IAM but the one entity that it takes, and is refused; with that one thing, and nothing else, it succeeds.

let service: TestService
let domainId: string
const ids: Record<string, string> = {}
const document = (...Statement: object[]) => ({ Version: '5.0', Statement })
const allow = (Action: string, Resource: string | readonly string[], more: object = {}) => ({
  Effect: 'Allow',
  Action: [Action],
  Resource: [Resource].flat(),
  ...more,
})
const ALL = JSON.stringify(document(allow('*', '*')))
const trust = (urn: string) => ({
  Version: '5.0',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['sts:agencies:assume'],
      Principal: { IAM: [domainId] },
      Condition: { StringEquals: { 'g:PrincipalUrn': [urn] } },
    },
  ],
})

beforeAll(async () => {
  service = await startService()
  domainId = service.root.domainId
  const guard = document({ ...allow('kps:*:*', '*'), Effect: 'Deny' })
  await service.apply({
    accounts: [
      {
        uid: service.root.accountUid,
        policies: [
          ...['small', 'spare'].map((name) => ({
            name,
            language: 'iam',
            document: document(allow('kps:SSHKeyPair:list', '*')),
          })),
          { name: 'guard', language: 'iam', document: guard },
        ],
        users: [{ name: 'victim' }, { name: 'member', policies: { iam: ['guard'] } }],
        groups: [
          { name: 'admins', policies: { iam: ['AdministratorAccess'] } },
          { name: 'guarded', members: ['member'], policies: { iam: ['guard'] } },
          { name: 'plain' },
        ],
        roles: [
          { name: 'strong', trust: { iam: trust(`iam::${domainId}:user:trusted`) } },
          { name: 'linked', trust: { iam: trust('x') }, serviceLinked: 'service.example' },
        ],
      },
    ],
  })
  const remember = async (list: string, member: string, kind: string) => {
    const { body } = await service.call(service.root, `iam:${list}`, { limit: 200 })
    for (const one of body[member] as Record<string, string>[]) ids[one[`${kind}_name`]!] = one[`${kind}_id`]!
  }
  await remember('ListUsers', 'users', 'user')
  await remember('ListGroups', 'groups', 'group')
  await remember('ListAgencies', 'agencies', 'agency')
  await remember('ListPolicies', 'policies', 'policy')
  const two = { policy_id: ids.spare!, policy_document: ALL }
  expect((await service.call(service.root, 'iam:CreatePolicyVersion', two)).status).toBe(201)
})
afterAll(() => service.close())

/** What a call takes: an action on resources. `me` is the caller's own name and id. */
interface Way {
  readonly call: string
  readonly action: string
  readonly input: (me: Me) => Record<string, unknown>
  readonly takes: (me: string) => readonly string[]
  /** Key pair of a condition that the call meets. */
  readonly when?: () => readonly [key: string, value: string]
}
interface Me {
  readonly name: string
  readonly id: string
}

const WAYS: readonly (readonly [string, Way])[] = [
  [
    'write a version of a policy that it has and make it the default',
    {
      call: 'CreatePolicyVersion',
      action: 'policies:createVersionV5',
      input: () => ({ policy_id: ids.small, policy_document: ALL, set_as_default: true }),
      takes: () => ['policy:small'],
    },
  ],
  [
    'make a stronger version, which is there, the default',
    {
      call: 'SetDefaultPolicyVersion',
      action: 'policies:setDefaultVersionV5',
      input: () => ({ policy_id: ids.spare, version_id: 'v2' }),
      takes: () => ['policy:spare'],
    },
  ],
  [
    'attach a policy to itself',
    {
      call: 'AttachUserPolicy',
      action: 'users:attachPolicyV5',
      input: ({ id }) => ({ policy_id: ids.AdministratorAccess, user_id: id }),
      takes: (me) => [`user:${me}`],
      when: () => ['iam:PolicyURN', 'iam::system:policy:AdministratorAccess'],
    },
  ],
  [
    'attach a policy to a group',
    {
      call: 'AttachGroupPolicy',
      action: 'groups:attachPolicyV5',
      input: () => ({ policy_id: ids.small, group_id: ids.plain }),
      takes: () => ['group:plain'],
      when: () => ['iam:PolicyURN', `iam::${domainId}:policy:small`],
    },
  ],
  [
    'attach a policy to an agency',
    {
      call: 'AttachAgencyPolicy',
      action: 'agencies:attachPolicyV5',
      input: () => ({ policy_id: ids.AdministratorAccess, agency_id: ids.strong }),
      takes: () => ['agency:strong'],
      when: () => ['iam:PolicyURN', 'iam::system:policy:AdministratorAccess'],
    },
  ],
  [
    'join a group that has more',
    {
      call: 'AddUserToGroup',
      action: 'permissions:addUserToGroupV5',
      input: ({ id }) => ({ user_id: id, group_id: ids.admins }),
      takes: () => ['group:admins'],
    },
  ],
  [
    'let itself into an agency',
    {
      call: 'UpdateTrustPolicy',
      action: 'agencies:updateTrustPolicyV5',
      input: ({ name }) => ({
        agency_id: ids.strong,
        trust_policy: JSON.stringify(trust(`iam::${domainId}:user:${name}`)),
      }),
      takes: () => ['agency:strong'],
    },
  ],
  [
    'make an agency that it may assume',
    {
      call: 'CreateAgency',
      action: 'agencies:createV5',
      input: ({ name }) => ({ agency_name: `of-${name}`, trust_policy: JSON.stringify(trust('x')) }),
      takes: (me) => [`agency:of-${me}`],
    },
  ],
  [
    'make a key for another user',
    {
      call: 'CreateAccessKey',
      action: 'credentials:createCredentialV5',
      input: () => ({ user_id: ids.victim }),
      takes: () => ['user:victim'],
      when: () => ['iam:ResourceIsRootUser', 'false'],
    },
  ],
  [
    'tag itself into a condition',
    {
      call: 'TagResource',
      action: ':tagForResourceV5',
      input: ({ id }) => ({
        resource_type: 'user',
        resource_id: id,
        tags: [{ tag_key: 'team', tag_value: 'a' }],
      }),
      takes: (me) => [`user:${me}`],
      when: () => ['g:RequestTag/team', 'a'],
    },
  ],
  [
    'take a tag off that a condition looks at',
    {
      call: 'DeleteResourceTags',
      action: ':untagForResourceV5',
      input: ({ id }) => ({ resource_type: 'user', resource_id: id, items: ['team'] }),
      takes: (me) => [`user:${me}`],
      when: () => ['g:TagKeys', 'team'],
    },
  ],
  [
    'take the name of a user that is trusted',
    {
      call: 'UpdateUser',
      action: 'users:updateUserV5',
      input: ({ id }) => ({ user_id: id, new_user_name: 'trusted' }),
      takes: (me) => [`user:${me}`, 'user:trusted'],
    },
  ],
  [
    'take a guard off',
    {
      call: 'DetachUserPolicy',
      action: 'users:detachPolicyV5',
      input: () => ({ policy_id: ids.guard, user_id: ids.member }),
      takes: () => ['user:member'],
      when: () => ['iam:PolicyURN', `iam::${domainId}:policy:guard`],
    },
  ],
  [
    'leave a group that is guarded',
    {
      call: 'RemoveUserFromGroup',
      action: 'permissions:removeUserFromGroupV5',
      input: () => ({ user_id: ids.member, group_id: ids.guarded }),
      takes: () => ['group:guarded'],
    },
  ],
]

let count = 0
const urn = (name: string) => `iam::${domainId}:${name}`

/** A user with these statements; its id is its own only, so nobody else's tests see it. */
async function mallory(statements: (me: string) => object[]): Promise<{ who: Credential; me: Me }> {
  count += 1
  const name = `mallory-${count}`
  const who = await service.user(name, { iam: [document(...statements(name))] })
  const { principal_id } = (await service.call(who, 'sts:CallerIdentity', {})).body
  return { who, me: { name, id: String(principal_id) } }
}

describe.each(WAYS)('to %s', (_title, { action, call, input, takes, when }) => {
  const attempt = async (statements: (me: string) => object[]) => {
    const { who, me } = await mallory(statements)
    return (await service.call(who, `iam:${call}`, input(me))).status
  }
  const others = () => ({ Effect: 'Allow', NotAction: [`iam:${action}`], Resource: ['*'] })

  it('takes the action on every entity that it touches, under the conditions of the grant', async () => {
    expect(await attempt(() => [others()])).toBe(403)
    for (const [i] of takes('x').entries()) {
      const left = (me: string) => takes(me).filter((_, at) => at !== i)
      const elsewhere = ['user:nobody-else', 'group:another', 'agency:another', 'policy:another']
      const status = await attempt((me) => [
        others(),
        allow(`iam:${action}`, [...left(me), ...elsewhere].map(urn)),
      ])
      expect([i, status]).toEqual([i, 403])
    }
    if (!when) return
    const [key, value] = when()
    const Condition = { StringNotEquals: { [key]: [value] } }
    expect(await attempt((me) => [allow(`iam:${action}`, takes(me).map(urn), { Condition })])).toBe(403)
  })

  it('takes no more than that', async () => {
    const condition = when && { Condition: { StringEquals: { [when()[0]]: [when()[1]] } } }
    const status = await attempt((me) => [allow(`iam:${action}`, takes(me).map(urn), condition)])
    expect(status).toBeLessThan(300)
  })
})

describe('an agency that is a service’s own', () => {
  it('is made and deleted only with the permission for that service, and gives nobody a right', async () => {
    const service_principal = 'service.Backup'
    const input = { service_principal }
    const others = await service.user('linked-others', {
      iam: [
        document({
          Effect: 'Allow',
          NotAction: ['iam:agencies:createServiceLinkedAgencyV5', 'iam:agencies:deleteServiceLinkedAgencyV5'],
          Resource: ['*'],
        }),
      ],
    })
    const onlyBackup = { Condition: { StringEquals: { 'iam:ServicePrincipal': [service_principal] } } }
    const maker = await service.user('linked-maker', {
      iam: [
        document(
          allow('iam:agencies:createServiceLinkedAgencyV5', '*', onlyBackup),
          allow('iam:agencies:deleteServiceLinkedAgencyV5', '*', onlyBackup),
        ),
      ],
    })
    const send = async (who: Credential, call: string, input: Record<string, unknown>) =>
      await service.call(who, `iam:${call}`, input)
    expect((await send(others, 'CreateServiceLinkedAgency', input)).status).toBe(403)
    const foreign = { service_principal: 'service.Other' }
    expect((await send(maker, 'CreateServiceLinkedAgency', foreign)).status).toBe(403)
    const made = await send(maker, 'CreateServiceLinkedAgency', input)
    expect(made.status).toBe(201)
    const { agency_id, urn } = made.body.agency as Record<string, string>
    expect(urn).toBe(
      `iam::${domainId}:agency:service-linked-agency/service.Backup/ServiceLinkedAgencyForBackup`,
    )
    // Not even who may do everything makes it trust somebody, attaches to it, or assumes it.
    const all = await service.user('linked-all', { iam: [document(allow('*', '*'))] })
    const mine = JSON.stringify(trust(`iam::${domainId}:user:linked-all`))
    for (const [call, more] of [
      ['UpdateTrustPolicy', { agency_id, trust_policy: mine }],
      ['UpdateAgency', { agency_id, description: 'x' }],
      ['AttachAgencyPolicy', { policy_id: ids.small, agency_id }],
      ['DeleteAgency', { agency_id }],
    ] as const)
      expect([call, (await send(all, call, more)).status]).toEqual([call, 403])
    const assumed = { agency_urn: urn!, agency_session_name: 'ci' }
    expect((await service.call(all, 'sts:AssumeAgency', assumed)).status).toBe(403)
    // What deletes one deletes no other agency, and none that the operator's file has made.
    for (const [name, status] of [
      ['strong', 404],
      ['linked', 403],
    ] as const) {
      const { status: told } = await send(all, 'DeleteServiceLinkedAgency', { agency_id: ids[name]! })
      expect([name, told]).toEqual([name, status])
    }
    expect((await send(others, 'DeleteServiceLinkedAgency', { agency_id })).status).toBe(403)
    expect((await send(maker, 'DeleteServiceLinkedAgency', { agency_id: ids.linked! })).status).toBe(403)
    expect((await send(maker, 'DeleteServiceLinkedAgency', { agency_id })).status).toBe(202)
  })

  it('is not for its account to change, whatever the account’s policies say', async () => {
    const { who } = await mallory(() => [allow('*', '*')])
    const agency_id = ids.linked!
    for (const [call, input] of [
      ['UpdateTrustPolicy', { agency_id, trust_policy: JSON.stringify(trust('x')) }],
      ['UpdateAgency', { agency_id, description: 'mine' }],
      ['AttachAgencyPolicy', { agency_id, policy_id: ids.AdministratorAccess }],
      ['DeleteAgency', { agency_id }],
      [
        'TagResource',
        {
          resource_type: 'agency',
          resource_id: agency_id,
          tags: [{ tag_key: 'a', tag_value: 'b' }],
        },
      ],
    ] as const)
      expect([call, (await service.call(who, `iam:${call}`, input)).status]).toEqual([call, 403])
  })
})

describe('entities that a caller may not know of', () => {
  it('are told neither by an id of this account nor by one of another', async () => {
    const key = { id: `LTAI${'o'.repeat(20)}`, secret: 'o'.repeat(30) }
    await service.apply({
      accounts: [{ name: 'other', users: [{ name: 'theirs' }], accessKeys: [key] }],
    })
    const other = { accessKeyId: key.id, accessKeySecret: key.secret, projectId: '' }
    const [theirs] = (await service.call(other, 'iam:ListUsers', {})).body.users as { user_id: string }[]
    const told = async (who: Credential, user_id: string) => {
      const { status, body } = await service.call(who, 'iam:ShowUser', { user_id })
      const { request_id: _, encoded_authorization_message: __, error_msg, ...rest } = body
      return [status, rest, String(error_msg).replaceAll(user_id, 'ID')]
    }
    const { who } = await mallory(() => [allow('iam:users:getUserV5', urn('user:somebody'))])
    const nothing = await told(who, 'f'.repeat(32))
    expect(nothing[0]).toBe(403)
    expect(await told(who, ids.victim!)).toEqual(nothing)
    expect(await told(who, theirs!.user_id)).toEqual(nothing)
    expect((await told(service.root, theirs!.user_id))[0]).toBe(404)
  })
})
