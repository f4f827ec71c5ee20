import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPrivateKey } from '../src/keypairs/formats/read-private-key.ts'
import { offeredMethods } from '../src/keypairs/hosts/connection.ts'
import { type CuttingProxy, cuttingProxy } from '../src/keypairs/hosts/testing/cutting-proxy.ts'
import {
  canLogIn,
  byKey as loginKey,
  byPassword as loginPassword,
} from '../src/keypairs/hosts/testing/jobs.ts'
import { noMachine, startMachine, type TestMachine } from '../src/keypairs/hosts/testing/machine.ts'
import type { TestHost } from '../src/keypairs/hosts/testing/sshd.ts'
import { type HuaweiAnswer, type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { associate, byKey, byPassword, disassociate, endOf, register } from './kps-kit.ts'
import { startService, type TestService } from './service.ts'

// Login users who are not root, real sudo and sshd, through the wire; and connections that are cut on the way.

const users = [
  { name: 'free', uid: 4011, sudo: 'free' },
  { name: 'asked', uid: 4012, sudo: 'password' },
  { name: 'plain', uid: 4013 },
] as const

let service: TestService
let kps: KpsClient
let machine: TestMachine
let key: string
beforeAll(async () => {
  if (noMachine) return
  service = await startService()
  kps = kpsClient({ url: service.url, ...service.root })
  machine = await startMachine(users, ['PermitRootLogin no'])
  key = (await kps.createKeypair({ name: 'web', algorithm: 'SSH_ED25519' })).keypair.private_key
})
afterAll(async () => {
  await machine?.stop()
  await service?.close()
})

const enters = async (host: TestHost) => canLogIn(host, loginKey(await readPrivateKey(key)))
const entersByPassword = (host: TestHost) => canLogIn(host, loginPassword(host))

/** The user gets in by a way that the record names. */
async function holds(id: string, host: TestHost): Promise<{ bound: boolean }> {
  const { body } = await service.call(service.root, 'keyward:GetHost', { HostId: id })
  const bound = (body.Host as { KeyFingerprint: string }).KeyFingerprint !== ''
  expect([id, bound, bound ? await enters(host) : await entersByPassword(host)]).toEqual([id, bound, true])
  return { bound }
}

describe.skipIf(noMachine)('a login user who is not root', () => {
  it.each([
    ['free', true, 'SUCCESS_UNBIND'],
    ['asked', false, 'SUCCESS_UNBIND'],
    ['plain', false, 'SUCCESS_UNBIND'],
  ] as const)('%s is bound and unbound, with passwords off: %s', async (name, disable_password, unbinds) => {
    const host = machine.as(name)
    await register(service, name, host)
    const bound = await associate(kps, 'web', { id: name, auth: byPassword(host.password), disable_password })
    expect(await endOf(kps, bound)).toEqual({ status: 'SUCCESS_BIND', code: '', message: '' })
    expect([await enters(host), await entersByPassword(host)]).toEqual([true, !disable_password])
    expect((await offeredMethods(host.address)).includes('password')).toBe(!disable_password)
    const auth = name === 'free' ? byKey(key) : byPassword(host.password)
    expect(await endOf(kps, await disassociate(kps, { id: name, auth }))).toMatchObject({ status: unbinds })
    expect([await enters(host), await entersByPassword(host)]).toEqual([false, true])
  })

  it('plain cannot switch passwords off, and nothing changes', async () => {
    const host = machine.as('plain')
    const asked = { id: 'plain', auth: byPassword(host.password), disable_password: true }
    const bound = await associate(kps, 'web', asked)
    expect(await endOf(kps, bound)).toMatchObject({ status: 'FAILED_BIND', code: 'SudoRefused' })
    expect([host.keys(), await entersByPassword(host)]).toEqual(['', true])
  })
})

describe.skipIf(noMachine)('a connection that is cut on the way', () => {
  it('leaves a user who gets in by what the record says, bound or not', { timeout: 90_000 }, async () => {
    const host = machine.as('free')
    const proxy: CuttingProxy = await cuttingProxy(host.address)
    try {
      await register(service, 'cut', { address: proxy.address, setup: host.setup })
      const bind = () =>
        associate(kps, 'web', { id: 'cut', auth: byPassword(host.password), disable_password: true })
      const unbind = () => disassociate(kps, { id: 'cut', auth: byKey(key) })
      const run = async (submit: () => Promise<HuaweiAnswer>) => {
        const before = proxy.sent
        const end = await endOf(kps, await submit())
        return { end, bytes: proxy.sent - before }
      }
      const whole = { bind: (await run(bind)).bytes, unbind: (await run(unbind)).bytes }
      const ends: string[] = []
      for (const part of [0.25, 0.65]) {
        for (const [submit, bytes, back] of [
          [bind, whole.bind, unbind],
          [unbind, whole.unbind, bind],
        ] as const) {
          // Where the first fails the second has nothing to do.
          const wanted = submit === unbind
          if ((await holds('cut', host)).bound !== wanted) await run(back)
          proxy.cutAfter(Math.floor(bytes * part))
          ends.push((await run(submit)).end.status)
          proxy.cutAfter(-1)
          await holds('cut', host)
        }
      }
      expect(ends.every((status) => /^(SUCCESS|FAILED)_(UN)?BIND$/.test(status))).toBe(true)
      if ((await holds('cut', host)).bound) expect((await run(unbind)).end.status).toBe('SUCCESS_UNBIND')
      expect([host.keys(), await entersByPassword(host)]).toEqual(['', true])
    } finally {
      await proxy.close()
    }
  })
})
