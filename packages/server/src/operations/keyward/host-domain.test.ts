import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Fixture, openFixture } from '../../identity/testing/fixture.ts'
import { findHost, setBinding } from '../../keypairs/hosts/registry.ts'

let fixture: Fixture
beforeEach(async () => {
  fixture = await openFixture()
})
afterEach(async () => {
  expect(fixture.defects).toEqual([])
  await fixture.close()
})

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y'
const world = (...hosts: object[]) => JSON.stringify({ accounts: [{ name: 'main', hosts }] })
// biome-ignore lint/suspicious/noExplicitAny: an answer
const lines = (output: any): string[] => output.Changes.map((c: { Line: string }) => c.Line)
const host = (id: string) => findHost(fixture.store.read, fixture.first.account.uid, id)

it('makes hosts what the file says, once', async () => {
  const declared = world(
    { id: 'web-01', address: '10.0.0.7', hostKey: `${KEY} root@web-01` },
    {
      id: 'web-02',
      address: '10.0.0.8',
      port: 2222,
      user: 'admin',
      hostKey: KEY,
      power: 'off',
      offlineHook: 'disk',
    },
  )
  expect(lines(await fixture.applied(declared, { Preview: true }))).toEqual([
    '+ host web-01',
    '+ host web-02',
  ])
  expect(await host('web-01')).toBeUndefined()
  expect(lines(await fixture.applied(declared))).toEqual(['+ host web-01', '+ host web-02'])
  expect(await host('web-01')).toMatchObject({
    name: 'web-01',
    port: 22,
    login_user: 'root',
    host_key: KEY,
    power: 'on',
  })
  expect(await host('web-02')).toMatchObject({
    port: 2222,
    login_user: 'admin',
    power: 'off',
    offline_hook: 'disk',
  })
  expect(lines(await fixture.applied(declared))).toEqual([])
})

it('takes addresses of IPv6, and says what is wrong with others', async () => {
  const six = world({ id: 'web-01', address: '[2001:DB8::5]', user: 'CORP\\anna', hostKey: KEY })
  expect(lines(await fixture.applied(six))).toEqual(['+ host web-01'])
  expect(await host('web-01')).toMatchObject({ address: '2001:db8::5', login_user: 'CORP\\anna' })
  expect(lines(await fixture.applied(six))).toEqual([])
  const wrong = world({ id: 'web-02', address: '10.0.0.1:22', hostKey: KEY })
  await expect(fixture.applied(wrong)).rejects.toThrow(
    '`10.0.0.1:22` is no address: the port of an address is given apart from it',
  )
})

it('changes what differs and keeps what it leaves out, and what is bound', async () => {
  await fixture.applied(world({ id: 'web-01', name: 'first', address: '10.0.0.7', port: 2222, hostKey: KEY }))
  const { id } = (await host('web-01'))!
  const binding = { keypairId: 'k', keypairName: 'web', line: 'ssh-ed25519 AAAA' }
  await fixture.store.write((tx) => setBinding(tx, id, binding, 1))
  const moved = world({ id: 'web-01', address: '10.0.0.9', hostKey: KEY })
  expect(lines(await fixture.applied(moved))).toHaveLength(1)
  expect(await host('web-01')).toMatchObject({
    address: '10.0.0.9',
    name: 'first',
    port: 2222,
    keypair_name: 'web',
    bound_line: 'ssh-ed25519 AAAA',
  })
})

it('prunes none: what is bound there would be forgotten', async () => {
  await fixture.applied(world({ id: 'web-01', address: '10.0.0.7', hostKey: KEY }))
  const output = await fixture.applied(world(), { Prune: true })
  expect(lines(output)).not.toContain('- host web-01')
  expect(await host('web-01')).toBeDefined()
})

it('refuses what no host can be, and changes nothing', async () => {
  for (const wrong of [
    { id: 'a/b', address: 'h', hostKey: KEY },
    { id: 'a', address: '-o', hostKey: KEY },
    { id: 'a', address: 'h', hostKey: 'nonsense' },
    { id: 'a', address: 'h', hostKey: KEY, offlineHook: '../x' },
    { id: 'a', address: 'h' },
  ]) {
    expect(await fixture.apply(world(wrong))).toMatchObject({ ok: false, problem: { code: 'InvalidWorld' } })
  }
  const weak = { id: 'a', address: 'h', hostKey: 'ssh-rsa AAAA' }
  expect(await fixture.apply(world(weak))).toMatchObject({ ok: false, problem: { code: 'InvalidParameter' } })
  expect(await host('a')).toBeUndefined()
})

it('refuses a host that is declared twice', async () => {
  const one = { id: 'web-01', address: '10.0.0.7', hostKey: KEY }
  expect(await fixture.apply(world(one, one))).toMatchObject({ ok: false, problem: { code: 'InvalidWorld' } })
})
