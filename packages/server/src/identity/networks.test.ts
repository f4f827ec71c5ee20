import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type NetworkMap, readNetworks } from './networks.ts'
import { type Fixture, openFixture } from './testing/fixture.ts'

let fixture: Fixture
let map: NetworkMap
beforeAll(async () => {
  fixture = await openFixture()
  await fixture.applied(`accounts: []
networks:
  - {cidr: 10.0.0.0/8, vpc: vpc-wide}
  - {cidr: 10.1.0.0/16, vpc: vpc-narrow, endpoint: vpce-1}
  - {cidr: 10.1.2.3/32, vpc: vpc-one}
  - {cidr: "2001:db8::/32", vpc: vpc-six}
`)
  map = await readNetworks(fixture.store.read)
})
afterAll(() => fixture.close())

describe('the network map', () => {
  it.each([
    ['10.9.9.9', { vpc: 'vpc-wide' }],
    ['10.1.9.9', { vpc: 'vpc-narrow', endpoint: 'vpce-1' }],
    ['10.1.2.3', { vpc: 'vpc-one' }],
    ['2001:db8:1::1', { vpc: 'vpc-six' }],
    ['11.0.0.1', undefined],
    ['2001:db9::1', undefined],
    // An address of the other family is in none of the network's.
    ['::a01:203', undefined],
  ])('knows %s by the narrowest network', (address, network) => {
    expect(map.find(address)).toEqual(network)
  })

  it('is changed and pruned like everything that a file declares, and left alone by one that does not speak of it', async () => {
    const text = 'networks: [{cidr: 10.0.0.0/8, vpc: vpc-other}]'
    await fixture.applied(`accounts: []\n${text}`)
    expect((await readNetworks(fixture.store.read)).find('10.9.9.9')).toEqual({ vpc: 'vpc-other' })
    await fixture.applied('accounts: []', { Prune: true })
    expect(await fixture.store.read.selectFrom('networks').selectAll().execute()).toHaveLength(4)
    const { Changes } = await fixture.applied(`accounts: []\n${text}`, { Prune: true })
    expect(Changes).toHaveLength(3)
    expect((await readNetworks(fixture.store.read)).find('10.1.9.9')).toEqual({ vpc: 'vpc-other' })
  })
})
