import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readPrivateKey } from '../src/keypairs/formats/read-private-key.ts'
import { canLogIn, byKey as loginKey } from '../src/keypairs/hosts/testing/jobs.ts'
import { noSshd, startHost } from '../src/keypairs/hosts/testing/sshd.ts'
import { NOWHERE } from '../src/operations/kps/testing/example-keypairs.ts'
import { kpsClient } from './clients/huaweiKpsClient.ts'
import { ALLOW_ALL, assumeAgency, makeAccount, statement, type TestAccount } from './identity-kit.ts'
import { associate, byPassword, endOf, exportKey, register, registeredHost, task } from './kps-kit.ts'
import { startPostgres } from './postgres.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Tasks and custody over one PostgreSQL with two servers: one of them works at a time, and the other goes on when it
// stops. And tasks that sessions submit.

const postgres = await startPostgres()
const folder = mkdtempSync(join(tmpdir(), 'keyward-kps-two-'))

describe.skipIf(!postgres || noSshd)('two processes on one PostgreSQL', () => {
  let one: TestService
  let two: TestService
  beforeAll(async () => {
    const database = await postgres?.createDatabase()
    if (database === undefined) return
    const data = (name: string) => join(folder, name)
    for (const name of ['one', 'two']) mkdirSync(data(name), { mode: 0o700 })
    one = await startService({ database, data: data('one') })
    cpSync(join(data('one'), 'root.key'), join(data('two'), 'root.key'))
    two = await startService({ database, data: data('two'), root: one.root })
  })
  afterAll(async () => {
    await one?.close()
    await two?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const client = (service: TestService, who: Credential = one.root) => kpsClient({ url: service.url, ...who })

  it('keep one custody, and one list of tasks', async () => {
    const key = await one.call(one.root, 'kms:CreateKey', {})
    const { KeyId } = key.body.KeyMetadata as { KeyId: string }
    for (const encryption of [{ type: 'default' }, { type: 'kms', kms_key_id: KeyId }]) {
      const name = `kept-${encryption.type}`
      const key_protection = { encryption }
      const { keypair } = await client(one).createKeypair({ name, algorithm: 'SSH_ED25519', key_protection })
      expect(await exportKey(client(two), name)).toBe(keypair.private_key)
      const host = await registeredHost(one, `ecs-${encryption.type}`)
      const server = { id: `ecs-${encryption.type}`, auth: byPassword(host.password) }
      const submitted = await associate(client(two), name, server)
      expect(await endOf(client(one), submitted)).toMatchObject({ status: 'SUCCESS_BIND' })
      expect(await canLogIn(host, loginKey(await readPrivateKey(keypair.private_key)))).toBe(true)
    }
    await one.call(one.root, 'keyward:PutHost', { HostId: 'down', ...NOWHERE })
    const failing = await associate(client(one), 'kept-kms', { id: 'down', auth: byPassword('x') })
    expect(await endOf(client(two), failing)).toMatchObject({ code: 'HostUnreachable' })
    expect((await client(two).send('DELETE', '/failed-tasks')).httpStatusCode).toBe(200)
    expect((await client(one).send('GET', '/failed-tasks')).total).toBe(0)
  })

  it('take each other’s tasks over', async () => {
    const { keypair } = await client(one).createKeypair({ name: 'taken', algorithm: 'SSH_ED25519' })
    const host = await startHost()
    onTestFinished(() => host.stop())
    // Whoever works on the task is held up by a server that says nothing, until both have been asked to stop once.
    const sockets = new Set<Socket>()
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => {})))
    await new Promise<void>((go) => silent.listen(0, '127.0.0.1', go))
    onTestFinished(() => void silent.close())
    const { port } = silent.address() as { port: number }
    await register(one, 'slow', { address: { ...host.address, port }, setup: host.setup })
    await register(one, 'next', host)
    const slow = await associate(client(one), 'taken', { id: 'slow', auth: byPassword('x') })
    while (sockets.size === 0) await new Promise((go) => setTimeout(go, 20))
    expect((await task(client(one), slow.task_id)).task_status).toBe('RUNNING_BIND')
    await one.close()
    for (const socket of sockets) socket.destroy()
    const submitted = await associate(client(two), 'taken', { id: 'next', auth: byPassword(host.password) })
    expect(await endOf(client(two), submitted)).toMatchObject({ status: 'SUCCESS_BIND' })
    expect(await canLogIn(host, loginKey(await readPrivateKey(keypair.private_key)))).toBe(true)
    while ((await task(client(two), slow.task_id)).task_status === 'RUNNING_BIND') {
      for (const socket of sockets) socket.destroy()
      await new Promise((go) => setTimeout(go, 50))
    }
    expect((await task(client(two), slow.task_id)).task_status).toBe('FAILED_BIND')
  })
})

describe.skipIf(noSshd)('a session', () => {
  let service: TestService
  let home: TestAccount
  beforeAll(async () => {
    service = await startService()
    const Principal = { IAM: ['*'] }
    const trust = { iam: statement.iam({ Effect: 'Allow', Action: ['sts:agencies:assume'], Principal }) }
    home = await makeAccount(service, 'home', {
      policies: [
        { name: 'all', language: 'ram', document: ALLOW_ALL.ram },
        { name: 'all', language: 'iam', document: ALLOW_ALL.iam },
        { name: 'binder', language: 'iam', document: ALLOW_ALL.iam },
      ],
      roles: [{ name: 'binder', policies: { iam: ['binder'] }, trust }],
    })
  })
  afterAll(() => service?.close())

  it('binds in the name of its agency, as long as that may', async () => {
    const host = await startHost()
    onTestFinished(() => host.stop())
    const kit = { ...service, root: { ...service.root, ...home.root } } as TestService
    await register(kit, 'ecs', host)
    const session = await assumeAgency(service, home.admin, `iam::${home.domainId}:agency:binder`)
    const kps = kpsClient({ url: service.url, ...session })
    const { keypair } = await kps.createKeypair({ name: 'ours', algorithm: 'SSH_ED25519' })
    const bound = await associate(kps, 'ours', { id: 'ecs', auth: byPassword(host.password) })
    expect(await endOf(kps, bound)).toMatchObject({ status: 'SUCCESS_BIND' })
    expect(await canLogIn(host, loginKey(await readPrivateKey(keypair.private_key)))).toBe(true)
    const none = statement.iam({ Effect: 'Deny', Action: ['kps:SSHKeyPair:bind'], Resource: ['*'] })
    await service.apply({
      accounts: [{ uid: home.uid, policies: [{ name: 'binder', language: 'iam', document: none }] }],
    })
    await expect(
      associate(kps, 'ours', { id: 'ecs', auth: byPassword(host.password) }),
    ).rejects.toMatchObject({ httpStatusCode: 403 })
  })
})
