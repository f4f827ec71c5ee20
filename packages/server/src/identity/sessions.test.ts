import { decide } from '@keyward/policy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TokenRefusal } from './identify.ts'
import type { AccessKeyCredential } from './principal.ts'
import { type Fixture, makeKeyring, openFixture } from './testing/fixture.ts'
import { type TemporaryKey, type TokenContent, tokensOf } from './tokens.ts'

// Sessions are tested whole over the wires; here is what only the directory shows.

let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
})
afterAll(() => fixture.close())

const pairs = '{Version: "5.0", Statement: [{Effect: Allow, Action: [kps:SSHKeyPair:list]}]}'
const all = '{Version: "5.0", Statement: [{Effect: Allow, Action: ["*"]}]}'
const world = (policies: string) => `accounts:
  - name: main
    policies:
      - {name: all, language: iam, document: ${all}}
      ${policies}
    roles:
      - {name: worker, tags: [{key: Team, value: blue}], policies: {iam: [all]}}
`
const row = async (table: 'policies' | 'roles', name: string) =>
  (await fixture.store.read.selectFrom(table).select('id').where('name', '=', name).executeTakeFirstOrThrow())
    .id

async function issue(policies?: TokenContent['policies'], later = 0): Promise<TemporaryKey> {
  const now = Date.now() + later
  return tokensOf(fixture.keyring).issue({
    accountUid: fixture.first.account.uid,
    roleId: await row('roles', 'worker'),
    name: 'ci',
    issuedAt: now,
    expiresAt: now + 900_000,
    ...(policies && { policies }),
  })
}
const found = async ({ id, token }: TemporaryKey) => fixture.directory.findAccessKey(id, token)
async function allowed(key: TemporaryKey, action: string): Promise<boolean> {
  const { caller } = (await found(key)) as AccessKeyCredential
  const principal = { kind: caller.kind, account: caller.account.domainId, id: caller.urn }
  const layers = await fixture.directory.layersFor(caller, 'iam')
  const context = { get: () => undefined }
  return decide('iam', { principal, action, resource: '*', context }, layers).allowed
}

describe('a session', () => {
  it('is found without a promise once it is warm, as the same credential', async () => {
    await fixture.applied(world(''))
    const key = await issue()
    const first = await found(key)
    expect(first).toMatchObject({
      id: key.id,
      caller: { kind: 'session', tags: new Map([['Team', 'blue']]) },
    })
    expect(fixture.directory.findAccessKey(key.id, key.token)).toBe(first)
  })

  it('is cut by policies that are named by id, as they are now', async () => {
    await fixture.applied(world(`- {name: pairs, language: iam, document: ${pairs}}`))
    const id = await row('policies', 'pairs')
    const key = await issue({ language: 'iam', ids: [id] })
    expect(await allowed(key, 'kps:SSHKeyPair:list')).toBe(true)
    expect(await allowed(key, 'kps:SSHKeyPair:get')).toBe(false)
    await fixture.applied(world(`- {name: pairs, language: iam, document: ${pairs.replace('list', 'get')}}`))
    expect(await allowed(key, 'kps:SSHKeyPair:list')).toBe(false)
    expect(await allowed(key, 'kps:SSHKeyPair:get')).toBe(true)
  })

  it('may do nothing once such a policy is gone: it might have denied', async () => {
    await fixture.applied(world(`- {name: pairs, language: iam, document: ${pairs}}`))
    const gone = await row('policies', 'pairs')
    const text = '{"Version":"5.0","Statement":[{"Effect":"Allow","Action":["*"]}]}'
    const key = await issue({ language: 'iam', text, ids: [gone] })
    expect(await allowed(key, 'kps:SSHKeyPair:list')).toBe(true)
    await fixture.applied(world(''), { Prune: true })
    expect(await allowed(key, 'kps:SSHKeyPair:list')).toBe(false)
  })

  it('that a clock far ahead opened is none until then: it would live longer than any may', async () => {
    const ahead = await issue(undefined, 31 * 86_400_000)
    expect(await found(ahead)).toEqual<TokenRefusal>({ token: 'expired' })
    expect(await found(await issue(undefined, 60_000))).toMatchObject({ caller: { kind: 'session' } })
  })

  it('of another account’s role id is none', async () => {
    const content = {
      roleId: await row('roles', 'worker'),
      name: 'ci',
      issuedAt: 0,
      expiresAt: Date.now() * 2,
    }
    const key = tokensOf(fixture.keyring).issue({ ...content, accountUid: '1234567890123456' })
    expect(await found(key)).toEqual<TokenRefusal>({ token: 'expired' })
  })

  it('of another root key is malformed, and so is a token of absurd length', async () => {
    const key = await issue()
    const foreign = tokensOf(makeKeyring()).issue({
      accountUid: fixture.first.account.uid,
      roleId: await row('roles', 'worker'),
      name: 'ci',
      issuedAt: 0,
      expiresAt: Date.now() * 2,
    })
    expect(await found(foreign)).toEqual({ token: 'malformed' })
    expect(await found({ ...key, token: 'A'.repeat(20_000) })).toEqual({ token: 'malformed' })
    expect(await found({ ...key, token: `${key.token} ` })).toEqual({ token: 'malformed' })
  })
})
