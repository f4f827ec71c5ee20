import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { claimFirstWorld, createFirstWorld, proposeFirstWorld } from './first-world.ts'
import { readOperator } from './queries.ts'
import { makeKeyring } from './testing/fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'keyward-first-'))
let store: Store
beforeAll(async () => {
  store = await openStore(`sqlite:${join(folder, 'db')}`)
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

it('is made once, however many ask at the same moment, and only the winner has its credentials', async () => {
  const parts = { store, keyring: makeKeyring(), clock: systemClock }
  await expect(readOperator(store.read)).rejects.toMatchObject({ problem: { code: 'Unavailable' } })
  const proposals = Array.from({ length: 8 }, proposeFirstWorld)
  const won = await Promise.all(proposals.map((proposal) => claimFirstWorld(parts, proposal)))
  expect(won.filter(Boolean)).toHaveLength(1)
  const { account, accessKey } = proposals[won.indexOf(true)]!
  expect(await readOperator(store.read)).toMatchObject({ id: account.uid, name: 'main', version: 1 })
  const keys = await store.read.selectFrom('access_keys').selectAll().execute()
  expect(keys).toHaveLength(1)
  expect(keys[0]).toMatchObject({
    id: accessKey.id,
    account_uid: account.uid,
    user_id: null,
    status: 'active',
  })
  expect(await store.read.selectFrom('accounts').selectAll().execute()).toHaveLength(1)
  expect(await createFirstWorld(parts)).toBeUndefined()
  expect(await store.read.selectFrom('accounts').selectAll().execute()).toHaveLength(1)
})
