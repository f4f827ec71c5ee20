import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rootCaller } from '../../identity/callers.ts'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await openFixture()
})
afterEach(async () => {
  expect(fixture.defects).toEqual([])
  await fixture.close()
})

// biome-ignore lint/suspicious/noExplicitAny: an answer
const lines = (output: any): string[] => output.Changes.map((c: { Line: string }) => c.Line)
const mistakes = async (world: object, options = {}): Promise<string[]> => {
  const answer = await fixture.apply(JSON.stringify(world), options)
  if (answer.ok || answer.problem.code !== 'InvalidWorld') throw new Error(JSON.stringify(answer))
  return answer.problem.findings.map(({ path, message }) => `${path}: ${message}`)
}
const applied = (world: object, options = {}) => fixture.applied(JSON.stringify(world), options)
const control = (name: string, action = 'kms:Encrypt') => ({
  name,
  language: 'ram',
  document: { Version: '1', Statement: [{ Effect: 'Deny', Action: action, Resource: '*' }] },
})
const scp = (name: string) => ({
  name,
  language: 'iam',
  document: { Version: '5.0', Statement: [{ Effect: 'Deny', Action: ['kps:*:*'], Resource: ['*'] }] },
})
const prod = { name: 'prod' }
const organization = (root: object, more: object = {}) => ({
  accounts: [prod],
  organization: { managementAccount: 'main', root, ...more },
})
const attached = async () => {
  const rows = await fixture.store.read
    .selectFrom('organization_attachments')
    .leftJoin('organization_folders', 'organization_folders.id', 'organization_attachments.target_id')
    .select(['organization_folders.name as folder', 'policy_id', 'language'])
    .execute()
  return rows
    .map(({ folder, policy_id, language }) => `${folder ?? 'account'} ${language} ${policy_id}`)
    .sort()
}

describe('an organization', () => {
  it('is made with full access everywhere, and is then what was declared', async () => {
    const world = organization({ folders: [{ name: 'live', accounts: [{ account: 'prod' }] }] })
    expect(lines(await applied(world))).toEqual([
      '+ account prod',
      '+ organization',
      '+ root of the organization',
      '+ folder live',
      '+ account prod in the organization',
      '+ account main in the organization',
    ])
    expect(lines(await applied(world))).toEqual([])
    const full = ['iam system/iam/FullAccess', 'ram system/ram/FullAliyunAccess']
    expect(await attached()).toEqual(
      ['', 'account', 'account', 'live'].flatMap((name) => full.map((one) => `${name} ${one}`)).sort(),
    )
  })

  it('has switches, services, tags and descriptions, each changed where a file says it', async () => {
    const said = { tags: [{ key: 'k', value: 'v' }] }
    const there = async () => {
      const { iam_enabled, ram_enabled } = await fixture.store.read
        .selectFrom('organizations')
        .selectAll()
        .executeTakeFirstOrThrow()
      const trusted = await fixture.store.read.selectFrom('organization_services').select('service').execute()
      const delegated = await fixture.store.read
        .selectFrom('organization_delegations')
        .select('service')
        .execute()
      return [
        Number(iam_enabled),
        Number(ram_enabled),
        trusted.map(({ service }) => service),
        delegated.map(({ service }) => service),
      ]
    }
    const member = { account: 'prod', description: 'live', ...said, delegatedServices: ['b', 'a'] }
    const first = organization(
      { ...said, accounts: [member] },
      {
        policyTypes: { iam: false, ram: true },
        trustedServices: ['a'],
        policies: [{ ...scp('S'), ...said }],
      },
    )
    await applied(first)
    expect(lines(await applied(first))).toEqual([])
    expect(await there()).toEqual([0, 1, ['a'], ['a', 'b']])
    expect((await attached()).filter((one) => one.includes(' iam '))).toEqual([])
    // What is left out stays.
    expect(lines(await applied(organization({ accounts: [{ account: 'prod' }] })))).toEqual([])
    const second = organization(
      { tags: [], accounts: [{ ...member, description: '', tags: [], delegatedServices: ['b'] }] },
      {
        policyTypes: { iam: true, ram: false },
        trustedServices: ['c'],
        policies: [{ ...scp('S'), tags: [] }],
      },
    )
    expect(lines(await applied(second))).toEqual([
      '~ service control policy S: tags',
      '~ organization: iamOn, ramOn, trustedServices',
      '~ root of the organization: tags',
      '~ account prod in the organization: description, tags, delegatedServices',
    ])
    expect(lines(await applied(second))).toEqual([])
    expect(await there()).toEqual([1, 0, ['c'], ['b']])
    expect((await attached()).filter((one) => one.includes(' ram '))).toEqual([])
    expect(
      await mistakes(
        organization({ policies: { ram: ['FullAliyunAccess'] } }, { policyTypes: { ram: false } }),
      ),
    ).toEqual([
      'organization.root.policies.ram: policies are attached here of a kind that `policyTypes` switches off: attach none, or switch it on',
    ])
  })

  it('does what its preview said, or nothing', async () => {
    const world = organization({ accounts: [{ account: 'prod' }] })
    const { PlanId } = await applied(world, { Preview: true })
    expect(await fixture.store.read.selectFrom('organizations').selectAll().execute()).toEqual([])
    await applied(world, { PlanId })
    const moved = organization({ folders: [{ name: 'live', accounts: [{ account: 'prod' }] }] })
    const preview = await applied(moved, { Preview: true })
    expect(lines(preview)).toEqual(['+ folder live', '~ account prod in the organization: folder'])
    await applied(organization({ policies: { iam: ['S', 'FullAccess'] } }, { policies: [scp('S')] }))
    const late = await fixture.apply(JSON.stringify(organization({ folders: [] })), {
      PlanId: preview.PlanId,
    })
    expect(late).toMatchObject({ ok: false, problem: { code: 'InvalidParameter', name: 'PlanId' } })
  })

  it('keeps the list that a file leaves out, and takes the one that it gives for the whole', async () => {
    const policies = [control('A'), control('B'), scp('S')]
    await applied(
      organization(
        { policies: { ram: ['A', 'B', 'FullAliyunAccess'], iam: ['S', 'FullAccess'] } },
        { policies },
      ),
    )
    const before = await attached()
    await applied(organization({}, { policies }))
    expect(await attached()).toEqual(before)
    const output = await applied(organization({ policies: { ram: ['B'] } }, { policies }))
    expect(lines(output)).toEqual(['~ root of the organization: ram'])
    const names = (await attached()).filter((one) => one.startsWith(' '))
    expect(names).toHaveLength(1 + 2)
  })

  it('loses by a prune what the file does not name, but never itself or its management account', async () => {
    const policies = [control('A')]
    await applied(
      organization(
        { folders: [{ name: 'x', accounts: [{ account: 'prod' }], folders: [{ name: 'y' }] }] },
        { policies },
      ),
    )
    const { managementAccount: _, ...rest } = organization({}).organization
    const output = await applied({ accounts: [prod], organization: rest }, { Prune: true })
    expect(lines(output).sort()).toEqual([
      '- account prod in the organization',
      '- control policy A',
      '- folder x',
      '- folder x/y',
    ])
    expect(output.Kept).toContainEqual({
      Account: '',
      Line: 'account main in the organization',
      DeclaredBy: 'file',
    })
    // A file that does not speak of it leaves it alone, whatever it prunes.
    await applied({ accounts: [{ name: 'main' }] }, { Prune: true })
    expect(await fixture.store.read.selectFrom('organizations').selectAll().execute()).toHaveLength(1)
  })

  it('does not lose a policy that stays attached', async () => {
    await applied(
      organization({ policies: { ram: ['A', 'FullAliyunAccess'] } }, { policies: [control('A')] }),
    )
    expect(await mistakes(organization({}), { Prune: true })).toEqual([
      'organization.root: control policy A is attached to root of the organization, and not in the file',
    ])
  })

  it('knows an account by its name or uid, also while it is renamed', async () => {
    const { Accounts } = await applied(organization({ accounts: [{ account: 'prod' }] }))
    const { Uid } = Accounts.find((one: { Name: string }) => one.Name === 'prod')
    const world = {
      accounts: [{ uid: Uid, name: 'live' }],
      organization: { root: { accounts: [{ account: 'live' }] } },
    }
    expect(lines(await applied(world, { Prune: true }))).toEqual(['~ account live: name'])
    const byUid = { accounts: [], organization: { root: { accounts: [{ account: Uid }] } } }
    expect(lines(await applied(byUid, { Prune: true }))).toEqual([])
  })

  it('is the operator’s alone, as networks and service roles are', async () => {
    const { Accounts } = await applied({ accounts: [prod] })
    const { Uid: uid, DomainId: domainId, ProjectId: projectId } = Accounts[0]
    const other = rootCaller({ uid, domainId, projectId, name: 'prod' }, 'OTHER')
    for (const world of [
      { accounts: [], organization: { managementAccount: 'prod' } },
      { accounts: [{ uid }], networks: [] },
      { accounts: [{ uid, roles: [{ name: 'r', serviceLinked: 'x' }] }] },
    ]) {
      const answer = await fixture.apply(JSON.stringify(world), {}, other)
      expect(answer).toMatchObject({ ok: false, problem: { code: 'AccessDenied' } })
    }
    expect(await fixture.apply(JSON.stringify({ accounts: [{ uid }] }), {}, other)).toMatchObject({
      ok: true,
    })
    // Nor may the account touch a service's role that is there already.
    await applied({ accounts: [{ uid, roles: [{ name: 'linked', serviceLinked: 'x' }] }] })
    const touch = {
      accounts: [{ uid, roles: [{ name: 'linked', policies: { ram: ['AdministratorAccess'] } }] }],
    }
    for (const [world, options] of [
      [touch, {}],
      [{ accounts: [{ uid }] }, { Prune: true }],
    ] as const) {
      const answer = await fixture.apply(JSON.stringify(world), options, other)
      expect(answer).toMatchObject({ ok: false, problem: { code: 'AccessDenied' } })
    }
    await applied(touch)
  })
})

describe('a mistake about the organization', () => {
  const deep = (levels: number): object =>
    levels === 0 ? {} : { folders: [{ name: 'f', ...deep(levels - 1) }] }
  const many = (count: number) => Array.from({ length: count }, (_, i) => `P${i}`)

  it.each<[string, object, string[]]>([
    [
      'no management account',
      { accounts: [], organization: {} },
      ['organization: there is no organization yet, and this one has no `managementAccount`'],
    ],
    [
      'an unknown account',
      organization({ accounts: [{ account: 'none' }] }),
      ['organization.root.accounts[0]: there is no account `none`'],
    ],
    [
      'an account in two places',
      organization({
        accounts: [{ account: 'prod' }],
        folders: [{ name: 'f', accounts: [{ account: 'prod' }] }],
      }),
      [
        'organization.root.folders[0].accounts[0]: account prod in the organization is declared twice: first on line 1',
      ],
    ],
    [
      'a policy that is not there, or of the other language',
      organization({ policies: { iam: ['Nope', 'FullAliyunAccess'], ram: ['AdministratorAccess'] } }),
      [
        'organization.root.policies.iam[0]: there is no service control policy Nope in the organization of the file',
        'organization.root.policies.iam[1]: there is no service control policy FullAliyunAccess in the organization of the file',
        'organization.root.policies.ram[0]: there is no control policy AdministratorAccess in the organization of the file',
      ],
    ],
    [
      'nothing attached',
      organization({ policies: { iam: [], ram: [] } }),
      [
        'organization.root.policies.iam: no policy is attached here: at least one has to be, such as the one that allows everything',
        'organization.root.policies.ram: no policy is attached here: at least one has to be, such as the one that allows everything',
      ],
    ],
    [
      'more than five service control policies',
      organization({ policies: { iam: many(6) } }, { policies: many(6).map(scp) }),
      ['organization.root.policies.iam: has 6 items, of 5 at most'],
    ],
    [
      'more than ten control policies',
      organization({ policies: { ram: many(11) } }, { policies: many(11).map((name) => control(name)) }),
      ['organization.root.policies.ram: at most 10 policies are attached to one entity'],
    ],
    [
      'a sixth level',
      organization(deep(6)),
      [
        'organization.root.folders[0].folders[0].folders[0].folders[0].folders[0].folders: unknown member `folders`: known are `name`, `policies`, `tags`, `accounts`',
      ],
    ],
    [
      'a name that a built-in policy has',
      organization({}, { policies: [scp('FullAccess')] }),
      ['organization.policies[0].name: `FullAccess` is the name of a built-in policy'],
    ],
    [
      'a document that is too long',
      organization(
        {},
        {
          policies: [
            {
              ...control('A'),
              document: {
                ...control('A').document,
                Statement: [{ Effect: 'Deny', Action: 'kms:A', Resource: 'x'.repeat(4096) }],
              },
            },
          ],
        },
      ),
      [expect.stringContaining('characters; a policy of the type `control` can have 4096')],
    ],
    [
      'a policy of the account on a service’s role',
      {
        accounts: [
          {
            ...prod,
            policies: [control('A')],
            roles: [{ name: 'r', serviceLinked: 'x', policies: { ram: ['A'] } }],
          },
        ],
      },
      ['accounts[0].roles[0].policies.ram[0]: a service’s role has built-in policies only'],
    ],
    [
      'a network that is none',
      {
        accounts: [],
        networks: [
          { cidr: '10.0.0.0/33', vpc: 'v' },
          { cidr: '1.2.3/8', vpc: 'v' },
        ],
      },
      ['networks[0].cidr: `10.0.0.0/33` is no network', 'networks[1].cidr: `1.2.3/8` is no network'],
    ],
  ])('%s', async (_what, world, expected) => {
    expect((await mistakes(world)).sort()).toEqual([...expected].sort())
  })

  it('five service control policies, ten control policies and full access, five levels are none', async () => {
    const policies = [...many(5).map(scp), ...many(10).map((name) => control(name))]
    const lists = { iam: many(5), ram: ['FullAliyunAccess', ...many(10)] }
    await applied(organization({ policies: lists, ...deep(5) }, { policies }))
  })
})
