import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { attachPolicies } from './attachments.ts'
import {
  createPolicies,
  createPolicyVersion,
  deletePolicy,
  deletePolicyVersion,
  setDefaultVersion,
  updatePolicy,
} from './policies.ts'
import { API, aRow, aUser, DOCUMENT, type VerbFixture, verbFixture } from './testing/verbs.ts'
import { createUsers } from './users.ts'

let folder: string
let store: Store
let fixture: VerbFixture
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-policies-'))
  store = await openStore(`sqlite:${join(folder, 'db')}`)
})
beforeEach(async () => {
  fixture = await verbFixture(store)
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const aPolicy = (name: string, language: 'iam' | 'ram' = 'ram') => ({
  ...aRow(name),
  language,
  document: DOCUMENT,
})
const read = (id: string) =>
  fixture.db.selectFrom('policies').selectAll().where('id', '=', id).executeTakeFirst()
const versions = async (id: string) => {
  const rows = fixture.db.selectFrom('policy_versions').select('number').where('policy_id', '=', id)
  return (await rows.orderBy('number').execute()).map(({ number }) => number)
}
const add = (id: string, document: string, isDefault = true, rotation: 'none' | 'oldest' = 'none') =>
  fixture.run((tx) => createPolicyVersion(tx, id, { document, isDefault, rotation }, API))

describe('policies', () => {
  it('have names of their own in each language', async () => {
    const policy = aPolicy('p')
    await fixture.run((tx) => createPolicies(tx, fixture.uid, [policy, aPolicy('p', 'iam')], API))
    const twin = await fixture.refused((tx) => createPolicies(tx, fixture.uid, [aPolicy('p')], API))
    expect(twin).toEqual({ code: 'IdentityExists', entity: 'policy' })
    await fixture.run((tx) =>
      updatePolicy(tx, policy.id, { description: 'd', tags: new Map([['a', 'b']]) }, API),
    )
    const after = { description: 'd', tags: '{"a":"b"}', document: DOCUMENT, default_version: 1, version: 2 }
    expect(await read(policy.id)).toMatchObject(after)
  })

  it('decide by the default version alone', async () => {
    const policy = aPolicy('p')
    await fixture.run((tx) => createPolicies(tx, fixture.uid, [policy], API))
    expect(await add(policy.id, 'second', false)).toBe(2)
    expect(await read(policy.id)).toMatchObject({ document: DOCUMENT, default_version: 1 })
    expect(await add(policy.id, 'third')).toBe(3)
    expect(await read(policy.id)).toMatchObject({ document: 'third', default_version: 3 })
    await fixture.run((tx) => setDefaultVersion(tx, policy.id, 2, API))
    expect(await read(policy.id)).toMatchObject({ document: 'second', default_version: 2 })
    const none = { code: 'IdentityNotFound', entity: 'policy-version' }
    expect(await fixture.refused((tx) => setDefaultVersion(tx, policy.id, 4, API))).toEqual(none)
    expect(await fixture.refused((tx) => deletePolicyVersion(tx, policy.id, 4, API))).toEqual(none)
    const used = { code: 'IdentityInUse', entity: 'policy-version', holds: 'default-version' }
    expect(await fixture.refused((tx) => deletePolicyVersion(tx, policy.id, 2, API))).toEqual(used)
  })

  it('keep five versions: a sixth is refused or takes the place of the oldest that does not decide', async () => {
    const policy = aPolicy('p')
    await fixture.run((tx) => createPolicies(tx, fixture.uid, [policy], API))
    for (let i = 0; i < 4; i += 1) await add(policy.id, `${i}`, false)
    const sixth = { document: 'x', isDefault: true, rotation: 'none' as const }
    expect(await fixture.refused((tx) => createPolicyVersion(tx, policy.id, sixth, API))).toEqual({
      code: 'IdentityQuota',
      entity: 'policy-version',
      limit: 5,
    })
    await add(policy.id, 'x', true, 'oldest')
    // The first one was the default.
    expect(await versions(policy.id)).toEqual([1, 3, 4, 5, 6])
    await fixture.run((tx) => deletePolicyVersion(tx, policy.id, 5, API))
    // No number is given twice.
    expect(await add(policy.id, 'y')).toBe(7)
  })

  it('stay while they are attached, or have versions that are not told to go', async () => {
    const [policy, user] = [aPolicy('p'), aUser('alice')]
    await fixture.run((tx) => createPolicies(tx, fixture.uid, [policy], API))
    await add(policy.id, 'second')
    const held = (holds: string) => ({ code: 'IdentityInUse', entity: 'policy', holds })
    expect(await fixture.refused((tx) => deletePolicy(tx, policy.id, false))).toEqual(held('version'))
    await fixture.run((tx) => createUsers(tx, fixture.uid, [user], API))
    const attached = { policy: policy.id, kind: 'user' as const, target: user.id }
    await fixture.run((tx) => attachPolicies(tx, fixture.uid, [attached], API))
    expect(await fixture.refused((tx) => deletePolicy(tx, policy.id, true))).toEqual(held('user'))
    await fixture.run((tx) => tx.deleteFrom('policy_attachments').where('target_id', '=', user.id).execute())
    await fixture.run((tx) => deletePolicy(tx, policy.id, true))
    expect(await read(policy.id)).toBeUndefined()
    expect(await versions(policy.id)).toEqual([])
  })
})
