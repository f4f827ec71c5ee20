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
import { API, aRow, DOCUMENT, type VerbHouse, verbHouse } from './testing/verbs.ts'

let folder: string
let store: Store
let house: VerbHouse
const root = newTreeId()
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-organization-'))
  store = await openStore(`sqlite:${join(folder, 'db')}`)
  house = await verbHouse(store)
  await house.run((tx) => createOrganization(tx, { id: newTreeId(), management: house.uid }, API))
  await house.run((tx) => createFolders(tx, [{ id: root, parent: '', name: '' }], API))
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const make = (parent: string, name: string, id = newTreeId()) =>
  house.run((tx) => createFolders(tx, [{ id, parent, name }], API)).then(() => id)
const policy = (name: string) => ({ ...aRow(name), language: 'ram' as const, document: DOCUMENT })

describe('an organization', () => {
  it('is one', async () => {
    const second = { id: newTreeId(), management: house.uid }
    const there = await house.refused((tx) => createOrganization(tx, second, API))
    expect(there).toEqual({ code: 'IdentityExists', entity: 'organization' })
  })

  it('has folders with names of their own, down to a level', async () => {
    const first = await make(root, 'a')
    const other = await make(root, 'b')
    const twin = { code: 'IdentityExists', entity: 'folder' }
    const again = { id: newTreeId(), parent: root, name: 'a' }
    expect(await house.refused((tx) => createFolders(tx, [again], API))).toEqual(twin)
    expect(await house.refused((tx) => renameFolder(tx, other, 'a'))).toEqual(twin)
    await house.run((tx) => renameFolder(tx, other, 'b'))
    let at = first
    for (let level = 2; level <= QUOTAS.folderLevels; level += 1) at = await make(at, 'a')
    const deeper = { id: newTreeId(), parent: at, name: 'a' }
    expect(await house.refused((tx) => createFolders(tx, [deeper], API))).toMatchObject({
      code: 'IdentityQuota',
    })
    const held = { code: 'IdentityInUse', entity: 'folder', holds: 'folder' }
    expect(await house.refused((tx) => deleteFolder(tx, first))).toEqual(held)
  })

  it('has accounts in its folders, which they keep', async () => {
    const [one, two] = [await make(root, 'one'), await make(root, 'two')]
    await house.run((tx) => placeAccounts(tx, [{ account: house.uid, folder: one }], API))
    const held = { code: 'IdentityInUse', entity: 'folder', holds: 'account' }
    expect(await house.refused((tx) => deleteFolder(tx, one))).toEqual(held)
    await house.run((tx) => moveAccount(tx, house.uid, two))
    await house.run((tx) => deleteFolder(tx, one))
    await house.run((tx) => removeAccount(tx, house.uid))
    await house.run((tx) => deleteFolder(tx, two))
  })

  it('has policies, of which the last stays on its target', async () => {
    const target = await make(root, 'limited')
    const own = Array.from({ length: QUOTAS.onEntity.ram + 1 }, (_, i) => policy(`p${i}`))
    await house.run((tx) => createOrganizationPolicies(tx, own, API))
    const twin = await house.refused((tx) => createOrganizationPolicies(tx, [policy('p1')], API))
    expect(twin).toEqual({ code: 'IdentityExists', entity: 'organization-policy' })
    const rename = (name: string) =>
      house.refused((tx) => updateOrganizationPolicy(tx, own[0]!.id, { name }, API))
    expect(await rename('p1')).toEqual({ code: 'IdentityExists', entity: 'organization-policy' })
    const full = builtInId('ram', 'FullAliyunAccess')
    await house.run((tx) => setLimits(tx, target, 'ram', [full], 1))
    const last = { code: 'IdentityInUse', entity: 'target-policy', holds: 'target' }
    expect(await house.refused((tx) => detachLimit(tx, target, 'ram', full))).toEqual(last)
    const attach = (id: string) => house.run((tx) => attachLimit(tx, target, 'ram', id, 1))
    for (const { id } of own.slice(0, -1)) await attach(id)
    const problem = (id: string) => house.refused((tx) => attachLimit(tx, target, 'ram', id, 1))
    expect(await problem(own[0]!.id)).toEqual({ code: 'IdentityExists', entity: 'target-policy' })
    expect(await problem(own.at(-1)!.id)).toMatchObject({ code: 'IdentityQuota', limit: QUOTAS.onEntity.ram })
    const held = { code: 'IdentityInUse', entity: 'organization-policy', holds: 'target' }
    expect(await house.refused((tx) => deleteOrganizationPolicy(tx, own[0]!.id))).toEqual(held)
    await house.run((tx) => detachLimit(tx, target, 'ram', own[0]!.id))
    await house.run((tx) => deleteOrganizationPolicy(tx, own[0]!.id))
    const gone = await house.refused((tx) => detachLimit(tx, target, 'ram', own[0]!.id))
    expect(gone).toEqual({ code: 'IdentityNotFound', entity: 'target-policy' })
  })
})
