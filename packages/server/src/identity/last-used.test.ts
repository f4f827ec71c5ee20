import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Clock, systemClock } from '../base/clock.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { createAccessKeys, deleteAccessKey } from './access-keys.ts'
import { createLastUsed } from './last-used.ts'
import type { Session } from './principal.ts'
import { API, aKey, verbFixture } from './testing/verbs.ts'

let folder: string
let store: Store
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-last-used-'))
  store = await openStore(`sqlite:${join(folder, 'db')}`)
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const at = (time: number): Clock => ({ ...systemClock, now: () => time })

const by = (accessKeyId: string, session?: Session) => ({
  accessKeyId,
  account: { uid: '1', domainId: '', projectId: '', name: '' },
  ...(session && { session }),
})

const uses = async () => {
  const rows = await store.read.selectFrom('access_key_uses').selectAll().orderBy('id').execute()
  return rows.map(({ id, used_at }) => [id, Number(used_at)])
}

it('writes down the last use of each access key, of those that are there, and never an earlier one', async () => {
  const fixture = await verbFixture(store)
  const [one, two] = [aKey(fixture.uid, null, 'KEY-one'), aKey(fixture.uid, null, 'KEY-two')]
  await fixture.run((tx) => createAccessKeys(tx, fixture.uid, [one, two], API))
  let time = 5000
  const clock = { ...systemClock, now: () => time }
  let writes = 0
  const counting: Pick<Store, 'write'> = {
    write: (body, how) => {
      writes += 1
      return store.write(body, how)
    },
  }
  const used = createLastUsed({ store: counting, clock })
  for (let i = 0; i < 1000; i += 1) used.note(by('KEY-one'))
  time += 1000
  for (const id of ['KEY-one', 'KEY-two', 'nobody', 'STS.temporary']) used.note(by(id))
  expect([writes, await uses()]).toEqual([0, []])
  await used.flush()
  expect([writes, await uses()]).toEqual([
    1,
    [
      ['KEY-one', 6000],
      ['KEY-two', 6000],
    ],
  ])
  // Another process, whose last call was earlier, writes later.
  const earlier = createLastUsed({ store, clock: at(5500) })
  earlier.note(by('KEY-one'))
  await earlier.close()
  expect((await uses())[0]).toEqual(['KEY-one', 6000])
  await fixture.run((tx) => deleteAccessKey(tx, 'KEY-two'))
  used.note(by('KEY-two'))
  await used.close()
  expect(await uses()).toEqual([['KEY-one', 6000]])
})

it('writes down the last use of a resource, and of a role by the calls of its sessions', async () => {
  const used = createLastUsed({ store, clock: at(7000) })
  const role = 'acs:ram::1:role/worker'
  for (let i = 0; i < 100; i += 1) used.note(by('STS.one', { roleArn: role } as Session))
  used.noteResource('1', 'acs:kms:r:1:key/one')
  await used.close()
  const earlier = createLastUsed({ store, clock: at(6000) })
  earlier.noteResource('1', 'acs:kms:r:1:key/one')
  await earlier.close()
  const rows = await store.read.selectFrom('resource_uses').selectAll().orderBy('resource').execute()
  expect(rows.map(({ resource, used_at }) => [resource, Number(used_at)])).toEqual([
    ['acs:kms:r:1:key/one', 7000],
    [role, 7000],
  ])
})
