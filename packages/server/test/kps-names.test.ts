import { createConnection, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readPrivateKey } from '../src/keypairs/formats/read-private-key.ts'
import { offeredMethods } from '../src/keypairs/hosts/connection.ts'
import { canLogIn, byKey as loginKey } from '../src/keypairs/hosts/testing/jobs.ts'
import { noSshd, type TestHost } from '../src/keypairs/hosts/testing/sshd.ts'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { associate, byKey, byPassword, disassociate, endOf, register, registeredHost } from './kps-kit.ts'
import { startService, type TestService } from './service.ts'

// Who logs in and where, as directories and networks name them, on real hosts through the wire.

let service: TestService
let kps: KpsClient
let key: string
beforeAll(async () => {
  service = await startService()
  kps = kpsClient({ url: service.url, ...service.root })
  const { keypair } = await kps.createKeypair({ name: 'web', algorithm: 'SSH_ED25519' })
  key = keypair.private_key
})
afterAll(() => service?.close())

const put = (more: Record<string, unknown>) =>
  service.call(service.root, 'keyward:PutHost', {
    HostId: 'odd',
    Address: '192.0.2.7',
    HostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y',
    ...more,
  })

async function thereAndBack(id: string, host: TestHost): Promise<void> {
  const bound = await associate(kps, 'web', { id, auth: byPassword(host.password), disable_password: true })
  expect(await endOf(kps, bound)).toEqual({ status: 'SUCCESS_BIND', code: '', message: '' })
  expect(await canLogIn(host, loginKey(await readPrivateKey(key)))).toBe(true)
  expect(await offeredMethods(host.address)).toEqual(['publickey'])
  const unbound = await disassociate(kps, { id, auth: byKey(key) })
  expect(await endOf(kps, unbound)).toEqual({ status: 'SUCCESS_UNBIND', code: '', message: '' })
  expect(host.keys()).toBe('')
}

describe.skipIf(noSshd)('a login user', () => {
  it.each(['anna@corp.example', 'CORP\\anna', 'CORP+anna', 'svc$', 'Anna'])(
    '%s is let in, shut out of passwords, and back',
    async (user) => {
      const id = `user-${user.replace(/[^A-Za-z]/g, '-')}`
      const host = await registeredHost(service, id, { user })
      await thereAndBack(id, host)
    },
  )

  it.each(['-oProxyCommand=x', "a'b", 'a b', 'a,user=root', '0', '$(id)', 'a\nb', ''])(
    '%j is none',
    async (User) => {
      expect((await put({ User })).status).toBe(400)
    },
  )
})

describe('an address', () => {
  it.skipIf(noSshd)('of IPv6 is connected to', async ({ skip }) => {
    const host = await registeredHost(service, 'six')
    const relay = createServer((socket) => {
      const there = createConnection(host.address.port, '127.0.0.1')
      socket.on('error', () => there.destroy()).pipe(there)
      there.on('error', () => socket.destroy()).pipe(socket)
    })
    onTestFinished(() => void relay.close())
    const listening = await new Promise<boolean>((resolve) => {
      relay.once('error', () => resolve(false))
      relay.listen(0, '::1', () => resolve(true))
    })
    if (!listening) skip('this machine has no ::1')
    const { port } = relay.address() as { port: number }
    await register(service, 'six', host, { Address: '[::1]', Port: port })
    await thereAndBack('six', host)
  })

  it('is kept without brackets', async () => {
    const { status, body } = await put({ Address: '[2001:DB8::5]' })
    expect([status, (body.Host as { Address: string }).Address]).toEqual([200, '2001:db8::5'])
  })

  it.each([
    ['10.0.0.1:22', 'the port of an address is given apart from it'],
    ['[::1]:22', 'the port of an address is given apart from it'],
    ['256.1.1.1', 'four numbers from 0 to 255'],
    ['fe80::1%eth0', 'a zone'],
    ['web..example', 'a name, an IPv4 address or an IPv6 address is needed'],
  ])('%s is none, in words', async (Address, words) => {
    const { status, body } = await put({ Address })
    expect([status, body.Message]).toEqual([400, expect.stringContaining(words)])
  })
})
