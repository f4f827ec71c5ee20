import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPrivateKey } from '../src/keypairs/formats/read-private-key.ts'
import { offeredMethods } from '../src/keypairs/hosts/connection.ts'
import {
  canLogIn,
  foreignLines,
  byKey as loginKey,
  byPassword as loginPassword,
  sshInto,
} from '../src/keypairs/hosts/testing/jobs.ts'
import { noReadOnlyHome, noSshd, type TestHost } from '../src/keypairs/hosts/testing/sshd.ts'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import {
  associate,
  byKey,
  byPassword,
  disassociate,
  endOf,
  exportKey,
  hostKeyLine,
  register,
  registeredHost,
  task,
} from './kps-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Key pairs on real hosts, through the wire: the official SDK core asks, real sshd and ssh answer.

const everything = {
  Version: '5.0',
  Statement: [{ Effect: 'Allow', Action: ['*'] }],
}

const seesHosts = {
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'keyward:GetHost', Resource: '*' }],
}

let service: TestService
let alice: Credential
let kps: KpsClient
let count = 0
const fresh = (what: string) => {
  count += 1
  return `${what}-${count}`
}
const hooks = mkdtempSync(join(tmpdir(), 'keyward-hooks-'))

beforeAll(async () => {
  if (noSshd) return
  service = await startService({ flags: { 'offline-hooks': hooks } })
  alice = await service.user('alice', { iam: [everything], ram: [seesHosts] })
  kps = kpsClient({ url: service.url, ...alice })
})
afterAll(async () => {
  await service?.close()
  rmSync(hooks, { recursive: true })
})

/** A key pair and the text of its private key. */
async function pair(more: object = {}) {
  const name = fresh('pair')
  const { keypair } = await kps.createKeypair({ name, algorithm: 'SSH_ED25519', ...more })
  return { name, key: keypair.private_key as string, line: keypair.public_key as string }
}

async function enters(host: TestHost, key: string): Promise<boolean> {
  return canLogIn(host, loginKey(await readPrivateKey(key)))
}

async function shown(id: string): Promise<Record<string, unknown>> {
  const { body } = await service.call(alice, 'keyward:GetHost', { HostId: id })
  return body.Host as Record<string, unknown>
}

describe.skipIf(noSshd)('a key pair on a host', () => {
  it('is bound: the real ssh logs in with its key; unbound: it does not, and passwords are back', async () => {
    const id = fresh('ecs')
    const host = await registeredHost(service, id)
    host.setKeys(foreignLines)
    const { name, key, line } = await pair()

    const submitted = await associate(kps, name, {
      id,
      auth: byPassword(host.password),
      disable_password: true,
    })
    expect(submitted).toMatchObject({ httpStatusCode: 202, server_id: id, status: 'SUCCESS' })
    expect(await endOf(kps, submitted)).toEqual({ status: 'SUCCESS_BIND', code: '', message: '' })
    expect(host.keys()).toBe(`${foreignLines}${line}\n`)
    expect((await sshInto(host, await readPrivateKey(key), 'echo in')).trim()).toBe('in')
    expect(await offeredMethods(host.address)).toEqual(['publickey'])
    expect(await shown(id)).toMatchObject({ KeypairName: name })

    const unbound = await disassociate(kps, { id, auth: byKey(key) })
    expect(await endOf(kps, unbound)).toMatchObject({ status: 'SUCCESS_UNBIND' })
    expect(host.keys()).toBe(foreignLines)
    expect(await enters(host, key)).toBe(false)
    expect(await canLogIn(host, loginPassword(host))).toBe(true)
    expect(await shown(id)).toMatchObject({ KeypairName: '' })
    await expect(sshInto(host, await readPrivateKey(key), 'echo in')).rejects.toThrow('Permission denied')
  })

  it('replaced, only the new one lets in', async () => {
    const id = fresh('ecs')
    const host = await registeredHost(service, id)
    const [old, next] = [await pair(), await pair()]
    await endOf(kps, await associate(kps, old.name, { id, auth: byPassword(host.password) }))
    const replaced = await associate(kps, next.name, { id, auth: byKey(old.key) })
    expect(await endOf(kps, replaced)).toMatchObject({ status: 'SUCCESS_REPLACE' })
    expect([await enters(host, old.key), await enters(host, next.key)]).toEqual([false, true])
    expect(host.keys()).toBe(`${next.line}\n`)
  })

  it('is on up to ten hosts by one call, by its rules', async () => {
    const { name, key } = await pair()
    const other = await pair()
    const ids = [fresh('ecs'), fresh('ecs'), fresh('ecs')]
    const hosts = await Promise.all(ids.map((id) => registeredHost(service, id)))
    const server = (i: number) => ({ id: ids[i], auth: byPassword(hosts[i]!.password) })
    const send = (batch_keypairs: object[]) =>
      kps.send('POST', '/keypairs/batch-associate', { body: { batch_keypairs } })
    const { tasks, httpStatusCode } = await send([
      { keypair_name: name, server: server(0) },
      { keypair_name: name, server: server(1) },
      { keypair_name: name, server: server(0) },
      { keypair_name: name, server: { id: ids[2] } },
      { keypair_name: name, server: { id: 'unknown', auth: byPassword('x') } },
    ])
    expect(httpStatusCode).toBe(202)
    expect(tasks.map((one: { status: string; error_code?: string }) => one.error_code ?? one.status)).toEqual(
      ['SUCCESS', 'SUCCESS', 'HostBusy', 'HostOff', 'HostNotFound'],
    )
    for (const one of tasks.slice(0, 2))
      expect(await endOf(kps, one)).toMatchObject({ status: 'SUCCESS_BIND' })
    for (const host of hosts.slice(0, 2)) expect(await enters(host, key)).toBe(true)
    const again = await send([{ keypair_name: other.name, server: server(0) }])
    expect(again.tasks[0]).toMatchObject({ status: 'FAILED', error_code: 'HostBound' })
    await expect(
      send([
        { keypair_name: name, server: server(2) },
        { keypair_name: other.name, server: server(2) },
      ]),
    ).rejects.toMatchObject({ httpStatusCode: 400, errorMsg: expect.stringContaining('same key pair') })
    const eleven = Array.from({ length: 11 }, () => ({ keypair_name: name, server: server(2) }))
    await expect(send(eleven)).rejects.toMatchObject({ httpStatusCode: 400 })
  })

  it('of a host that is shut off goes through the operator’s program', async () => {
    const id = fresh('ecs')
    const log = join(hooks, 'orders')
    writeFileSync(join(hooks, 'disk'), `#!/bin/sh\ncat >>${log}; echo >>${log}\n`, { mode: 0o755 })
    writeFileSync(join(hooks, 'broken'), '#!/bin/sh\necho no such disk >&2\nexit 3\n', { mode: 0o755 })
    const nowhere = {
      address: { host: '192.0.2.1', port: 22, user: 'root', hostKey: exampleKey() },
      setup: {},
    }
    await register(service, id, nowhere, { Power: 'off', OfflineHook: 'disk' })
    const { name, line } = await pair()
    const reset = await associate(kps, name, { id })
    expect(await endOf(kps, reset)).toMatchObject({ status: 'SUCCESS_RESET' })
    const orders = readFileSync(log, 'utf8').trim().split('\n')
    expect(orders.map((text) => JSON.parse(text))).toEqual([
      {
        server: { id, name: `name-of-${id}`, address: '192.0.2.1' },
        user: 'root',
        add: line,
        passwords: 'keep',
      },
    ])
    expect(await endOf(kps, await disassociate(kps, { id }))).toMatchObject({ status: 'SUCCESS_UNBIND' })
    await register(service, id, nowhere, { Power: 'off', OfflineHook: 'broken' })
    expect(await endOf(kps, await associate(kps, name, { id }))).toEqual({
      status: 'FAILED_RESET',
      code: 'OfflineHookFailed',
      message: 'the offline hook failed: `no such disk`',
    })
    await register(service, id, nowhere, { Power: 'off' })
    expect(await endOf(kps, await associate(kps, name, { id }))).toMatchObject({
      status: 'FAILED_RESET',
      message: expect.stringContaining('has no offline hook'),
    })
  })

  it('is not submitted for what cannot be', async () => {
    const id = fresh('ecs')
    const host = await registeredHost(service, id)
    const { name, key } = await pair()
    const auth = byPassword(host.password)
    const code = async (answer: ReturnType<typeof associate>) => (await answer).error_code
    expect(await code(associate(kps, name, { id: 'unknown', auth }))).toBe('HostNotFound')
    expect(await code(associate(kps, name, { id }))).toBe('HostOn')
    expect(await code(disassociate(kps, { id, auth }))).toBe('HostNotBound')
    await register(service, id, host, { Power: 'off' })
    expect(await code(associate(kps, name, { id, auth }))).toBe('HostOff')
    const refused = (server: object, pairName = name) =>
      expect(associate(kps, pairName, { id, ...server })).rejects
    await refused({ auth }, 'none').toMatchObject({ httpStatusCode: 404 })
    await refused({ auth: { type: 'password' } }).toMatchObject({ httpStatusCode: 400 })
    await refused({ auth: { key } }).toMatchObject({ httpStatusCode: 400 })
    await refused({ auth: byKey('nonsense') }).toMatchObject({ httpStatusCode: 400 })
    await refused({ auth, port: 0 }).toMatchObject({ httpStatusCode: 400 })
    expect((await kps.send('GET', '/running-tasks')).total).toBe(0)
  })
})

function exampleKey(): Buffer {
  return Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIBpnaCmnz6+/KDOZvG8BEDcXDvPJeMWhbdDlqD7B1T4Y', 'base64')
}

describe.skipIf(noSshd)('a bind that fails', () => {
  const wrong = async (
    options: Parameters<typeof registeredHost>[2],
    more: (host: TestHost) => object,
    spoil?: (host: TestHost) => unknown,
  ) => {
    const id = fresh('ecs')
    const host = await registeredHost(service, id, options, {})
    const { name } = await pair()
    await spoil?.(host)
    const before = { keys: host.keys(), config: readFileSync(host.config, 'utf8') }
    const submitted = await associate(kps, name, { id, auth: byPassword(host.password), ...more(host) })
    const end = await endOf(kps, submitted)
    expect({ keys: host.keys(), config: readFileSync(host.config, 'utf8') }).toEqual(before)
    expect(await canLogIn(host, loginPassword(host))).toBe(true)
    expect(await shown(id)).toMatchObject({ KeypairName: '' })
    return { end, id, host, name }
  }

  it.each([
    ['a wrong password', 'LoginRefused', {}, () => ({ auth: byPassword('wrong') }), undefined],
    ['a port where nothing listens', 'HostUnreachable', {}, () => ({ port: 1 }), undefined],
    ['a full disk', 'KeysNotWritable', { before: 'ulimit -f 0' }, () => ({}), undefined],
    [
      'an sshd that refuses the configuration',
      'SshdConfigRefused',
      {},
      () => ({ disable_password: true }),
      (host: TestHost) => writeFileSync(host.config, `${readFileSync(host.config, 'utf8')}Nonsense yes\n`),
    ],
  ] as const)('by %s leaves the host as it was, and says why', async (_what, code, options, more, spoil) => {
    const { end } = await wrong(options, more, spoil)
    expect(end).toMatchObject({ status: 'FAILED_BIND', code })
    expect(end.message.length).toBeGreaterThan(20)
  })

  it.skipIf(noReadOnlyHome)('by a read-only home leaves the host as it was', async () => {
    const { end } = await wrong({ readOnlyHome: true }, () => ({}))
    expect(end).toMatchObject({ status: 'FAILED_BIND', code: 'KeysNotWritable' })
  })

  it('by a changed host key sends no password', async () => {
    const id = fresh('ecs')
    const host = await registeredHost(service, id, {}, { HostKey: hostKeyLine(exampleKey()) })
    const { name } = await pair()
    const end = await endOf(kps, await associate(kps, name, { id, auth: byPassword(host.password) }))
    expect(end).toMatchObject({ status: 'FAILED_BIND', code: 'HostKeyChanged' })
    expect(host.keys()).toBe('')
  })

  it('by a host that is down can be tried again; its record can be deleted', async () => {
    const id = fresh('ecs')
    const host = await registeredHost(service, id)
    const { name, key } = await pair()
    const { port } = host.address
    await host.stop()
    const first = await associate(kps, name, { id, auth: byPassword(host.password) })
    const end = await endOf(kps, first)
    expect(end).toMatchObject({ status: 'FAILED_BIND', code: 'HostUnreachable' })
    expect(end.message).toContain(`127.0.0.1 port ${port}`)
    const listed = (await kps.send('GET', '/failed-tasks')).tasks
    expect(listed.find((one: { task_id: string }) => one.task_id === first.task_id)).toEqual({
      task_id: first.task_id,
      operate_type: 'FAILED_BIND',
      task_time: expect.stringMatching(/^\d{13}$/),
      server_name: `name-of-${id}`,
      server_id: id,
      keypair_name: name,
      task_error_code: 'HostUnreachable',
      task_error_msg: end.message,
    })
    const path = { pathParams: { task_id: first.task_id as string } }
    expect((await kps.send('DELETE', '/failed-tasks/{task_id}', path)).httpStatusCode).toBe(200)
    await expect(kps.send('DELETE', '/failed-tasks/{task_id}', path)).rejects.toMatchObject({
      httpStatusCode: 404,
    })
    await expect(task(kps, first.task_id as string)).rejects.toMatchObject({ httpStatusCode: 404 })
    const up = await registeredHost(service, id)
    const retried = await associate(kps, name, { id, auth: byPassword(up.password) })
    expect(await endOf(kps, retried)).toMatchObject({ status: 'SUCCESS_BIND' })
    expect(await enters(up, key)).toBe(true)
    expect((await kps.send('DELETE', '/failed-tasks')).httpStatusCode).toBe(200)
    expect((await kps.send('GET', '/failed-tasks')).total).toBe(0)
  })

  it.each([
    ['removed', () => ''],
    ['changed', (keys: string) => `command="ls" ${keys}`],
  ])('by a bound line that someone has %s leaves it alone', async (_how, change) => {
    const id = fresh('ecs')
    const host = await registeredHost(service, id)
    const [old, next] = [await pair(), await pair()]
    const auth = byPassword(host.password)
    await endOf(kps, await associate(kps, old.name, { id, auth }))
    host.setKeys(change(host.keys()))
    const before = host.keys()
    for (const submitted of [await associate(kps, next.name, { id, auth })]) {
      expect(await endOf(kps, submitted)).toMatchObject({ status: 'FAILED_BIND', code: 'KeysAltered' })
    }
    expect(await endOf(kps, await disassociate(kps, { id, auth }))).toMatchObject({
      status: 'FAILED_UNBIND',
      code: 'KeysAltered',
    })
    expect(host.keys()).toBe(before)
    expect(await shown(id)).toMatchObject({ KeypairName: old.name })
  })
})

describe.skipIf(noSshd)('a task', () => {
  it('is decided again when it starts', async () => {
    const id = fresh('ecs')
    const host = await registeredHost(service, id)
    const { name } = await pair({ scope: 'domain' })
    const only = (statements: object[]) => ({ Version: '5.0', Statement: statements })
    const bind = { Effect: 'Allow', Action: ['kps:SSHKeyPair:bind', 'ecs:*:*', 'kps::*'] }
    const bob = await service.user('bob', { iam: [only([bind])] })
    const asBob = kpsClient({ url: service.url, ...bob })
    // Ten slow tasks take every place of the queue: what follows waits.
    const slow = Array.from({ length: 10 }, (_, i) => `slow-${i}`)
    const silent = await import('node:net').then(({ createServer }) => {
      const server = createServer(() => {})
      return new Promise<import('node:net').Server>((done) =>
        server.listen(0, '127.0.0.1', () => done(server)),
      )
    })
    const { port } = silent.address() as { port: number }
    const address = { host: '127.0.0.1', port, user: 'root', hostKey: exampleKey() }
    const sockets = new Set<import('node:net').Socket>()
    silent.on('connection', (socket) => sockets.add(socket.on('error', () => {})))
    for (const one of slow) await register(service, one, { address, setup: {} })
    for (const one of slow) await associate(kps, name, { id: one, auth: byPassword('x') })
    await until(() => sockets.size >= 10)
    const submitted = await associate(asBob, name, { id, auth: byPassword(host.password) })
    expect((await task(kps, submitted.task_id)).task_status).toBe('READY_BIND')
    const running = await kps.send('GET', '/running-tasks', { query: { limit: 3, offset: 9 } })
    expect(running).toMatchObject({
      total: 11,
      tasks: [{ operate_type: 'RUNNING_BIND' }, { task_id: submitted.task_id, server_id: id }],
    })
    const busy = await associate(kps, name, { id, auth: byPassword(host.password) })
    expect(busy).toMatchObject({ status: 'FAILED', error_code: 'HostBusy' })
    await service.apply({
      accounts: [
        {
          uid: service.root.accountUid,
          policies: [{ name: 'bob-iam-0', language: 'iam', document: only([{ ...bind, Effect: 'Deny' }]) }],
        },
      ],
    })
    for (const socket of sockets) socket.destroy()
    silent.close()
    const end = await endOf(kps, submitted)
    expect(end).toMatchObject({ status: 'FAILED_BIND', code: 'AccessDenied' })
    expect(end.message).toContain('kps:SSHKeyPair:bind')
    expect(host.keys()).toBe('')
  })

  it('holds its password sealed while it waits, and not at all once it has ended', async () => {
    const id = fresh('ecs')
    const host = await registeredHost(service, id)
    const { name } = await pair()
    await endOf(kps, await associate(kps, name, { id, auth: byPassword(host.password) }))
    const database = readFileSync(join(service.data, 'keyward.db'))
    const { DatabaseSync } = await import('node:sqlite')
    const db = new DatabaseSync(join(service.data, 'keyward.db'), { readOnly: true })
    const left = db.prepare('select id from keypair_tasks where sealed_secrets is not null').all()
    db.close()
    expect(left).toEqual([])
    expect(database.includes(host.password)).toBe(false)
  })
})

async function until(condition: () => boolean): Promise<void> {
  for (let left = 200; left > 0 && !condition(); left -= 1) await new Promise((go) => setTimeout(go, 50))
  if (!condition()) throw new Error('it does not come')
}

describe.skipIf(noSshd)('keys in custody', () => {
  it.each(['RSA_2048', 'ED25519'] as const)('prove themselves by a login: %s', async (kind) => {
    const id = fresh('ecs')
    const host = await registeredHost(service, id)
    const name = fresh('pair')
    await kps.createKeypair({
      name,
      algorithm: `SSH_${kind}`,
      key_protection: { encryption: { type: 'default' } },
    })
    const bound = await associate(kps, name, { id, auth: byPassword(host.password) })
    expect(await endOf(kps, bound)).toMatchObject({ status: 'SUCCESS_BIND' })
    const key = await exportKey(kps, name)
    expect(await enters(host, key)).toBe(true)
    const file = join(hooks, fresh('key'))
    writeFileSync(file, key, { mode: 0o600 })
    expect(execFileSync('ssh-keygen', ['-l', '-E', 'md5', '-f', file], { encoding: 'utf8' })).toContain(
      (await kps.listKeypairDetail(name)).keypair.fingerprint,
    )
  })
})
