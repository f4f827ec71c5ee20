import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALLOW_ALL, makeAccount, makeKey, outcome, statement, type TestAccount } from './identity-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Ways by which an account could come out from under the policies of its organization. In each the caller may do everything
// but the one action that it takes, and is refused; with that action alone it succeeds; the effect is there with the answer.

let service: TestService
let member: TestAccount
let keyId: string
let folder: string
let root: string
let empty: string
let guard: { ram: string; iam: string }
const deny = {
  ram: statement.ram({ Effect: 'Deny', Action: 'kms:ListKeys', Resource: '*' }),
  iam: statement.iam({ Effect: 'Deny', Action: ['kps:SSHKeyPair:list'], Resource: ['*'] }),
}
const operator = async (action: string, input: Record<string, unknown> = {}) => {
  const { body, status } = await service.call(service.root, action, input)
  if (status >= 300) throw new Error(`${action}: ${JSON.stringify(body)}`)
  // biome-ignore lint/suspicious/noExplicitAny: answers of every call
  return body as any
}
const lists = async () => ({
  ram: (await service.call(member.admin, 'kms:ListKeys', {})).status,
  iam: (await service.call(member.admin, 'kps:ListKeypairs', {})).status,
})
const BOUND = { ram: 403, iam: 403 }

beforeAll(async () => {
  service = await startService()
  member = await makeAccount(service, 'member')
  keyId = await makeKey(service, member.admin)
  await operator('organizations:CreateOrganization')
  root = (await operator('organizations:ListRoots')).roots[0].id
  const type = { policy_type: 'service_control_policy', root_id: root }
  await operator('organizations:EnablePolicyType', type)
  await operator('resourcemanager:EnableControlPolicy')
  folder = (await operator('resourcemanager:CreateFolder', { FolderName: 'guarded' })).Folder.FolderId
  empty = (await operator('resourcemanager:CreateFolder', { FolderName: 'free' })).Folder.FolderId
  const invited = { TargetEntity: member.uid, TargetType: 'Account', ParentFolderId: folder }
  const { Handshake } = await operator('resourcemanager:InviteAccountToResourceDirectory', invited)
  await service.call(member.root, 'resourcemanager:AcceptHandshake', { HandshakeId: Handshake.HandshakeId })
  expect(await lists()).toEqual({ ram: 200, iam: 200 })
  const made = {
    ram: await operator('resourcemanager:CreateControlPolicy', {
      PolicyName: 'guard',
      EffectScope: 'RAM',
      PolicyDocument: JSON.stringify(deny.ram),
    }),
    iam: await operator('organizations:CreatePolicy', {
      name: 'guard',
      type: 'service_control_policy',
      content: JSON.stringify(deny.iam),
    }),
  }
  guard = { ram: made.ram.ControlPolicy.PolicyId, iam: made.iam.policy.policy_summary.id }
})
afterAll(() => service.close())

const unit = (id: string) => id.replace('fd-', 'ou-')
const attach = async () => {
  await operator('resourcemanager:AttachControlPolicy', { PolicyId: guard.ram, TargetId: folder })
  await operator('organizations:AttachPolicy', { policy_id: guard.iam, entity_id: unit(folder) })
}

interface Way {
  readonly call: string
  readonly action: string
  input(): Record<string, unknown>
  /** What the member may then do of what was forbidden. */
  readonly after: 'iam' | 'ram' | 'both'
  undo(): Promise<unknown>
}

const toFolder = () =>
  operator('resourcemanager:MoveAccount', { AccountId: member.uid, DestinationFolderId: folder })
const harmless = { ram: JSON.stringify(ALLOW_ALL.ram), iam: JSON.stringify(ALLOW_ALL.iam) }

const WAYS: readonly Way[] = [
  {
    call: 'resourcemanager:MoveAccount',
    action: 'resourcemanager:MoveAccount',
    input: () => ({ AccountId: member.uid, DestinationFolderId: empty }),
    after: 'both',
    undo: toFolder,
  },
  {
    call: 'organizations:MoveAccount',
    action: 'organizations:accounts:move',
    input: () => ({
      account_id: member.domainId,
      source_parent_id: unit(folder),
      destination_parent_id: unit(empty),
    }),
    after: 'both',
    undo: toFolder,
  },
  {
    call: 'resourcemanager:DetachControlPolicy',
    action: 'resourcemanager:DetachControlPolicy',
    input: () => ({ PolicyId: guard.ram, TargetId: folder }),
    after: 'ram',
    undo: attach,
  },
  {
    call: 'organizations:DetachPolicy',
    action: 'organizations:policies:detach',
    input: () => ({ policy_id: guard.iam, entity_id: unit(folder) }),
    after: 'iam',
    undo: attach,
  },
  {
    call: 'resourcemanager:UpdateControlPolicy',
    action: 'resourcemanager:UpdateControlPolicy',
    input: () => ({ PolicyId: guard.ram, NewPolicyDocument: harmless.ram }),
    after: 'ram',
    undo: () =>
      operator('resourcemanager:UpdateControlPolicy', {
        PolicyId: guard.ram,
        NewPolicyDocument: JSON.stringify(deny.ram),
      }),
  },
  {
    call: 'organizations:UpdatePolicy',
    action: 'organizations:policies:update',
    input: () => ({ policy_id: guard.iam, content: harmless.iam }),
    after: 'iam',
    undo: () =>
      operator('organizations:UpdatePolicy', { policy_id: guard.iam, content: JSON.stringify(deny.iam) }),
  },
  {
    call: 'resourcemanager:DisableControlPolicy',
    action: 'resourcemanager:DisableControlPolicy',
    input: () => ({}),
    after: 'ram',
    undo: async () => {
      await operator('resourcemanager:EnableControlPolicy')
      await attach()
    },
  },
  {
    call: 'organizations:DisablePolicyType',
    action: 'organizations:policies:disable',
    input: () => ({ policy_type: 'service_control_policy', root_id: root }),
    after: 'iam',
    undo: async () => {
      const type = { policy_type: 'service_control_policy', root_id: root }
      await operator('organizations:EnablePolicyType', type)
      await attach()
    },
  },
  {
    call: 'resourcemanager:RemoveCloudAccount',
    action: 'resourcemanager:RemoveCloudAccount',
    input: () => ({ AccountId: member.uid }),
    after: 'both',
    undo: rejoin,
  },
  {
    call: 'organizations:RemoveAccount',
    action: 'organizations:accounts:remove',
    input: () => ({ account_id: member.domainId }),
    after: 'both',
    undo: rejoin,
  },
]

async function rejoin() {
  const invited = { TargetEntity: member.uid, TargetType: 'Account', ParentFolderId: folder }
  const { Handshake } = await operator('resourcemanager:InviteAccountToResourceDirectory', invited)
  await service.call(member.root, 'resourcemanager:AcceptHandshake', { HandshakeId: Handshake.HandshakeId })
}

describe('out from under a policy', () => {
  let count = 0
  beforeAll(attach)
  const grants = (language: 'iam' | 'ram', effect: object) => {
    const Resource = language === 'ram' ? '*' : ['*']
    return { [language]: [statement[language]({ Effect: 'Allow', Resource, ...effect })] }
  }

  it.each(WAYS.map((way) => [way.call, way] as const))('%s needs its own action', async (_, way) => {
    count += 1
    const language = way.call.startsWith('organizations:') ? 'iam' : 'ram'
    const list = (name: string) => (language === 'ram' ? name : [name])
    expect(await lists()).toEqual(BOUND)
    const others = await service.user(`others-${count}`, grants(language, { NotAction: list(way.action) }))
    expect((await service.call(others, way.call, way.input())).status).toBe(403)
    expect(await lists()).toEqual(BOUND)
    const alone = await service.user(`alone-${count}`, grants(language, { Action: list(way.action) }))
    expect((await service.call(alone, way.call, way.input())).status).toBeLessThan(300)
    const free = { ram: way.after === 'iam' ? 403 : 200, iam: way.after === 'ram' ? 403 : 200 }
    expect(await lists()).toEqual(free)
    await way.undo()
    expect(await lists()).toEqual(BOUND)
  })

  it('no account of the organization but the managing one does any of it, its root neither', async () => {
    for (const who of [member.root, member.admin] satisfies Credential[])
      for (const way of WAYS) {
        const answer = await service.call(who, way.call, way.input())
        const refused = way.call.startsWith('organizations:') ? '401 Organizations.1001' : '403 NoPermission'
        expect([way.call, outcome(answer)]).toEqual([way.call, refused])
      }
  })

  it('a member leaves only where its policies, and those of the organization, let it', async () => {
    const leave = () => service.call(member.root, 'organizations:LeaveOrganization', {})
    const content = JSON.stringify(
      statement.iam({ Effect: 'Deny', Action: ['organizations:organizations:leave'], Resource: ['*'] }),
    )
    const made = await operator('organizations:CreatePolicy', {
      name: 'stay',
      type: 'service_control_policy',
      content,
    })
    const stay = { policy_id: made.policy.policy_summary.id, entity_id: unit(folder) }
    await operator('organizations:AttachPolicy', stay)
    expect(outcome(await leave())).toBe('403 Organizations.1007')
    await operator('organizations:DetachPolicy', stay)
    const denied = await service.call(member.nobody, 'organizations:LeaveOrganization', {})
    expect(outcome(denied)).toBe('403 Organizations.1007')
    expect((await leave()).status).toBe(200)
    expect(await lists()).toEqual({ ram: 200, iam: 200 })
    await rejoin()
    expect(await lists()).toEqual(BOUND)
  })

  it('an account outside is told of no organization, and none but the operator makes one', async () => {
    const outside = await makeAccount(service, 'outside')
    const answer = await service.call(outside.admin, 'resourcemanager:GetFolder', { FolderId: folder })
    expect(outcome(answer)).toBe('404 EntityNotExists.ResourceDirectory')
    expect(outcome(await service.call(outside.root, 'organizations:ListRoots', {}))).toBe(
      '401 Organizations.1015',
    )
    expect(outcome(await service.call(outside.root, 'resourcemanager:InitResourceDirectory', {}))).toBe(
      '403 NoPermission',
    )
  })

  it('a name that policies trust is given only by who may give it, and take the old one', async () => {
    const trusted = statement.iam({
      Effect: 'Allow',
      Action: ['kps:SSHKeyPair:list'],
      Resource: ['*'],
      Condition: { StringEquals: { 'g:DomainName': ['trusted'] } },
    })
    const named = await makeAccount(service, 'plain')
    const key = { id: 'LTAIrenamed00000000', secret: 'secret-of-renamed' }
    await service.apply({
      accounts: [
        {
          uid: named.uid,
          policies: [{ name: 'by-name', language: 'iam', document: trusted }],
          users: [{ name: 'renamed', policies: { iam: ['by-name'] }, accessKeys: [key] }],
        },
      ],
    })
    const who = { ...named.admin, accessKeyId: key.id, accessKeySecret: key.secret }
    const invited = { TargetEntity: named.uid, TargetType: 'Account' }
    const { Handshake } = await operator('resourcemanager:InviteAccountToResourceDirectory', invited)
    await service.call(named.root, 'resourcemanager:AcceptHandshake', { HandshakeId: Handshake.HandshakeId })
    const input = { AccountId: named.uid, NewDisplayName: 'trusted' }
    const path = (await operator('resourcemanager:GetAccount', { AccountId: named.uid })).Account
      .ResourceDirectoryPath
    const resource = (last: string) => `acs:resourcemanager:*:*:account/${last}`
    const rename = async (name: string, ...resources: string[]) => {
      const Statement = { Effect: 'Allow', Action: 'resourcemanager:UpdateAccount', Resource: resources }
      const user = await service.user(name, { ram: [statement.ram(Statement)] })
      return (await service.call(user, 'resourcemanager:UpdateAccount', input)).status
    }
    const lists = async () => (await service.call(who, 'kps:ListKeypairs', {})).status
    expect(await rename('of-account', resource(path))).toBe(403)
    expect(await rename('of-new', resource(path), resource('trusted'))).toBe(403)
    expect(await rename('of-old', resource(path), resource('plain'))).toBe(403)
    expect(await lists()).toBe(403)
    expect(await rename('of-both', resource(path), resource('plain'), resource('trusted'))).toBe(200)
    // In force with the answer, in the language whose conditions see names; the other has no key for them.
    expect(await lists()).toBe(200)
  })

  it('tags are set, taken and listed on what a permission names alone, by what each has', async () => {
    const path = async (AccountId: string) =>
      (await operator('resourcemanager:GetAccount', { AccountId })).Account.ResourceDirectoryPath
    const { Account } = await operator('resourcemanager:CreateResourceAccount', { DisplayName: 'tagged' })
    const mine = String(Account.AccountId)
    const Resource = `acs:resourcemanager:*:*:account/${await path(mine)}`
    const Tag = [{ Key: 'team', Value: 'a' }]
    const allow = (Action: string, more: object = {}) =>
      statement.ram({ Effect: 'Allow', Action: `resourcemanager:${Action}`, Resource, ...more })
    const tagger = await service.user('tagger', {
      ram: [
        allow('TagResources', { Condition: { StringEquals: { 'acs:RequestTag/team': 'a' } } }),
        allow('UntagResources', { Condition: { StringEquals: { 'acs:ResourceTag/team': 'a' } } }),
        allow('ListTagResources'),
      ],
    })
    const send = async (call: string, ResourceId: string[], more: object = {}) =>
      outcome(await service.call(tagger, `resourcemanager:${call}`, { ResourceId, ...more }))
    const TagKey = ['team']
    // Its tag is not there yet, so what the tag would allow is not.
    expect(await send('UntagResources', [mine], { TagKey })).toBe('403 NoPermission')
    expect(await send('TagResources', [mine], { Tag })).toBe('200')
    expect(await send('TagResources', [mine], { Tag: [{ Key: 'team', Value: 'b' }] })).toBe(
      '403 NoPermission',
    )
    for (const call of ['TagResources', 'UntagResources', 'ListTagResources']) {
      const more = call === 'TagResources' ? { Tag } : call === 'UntagResources' ? { TagKey } : {}
      // One that is not named refuses the whole call, also one that is not there, and one of another kind.
      for (const other of [member.uid, '1000000000000000'])
        expect([call, await send(call, [mine, other], more)]).toEqual([call, '403 NoPermission'])
      expect([call, await send(call, [folder], { ...more, ResourceType: 'Folder' })]).toEqual([
        call,
        '403 NoPermission',
      ])
    }
    expect(await send('ListTagResources', [mine])).toBe('200')
    expect(await send('UntagResources', [mine], { TagKey })).toBe('200')
    const whole = { ResourceId: [mine, '1000000000000000'] }
    const missing = await service.call(service.root, 'resourcemanager:ListTagResources', whole)
    expect(outcome(missing)).toBe('404 EntityNotExists.Account')
    // The other language tells the keys of tags that are taken.
    const untag = (Value: string) =>
      statement.iam({
        Effect: 'Allow',
        Action: ['organizations:resources:untag'],
        Resource: ['*'],
        Condition: { 'ForAllValues:StringEquals': { 'g:TagKeys': [Value] } },
      })
    for (const [key, status] of [
      ['team', 200],
      ['owner', 403],
    ] as const) {
      const user = await service.user(`untagger-${key}`, { iam: [untag(key)] })
      const input = { resource_id: unit(folder), tag_keys: ['team'] }
      expect([key, (await service.call(user, 'organizations:UntagResource', input)).status]).toEqual([
        key,
        status,
      ])
    }
  })

  it('a policy that locks an account out is warned of, in either language', async () => {
    const boss = await makeAccount(service, 'locked')
    const invited = { TargetEntity: boss.uid, TargetType: 'Account' }
    const { Handshake } = await operator('resourcemanager:InviteAccountToResourceDirectory', invited)
    await service.call(boss.root, 'resourcemanager:AcceptHandshake', { HandshakeId: Handshake.HandshakeId })
    const content = JSON.stringify(statement.iam({ Effect: 'Deny', Action: ['iam:*:*'], Resource: ['*'] }))
    const made = await operator('organizations:CreatePolicy', {
      name: 'no-iam',
      type: 'service_control_policy',
      content,
    })
    const control = await operator('resourcemanager:CreateControlPolicy', {
      PolicyName: 'no-ram',
      EffectScope: 'RAM',
      PolicyDocument: JSON.stringify(statement.ram({ Effect: 'Deny', Action: 'ram:*', Resource: '*' })),
    })
    const warned = async (call: string, input: Record<string, unknown>) => {
      const { status, headers } = await service.call(service.root, call, input)
      expect(status).toBeLessThan(300)
      return JSON.parse(headers.get('x-keyward-warnings') ?? '[]')
    }
    const nobody = (what: string) => [
      `account locked: after this change nobody but the root identity may attach policies ${what}`,
    ]
    const scp = { policy_id: made.policy.policy_summary.id, entity_id: boss.domainId }
    expect(await warned('organizations:AttachPolicy', scp)).toEqual(nobody('of IAM in this account'))
    await operator('organizations:DetachPolicy', scp)
    const ram = { PolicyId: control.ControlPolicy.PolicyId, TargetId: boss.uid }
    expect(await warned('resourcemanager:AttachControlPolicy', ram)).toEqual(nobody('in this account'))
    expect(await warned('resourcemanager:DetachControlPolicy', ram)).toEqual([])
  })

  it('users of the managing account are not bound by what it attaches', async () => {
    await operator('resourcemanager:AttachControlPolicy', { PolicyId: guard.ram, TargetId: root })
    await operator('organizations:AttachPolicy', { policy_id: guard.iam, entity_id: root })
    const boss = await service.user('boss', { ram: [ALLOW_ALL.ram], iam: [ALLOW_ALL.iam] })
    expect((await service.call(boss, 'kms:ListKeys', {})).status).toBe(200)
    expect((await service.call(boss, 'kps:ListKeypairs', {})).status).toBe(200)
    expect((await service.call(member.root, 'kms:DescribeKey', { KeyId: keyId })).status).toBe(200)
    expect(await lists()).toEqual(BOUND)
  })
})
