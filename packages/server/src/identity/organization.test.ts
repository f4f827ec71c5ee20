import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { builtInId } from './built-in.ts'
import { newTreeId } from './ids.ts'
import { QUOTAS } from './limits.ts'
import { createFolders, createOrganization, deleteFolder, renameFolder } from './organization.ts'
import { moveAccount, placeAccounts, removeAccount } from './organization-members.ts'
import {
  attachLimit,
  createOrganizationPolicies,
  deleteOrganizationPolicy,
  detachLimit,
  setLimits,
  updateOrganizationPolicy,
} from './organization-policies.ts'
import { API, aRow, DOCUMENT, type VerbFixture, verbFixture } from './testing/verbs.ts'

let folder: string
let store: Store
let fixture: VerbFixture
const root = newTreeId()
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-organization-'))
  store = await openStore(`sqlite:${join(folder, 'db')}`)
  fixture = await verbFixture(store)
  await fixture.run((tx) => createOrganization(tx, { id: newTreeId(), management: fixture.uid }, API))
  await fixture.run((tx) => createFolders(tx, [{ id: root, parent: '', name: '' }], API))
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const make = (parent: string, name: string, id = newTreeId()) =>
  fixture.run((tx) => createFolders(tx, [{ id, parent, name }], API)).then(() => id)
const policy = (name: string) => ({ ...aRow(name), language: 'ram' as const, document: DOCUMENT })

describe('an organization', () => {
  it('is one', async () => {
    const second = { id: newTreeId(), management: fixture.uid }
    const there = await fixture.refused((tx) => createOrganization(tx, second, API))
    expect(there).toEqual({ code: 'IdentityExists', entity: 'organization' })
  })

  it('has folders with names of their own, down to a level', async () => {
    const first = await make(root, 'a')
    const other = await make(root, 'b')
    const twin = { code: 'IdentityExists', entity: 'folder' }
    const again = { id: newTreeId(), parent: root, name: 'a' }
    expect(await fixture.refused((tx) => createFolders(tx, [again], API))).toEqual(twin)
    expect(await fixture.refused((tx) => renameFolder(tx, other, 'a'))).toEqual(twin)
    await fixture.run((tx) => renameFolder(tx, other, 'b'))
    let at = first
    for (let level = 2; level <= QUOTAS.folderLevels; level += 1) at = await make(at, 'a')
    const deeper = { id: newTreeId(), parent: at, name: 'a' }
    expect(await fixture.refused((tx) => createFolders(tx, [deeper], API))).toMatchObject({
      code: 'IdentityQuota',
    })
    const held = { code: 'IdentityInUse', entity: 'folder', holds: 'folder' }
    expect(await fixture.refused((tx) => deleteFolder(tx, first))).toEqual(held)
  })

  it('has accounts in its folders, which they keep', async () => {
    const [one, two] = [await make(root, 'one'), await make(root, 'two')]
    await fixture.run((tx) => placeAccounts(tx, [{ account: fixture.uid, folder: one }], API))
    const held = { code: 'IdentityInUse', entity: 'folder', holds: 'account' }
    expect(await fixture.refused((tx) => deleteFolder(tx, one))).toEqual(held)
    await fixture.run((tx) => moveAccount(tx, fixture.uid, two))
    await fixture.run((tx) => deleteFolder(tx, one))
    await fixture.run((tx) => removeAccount(tx, fixture.uid))
    await fixture.run((tx) => deleteFolder(tx, two))
  })

  it('has policies, of which the last stays on its target', async () => {
    const target = await make(root, 'limited')
    const own = Array.from({ length: QUOTAS.onEntity.ram + 1 }, (_, i) => policy(`p${i}`))
    await fixture.run((tx) => createOrganizationPolicies(tx, own, API))
    const twin = await fixture.refused((tx) => createOrganizationPolicies(tx, [policy('p1')], API))
    expect(twin).toEqual({ code: 'IdentityExists', entity: 'organization-policy' })
    const rename = (name: string) =>
      fixture.refused((tx) => updateOrganizationPolicy(tx, own[0]!.id, { name }, API))
    expect(await rename('p1')).toEqual({ code: 'IdentityExists', entity: 'organization-policy' })
    const full = builtInId('ram', 'FullAliyunAccess')
    await fixture.run((tx) => setLimits(tx, target, 'ram', [full], 1))
    const last = { code: 'IdentityInUse', entity: 'target-policy', holds: 'target' }
    expect(await fixture.refused((tx) => detachLimit(tx, target, 'ram', full))).toEqual(last)
    const attach = (id: string) => fixture.run((tx) => attachLimit(tx, target, 'ram', id, 1))
    for (const { id } of own.slice(0, -1)) await attach(id)
    const problem = (id: string) => fixture.refused((tx) => attachLimit(tx, target, 'ram', id, 1))
    expect(await problem(own[0]!.id)).toEqual({ code: 'IdentityExists', entity: 'target-policy' })
    expect(await problem(own.at(-1)!.id)).toMatchObject({ code: 'IdentityQuota', limit: QUOTAS.onEntity.ram })
    const held = { code: 'IdentityInUse', entity: 'organization-policy', holds: 'target' }
    expect(await fixture.refused((tx) => deleteOrganizationPolicy(tx, own[0]!.id))).toEqual(held)
    await fixture.run((tx) => detachLimit(tx, target, 'ram', own[0]!.id))
    await fixture.run((tx) => deleteOrganizationPolicy(tx, own[0]!.id))
    const gone = await fixture.refused((tx) => detachLimit(tx, target, 'ram', own[0]!.id))
    expect(gone).toEqual({ code: 'IdentityNotFound', entity: 'target-policy' })
  })
})
