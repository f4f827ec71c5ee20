import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'
import { hostUsers } from '../../secrets/targets/host-users.ts'
import { findTarget } from '../../secrets/targets/targets.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await openFixture()
})
afterEach(async () => {
  expect(fixture.defects).toEqual([])
  await fixture.close()
})

const db = {
  id: 'shop-db',
  engine: 'postgresql',
  address: 'db.example.net',
  administrator: 'keyward',
  password: 'CANARY-1',
  accounts: ['shop', 'shop_clone', 'shop'],
}
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y'
const world = (members: object) => JSON.stringify({ accounts: [{ name: 'main', ...members }] })
const targets = (...list: object[]) => world({ targets: list })
// biome-ignore lint/suspicious/noExplicitAny: an answer
const lines = (output: any): string[] => output.Changes.map((c: { Line: string }) => c.Line)
const uid = () => fixture.first.account.uid
const found = (id = 'shop-db') => findTarget(fixture.store.read, uid(), id)

it('makes targets what the file says, once, and shows no password', async () => {
  const preview = await fixture.applied(targets(db), { Preview: true })
  expect(lines(preview)).toEqual(['+ target shop-db'])
  expect(await found()).toBeUndefined()
  expect(lines(await fixture.applied(targets(db)))).toEqual(['+ target shop-db'])
  expect(await found()).toMatchObject({ port: 5432, tls: 'on', accounts: '["shop","shop_clone"]' })
  expect(lines(await fixture.applied(targets(db)))).toEqual([])
  const changed = await fixture.applied(targets({ ...db, password: 'CANARY-2', accounts: [] }))
  expect(lines(changed)).toHaveLength(1)
  expect(JSON.stringify([preview, changed])).not.toContain('CANARY')
  expect(await found()).toMatchObject({ accounts: '[]' })
})

it('keeps what it leaves out, and the password only for where it was given', async () => {
  await fixture.applied(targets(db))
  const { accounts: _, password: __, ...rest } = db
  expect(lines(await fixture.applied(targets({ ...rest, database: 'shop' })))).toHaveLength(1)
  expect(await found()).toMatchObject({ database: 'shop', accounts: '["shop","shop_clone"]' })
  for (const change of [
    { address: 'evil.example.net' },
    { administrator: 'postgres' },
    { engine: 'redis' },
  ]) {
    expect(await fixture.apply(targets({ ...rest, ...change }))).toMatchObject({
      ok: false,
      problem: { code: 'MissingParameter', name: 'targets.shop-db.password' },
    })
  }
  expect(await fixture.apply(targets({ ...rest, id: 'new' }))).toMatchObject({
    problem: { code: 'MissingParameter' },
  })
  expect(await found()).toMatchObject({ address: 'db.example.net', engine: 'postgresql' })
})

it('refuses what PutTarget refuses, and prunes none', async () => {
  await fixture.applied(targets(db))
  for (const wrong of [
    { accounts: ['keyward'] },
    { tls: 'off' },
    { ca: 'trust me' },
    { engine: 'mariadb', address: '192.0.2.9' },
  ]) {
    expect(await fixture.apply(targets({ ...db, ...wrong }))).toMatchObject({
      ok: false,
      problem: { code: 'InvalidParameter' },
    })
  }
  for (const wrong of [{ engine: 'oracle' }, { address: 'a:b' }, { id: 'a/b' }, { accounts: ['a\nb'] }]) {
    expect(await fixture.apply(targets({ ...db, ...wrong }))).toMatchObject({
      ok: false,
      problem: { code: 'InvalidWorld' },
    })
  }
  expect(await fixture.apply(targets(db, db))).toMatchObject({ problem: { code: 'InvalidWorld' } })
  await fixture.applied(targets(), { Prune: true })
  expect(await found()).toBeDefined()
})

it('says which users of a host secrets may manage; a list that is left out stays', async () => {
  const web = { id: 'web', address: '10.0.0.7', hostKey: KEY }
  const users = () => hostUsers(fixture.store.read, uid(), 'web')
  await fixture.applied(world({ hosts: [{ ...web, secretUsers: ['shop', 'app', 'shop'] }] }))
  expect(await users()).toEqual(['app', 'shop'])
  expect(lines(await fixture.applied(world({ hosts: [{ ...web, secretUsers: ['app', 'shop'] }] })))).toEqual(
    [],
  )
  expect(lines(await fixture.applied(world({ hosts: [web] })))).toEqual([])
  expect(await users()).toEqual(['app', 'shop'])
  expect(lines(await fixture.applied(world({ hosts: [{ ...web, secretUsers: [] }] })))).toHaveLength(1)
  expect(await users()).toEqual([])
})
