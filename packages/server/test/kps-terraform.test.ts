import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noSshd } from '../src/keypairs/hosts/testing/sshd.ts'
import { sshKeygen } from '../src/keypairs/testing/ssh-keygen.ts'
import { type HuaweiAnswer, type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { byKey, byPassword, registeredHost, task } from './kps-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// The calls that the acceptance tests of the Huawei Cloud Terraform provider make for key pairs, in their order, with the
// fields that the provider sends and reads.

const keygen = sshKeygen()
let service: TestService
let kps: KpsClient
let userId: string
let alice: Credential
beforeAll(async () => {
  service = await startService()
  alice = await service.user('alice', {
    iam: [{ Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['*'] }] }],
  })
  kps = kpsClient({ url: service.url, ...alice })
  userId = (await kps.createKeypair({ name: 'who-am-i', algorithm: 'SSH_ED25519' })).keypair.user_id
})
afterAll(async () => {
  await service.close()
  keygen?.close()
})

/** What the provider keeps of a pair after each step. */
async function state(name: string) {
  const { keypair } = await kps.listKeypairDetail(name)
  return {
    name: keypair.name,
    scope: keypair.scope === 'domain' ? 'account' : keypair.scope,
    public_key: keypair.public_key,
    description: keypair.description,
    user_id: keypair.user_id,
    // The provider divides by a thousand and writes RFC 3339.
    created_at: new Date(Math.floor(keypair.create_time / 1000) * 1000).toISOString(),
    fingerprint: keypair.fingerprint,
    is_managed: keypair.is_key_protection,
  }
}

/** Import into the state reads the same again. */
async function imports(name: string): Promise<void> {
  expect(await state(name)).toEqual(await state(name))
}

/** Destroys, and finds nothing afterwards: 404 is what the provider takes for gone. */
async function destroy(name: string): Promise<void> {
  expect((await kps.deleteKeypair(name)).httpStatusCode).toBe(204)
  await expect(kps.listKeypairDetail(name)).rejects.toMatchObject({ httpStatusCode: 404 })
}

const publicKey = () => keygen!.generate('SSH_RSA_2048', { comment: 'Generated-by-AccTest' })

describe('huaweicloud_kps_keypair', () => {
  it('basic: created, described by a second call, described as empty, imported, destroyed', async () => {
    const created = await kps.createKeypair({ name: 'tf-basic', type: 'ssh' })
    expect(created.keypair.private_key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/)
    await kps.updateKeypairDescription('tf-basic', 'created by acc test')
    const expected = {
      name: 'tf-basic',
      scope: 'user',
      public_key: created.keypair.public_key,
      user_id: userId,
      created_at: expect.stringMatching(/^20\d\d-/),
      fingerprint: created.keypair.fingerprint,
      is_managed: false,
    }
    expect(await state('tf-basic')).toEqual({ ...expected, description: 'created by acc test' })
    expect(Date.now() - Date.parse((await state('tf-basic')).created_at)).toBeLessThan(60_000)
    await kps.updateKeypairDescription('tf-basic', '')
    expect(await state('tf-basic')).toEqual({ ...expected, description: '' })
    await imports('tf-basic')
    await destroy('tf-basic')
  })

  it('domain: kept under a kms key by its alias', async () => {
    const key = await service.call(service.root, 'kms:CreateKey', {})
    const { KeyId } = key.body.KeyMetadata as { KeyId: string }
    await service.call(service.root, 'kms:CreateAlias', { KeyId, AliasName: 'alias/tf-domain' })
    await kps.createKeypair({
      name: 'tf-domain',
      type: 'ssh',
      scope: 'domain',
      key_protection: { encryption: { type: 'kms', kms_key_name: 'tf-domain' } },
    })
    expect(await state('tf-domain')).toMatchObject({ scope: 'account', is_managed: true })
    await imports('tf-domain')
    await destroy('tf-domain')
  })

  it.skipIf(!keygen)('publicKey: taken in as it is, then described', async () => {
    const { publicLine } = publicKey()
    await kps.createKeypair({ name: 'tf-public', type: 'ssh', public_key: publicLine })
    expect(await state('tf-public')).toMatchObject({
      scope: 'user',
      public_key: publicLine.trim(),
      is_managed: false,
    })
    await kps.updateKeypairDescription('tf-public', 'updated by acc test')
    expect(await state('tf-public')).toMatchObject({ public_key: publicLine.trim(), is_managed: false })
    await imports('tf-public')
    await destroy('tf-public')
  })

  it.skipIf(!keygen)(
    'privateKey: kept by default encryption with an empty key name, changed, cleared twice',
    async () => {
      const { publicLine, privateKey } = publicKey()
      const protection = (encryption: object) => ({ private_key: privateKey, encryption })
      await kps.createKeypair({
        name: 'tf-private',
        type: 'ssh',
        public_key: publicLine,
        key_protection: protection({ type: 'default', kms_key_name: '' }),
      })
      expect(await state('tf-private')).toMatchObject({ is_managed: true })
      await kps.send('POST', '/keypairs/private-key/import', {
        body: {
          keypair: {
            name: 'tf-private',
            user_id: userId,
            key_protection: protection({ type: 'default', kms_key_name: '' }),
          },
        },
      })
      const clear = () =>
        kps.send('DELETE', '/keypairs/{keypair_name}/private-key', {
          pathParams: { keypair_name: 'tf-private' },
        })
      expect((await clear()).httpStatusCode).toBe(200)
      expect(await state('tf-private')).toMatchObject({ is_managed: false })
      // The provider swallows exactly this.
      await expect(clear()).rejects.toMatchObject({ httpStatusCode: 404 })
      await destroy('tf-private')
    },
  )
})

describe('the data source of key pairs', () => {
  it('follows the markers until there is none', async () => {
    const names = ['tf-list-1', 'tf-list-2', 'tf-list-3']
    for (const name of names) await kps.createKeypair({ name, algorithm: 'SSH_ED25519' })
    const seen: string[] = []
    let marker = ''
    do {
      const page = await kps.listKeypairs({ limit: 2, ...(marker === '' ? {} : { marker }) })
      for (const { keypair } of page.keypairs) {
        seen.push(keypair.name)
        expect([typeof keypair.frozen_state, typeof keypair.is_key_protection]).toEqual(['string', 'boolean'])
      }
      marker = page.page_info.next_marker ?? ''
    } while (marker !== '')
    expect(seen.filter((name) => name.startsWith('tf-list'))).toEqual(names)
  })
})

describe('one-time actions', () => {
  it.skipIf(!keygen)(
    'batch import reads `keypair.keypair`, with the private key that was given',
    async () => {
      const { publicLine, privateKey } = publicKey()
      const { succeeded_keypairs, failed_keypairs } = await kps.send('POST', '/keypairs/batch-import', {
        body: [
          {
            keypair: {
              name: 'tf-batch',
              type: 'ssh',
              public_key: publicLine,
              scope: 'domain',
              key_protection: { private_key: privateKey, encryption: { type: 'default' } },
            },
          },
        ],
      })
      expect(failed_keypairs).toEqual([])
      expect(succeeded_keypairs.map((one: HuaweiAnswer) => one.keypair.keypair)).toEqual([
        {
          name: 'tf-batch',
          type: 'ssh',
          public_key: publicLine.trim(),
          private_key: privateKey,
          fingerprint: expect.any(String),
          user_id: userId,
        },
      ])
    },
  )

  it('export and batch export of what a list has shown', async () => {
    const { keypair } = await kps.createKeypair({
      name: 'tf-export',
      algorithm: 'SSH_ED25519',
      key_protection: { encryption: { type: 'default' } },
    })
    const body = { keypair: { name: 'tf-export' } }
    const exported = await kps.send('POST', '/keypairs/private-key/export', { body })
    expect(exported.keypair).toEqual({ name: 'tf-export', private_key: keypair.private_key })
    const item = (await kps.listKeypairs({ limit: 1000 })).keypairs.find(
      (one: HuaweiAnswer) => one.keypair.name === 'tf-export',
    )
    const file = await service.call(alice, 'kps:BatchExportPrivateKey', {
      items: [item],
    })
    expect(file.status).toBe(200)
    const bytes = file.body.bytes as Buffer
    expect([bytes.readUInt32LE(0), bytes.includes('tf-export.pem')]).toEqual([0x04034b50, true])
  })

  it.skipIf(noSshd)(
    'associate by password, replace by the first key, disassociate: polled until done',
    async () => {
      const host = await registeredHost(service, 'tf-ecs')
      const keys: string[] = []
      for (const name of ['tf-first', 'tf-second']) {
        keys.push((await kps.createKeypair({ name, algorithm: 'SSH_ED25519' })).keypair.private_key)
      }
      const { port } = host.address
      const send = async (path: string, body: object, wanted: string) => {
        const { task_id } = await kps.send('POST', path, { body })
        // The provider wants an id at once, and takes these states alone for an end.
        expect(task_id).toMatch(/^[0-9a-f-]{36}$/)
        for (;;) {
          const { task_status } = await task(kps, task_id)
          if (/^FAILED_/.test(task_status)) throw new Error(task_status)
          if (/^SUCCESS_/.test(task_status)) return expect(task_status).toBe(wanted)
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
      }
      const server = (auth: object) => ({ id: 'tf-ecs', port, auth, disable_password: false })
      await send(
        '/keypairs/associate',
        { keypair_name: 'tf-first', server: server(byPassword(host.password)) },
        'SUCCESS_BIND',
      )
      await send(
        '/keypairs/associate',
        { keypair_name: 'tf-second', server: server(byKey(keys[0] as string)) },
        'SUCCESS_REPLACE',
      )
      await send(
        '/keypairs/disassociate',
        { server: { id: 'tf-ecs', port, auth: byKey(keys[1] as string) } },
        'SUCCESS_UNBIND',
      )
      expect(host.keys()).toBe('')
    },
  )

  it('failed and running tasks, paged by offset, and their deletion', async () => {
    await service.call(service.root, 'keyward:PutHost', {
      HostId: 'tf-down',
      Address: '127.0.0.1',
      Port: 1,
      HostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y',
    })
    await kps.createKeypair({ name: 'tf-failing', algorithm: 'SSH_ED25519' })
    const failed: string[] = []
    for (let i = 0; i < 3; i += 1) {
      const body = { keypair_name: 'tf-failing', server: { id: 'tf-down', auth: byPassword('x') } }
      const { task_id } = await kps.send('POST', '/keypairs/associate', { body })
      while (!/^FAILED_BIND$/.test((await task(kps, task_id)).task_status))
        await new Promise((resolve) => setTimeout(resolve, 50))
      failed.push(task_id)
    }
    const seen: string[] = []
    for (;;) {
      const page = await kps.send('GET', '/failed-tasks', { query: { limit: 2, offset: seen.length } })
      if (page.tasks.length === 0) break
      for (const one of page.tasks) {
        expect(Number.parseInt(one.task_time, 10)).toBeGreaterThan(1_600_000_000_000)
        seen.push(one.task_id)
      }
    }
    expect(seen).toEqual(failed)
    expect(await kps.send('GET', '/running-tasks')).toMatchObject({ total: 0, tasks: [] })
    await kps.send('DELETE', '/failed-tasks/{task_id}', { pathParams: { task_id: failed[0] as string } })
    expect((await kps.send('GET', '/failed-tasks')).total).toBe(2)
    await kps.send('DELETE', '/failed-tasks')
    expect((await kps.send('GET', '/failed-tasks')).total).toBe(0)
  })
})
