import { createConnection, createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readPrivateKey } from '../src/keypairs/formats/read-private-key.ts'
import { canLogIn, byKey as loginKey } from '../src/keypairs/hosts/testing/jobs.ts'
import { noSshd, startHost, type TestHost } from '../src/keypairs/hosts/testing/sshd.ts'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import {
  associate,
  byPassword,
  disassociate,
  endOf,
  exportKey,
  register,
  registeredHost,
  task,
} from './kps-kit.ts'
import { startService, type TestService } from './service.ts'

// Calls that meet: a rotation and a bind, a deletion and a bind, two entries of one machine.

let service: TestService
let kps: KpsClient
beforeAll(async () => {
  if (noSshd) return
  service = await startService()
  kps = kpsClient({ url: service.url, ...service.root })
})
afterAll(() => service?.close())

const managed = async (name: string) => {
  const key_protection = { encryption: { type: 'default' } }
  const { keypair } = await kps.createKeypair({ name, algorithm: 'SSH_ED25519', key_protection })
  return keypair as { public_key: string; private_key: string }
}
const enters = async (host: TestHost, key: string) => canLogIn(host, loginKey(await readPrivateKey(key)))

/** A host that answers nothing until it is let to. */
async function heldHost(id: string) {
  const host = await startHost()
  let open = () => {}
  const opened = new Promise<void>((go) => {
    open = go
  })
  const sockets = new Set<Socket>()
  const relay = createServer(async (socket) => {
    sockets.add(socket.on('error', () => {}))
    await opened
    const there = createConnection(host.address.port, '127.0.0.1')
    there.on('error', () => socket.destroy()).pipe(socket)
    socket.on('close', () => there.destroy()).pipe(there)
  })
  await new Promise<void>((go) => relay.listen(0, '127.0.0.1', go))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    relay.close()
    await host.stop()
  })
  const { port } = relay.address() as { port: number }
  await register(service, id, { address: { ...host.address, port }, setup: host.setup })
  return { host, open, port }
}

async function running(id: string): Promise<void> {
  for (let left = 200; left > 0; left -= 1) {
    if ((await task(kps, id)).task_status.startsWith('RUNNING')) return
    await new Promise((go) => setTimeout(go, 20))
  }
  throw new Error('the task does not start')
}

describe.skipIf(noSshd)('a rotation', () => {
  it('reaches a host that is just being bound', async () => {
    await managed('meanwhile')
    const old = await exportKey(kps, 'meanwhile')
    const { host, open } = await heldHost('held')
    const bind = await associate(kps, 'meanwhile', { id: 'held', auth: byPassword(host.password) })
    await running(bind.task_id)
    expect(
      (await service.call(service.root, 'kps:DeleteKeypair', { keypair_name: 'meanwhile' })).status,
    ).toBe(409)
    const { status, body } = await service.call(service.root, 'keyward:RotateKeypair', { Name: 'meanwhile' })
    expect([status, body.Hosts, body.Skipped]).toEqual([200, 1, []])
    open()
    expect(await endOf(kps, bind)).toMatchObject({ status: 'SUCCESS_BIND' })
    for (;;) {
      const { body: progress } = await service.call(service.root, 'keyward:GetRotation', {
        RotationId: body.RotationId as string,
      })
      expect(progress.Failed).toBe(0)
      if (progress.Succeeded === 1) break
      await new Promise((go) => setTimeout(go, 100))
    }
    const next = await exportKey(kps, 'meanwhile')
    expect([next === old, await enters(host, next), await enters(host, old)]).toEqual([false, true, false])
  })

  it('before a bind starts has it bind the new key', async () => {
    await managed('waiting')
    const first = await heldHost('first')
    const slow = await associate(kps, 'waiting', { id: 'first', auth: byPassword(first.host.password) })
    await running(slow.task_id)
    const old = await exportKey(kps, 'waiting')
    const host = await registeredHost(service, 'second')
    const [bind] = await Promise.all([
      associate(kps, 'waiting', { id: 'second', auth: byPassword(host.password) }),
      service.call(service.root, 'keyward:RotateKeypair', { Name: 'waiting' }),
    ])
    expect(await endOf(kps, bind)).toMatchObject({ status: 'SUCCESS_BIND' })
    first.open()
    await endOf(kps, slow)
    const next = await exportKey(kps, 'waiting')
    for (let left = 100; left > 0 && !(await enters(host, next)); left -= 1)
      await new Promise((go) => setTimeout(go, 100))
    expect([await enters(host, next), next === old]).toEqual([true, false])
  })
})

describe.skipIf(noSshd)('one authorized_keys of two entries', () => {
  it('is noticed before one takes the other’s key', async () => {
    const { private_key } = await managed('twice')
    const host = await registeredHost(service, 'by-name')
    await register(service, 'by-address', host)
    const server = (id: string) => ({ id, auth: byPassword(host.password) })
    expect(await endOf(kps, await associate(kps, 'twice', server('by-name')))).toMatchObject({
      status: 'SUCCESS_BIND',
    })
    const before = host.keys()
    expect(await endOf(kps, await associate(kps, 'twice', server('by-address')))).toMatchObject({
      status: 'FAILED_BIND',
      code: 'HomeShared',
    })
    expect(host.keys()).toBe(before)
    expect(await enters(host, private_key)).toBe(true)
    expect(await endOf(kps, await associate(kps, 'twice', server('by-name')))).toMatchObject({
      status: 'SUCCESS_BIND',
    })
    expect(await endOf(kps, await disassociate(kps, server('by-name')))).toMatchObject({
      status: 'SUCCESS_UNBIND',
    })
  })

  it('is not taken for one where the key came with the image', async () => {
    const { public_key } = await managed('baked')
    const [one, two] = [await registeredHost(service, 'image-1'), await registeredHost(service, 'image-2')]
    for (const [id, host] of [
      ['image-1', one],
      ['image-2', two],
    ] as const) {
      host.setKeys(`${public_key}\n`)
      const bound = await associate(kps, 'baked', { id, auth: byPassword(host.password) })
      expect(await endOf(kps, bound)).toMatchObject({ status: 'SUCCESS_BIND' })
      expect(host.keys()).toBe(`${public_key}\n`)
    }
  })
})
