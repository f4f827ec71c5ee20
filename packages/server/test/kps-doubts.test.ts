import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPrivateKey } from '../src/keypairs/formats/read-private-key.ts'
import { canLogIn, byKey as loginKey } from '../src/keypairs/hosts/testing/jobs.ts'
import { noSshd, startHost, type TestHost } from '../src/keypairs/hosts/testing/sshd.ts'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { associate, byKey, byPassword, disassociate, endOf, register, registeredHost } from './kps-kit.ts'
import { startService, type TestService } from './service.ts'

// A host that goes away in the middle of a bind: the record says that nothing is known, and comes to be right again.

let service: TestService
let kps: KpsClient
const hosts: TestHost[] = []
const lost = new Map<string, Lost>()
interface Lost {
  readonly host: TestHost
  readonly key: string
}

/** At one time: most of it is waiting. */
beforeAll(async () => {
  if (noSshd) return
  service = await startService({ switches: ['test-clock'] })
  kps = kpsClient({ url: service.url, ...service.root })
  const ids = ['settled', 'repaired', 'looked']
  for (const [i, one] of (await Promise.all(ids.map(lostInBind))).entries()) lost.set(ids[i] as string, one)
}, 60_000)
afterAll(async () => {
  await service?.close()
  for (const host of hosts) await host.stop()
})
const lostOne = (id: string) => lost.get(id) as Lost

const call = async (operation: string, input: object) =>
  (await service.call(service.root, `keyward:${operation}`, input as Record<string, unknown>)).body
const boundTo = async (HostId: string) =>
  ((await call('GetHost', { HostId })).Host as { KeypairName: string }).KeypairName

/** The reload ends sshd and the connection that asked for it, after the key and the configuration were written. */
async function lostInBind(id: string): Promise<Lost> {
  const host = await startHost()
  hosts.push(host)
  const folder = host.config.replace(/\/[^/]*$/, '')
  const fatal = `kill -TERM $(cat ${folder}/pid); kill -9 $(cut -d " " -f 4 /proc/$PPID/stat)`
  await register(service, id, { address: host.address, setup: { ...host.setup, reload: fatal } })
  const { keypair } = await kps.createKeypair({ name: id, algorithm: 'SSH_ED25519' })
  const submitted = await associate(kps, id, {
    id,
    auth: byPassword(host.password),
    disable_password: true,
  })
  const end = await endOf(kps, submitted)
  expect(end).toMatchObject({ status: 'FAILED_BIND', message: expect.stringContaining('keyward host check') })
  await host.restart()
  await register(service, id, host)
  return { host, key: keypair.private_key as string }
}

describe.skipIf(noSshd)('a host that was lost in the middle of a bind', () => {
  it('is told of by a check, settled by a person, and unbound as usual', async () => {
    const { host, key } = lostOne('settled')
    expect(await boundTo('settled')).toBe('')
    expect(await call('CheckHost', { HostId: 'settled' })).toMatchObject({
      State: 'Differs',
      Would: 'record `settled` as bound',
      InDoubtSince: expect.any(Number),
    })
    expect(await boundTo('settled')).toBe('')
    expect(await call('SettleHost', { HostId: 'settled' })).toMatchObject({
      Did: 'record `settled` as bound',
      InDoubtSince: 0,
    })
    expect(await boundTo('settled')).toBe('settled')
    expect(await call('CheckHost', { HostId: 'settled' })).toMatchObject({ State: 'AsRecorded' })
    const unbound = await disassociate(kps, { id: 'settled', auth: byKey(key) })
    expect(await endOf(kps, unbound)).toEqual({ status: 'SUCCESS_UNBIND', code: '', message: '' })
    expect([host.keys(), readFileSync(host.config, 'utf8').includes('keyward: password')]).toEqual([
      '',
      false,
    ])
  }, 60_000)

  it('is set right by the next bind', async () => {
    const { host, key } = lostOne('repaired')
    const { keypair } = await kps.createKeypair({ name: 'next', algorithm: 'SSH_ED25519' })
    const bound = await associate(kps, 'next', { id: 'repaired', auth: byKey(key) })
    expect(await endOf(kps, bound)).toMatchObject({ status: 'SUCCESS_REPLACE' })
    expect(host.keys().trim()).toBe(keypair.public_key)
    expect(await call('CheckHost', { HostId: 'repaired' })).toMatchObject({
      State: 'AsRecorded',
      InDoubtSince: 0,
    })
  }, 60_000)
})

// Apart: the time that passes here settles the others too.
describe.skipIf(noSshd)('a host that was lost', () => {
  it('is looked at again by the service itself', async () => {
    const { host, key } = lostOne('looked')
    for (let left = 100; left > 0 && (await boundTo('looked')) === ''; left -= 1) {
      await call('AdvanceClock', { Milliseconds: 61_000 })
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(await boundTo('looked')).toBe('looked')
    expect(await canLogIn(host, loginKey(await readPrivateKey(key)))).toBe(true)
  }, 60_000)
})

describe.skipIf(noSshd)('an unbind', () => {
  it('takes the last key away where that was asked for in so many words', async () => {
    const host = await registeredHost(service, 'shut', { config: ['PermitRootLogin yes'] })
    const { keypair } = await kps.createKeypair({ name: 'shut', algorithm: 'SSH_ED25519' })
    await endOf(kps, await associate(kps, 'shut', { id: 'shut', auth: byPassword(host.password) }))
    const config = readFileSync(host.config, 'utf8')
    const { writeFileSync } = await import('node:fs')
    writeFileSync(host.config, config.replaceAll('PermitRootLogin yes', 'PermitRootLogin prohibit-password'))
    await host.restart()
    const auth = byKey(keypair.private_key)
    const refused = await endOf(kps, await disassociate(kps, { id: 'shut', auth }))
    expect(refused).toMatchObject({
      status: 'FAILED_UNBIND',
      code: 'NoOtherWayIn',
      message: expect.stringContaining('PermitRootLogin'),
    })
    expect([host.keys().trim(), await boundTo('shut')]).toEqual([keypair.public_key, 'shut'])
    const shut = await kps.send('POST', '/keypairs/disassociate', {
      body: { server: { id: 'shut', auth }, allow_lockout: true },
    })
    expect(await endOf(kps, shut)).toMatchObject({ status: 'SUCCESS_UNBIND' })
    expect(host.keys()).toBe('')
  }, 60_000)
})
