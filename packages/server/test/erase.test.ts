import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Do, wrapFor } from '../src/operations/kms/testing/example-keys.ts'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { associate, byPassword, register } from './kps-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// What is destroyed is in no file of the data folder any more, as soon as that is acknowledged or audited.

let service: TestService
let alice: Credential
let kps: KpsClient
beforeAll(async () => {
  service = await startService({ switches: ['test-clock'] })
  alice = await service.user('alice', {
    iam: [{ Version: '5.0', Statement: [{ Effect: 'Allow', Action: ['*'] }] }],
  })
  kps = kpsClient({ url: service.url, ...alice })
})
afterAll(() => service.close())

function query(sql: string, ...values: string[]): Record<string, unknown>[] {
  const db = new DatabaseSync(join(service.data, 'keyward.db'), { readOnly: true })
  try {
    return db.prepare(sql).all(...values)
  } finally {
    db.close()
  }
}

/** Sealed bytes of rows, which must be somewhere in the folder now. */
function sealedOf(sql: string, ...values: string[]): Buffer[] {
  const found = query(sql, ...values).flatMap(({ sealed }) =>
    sealed instanceof Uint8Array ? Buffer.from(sealed) : [],
  )
  expect(found.length).toBeGreaterThan(0)
  expect(filesWith(found)).not.toEqual([])
  return found
}

/** Files of the folder with these bytes, or with a part of them: a page may hold half of them. */
function filesWith(sealed: readonly Buffer[]): readonly string[] {
  return readdirSync(service.data).filter((name) => {
    const bytes = readFileSync(join(service.data, name))
    return sealed.some((one) => bytes.includes(one.subarray(1, 24)) || bytes.includes(one.subarray(-24)))
  })
}

async function gone(sealed: readonly Buffer[]): Promise<void> {
  // Work of the clock comes within a second.
  for (let i = 0; i < 80 && filesWith(sealed).length > 0; i += 1) await sleep(50)
  expect(filesWith(sealed)).toEqual([])
}

const ok = async (operation: string, input: Record<string, unknown>) => {
  const { status, body } = await service.call(service.root, operation, input)
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}
const createKey = async (input: Record<string, unknown> = {}) =>
  ((await ok('kms:CreateKey', input)).KeyMetadata as { KeyId: string }).KeyId
const versionsOf = 'select sealed_material as sealed from kms_key_versions where key_id = ?'
const custodyOf =
  'select c.sealed from keypair_private_keys as c join keypairs as p on p.id = c.keypair_id where p.name = ?'

describe('on SQLite nothing is left in the data folder', () => {
  it('of the material of a key whose deletion window ended', async () => {
    const KeyId = await createKey()
    const large = await createKey({ KeySpec: 'RSA_4096', KeyUsage: 'SIGN/VERIFY' })
    // Of others, so that the pages are not simply emptied.
    for (let i = 0; i < 20; i += 1) await createKey()
    const sealed = [...sealedOf(versionsOf, KeyId), ...sealedOf(versionsOf, large)]
    for (const id of [KeyId, large])
      await ok('kms:ScheduleKeyDeletion', { KeyId: id, PendingWindowInDays: 7 })
    await ok('keyward:AdvanceClock', { Duration: '8d' })
    // The clock's answer comes when what was due by then is done.
    expect(query('select id from kms_keys where id = ?', KeyId)).toEqual([])
    await gone(sealed)
  })

  it('of imported material that is deleted, or whose time is over', async () => {
    const act: Do = async (action, input) => ok(`kms:${action}`, input as Record<string, unknown>)
    const imported = async (more: object) => {
      const KeyId = await createKey({ Origin: 'EXTERNAL' })
      await act('ImportKeyMaterial', { KeyId, ...(await wrapFor(act, KeyId, randomBytes(32))), ...more })
      return { KeyId, sealed: sealedOf(versionsOf, KeyId) }
    }
    const deleted = await imported({})
    await act('DeleteKeyMaterial', { KeyId: deleted.KeyId })
    expect(filesWith(deleted.sealed)).toEqual([])
    const seconds = Math.floor(service.service.clock.now() / 1000) + 3600
    const expiring = await imported({ KeyMaterialExpireUnix: seconds })
    await ok('keyward:AdvanceClock', { Milliseconds: 2 * 3_600_000 })
    await gone(expiring.sealed)
  })

  it('of the values of a secret that is deleted, and of a version that goes', async () => {
    const values = 'select sealed_value as sealed from secret_versions order by created_at, position'
    const value = { SecretData: 'a value that must go', SecretName: 'shop/db' }
    await ok('kms:CreateSecret', { ...value, VersionId: 'v1' })
    const first = sealedOf(values)
    for (let n = 2; n <= 11; n += 1) {
      await ok('kms:PutSecretValue', { ...value, SecretData: `value ${n} of the secret`, VersionId: `v${n}` })
    }
    expect(filesWith(first)).toEqual([])
    const all = sealedOf(values)
    expect(all).toHaveLength(10)
    await ok('kms:DeleteSecret', { SecretName: 'shop/db', ForceDeleteWithoutRecovery: true })
    expect(filesWith(all)).toEqual([])
    expect(query('select id from secret_versions')).toEqual([])
  })

  it('of the value of a secret whose recovery window ended', async () => {
    const value = { SecretName: 'shop/waiting', SecretData: 'a value that waits', VersionId: 'v1' }
    await ok('kms:CreateSecret', value)
    const sealed = sealedOf('select sealed_value as sealed from secret_versions')
    await ok('kms:DeleteSecret', { SecretName: 'shop/waiting', RecoveryWindowInDays: 7 })
    await ok('keyward:AdvanceClock', { Duration: '7d24h' })
    expect(query('select id from secrets')).toEqual([])
    await gone(sealed)
  })

  it('of a private key in custody that is cleared, and of one whose pair is deleted', async () => {
    for (const name of ['cleared', 'deleted'])
      await kps.createKeypair({ name, key_protection: { encryption: { type: 'default' } } })
    const cleared = sealedOf(custodyOf, 'cleared')
    const deleted = sealedOf(custodyOf, 'deleted')
    await kps.send('DELETE', '/keypairs/{keypair_name}/private-key', {
      pathParams: { keypair_name: 'cleared' },
    })
    expect(filesWith(cleared)).toEqual([])
    await kps.send('DELETE', '/keypairs/{keypair_name}', { pathParams: { keypair_name: 'deleted' } })
    expect(filesWith(deleted)).toEqual([])
  })

  it('of the password of a task that has ended', async () => {
    const sockets: Socket[] = []
    // A host that takes the connection and says nothing, until it hangs up.
    const silent = createServer((socket) => {
      sockets.push(socket.on('error', () => {}))
    })
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const blob = sshBlob()
    await register(service, 'silent', {
      address: { host: '127.0.0.1', port, user: 'root', hostKey: blob },
      setup: {},
    } as never)
    await kps.createKeypair({ name: 'bound' })
    await associate(kps, 'bound', { id: 'silent', auth: byPassword('a-long-password-of-a-host') })
    for (let i = 0; i < 100 && sockets.length === 0; i += 1) await sleep(50)
    const sealed = sealedOf('select sealed_secrets as sealed from keypair_tasks')
    for (const socket of sockets) socket.destroy()
    silent.close()
    await gone(sealed)
    expect(query('select state from keypair_tasks')).toEqual([{ state: 'FAILED' }])
  })

  it('of the secret of an access key that is taken away', async () => {
    const sealed = sealedOf('select sealed_secret as sealed from access_keys where id = ?', alice.accessKeyId)
    await service.apply(
      { accounts: [{ uid: service.root.accountUid, users: [{ name: 'alice', accessKeys: [] }] }] },
      { Prune: true },
    )
    expect(query('select id from access_keys where id = ?', alice.accessKeyId)).toEqual([])
    expect(filesWith(sealed)).toEqual([])
  })
})

/** An Ed25519 host key as SSH writes it. */
function sshBlob(): Buffer {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const part = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  return Buffer.concat([part(Buffer.from('ssh-ed25519')), part(Buffer.from(x, 'base64url'))])
}
