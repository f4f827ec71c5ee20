import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readPrivateKey } from '../src/keypairs/formats/read-private-key.ts'
import { type CuttingProxy, cuttingProxy } from '../src/keypairs/hosts/testing/cutting-proxy.ts'
import { canLogIn, byKey as loginKey, sshInto } from '../src/keypairs/hosts/testing/jobs.ts'
import { noSshd, startHost, type TestHost } from '../src/keypairs/hosts/testing/sshd.ts'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { byPassword, endOf, exportKey, register } from './kps-kit.ts'
import { type Credential, type Grants, startService, type TestService } from './service.ts'

// A fleet of real hosts whose one key is replaced everywhere.

const FLEET = 20
const SPOILED = 3

let service: TestService
let root: KpsClient
beforeAll(async () => {
  if (noSshd) return
  service = await startService()
  root = kpsClient({ url: service.url, ...service.root })
})
afterAll(() => service?.close())

interface Rotation {
  readonly RotationId: string
  readonly Hosts: number
  readonly Fingerprint: string
  readonly Skipped: readonly { readonly HostId: string; readonly ErrorCode: string }[]
}
interface Progress {
  readonly Total: number
  readonly Succeeded: number
  readonly Failed: number
  readonly Tasks: readonly { readonly HostId: string; readonly State: string; readonly ErrorCode: string }[]
}

const rotate = (input: Record<string, unknown>, who: Credential = service.root) =>
  service.call(who, 'keyward:RotateKeypair', input)

async function rotated(input: Record<string, unknown>): Promise<Rotation & { progress: Progress }> {
  const { status, body } = await rotate(input)
  if (status !== 200) throw new Error(JSON.stringify(body))
  const rotation = body as unknown as Rotation
  return { ...rotation, progress: await finished(rotation.RotationId) }
}

async function finished(RotationId: string): Promise<Progress> {
  for (let left = 600; left > 0; left -= 1) {
    const { body } = await service.call(service.root, 'keyward:GetRotation', { RotationId })
    const progress = body as unknown as Progress
    if (progress.Succeeded + progress.Failed === progress.Total) return progress
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the rotation does not end')
}

const hostOf = async (HostId: string) =>
  (await service.call(service.root, 'keyward:GetHost', { HostId })).body.Host as Record<string, unknown>

/** Hosts bound to one pair, whose private key is in custody. */
async function fleet(name: string, size: number, encryption: object = { type: 'default' }) {
  await root.createKeypair({
    name,
    scope: 'domain',
    algorithm: 'SSH_ED25519',
    key_protection: { encryption },
  })
  const ids = Array.from({ length: size }, (_, i) => `${name}-${String(i).padStart(2, '0')}`)
  const hosts = await Promise.all(ids.map(() => startHost()))
  const byId = new Map(ids.map((id, i) => [id, hosts[i] as TestHost]))
  for (const [id, host] of byId) await register(service, id, host)
  const tasks = []
  for (let at = 0; at < size; at += 10) {
    const batch_keypairs = ids.slice(at, at + 10).map((id) => ({
      keypair_name: name,
      server: { id, auth: byPassword((byId.get(id) as TestHost).password) },
    }))
    tasks.push(...(await root.send('POST', '/keypairs/batch-associate', { body: { batch_keypairs } })).tasks)
  }
  for (const task of tasks) expect(await endOf(root, task)).toMatchObject({ status: 'SUCCESS_BIND' })
  const key = await exportKey(root, name)
  return { ids, byId, key, stop: () => Promise.all(hosts.map((host) => host.stop())) }
}

async function enters(host: TestHost, key: string): Promise<boolean> {
  return canLogIn(host, loginKey(await readPrivateKey(key)))
}

/** Bytes that a rotation of one host sends to it. */
async function trafficOfOne(): Promise<number> {
  const { byId, stop } = await fleet('single', 1)
  const [[id, host]] = [...byId] as [[string, TestHost]]
  const proxy = await cuttingProxy(host.address)
  try {
    await register(service, id, { address: proxy.address, setup: host.setup })
    expect((await rotated({ Name: 'single' })).progress.Succeeded).toBe(1)
    return proxy.sent
  } finally {
    await proxy.close()
    await stop()
  }
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((one) => [Math.random(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one)
}

describe.skipIf(noSshd)('a rotation', () => {
  it(`over ${FLEET} hosts of which ${SPOILED} fail at random points ends with those unchanged and listed`, async () => {
    const traffic = await trafficOfOne()
    const { ids, byId, key, stop } = await fleet('fleet', FLEET)
    const proxies: CuttingProxy[] = []
    try {
      const unlucky = shuffled(ids).slice(0, SPOILED)
      const points = unlucky.map(() => Math.floor(traffic * (0.05 + 0.8 * Math.random())))
      const before = unlucky.map((id) => (byId.get(id) as TestHost).keys())
      for (const [i, id] of unlucky.entries()) {
        const host = byId.get(id) as TestHost
        const proxy = await cuttingProxy(host.address)
        proxies.push(proxy)
        await register(service, id, { address: proxy.address, setup: host.setup })
        // Cut in the middle and gone for longer than a step is patient, then there again for the way back.
        proxy.cutAfter(points[i] as number, true)
        const back = setInterval(() => {
          if (!proxy.refusing) return
          clearInterval(back)
          setTimeout(() => proxy.cutAfter(-1), 3300)
        }, 20)
        onTestFinished(() => clearInterval(back))
      }
      const { progress, Hosts, Fingerprint } = await rotated({ Name: 'fleet' })
      const at = `cut after ${points} of ${traffic} bytes`
      expect([at, Hosts, progress.Succeeded, progress.Failed]).toEqual([at, FLEET, FLEET - SPOILED, SPOILED])
      const failed = progress.Tasks.filter((one) => one.State === 'FAILED')
      expect(failed.map((one) => one.HostId)).toEqual([...unlucky].sort())
      const next = await exportKey(root, 'fleet')
      for (const [id, host] of byId) {
        const followed = !unlucky.includes(id)
        expect([at, id, await enters(host, next), await enters(host, key)]).toEqual([
          at,
          id,
          followed,
          !followed,
        ])
        expect((await hostOf(id)).KeyFingerprint === Fingerprint).toBe(followed)
      }
      expect(unlucky.map((id) => (byId.get(id) as TestHost).keys())).toEqual(before)
      const listed = (await root.send('GET', '/failed-tasks')).tasks
      expect(listed.map((one: { server_id: string }) => one.server_id).sort()).toEqual([...unlucky].sort())
      await root.send('DELETE', '/failed-tasks')
      const again = await rotated({ Name: 'fleet', Retry: true })
      expect(again).toMatchObject({ Hosts: SPOILED, Fingerprint, progress: { Succeeded: SPOILED } })
      for (const id of unlucky) expect(await enters(byId.get(id) as TestHost, next)).toBe(true)
    } finally {
      await Promise.all(proxies.map((proxy) => proxy.close()))
      await stop()
    }
  }, 90_000)

  it('leaves hosts that it fails on as they were, and lets them follow once they are set right', async () => {
    const { ids, byId, key, stop } = await fleet('few', 5)
    try {
      const spoiled = new Map<string, string>()
      while (spoiled.size < 3) {
        const id = ids[Math.floor(Math.random() * 5)] as string
        const host = byId.get(id) as TestHost
        const before = host.keys()
        if (spoiled.has(id)) continue
        // One has an altered line, one is down, one shows another host key.
        if (spoiled.size === 0) host.setKeys(`no-pty ${before}`)
        if (spoiled.size === 1) await host.stop()
        if (spoiled.size === 2) {
          await register(service, id, host, {
            HostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y',
          })
        }
        spoiled.set(id, before)
      }
      const [altered, down, foreign] = [...spoiled.keys()] as [string, string, string]
      const { progress, Hosts, Fingerprint } = await rotated({ Name: 'few' })
      expect([Hosts, progress.Succeeded, progress.Failed]).toEqual([5, 2, 3])
      const failed = progress.Tasks.filter((one) => one.State === 'FAILED')
      expect(Object.fromEntries(failed.map((one) => [one.HostId, one.ErrorCode]))).toEqual({
        [altered]: 'KeysAltered',
        [down]: 'HostUnreachable',
        [foreign]: 'HostKeyChanged',
      })
      const next = await exportKey(root, 'few')
      expect(next).not.toBe(key)
      for (const [id, host] of byId) {
        const followed = !spoiled.has(id)
        if (id !== down)
          expect([id, await enters(host, next), await enters(host, key)]).toEqual([id, followed, !followed])
        expect((await hostOf(id)).KeyFingerprint === Fingerprint).toBe(followed)
      }
      const listed = (await root.send('GET', '/failed-tasks')).tasks
      expect(listed.map((one: { server_id: string }) => one.server_id).sort()).toEqual(
        [...spoiled.keys()].sort(),
      )
      expect(listed[0].operate_type).toBe('FAILED_REPLACE')

      // Set right, those that stayed behind follow, and nobody else is touched.
      ;(byId.get(altered) as TestHost).setKeys(spoiled.get(altered) as string)
      await register(service, foreign, byId.get(foreign) as TestHost)
      const again = await rotated({ Name: 'few', Retry: true })
      expect(again).toMatchObject({ Hosts: 3, Fingerprint, progress: { Succeeded: 2, Failed: 1 } })
      for (const id of [altered, foreign]) {
        const host = byId.get(id) as TestHost
        expect([await enters(host, next), await enters(host, key)]).toEqual([true, false])
      }
      expect(await exportKey(root, 'few')).toBe(next)
      const one = byId.get(ids.find((id) => !spoiled.has(id)) as string) as TestHost
      expect((await sshInto(one, await readPrivateKey(next), 'echo in')).trim()).toBe('in')
    } finally {
      await stop()
    }
  }, 60_000)

  it('is allowed by a bind of the pair and what its custody key needs, and by nothing less', async () => {
    const key = await service.call(service.root, 'kms:CreateKey', {})
    const id = (key.body.KeyMetadata as { KeyId: string }).KeyId
    const { byId, stop } = await fleet('guarded', 1, { type: 'kms', kms_key_id: id })
    try {
      const actions = [
        'kps:SSHKeyPair:bind',
        'kms:cmk:list',
        'kms:cmk:createDataKey',
        'kms:cmk:decryptDataKey',
        'ecs:cloudServers:showServer',
      ]
      const grants = (Action: string[], more: Grants = {}): Grants => ({
        iam: [{ Version: '5.0', Statement: [{ Effect: 'Allow', Action }] }],
        ...more,
      })
      for (const [i, missing] of actions.entries()) {
        const who = await service.user(`without-${i}`, grants(actions.filter((one) => one !== missing)))
        expect([missing, (await rotate({ Name: 'guarded' }, who)).status]).toEqual([missing, 403])
      }
      const deny = { Version: '1', Statement: [{ Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' }] }
      const barred = await service.user('barred', grants(actions, { ram: [deny] }))
      expect((await rotate({ Name: 'guarded' }, barred)).status).toBe(403)
      const before = await exportKey(root, 'guarded')
      const who = await service.user('with-all', grants(actions))
      const answer = await rotate({ Name: 'guarded' }, who)
      expect(answer.status).toBe(200)
      const progress = await finished(answer.body.RotationId as string)
      expect(progress).toMatchObject({ Total: 1, Succeeded: 1 })
      const host = [...byId.values()][0] as TestHost
      const after = await exportKey(root, 'guarded')
      expect([await enters(host, before), await enters(host, after)]).toEqual([false, true])
      expect((await root.listKeypairDetail('guarded')).keypair.key_id).toBe(id)
    } finally {
      await stop()
    }
  })

  it('of a pair without a private key in custody is refused, and so is one of nothing', async () => {
    await root.createKeypair({ name: 'bare', algorithm: 'SSH_ED25519' })
    expect((await rotate({ Name: 'bare' })).status).toBe(404)
    expect((await rotate({ Name: 'missing' })).status).toBe(404)
  })
})
