import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestClock } from '../src/base/clock.ts'
import { writePublicLine } from '../src/keypairs/formats/public-line.ts'
import { readPrivateKey } from '../src/keypairs/formats/read-private-key.ts'
import { writePrivateKey } from '../src/keypairs/formats/write-private-key.ts'
import { generateKey } from '../src/keypairs/generate.ts'
import { byKey, canLogIn, foreignLines } from '../src/keypairs/hosts/testing/jobs.ts'
import { noMachine, PASSWORD, startMachine } from '../src/keypairs/hosts/testing/machine.ts'
import { noSshd, startHost, type TestHost } from '../src/keypairs/hosts/testing/sshd.ts'
import { hostKeyLine } from './kps-kit.ts'
import { keepPasswordsBeside } from './rotation/kinds.ts'
import { secretKit } from './rotation-kit.ts'
import { startService, type TestService } from './service.ts'

// Secrets that hold the key or the password of a user on a real host.

let service: TestService
let host: TestHost
beforeAll(async () => {
  if (noSshd) return
  service = await startService({ switches: ['test-clock'] })
  host = await startHost()
  keepPasswordsBeside(host)
  await service.call(service.root, 'keyward:PutHost', {
    HostId: 'web',
    Address: host.address.host,
    Port: host.address.port,
    HostKey: hostKeyLine(host.address.hostKey),
    SshdConfig: host.config,
    SshdReload: host.setup.reload,
    SecretUsers: [host.address.user],
  })
})
afterAll(async () => {
  await host?.stop()
  await service?.close()
})

const create = (name: string, kind: string, data: object) =>
  secretKit(service, name).call('CreateSecret', {
    VersionId: 'v0',
    SecretType: 'ECS',
    SecretData: JSON.stringify({ UserName: host.address.user, ...data }),
    ExtendedConfig: { SecretSubType: kind, RegionId: 'cn-hangzhou', InstanceId: 'web' },
  })

describe.skipIf(noSshd)('on a host', () => {
  it('an SSH key rotates, and the old one goes when its window ends', async () => {
    const key = await generateKey('SSH_ED25519')
    host.setKeys(`${foreignLines}${writePublicLine(key.public, 'old')}\n`)
    const PublicKey = writePublicLine(key.public, 'old')
    const wrong = { PublicKey, PrivateKey: writePrivateKey(await generateKey('SSH_ED25519'), 'openssh') }
    expect((await create('acs/ecs/no', 'SSHKey', wrong)).body.Code).toBe('InvalidParameter')
    const made = await create('acs/ecs/key', 'SSHKey', {
      PublicKey,
      PrivateKey: writePrivateKey(key, 'openssh'),
    })
    expect([made.status, made.body.Code]).toEqual([200, undefined])
    const kit = secretKit(service, 'acs/ecs/key')
    await kit.rotate('v1')
    const current = await kit.value()
    const enters = async (text: string) => canLogIn(host, byKey(await readPrivateKey(text)))
    expect(await enters(String(current?.PrivateKey))).toBe(true)
    expect(await enters(writePrivateKey(key, 'openssh'))).toBe(true)
    ;(service.service.clock as TestClock).advance(11 * 60_000)
    for (let left = 200; host.keys().includes(PublicKey) && left > 0; left -= 1) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(await enters(writePrivateKey(key, 'openssh'))).toBe(false)
    expect(await enters(String(current?.PrivateKey))).toBe(true)
    expect(host.keys().startsWith(foreignLines)).toBe(true)
  }, 60_000)

  it.skipIf(process.getuid?.() !== 0)(
    'a password rotates, and only the new one lets in',
    async () => {
      const made = await create('acs/ecs/password', 'Password', { Password: host.password })
      expect([made.status, made.body.Code]).toEqual([200, undefined])
      const kit = secretKit(service, 'acs/ecs/password')
      await kit.rotate('v1')
      const enters = (password: string) => canLogIn(host, { kind: 'password', password })
      expect(await enters(String((await kit.value())?.Password))).toBe(true)
      expect(await enters(host.password)).toBe(false)
    },
    60_000,
  )

  it('no user rotates whom the host does not list', async () => {
    const { body } = await secretKit(service, 'acs/ecs/other').call('CreateSecret', {
      VersionId: 'v0',
      SecretType: 'ECS',
      SecretData: JSON.stringify({ UserName: 'somebody', Password: 'x' }),
      ExtendedConfig: { SecretSubType: 'Password', RegionId: 'cn-hangzhou', InstanceId: 'web' },
    })
    expect(body.Code).toBe('Forbidden.ResourceNotFound')
  })
})

describe.skipIf(noMachine)(`on a machine with passwd, PAM and shadow of its own ${noMachine ?? ''}`, () => {
  it('a user without any power rotates its own password', async () => {
    const machine = await startMachine([{ name: 'shop', uid: 61_234 }], ['PasswordAuthentication yes'])
    try {
      const on = machine.as('shop')
      const put = await service.call(service.root, 'keyward:PutHost', {
        HostId: 'shop',
        Address: on.address.host,
        Port: on.address.port,
        HostKey: hostKeyLine(on.address.hostKey),
        SecretUsers: ['shop'],
      })
      expect(put.status).toBe(200)
      const kit = secretKit(service, 'acs/ecs/shop')
      const made = await kit.call('CreateSecret', {
        VersionId: 'v0',
        SecretType: 'ECS',
        SecretData: JSON.stringify({ UserName: 'shop', Password: PASSWORD }),
        ExtendedConfig: { SecretSubType: 'Password', RegionId: 'cn-hangzhou', InstanceId: 'shop' },
      })
      expect([made.status, made.body.Code]).toEqual([200, undefined])
      const enters = (password: string) => canLogIn(on, { kind: 'password', password })
      let before = PASSWORD
      for (const version of ['v1', 'v2']) {
        await kit.rotate(version)
        const now = String((await kit.value())?.Password)
        expect([version, await enters(now), await enters(before)]).toEqual([version, true, false])
        before = now
      }
    } finally {
      await machine.stop()
    }
  }, 60_000)
})
