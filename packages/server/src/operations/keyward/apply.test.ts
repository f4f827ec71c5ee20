import { readFileSync } from 'node:fs'
import { Value } from 'typebox/value'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rootCaller, userCaller } from '../../identity/callers.ts'
import type { Caller } from '../../identity/principal.ts'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'
import { applyOperation } from './apply.ts'
import { applyAtStart } from './start.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await openFixture()
})
afterEach(async () => {
  expect(fixture.defects).toEqual([])
  await fixture.close()
})

const example = readFileSync(new URL('../../../../../examples/world.yaml', import.meta.url), 'utf8')
const main = (body: string) => `accounts:\n  - name: main\n${body.replace(/^/gm, '    ')}\n`
const policy = (name: string, action = 'kms:Encrypt') =>
  `{name: ${name}, language: ram, document: {Version: "1", Statement: [{Effect: Allow, Action: "${action}", Resource: "*"}]}}`
// biome-ignore lint/suspicious/noExplicitAny: an answer
const lines = (output: any): string[] => output.Changes.map((c: { Line: string }) => c.Line)
// biome-ignore lint/suspicious/noExplicitAny: an answer
const kept = (output: any): string[] => output.Kept.map((k: { Line: string }) => k.Line)
const problem = async (answer: ReturnType<Fixture['apply']>) => {
  const done = await answer
  return done.ok ? undefined : done.problem
}
async function userNamed(name: string, caller = fixture.root): Promise<Caller> {
  const users = await fixture.directory.users(caller.account.uid)
  return userCaller(caller.account, users.byName(name)!, 'LTAItest')
}

describe('applying a world', () => {
  it('makes everything once: the example, and then nothing', async () => {
    const output = await fixture.applied(example)
    expect(Value.Check(applyOperation.output, output)).toBe(true)
    expect(output).toMatchObject({
      Applied: true,
      Warnings: [],
      Kept: [{ Account: 'main', Line: expect.any(String) }],
    })
    expect(lines(output)).toHaveLength(5 + 2 + 2 + 2 + 5 + 2)
    expect(lines(output)).toContain('+ user alice in group engineers')
    expect(output.Credentials).toMatchObject([
      { Account: 'main', AccountUid: fixture.first.account.uid, User: 'alice', Label: 'laptop' },
      { Account: 'main', ProjectId: fixture.first.account.projectId, User: 'bob', Label: 'laptop' },
    ])
    const again = await fixture.applied(example)
    expect(again).toMatchObject({ Changes: [], Credentials: [] })
    expect(fixture.audited.map((e) => [e.operation, e.outcome])).toEqual([
      ['keyward:ApplyWorld', 'Success'],
      ['keyward:ApplyWorld', 'Success'],
    ])
    expect(JSON.stringify(fixture.audited)).not.toMatch(/UseKeys|"World":"/)
  })

  it('hands out generated secrets that sign, once', async () => {
    const { Credentials } = await fixture.applied(example)
    const { AccessKeyId, AccessKeySecret } = Credentials[0]
    const credential = await fixture.accessKey(AccessKeyId)
    expect(credential).toMatchObject({ active: true, caller: { kind: 'user', name: 'alice' } })
    expect(credential?.secret.export().toString()).toBe(AccessKeySecret)
    expect(credential?.secretAmpersand.export().toString()).toBe(`${AccessKeySecret}&`)
    // Written into the file as a given key, it is the same key: nothing to do, and no second one is generated.
    const given = example.replace(
      'accessKeys:\n          - generate: laptop',
      `accessKeys:\n          - {id: ${AccessKeyId}, secret: ${AccessKeySecret}}`,
    )
    expect(given).not.toBe(example)
    expect(lines(await fixture.applied(given))).toEqual([])
    const both = given.replace(`- {id: ${AccessKeyId}`, `- generate: laptop\n          - {id: ${AccessKeyId}`)
    expect(await problem(fixture.apply(both))).toMatchObject({
      code: 'InvalidWorld',
      findings: [{ message: 'this is the generated access key `laptop`: declare it once' }],
    })
  })

  it('changes what differs, and only that', async () => {
    await fixture.applied(
      main(
        `policies: [${policy('P')}]\nusers: [{name: alice, displayName: A, accessKeys: [{id: K1, secret: first-secret}]}]`,
      ),
    )
    const changed = main(
      `policies: [${policy('P', 'kms:Decrypt')}]\nusers: [{name: alice, description: D, accessKeys: [{id: K1, secret: second-secret, status: inactive}]}]`,
    )
    expect(lines(await fixture.applied(changed, { Preview: true }))).toEqual([
      '~ ram policy P: document',
      '~ user alice: description',
      '~ access key K1 of user alice: secret, status',
    ])
    expect((await fixture.accessKey('K1'))?.secret.export().toString()).toBe('first-secret')
    await fixture.applied(changed)
    const key = await fixture.accessKey('K1')
    expect(key?.active).toBe(false)
    expect(key?.secret.export().toString()).toBe('second-secret')
    // A field that the file leaves out is left as it is.
    const users = await fixture.directory.users(fixture.first.account.uid)
    expect(users.byName('alice')).toMatchObject({ displayName: 'A', description: 'D' })
    expect(lines(await fixture.applied(changed))).toEqual([])
  })

  it('makes roles with their trust, and other accounts with the ids that are given', async () => {
    const domainId = 'ab'.repeat(16)
    const world = `accounts:
  - name: other
    uid: "1234567890123456"
    domainId: ${domainId}
    policies: [${policy('P')}]
    roles:
      - name: auditor
        maxSessionSeconds: 7200
        trust:
          ram: {Version: "1", Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {RAM: ["acs:ram::1234567890123456:root"]}}]}
        policies: {ram: [P]}
    accessKeys: [{generate: root}]
`
    const output = await fixture.applied(world)
    expect(lines(output)).toEqual([
      '+ account other',
      '+ ram policy P',
      '+ role auditor',
      '+ ram policy P on role auditor',
      '+ generated access key root of root',
    ])
    expect(output.Accounts).toEqual([
      {
        Name: 'other',
        Uid: '1234567890123456',
        DomainId: domainId,
        ProjectId: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ])
    expect(await fixture.directory.accountByDomain(domainId)).toMatchObject({
      uid: '1234567890123456',
      name: 'other',
    })
    const key = await fixture.accessKey(output.Credentials[0].AccessKeyId)
    expect(key?.caller).toMatchObject({
      kind: 'root',
      account: { name: 'other' },
      arn: 'acs:ram::1234567890123456:root',
    })
    expect(lines(await fixture.applied(world))).toEqual([])
    const renamed = world.replace('name: other', 'name: renamed').replace('7200', '3600')
    expect(lines(await fixture.applied(renamed))).toEqual([
      '~ account renamed: name',
      '~ role auditor: maxSessionSeconds',
    ])
    expect(await fixture.directory.account('1234567890123456')).toMatchObject({ name: 'renamed' })
    expect(lines(await fixture.applied(renamed))).toEqual([])
  })

  it('says what keeps its place without a prune, and prunes after a preview', async () => {
    await fixture.applied(example)
    const smaller = main(
      `policies: [${policy('P')}]\nusers:\n  - {name: alice, policies: {ram: [P]}, accessKeys: [{generate: laptop}]}`,
    )
    const before = await fixture.applied(smaller)
    expect(lines(before)).toEqual(['+ ram policy P', '+ ram policy P on user alice'])
    expect(kept(before)).toContain('user bob')
    expect(kept(before)).toContain('ram policy UseKeys on group engineers')
    const preview = await fixture.applied(smaller, { Prune: true, Preview: true })
    expect(preview).toMatchObject({ Applied: false, Credentials: [] })
    expect(lines(preview)).toContain('- user bob')
    expect(lines(await fixture.applied(smaller))).toEqual([])
    const pruned = await fixture.applied(smaller, { Prune: true, PlanId: preview.PlanId })
    expect(lines(pruned)).toEqual(lines(preview))
    expect(kept(pruned)).toEqual([`access key ${fixture.first.accessKey.id} of root`])
    expect(lines(await fixture.applied(smaller, { Prune: true }))).toEqual([])
    for (const table of ['user_groups', 'group_members', 'roles'] as const) {
      expect(await fixture.store.read.selectFrom(table).selectAll().execute()).toEqual([])
    }
  })

  it('does nothing when it is not what was previewed', async () => {
    const { PlanId } = await fixture.applied(main('users: [{name: alice}]'), { Preview: true })
    await fixture.applied(main('users: [{name: bob}]'))
    expect(
      await problem(fixture.apply(main('users: [{name: alice}]'), { Prune: true, PlanId })),
    ).toMatchObject({
      code: 'InvalidParameter',
      name: 'PlanId',
    })
    const again = await fixture.applied(main('users: [{name: alice}]'), { PlanId })
    expect(lines(again)).toEqual(['+ user alice'])
    // The plan of a new account is the same plan each time, whatever uid each draws for it.
    const other = 'accounts: [{name: other, users: [{name: x}]}]'
    const preview = await fixture.applied(other, { Preview: true })
    expect(preview.Accounts).toEqual([{ Name: 'other' }])
    await fixture.applied(other, { PlanId: preview.PlanId })
  })

  it('never prunes the credential that signs it', async () => {
    const allow = policy('Apply', 'keyward:*')
    await fixture.applied(
      main(
        `policies: [${allow}]\nusers: [{name: ops, policies: {ram: [Apply]}, accessKeys: [{id: OPS1, secret: ops-secret-1}, {id: OPS2, secret: ops-secret-2}]}]`,
      ),
    )
    const credential = await fixture.accessKey('OPS1')
    const pruned = await fixture.applied(main('users: []'), { Prune: true }, credential!.caller)
    expect(kept(pruned).sort()).toEqual(
      ['access key OPS1 of user ops', `access key ${fixture.first.accessKey.id} of root`, 'user ops'].sort(),
    )
    expect(await fixture.accessKey('OPS1')).toBeDefined()
    expect(await fixture.accessKey('OPS2')).toBeUndefined()
    expect(await problem(fixture.apply(main('users: []'), {}, credential!.caller))).toMatchObject({
      code: 'AccessDenied',
    })
  })

  it('changes nothing at all when anything is wrong', async () => {
    const before = await fixture.store.read.selectFrom('accounts').selectAll().execute()
    const wrong = main('users: [{name: alice}]\ngroups: [{name: g, members: [bob]}]')
    expect(await problem(fixture.apply(wrong))).toMatchObject({
      code: 'InvalidWorld',
      findings: [{ path: 'accounts[0].groups[0].members[0]', line: 4 }],
    })
    expect(await fixture.store.read.selectFrom('users').selectAll().execute()).toEqual([])
    expect(await fixture.store.read.selectFrom('accounts').selectAll().execute()).toEqual(before)
    expect(fixture.audited.at(-1)).toMatchObject({ outcome: 'InvalidWorld' })
  })
})

describe('beside what is there', () => {
  it.each([
    [
      'a name that another account has',
      'accounts: [{name: main, uid: "1234567890123456"}]',
      'name',
      'another account has this `name`',
    ],
    [
      'a domain id that another account has',
      'accounts: [{name: new, domainId: DOMAIN}]',
      'domainId',
      'another account has this `domainId`',
    ],
    [
      'another domain id for an account',
      `accounts: [{name: main, domainId: "${'0'.repeat(32)}"}]`,
      'domainId',
      'an account keeps its ids: this one has another `domainId`',
    ],
    [
      'another project id for an account',
      `accounts: [{name: main, projectId: "${'0'.repeat(32)}"}]`,
      'projectId',
      'an account keeps its ids: this one has another `projectId`',
    ],
    [
      'a new account without a name',
      'accounts: [{uid: "1234567890123456"}]',
      'uid',
      'there is no account with this `uid`: a new one needs a `name`',
    ],
  ])('%s is a mistake at its place', async (_, world, member, message) => {
    const answer = await problem(fixture.apply(world.replace('DOMAIN', fixture.first.account.domainId)))
    expect(answer).toMatchObject({
      code: 'InvalidWorld',
      findings: [{ path: `accounts[0].${member}`, line: 1, message }],
    })
  })

  it('an access key that another identity has is a mistake', async () => {
    await fixture.applied(
      main('users: [{name: alice, accessKeys: [{id: K1, secret: the-secret}]}, {name: bob}]'),
    )
    const finding = { message: 'another identity has an access key with this `id`' }
    for (const world of [
      main('users: [{name: bob, accessKeys: [{id: K1, secret: the-secret}]}]'),
      main('accessKeys: [{id: K1, secret: the-secret}]'),
      'accounts: [{name: other, accessKeys: [{id: K1, secret: the-secret}]}]',
    ]) {
      expect(await problem(fixture.apply(world))).toMatchObject({ code: 'InvalidWorld', findings: [finding] })
    }
  })

  it('a tenant chooses no names of accounts and no ids of keys: no collision tells it what others have', async () => {
    const world = `accounts:
  - {name: tenant, uid: "1234567890123456", users: [{name: u, accessKeys: [{id: GIVEN, secret: the-secret}]}, {name: v}]}
  - {name: neighbour, uid: "1234567890123457", accessKeys: [{id: TAKEN, secret: the-secret}]}`
    const { Accounts } = await fixture.applied(world)
    const { Uid: uid, DomainId: domainId, ProjectId: projectId } = Accounts[0]
    const tenant = rootCaller({ uid, domainId, projectId, name: 'tenant' }, 'TENANT')
    const mistakes = async (account: string) => {
      const refused = await problem(fixture.apply(`accounts: [{uid: "${uid}", ${account}}]`, {}, tenant))
      return refused?.code === 'InvalidWorld' ? refused.findings.map(({ message }) => message) : refused
    }
    const named = 'only the operator gives accounts their names'
    expect(await mistakes('name: neighbour')).toEqual([named])
    expect(await mistakes('name: nobodys')).toEqual([named])
    const given = 'only the operator gives access keys their `id`: use `generate`'
    for (const id of ['TAKEN', 'FREE', 'GIVEN'])
      expect(await mistakes(`users: [{name: v, accessKeys: [{id: ${id}, secret: the-secret}]}]`)).toEqual([
        given,
      ])
    for (const member of ['domainId', 'projectId'])
      for (const id of [fixture.first.account[member as 'domainId'], 'ab'.repeat(16)])
        expect(await mistakes(`${member}: ${id}`)).toEqual([
          `an account keeps its ids: this one has another \`${member}\``,
        ])
    // What the operator gave stays the account's own to speak of.
    expect(await mistakes('name: tenant')).toBeUndefined()
    expect(
      await mistakes('users: [{name: u, accessKeys: [{id: GIVEN, secret: another-secret}]}]'),
    ).toBeUndefined()
    expect(await mistakes('users: [{name: v, accessKeys: [{generate: k}]}]')).toBeUndefined()
  })

  it('limits count what is kept and what is added together', async () => {
    await fixture.applied(main('users: [{name: alice, accessKeys: [{generate: a}, {generate: b}]}]'))
    const third = main('users: [{name: alice, accessKeys: [{generate: c}]}]')
    expect(await problem(fixture.apply(third))).toMatchObject({
      code: 'InvalidWorld',
      findings: [
        {
          path: 'accounts[0].users[0].accessKeys[0]',
          line: 3,
          message: expect.stringContaining('one too many'),
        },
      ],
    })
    await fixture.applied(third, { Prune: true })
    // The first account's root key counts as well.
    const roots = main('accessKeys: [{generate: a}, {generate: b}]')
    expect(await problem(fixture.apply(roots))).toMatchObject({ code: 'InvalidWorld' })
  })
})

describe('who may apply', () => {
  const other = 'accounts: [{name: other, uid: "1234567890123456"}]'
  const denied = (resource: string, foreign: boolean) => ({
    code: 'AccessDenied',
    denial: { action: 'keyward:ApplyWorld', resource, foreign },
  })

  it('a user whom a policy allows, on the accounts that the policy names', async () => {
    const { uid } = fixture.first.account
    const grant = (name: string, resource: string) =>
      `{name: ${name}, language: ram, document: {Version: "1", Statement: [{Effect: Allow, Action: keyward:ApplyWorld, Resource: "${resource}"}]}}`
    await fixture.applied(
      main(
        `policies: [${grant('Own', `acs:keyward:*:${uid}:world`)}, ${grant('Other', 'acs:keyward:*:1234567890123456:world')}, ${grant('Make', 'acs:keyward:*:\\*:world').replace('\\*', '*')}]
users: [{name: nobody}, {name: own, policies: {ram: [Own]}}, {name: other, policies: {ram: [Other]}}, {name: make, policies: {ram: [Make]}}]`,
      ),
    )
    await fixture.applied(other)
    const as = async (name: string, world: string) => problem(fixture.apply(world, {}, await userNamed(name)))
    const own = main('groups: [{name: g}]')
    expect(await as('nobody', own)).toMatchObject(denied(`acs:keyward:*:${uid}:world`, false))
    expect(await as('nobody', 'accounts: []')).toMatchObject(denied(`acs:keyward:*:${uid}:world`, false))
    expect(await as('own', own)).toBeUndefined()
    expect(await as('own', other)).toMatchObject(denied('acs:keyward:*:1234567890123456:world', false))
    expect(await as('other', own)).toMatchObject(denied(`acs:keyward:*:${uid}:world`, false))
    expect(await as('other', other)).toBeUndefined()
    expect(await as('other', 'accounts: [{name: third}]')).toMatchObject(
      denied('acs:keyward:*:*:world', false),
    )
    expect(await as('make', 'accounts: [{name: third}]')).toBeUndefined()
    const checks = fixture.audited.at(-1)?.checks
    expect(checks).toMatchObject([
      { action: 'keyward:ApplyWorld', resource: 'acs:keyward:*:*:world', decision: 'Allow' },
    ])
  })

  it('a long file is read for those alone who may apply something that it names', async () => {
    const { uid } = fixture.first.account
    const grant = (name: string, resource: string) =>
      `{name: ${name}, language: ram, document: {Version: "1", Statement: [{Effect: Allow, Action: keyward:ApplyWorld, Resource: "${resource}"}]}}`
    await fixture.applied(
      main(
        `policies: [${grant('Own', `acs:keyward:*:${uid}:world`)}, ${grant('Other', 'acs:keyward:*:1234567890123456:world')}]
users: [{name: nobody}, {name: own, policies: {ram: [Own]}}, {name: other, policies: {ram: [Other]}}]`,
      ),
    )
    await fixture.applied('accounts: [{name: other one, uid: "1234567890123456"}]')
    const as = async (name: string, world: string) => problem(fixture.apply(world, {}, await userNamed(name)))
    const broken = `[${'x'.repeat(10_000)}`
    expect(await as('nobody', broken)).toMatchObject(denied(`acs:keyward:*:${uid}:world`, false))
    expect(await as('own', broken)).toMatchObject({ code: 'InvalidWorld' })
    expect(await as('other', broken)).toMatchObject(denied(`acs:keyward:*:${uid}:world`, false))
    for (const named of ['"1234567890123456"', 'other one']) {
      expect(await as('other', `accounts: [{name: ${named}}, ${broken}`)).toMatchObject({
        code: 'InvalidWorld',
      })
      expect(await as('nobody', `accounts: [{name: ${named}}, ${broken}`)).toMatchObject({
        code: 'AccessDenied',
      })
    }
    const long = `accounts:\n  - name: other one\n# ${'x'.repeat(10_000)}\n`
    expect(await as('other', long)).toBeUndefined()
    expect(await as('nobody', long)).toMatchObject({ code: 'AccessDenied' })
    expect(fixture.audited.filter(({ outcome }) => outcome === 'AccessDenied')).toHaveLength(5)
  })

  it('outside the operator account nobody but on the own account; existing and missing accounts look alike', async () => {
    await fixture.applied(other)
    const stranger = rootCaller((await fixture.directory.account('1234567890123456'))!, 'LTAIother')
    const as = (world: string) => problem(fixture.apply(world, {}, stranger))
    expect(await as('accounts: [{name: other, users: [{name: x}]}]')).toBeUndefined()
    const existing = await as(main('users: [{name: x}]'))
    expect(existing).toMatchObject(denied('acs:keyward:*:*:world', true))
    expect(await as('accounts: [{name: missing}]')).toEqual(existing)
    expect(await as(`accounts: [{uid: "${fixture.first.account.uid}"}]`)).toEqual(existing)
    expect(await as(`accounts: [{name: missing, domainId: ${fixture.first.account.domainId}}]`)).toEqual(
      existing,
    )
    expect(await fixture.store.read.selectFrom('accounts').selectAll().execute()).toHaveLength(2)
  })

  it('serve --apply, as the operator, through the same pipeline and audit', async () => {
    const answer = await applyAtStart({
      pipeline: fixture.pipeline,
      clock: { now: Date.now, wall: Date.now, monotonic: Date.now },
      operator: await fixture.directory.operator(),
      world: example,
    })
    expect(answer.ok).toBe(true)
    expect(fixture.audited).toMatchObject([
      {
        operation: 'keyward:ApplyWorld',
        caller: fixture.root.arn,
        accessKeyId: 'serve --apply',
        checks: [{ resource: `acs:keyward:*:${fixture.first.account.uid}:world`, decision: 'Allow' }],
        outcome: 'Success',
      },
    ])
  })
})

describe('applies at the same moment', () => {
  it('of one file: the entity is made once, and every apply succeeds', async () => {
    const outputs = await Promise.all(Array.from({ length: 6 }, () => fixture.applied(example)))
    expect(outputs.filter((o) => o.Changes.length > 0)).toHaveLength(1)
    expect(outputs.flatMap((o) => o.Credentials)).toHaveLength(2)
  })

  it('of different files: all of them hold', async () => {
    const names = ['a', 'b', 'c', 'd']
    await Promise.all(names.map((name) => fixture.applied(main(`users: [{name: ${name}}]`))))
    const users = await fixture.directory.users(fixture.first.account.uid)
    for (const name of names) expect(users.byName(name)).toBeDefined()
    const [operator] = await fixture.store.read.selectFrom('accounts').select('version').execute()
    expect(operator?.version).toBe(1 + names.length)
  })

  it('of the same new account or the same new access key: one is made', async () => {
    const outputs = await Promise.all(
      ['x', 'y'].map((u) => fixture.applied(`accounts: [{name: other, users: [{name: ${u}}]}]`)),
    )
    expect(outputs.flatMap(lines).filter((l) => l === '+ account other')).toHaveLength(1)
    const key = (name: string) =>
      fixture.apply(`accounts: [{name: ${name}, accessKeys: [{id: K1, secret: the-secret}]}]`)
    const answers = await Promise.all([key('third'), key('fourth')])
    expect(answers.filter((a) => a.ok)).toHaveLength(1)
    expect(await problem(Promise.resolve(answers.find((a) => !a.ok)!))).toMatchObject({
      code: 'InvalidWorld',
    })
  })
})

describe('a large world', () => {
  it('of a thousand users is applied in one go, and again', async () => {
    const users = Array.from({ length: 1000 }, (_, i) => `{name: u${i}, policies: {ram: [P]}}`).join(', ')
    const world = main(`policies: [${policy('P')}]\nusers: [${users}]`)
    expect(lines(await fixture.applied(world))).toHaveLength(2001)
    expect(lines(await fixture.applied(world))).toEqual([])
  })
})
