import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sshKeygen } from '../src/keypairs/testing/ssh-keygen.ts'
import { type HuaweiAnswer, type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { exportKey, importKey } from './kps-kit.ts'
import { type Credential, type Grants, startService, type TestService } from './service.ts'

// Private keys in custody: under the root key, or under a data key from a KMS key that was made on the other wire.

const keygen = sshKeygen()
let service: TestService
let root: KpsClient
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-custody-'))
  service = await startService()
  root = client(service.root)
})
afterAll(async () => {
  await service.close()
  keygen?.close()
  rmSync(folder, { recursive: true })
})

const client = (who: Credential) => kpsClient({ url: service.url, ...who })
const kms = async (action: string, input: Record<string, unknown>, who: Credential = service.root) => {
  const { status, body } = await service.call(who, `kms:${action}`, input)
  if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
  return body
}
let count = 0
const fresh = (what: string) => {
  count += 1
  return `${what}-${count}`
}
async function kmsKey(input: Record<string, unknown> = {}): Promise<{ id: string; alias: string }> {
  const { KeyMetadata } = await kms('CreateKey', input)
  const id = (KeyMetadata as { KeyId: string }).KeyId
  const alias = fresh('pairs')
  await kms('CreateAlias', { KeyId: id, AliasName: `alias/${alias}` })
  return { id, alias }
}
const policy = (...Statement: object[]) => ({ Version: '5.0', Statement })
const ram = (...Statement: object[]) => ({ Version: '1', Statement })
const allow = (...Action: string[]) => ({ Effect: 'Allow', Action })
const userWith = async (grants: Grants) => client(await service.user(fresh('user'), grants))

const managed = (name: string, encryption: object, more: object = {}) => ({
  name,
  scope: 'domain' as const,
  algorithm: 'SSH_ED25519',
  key_protection: { encryption, ...more },
})
const create = (kps: KpsClient, name: string, encryption: object, more: object = {}): Promise<HuaweiAnswer> =>
  kps.createKeypair(managed(name, encryption, more))
const status = (call: Promise<HuaweiAnswer>) =>
  call.then(
    ({ httpStatusCode }) => httpStatusCode,
    ({ httpStatusCode }) => httpStatusCode,
  )

describe('custody', () => {
  it.each([
    ['under the root key', async () => ({ type: 'default' })],
    ['under a kms key by id', async () => ({ type: 'kms', kms_key_id: (await kmsKey()).id })],
    ['under a kms key by name', async () => ({ type: 'kms', kms_key_name: (await kmsKey()).alias })],
    [
      'under a kms key by its whole alias',
      async () => ({ type: 'kms', kms_key_name: `alias/${(await kmsKey()).alias}` }),
    ],
  ] as const)(
    '%s keeps a generated key, exports it as often as asked, and clears it',
    async (_how, guard) => {
      const name = fresh('pair')
      const encryption = await guard()
      const made = await create(root, name, encryption)
      expect(made.keypair.private_key).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----/)
      const detail = (await root.listKeypairDetail(name)).keypair
      expect(detail).toMatchObject({ is_key_protection: true, fingerprint: made.keypair.fingerprint })
      expect('key_id' in detail).toBe(encryption.type === 'kms')
      expect(await exportKey(root, name)).toBe(made.keypair.private_key)
      expect(await exportKey(root, name)).toBe(made.keypair.private_key)
      const listed = (await root.listKeypairs()).keypairs
      expect(listed.find((one: HuaweiAnswer) => one.keypair.name === name).keypair.is_key_protection).toBe(
        true,
      )
      const clear = () =>
        status(
          root.send('DELETE', '/keypairs/{keypair_name}/private-key', { pathParams: { keypair_name: name } }),
        )
      expect([await clear(), await clear()]).toEqual([200, 404])
      expect((await root.listKeypairDetail(name)).keypair.is_key_protection).toBe(false)
      await expect(exportKey(root, name)).rejects.toMatchObject({ httpStatusCode: 404 })
    },
  )

  it.skipIf(!keygen)(
    'takes in what ssh-keygen made, in every format, and only for its own public key',
    async () => {
      for (const [algorithm, format] of [
        ['SSH_RSA_3072', 'PEM'],
        ['SSH_RSA_2048', 'PKCS8'],
        ['ECDSA_SHA2_NISTP384', 'PKCS8'],
        ['SSH_ED25519', undefined],
      ] as const) {
        const name = fresh('pair')
        const { privateKey, publicLine } = keygen!.generate(algorithm, format ? { format } : {})
        await root.createKeypair({ name, public_key: publicLine.trim() })
        await importKey(root, name, privateKey)
        expect(await exportKey(root, name)).toBe(privateKey)
        const other = keygen!.generate(algorithm)
        await expect(importKey(root, name, other.privateKey)).rejects.toMatchObject({
          httpStatusCode: 400,
          errorMsg: expect.stringContaining('does not belong to the public key'),
        })
      }
    },
  )

  it.skipIf(!keygen)('hands back what ssh-keygen reads, whatever line ends the key came with', async () => {
    const { privateKey, publicLine } = keygen!.generate('SSH_ED25519')
    const usable = (text: string) =>
      expect(keygen!.run(['-y', '-P', '', '-f', 'exported'], { exported: text })).toContain(
        publicLine.split(' ')[1],
      )
    const asked = (name: string, private_key: string, encryption: object) => ({
      name,
      public_key: `\ufeff${publicLine.trim()}\r\n`,
      key_protection: { private_key, encryption },
    })
    const encryption = { type: 'kms', kms_key_id: (await kmsKey()).id }
    const names: string[] = []
    for (const given of [
      privateKey.trimEnd(),
      privateKey.replaceAll('\n', '\r\n'),
      `\ufeff${privateKey}`,
      `\n\n${privateKey}`,
      `my key\n${privateKey}`,
    ]) {
      const [created, batched] = [fresh('pair'), fresh('pair')]
      names.push(created, batched)
      await root.createKeypair(asked(created, given, encryption))
      const batch = await root.send('POST', '/keypairs/batch-import', {
        body: [{ keypair: asked(batched, given, { type: 'default' }) }],
      })
      usable(batch.succeeded_keypairs[0].keypair.private_key)
      for (const name of [created, batched]) usable(await exportKey(root, name))
      await importKey(root, created, given)
      expect(await exportKey(root, created)).toBe(privateKey)
    }
    const { status: code, body } = await service.call(service.root, 'kps:BatchExportPrivateKey', {
      items: names.map((name) => ({ keypair: { name } })),
    })
    expect(code).toBe(200)
    const file = join(folder, 'odd.zip')
    writeFileSync(file, body.bytes as Buffer)
    execFileSync('python3', ['-m', 'zipfile', '-e', file, join(folder, 'odd')])
    for (const name of names) usable(readFileSync(join(folder, 'odd', `${name}.pem`), 'utf8'))
  })

  it.skipIf(!keygen)('refuses keys with a passphrase, .ppk files and nonsense, in words', async () => {
    const name = fresh('pair')
    const { privateKey, publicLine } = keygen!.generate('SSH_ED25519')
    const locked = keygen!.generate('SSH_ED25519', { passphrase: 'open sesame' })
    await root.createKeypair({ name, public_key: publicLine.trim() })
    const words = (text: string) => expect(importKey(root, name, text)).rejects
    await words(locked.privateKey).toMatchObject({ errorMsg: expect.stringContaining('passphrase') })
    await words('PuTTY-User-Key-File-3: ssh-ed25519').toMatchObject({
      errorMsg: expect.stringContaining('.ppk'),
    })
    await words('nonsense').toMatchObject({ httpStatusCode: 400 })
    await words(privateKey.slice(0, -60)).toMatchObject({ httpStatusCode: 400 })
    expect((await root.listKeypairDetail(name)).keypair.is_key_protection).toBe(false)
  })

  it('takes a private key with an imported public key, and only both together', async () => {
    const name = fresh('pair')
    const { keypair } = await root.createKeypair({ name, algorithm: 'ECDSA_SHA2_NISTP256' })
    const { public_key, private_key } = keypair
    const both = await root.createKeypair({
      name: `${name}-both`,
      public_key,
      key_protection: { private_key, encryption: { type: 'default' } },
    })
    expect(both.keypair).not.toHaveProperty('private_key')
    expect(await exportKey(root, `${name}-both`)).toBe(private_key)
    const half = (more: object) => expect(root.createKeypair({ name: fresh('pair'), ...more })).rejects
    await half({ key_protection: { private_key, encryption: { type: 'default' } } }).toMatchObject({
      httpStatusCode: 400,
    })
    await half({ public_key, key_protection: { encryption: { type: 'default' } } }).toMatchObject({
      httpStatusCode: 400,
    })
    await half({ key_protection: { encryption: { type: 'kms' } } }).toMatchObject({ httpStatusCode: 400 })
    await half({ key_protection: { encryption: { type: 'kms', kms_key_id: 'none' } } }).toMatchObject({
      httpStatusCode: 404,
    })
    const [one, two] = [await kmsKey(), await kmsKey()]
    const encryption = { type: 'kms', kms_key_id: one.id, kms_key_name: two.alias }
    await half({ key_protection: { encryption } }).toMatchObject({ httpStatusCode: 400 })
  })

  it('changes its encryption by importing again', async () => {
    const name = fresh('pair')
    const { keypair } = await create(root, name, { type: 'default' })
    const { id } = await kmsKey()
    const answer = await importKey(root, name, keypair.private_key, { type: 'kms', kms_key_id: id })
    expect(answer.keypair).toEqual({
      name,
      user_id: expect.any(String),
      key_protection: { encryption: { type: 'kms', kms_key_id: id } },
    })
    expect((await root.listKeypairDetail(name)).keypair.key_id).toBe(id)
    await kms('DisableKey', { KeyId: id })
    await expect(exportKey(root, name)).rejects.toMatchObject({ httpStatusCode: 409 })
  })

  it('exports up to ten at once, as a zip that unzips', async () => {
    const names = [fresh('pair'), fresh('pair')]
    const keys = []
    for (const name of names) keys.push((await create(root, name, { type: 'default' })).keypair.private_key)
    const send = (items: object[]) =>
      service.call(service.root, 'kps:BatchExportPrivateKey', { items } as Record<string, unknown>)
    const { status: code, headers, body } = await send(names.map((name) => ({ keypair: { name } })))
    expect([code, headers.get('content-type')]).toEqual([200, 'application/zip'])
    const file = join(folder, 'keys.zip')
    writeFileSync(file, body.bytes as Buffer)
    execFileSync('python3', ['-m', 'zipfile', '-t', file])
    execFileSync('python3', ['-m', 'zipfile', '-e', file, join(folder, 'keys')])
    const files = readdirSync(join(folder, 'keys')).sort()
    expect(files).toEqual(names.map((name) => `${name}.pem`).sort())
    expect(names.map((name) => readFileSync(join(folder, 'keys', `${name}.pem`), 'utf8'))).toEqual(keys)
    expect((await send([{ keypair: { name: names[0] } }, { keypair: { name: 'none' } }])).status).toBe(404)
    const one = { keypair: { name: names[0] } }
    expect((await send([one, one])).status).toBe(400)
    const eleven = Array.from({ length: 11 }, (_, i) => ({ keypair: { name: `n${i}` } }))
    expect((await send(eleven)).status).toBe(400)
  })
})

describe('a kms key that guards private keys', () => {
  it('has to be enabled, and of a kind that makes data keys', async () => {
    const { id } = await kmsKey()
    const name = fresh('pair')
    await create(root, name, { type: 'kms', kms_key_id: id })
    await kms('DisableKey', { KeyId: id })
    await expect(exportKey(root, name)).rejects.toMatchObject({ httpStatusCode: 409 })
    expect(await status(create(root, fresh('pair'), { type: 'kms', kms_key_id: id }))).toBe(409)
    await kms('EnableKey', { KeyId: id })
    expect(await exportKey(root, name)).toContain('PRIVATE KEY')
    const signing = await kmsKey({ KeySpec: 'EC_P256', KeyUsage: 'SIGN/VERIFY' })
    expect(await status(create(root, fresh('pair'), { type: 'kms', kms_key_id: signing.id }))).toBe(400)
  })

  it('is asked for in the name of the caller: every dependent action, on that key', async () => {
    const { id, alias } = await kmsKey()
    const other = await kmsKey()
    const encryption = { type: 'kms', kms_key_name: alias }
    const kps = allow('kps:*:*')
    const made = async (...statements: object[]) =>
      status(create(await userWith({ iam: [policy(kps, ...statements)] }), fresh('pair'), encryption))
    const on = (key: string) => ({ Resource: [`kms:*:*:KeyId:${key}`] })
    expect(await made()).toBe(403)
    expect(await made(allow('kms:cmk:list'))).toBe(403)
    expect(await made(allow('kms:cmk:createDataKey'))).toBe(403)
    expect(await made(allow('kms:cmk:list', 'kms:cmk:createDataKey'))).toBe(200)
    expect(await made(allow('kms:cmk:list'), { ...allow('kms:cmk:createDataKey'), ...on(id) })).toBe(200)
    expect(await made(allow('kms:cmk:list'), { ...allow('kms:cmk:createDataKey'), ...on(other.id) })).toBe(
      403,
    )

    const name = fresh('pair')
    await create(root, name, encryption)
    const read = async (...statements: object[]) =>
      status(
        (await userWith({ iam: [policy(kps, ...statements)] })).send('POST', '/keypairs/private-key/export', {
          body: { keypair: { name } },
        }),
      )
    expect(await read()).toBe(403)
    expect(await read(allow('kms:cmk:decryptDataKey'))).toBe(200)
    expect(await read({ ...allow('kms:cmk:decryptDataKey'), ...on(id) })).toBe(200)
    expect(await read({ ...allow('kms:cmk:decryptDataKey'), ...on(other.id) })).toBe(403)
    expect(await read(allow('kms:dek:decrypt'))).toBe(403)
  })

  it('is what `kps:KmsKeyId` says, on create and on import', async () => {
    const [wanted, other] = [await kmsKey(), await kmsKey()]
    const only = policy(
      {
        ...allow('kps:SSHKeyPair:create', 'kps:SSHKeyPair:importPrivateKey'),
        Condition: { StringEquals: { 'kps:KmsKeyId': [wanted.id] } },
      },
      allow('kms:*:*'),
    )
    const kps = await userWith({ iam: [only] })
    const name = fresh('pair')
    const { keypair } = await create(root, name, { type: 'default' })
    for (const [encryption, code] of [
      [{ type: 'kms', kms_key_id: wanted.id }, 200],
      [{ type: 'kms', kms_key_name: wanted.alias }, 200],
      [{ type: 'kms', kms_key_id: other.id }, 403],
      [{ type: 'default' }, 403],
    ] as const) {
      expect(await status(create(kps, fresh('pair'), encryption))).toBe(code)
      expect(await status(importKey(kps, name, keypair.private_key, encryption))).toBe(code)
    }
  })

  it('is refused by an explicit denial of the other wire: identity and key policy', async () => {
    const { id } = await kmsKey()
    const name = fresh('pair')
    await create(root, name, { type: 'kms', kms_key_id: id })
    const both = async (kps: KpsClient) => [
      await status(create(kps, fresh('pair'), { type: 'kms', kms_key_id: id })),
      await status(kps.send('POST', '/keypairs/private-key/export', { body: { keypair: { name } } })),
    ]
    const all = policy(allow('*'))
    const denied = (...Action: string[]) => ram({ Effect: 'Deny', Action, Resource: '*' })
    expect(await both(await userWith({ iam: [all] }))).toEqual([200, 200])
    expect(await both(await userWith({ iam: [all], ram: [denied('kms:GenerateDataKey')] }))).toEqual([
      403, 200,
    ])
    expect(await both(await userWith({ iam: [all], ram: [denied('kms:Decrypt')] }))).toEqual([200, 403])
    expect(await both(await userWith({ iam: [all], ram: [denied('kms:ListKeys')] }))).toEqual([403, 200])
    expect(await both(await userWith({ iam: [all], ram: [denied('kms:Encrypt')] }))).toEqual([200, 200])

    const credential = await service.user('barred', { iam: [all] })
    const kps = client(credential)
    expect(await both(kps)).toEqual([200, 200])
    const keyPolicy = (Action: string) =>
      JSON.stringify({
        Version: '1',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { RAM: [`acs:ram::${service.root.accountUid}:*`] },
            Action: ['kms:*'],
            Resource: ['*'],
          },
          {
            Effect: 'Deny',
            Principal: { RAM: [`acs:ram::${service.root.accountUid}:user/barred`] },
            Action: [Action],
            Resource: ['*'],
          },
        ],
      })
    await kms('SetKeyPolicy', { KeyId: id, Policy: keyPolicy('kms:GenerateDataKey') })
    expect(await both(kps)).toEqual([403, 200])
    await kms('SetKeyPolicy', { KeyId: id, Policy: keyPolicy('kms:Decrypt') })
    expect(await both(kps)).toEqual([200, 403])
    // A grant of the other wire is none here.
    const onlyRam = await userWith({
      iam: [policy(allow('kps:*:*'))],
      ram: [ram({ Effect: 'Allow', Action: 'kms:*', Resource: '*' })],
    })
    expect(await both(onlyRam)).toEqual([403, 403])
  })
})

describe('a batch', () => {
  const send = (kps: KpsClient, items: object[]) =>
    kps.send('POST', '/keypairs/batch-import', { body: items })
  const item = (name: string, more: object = {}) => ({ keypair: { name, algorithm: 'SSH_ED25519', ...more } })

  it('makes what it can and tells what it cannot', async () => {
    const [good, taken, imported] = [fresh('pair'), fresh('pair'), fresh('pair')]
    const { keypair } = await root.createKeypair({ name: taken, algorithm: 'SSH_ED25519' })
    const { private_key, public_key } = keypair
    const answer = await send(root, [
      item(good),
      item(taken),
      item(fresh('pair'), { type: 'x509' }),
      { keypair: { name: fresh('pair'), public_key: 'ssh-rsa nonsense' } },
      item(fresh('pair'), { key_protection: { encryption: { type: 'kms', kms_key_id: 'none' } } }),
      {
        keypair: {
          name: imported,
          public_key,
          key_protection: { private_key, encryption: { type: 'default' } },
        },
      },
      item(good),
    ])
    const made = answer.succeeded_keypairs
    expect(made.map((one: HuaweiAnswer) => one.keypair.name)).toEqual([good, imported])
    expect(made[0].keypair.keypair).toEqual({ ...made[0].keypair, keypair: undefined })
    expect(made[1].keypair.private_key).toBe(private_key)
    expect(answer.failed_keypairs.map((one: { failed_reason: string }) => one.failed_reason)).toEqual([
      expect.stringContaining('already exists'),
      expect.stringContaining('x509'),
      expect.stringContaining('public_key is invalid'),
      'the kms key does not exist',
      expect.stringContaining('already exists'),
    ])
    await expect(
      send(
        root,
        Array.from({ length: 11 }, () => item(fresh('pair'))),
      ),
    ).rejects.toMatchObject({
      httpStatusCode: 400,
    })
  })

  it('takes a bad item for what it is, and makes the others', async () => {
    const good = fresh('pair')
    const { public_key } = (await root.createKeypair({ name: fresh('pair'), algorithm: 'SSH_ED25519' }))
      .keypair
    const bad: readonly (readonly [object, string])[] = [
      [{ name: 'bad name!' }, 'items.0.keypair.name is invalid'],
      [{ name: '' }, 'items.1.keypair.name is invalid'],
      [{ name: 'n'.repeat(256) }, 'items.2.keypair.name is invalid'],
      [{ name: 7 }, 'items.3.keypair.name is invalid'],
      [{ public_key }, 'items.4.keypair.name is missing'],
      [{ name: fresh('pair'), type: 'rsa' }, 'items.5.keypair.type is invalid. It is one of `ssh`, `x509`.'],
      [{ name: fresh('pair'), unknown: 1 }, 'items.6.keypair.unknown is invalid'],
      [{ name: fresh('pair'), key_protection: {} }, 'items.7.keypair.key_protection.encryption is missing'],
      [{ name: fresh('pair'), public_key: 'x'.repeat(9000) }, 'items.8.keypair.public_key is invalid'],
    ]
    const items = [...bad.map(([keypair]) => ({ keypair })), item(good)]
    const answer = await send(root, items)
    expect(answer.succeeded_keypairs.map((one: HuaweiAnswer) => one.keypair.name)).toEqual([good])
    expect(answer.failed_keypairs.map((one: HuaweiAnswer) => one.failed_reason)).toEqual(
      bad.map(([, reason]) => reason),
    )
    expect(answer.failed_keypairs.map((one: HuaweiAnswer) => one.keypair_name).slice(0, 2)).toEqual([
      'bad name!',
      '',
    ])
    const stranger = await userWith({ iam: [policy(allow('kms:*:*'))] })
    expect(await status(send(stranger, [items[0] as object]))).toBe(403)
  })

  it('is refused whole by the first denial', async () => {
    const kps = await userWith({
      iam: [policy({ ...allow('kps:SSHKeyPair:create'), Resource: ['kps:*:*:SSHKeyPair:web-*'] })],
    })
    const [web, db] = [fresh('web'), fresh('db')]
    await expect(send(kps, [item(web), item(db)])).rejects.toMatchObject({ httpStatusCode: 403 })
    await expect(root.listKeypairDetail(web)).rejects.toMatchObject({ httpStatusCode: 404 })
    expect((await root.listKeypairs({ limit: 1000 })).keypairs).not.toContainEqual({
      keypair: expect.objectContaining({ name: web }),
    })
    expect((await send(kps, [item(web)])).succeeded_keypairs).toHaveLength(1)
  })
})
