import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import { PUBLISHED_SCHEMA } from './publish.ts'
import { publishedWorldSchema, WorldSchema } from './schema.ts'
import { shapeMistakes } from './shape.ts'

describe('the schema of the apply file', () => {
  it('is published as it is (else: node packages/server/src/identity/world/publish.ts)', () => {
    expect(readFileSync(PUBLISHED_SCHEMA, 'utf8')).toBe(publishedWorldSchema())
  })

  const general = Compile(WorldSchema)
  /** Values that are right, nearly right, and not right at all. */
  const scalar = fc.oneof(
    fc.constantFrom(
      'a',
      'ram',
      'iam',
      'active',
      '',
      'a/b',
      'x'.repeat(65),
      '1'.repeat(16),
      'a'.repeat(32),
      '😀',
    ),
    fc.constantFrom(0, 3600, 3600.5, 43201, true, null),
  )
  const member = fc.constantFrom(
    ...[
      'accounts',
      'name',
      'uid',
      'domainId',
      'policies',
      'groups',
      'users',
      'roles',
      'accessKeys',
      'members',
    ],
    ...[
      'language',
      'document',
      'ram',
      'iam',
      'id',
      'secret',
      'generate',
      'status',
      'trust',
      'maxSessionSeconds',
      'tags',
      'organization',
      'networks',
      'root',
      'folders',
      'account',
      'x',
    ],
  )
  const { part } = fc.letrec<{ part: unknown }>((tie) => ({
    part: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(tie('part'), { maxLength: 3 }),
      fc.dictionary(member, tie('part'), { maxKeys: 4 }),
    ),
  }))
  const user = fc.record(
    { name: scalar, displayName: scalar, tags: part, policies: part, accessKeys: part },
    { requiredKeys: [] },
  )
  const policy = fc.record({ language: scalar, name: scalar, document: part }, { requiredKeys: [] })
  const group = fc.record({ name: scalar, members: fc.array(scalar, { maxLength: 2 }) }, { requiredKeys: [] })
  const role = fc.record({ name: scalar, maxSessionSeconds: scalar, trust: part }, { requiredKeys: [] })
  const list = (item: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 4, arbitrary: fc.array(item, { maxLength: 2 }) }, { weight: 1, arbitrary: part })
  const account = fc.record(
    {
      name: scalar,
      uid: scalar,
      users: list(user),
      policies: list(policy),
      groups: list(group),
      roles: list(role),
    },
    { requiredKeys: [] },
  )
  const tags = fc.record({ key: scalar, value: scalar }, { requiredKeys: [] })
  const placed = fc.record(
    {
      policies: part,
      accounts: list(fc.record({ account: scalar }, { requiredKeys: [] })),
      folders: list(tags),
    },
    { requiredKeys: [] },
  )
  const organization = fc.record(
    { managementAccount: scalar, policies: list(policy), root: placed },
    { requiredKeys: [] },
  )
  const network = fc.record(
    { cidr: fc.oneof(scalar, fc.constant('10.0.0.0/8')), vpc: scalar },
    { requiredKeys: [] },
  )
  const world = fc.oneof(
    part,
    fc.record({ accounts: list(account) }),
    fc.record(
      { accounts: fc.constant([]), organization, networks: list(network) },
      { requiredKeys: ['accounts'] },
    ),
  )

  it('says yes and no exactly where a general validator does', () => {
    const verdicts = { yes: 0, no: 0 }
    fc.assert(
      fc.property(world, (value) => {
        const fits = general.Check(value)
        verdicts[fits ? 'yes' : 'no'] += 1
        expect(shapeMistakes(WorldSchema, value).length === 0).toBe(fits)
      }),
      { numRuns: 2000 },
    )
    expect(verdicts.yes).toBeGreaterThan(20)
    expect(verdicts.no).toBeGreaterThan(200)
  })
})
