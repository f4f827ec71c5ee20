import { type ChildProcess, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { verifyAudit } from '../src/audit/verify.ts'
import type { RootCredentials } from '../src/serve/credentials.ts'
import { readKeyring } from '../src/serve/keyring/open.ts'
import { openEverySeal } from '../src/serve/keyring/sealed-rows.ts'
import { openStore } from '../src/store/open.ts'
import { startPostgres } from './postgres.ts'
import { type Credential, callOver, startService, type TestService } from './service.ts'

// The root key is changed while the service runs: nothing that was sealed is lost, the old key opens nothing, and a
// death at any moment leaves a database and a key file that open.

const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname
const CYCLES = 4
const postgres = await startPostgres()
const folder = mkdtempSync(join(tmpdir(), 'keyward-rotate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const encrypt = async (service: TestService, KeyId: string, Plaintext: string) =>
  (await service.call(service.root, 'kms:Encrypt', { KeyId, Plaintext })).body.CiphertextBlob
const decrypt = async (service: TestService, CiphertextBlob: unknown) =>
  (await service.call(service.root, 'kms:Decrypt', { CiphertextBlob })).body.Plaintext
const makeKey = async (service: TestService) => {
  const { body } = await service.call(service.root, 'kms:CreateKey', {})
  return (body.KeyMetadata as { KeyId: string }).KeyId
}
const rotate = (service: TestService, who: Credential = service.root) =>
  service.call(who, 'keyward:RotateRootKey', {})

describe('changing the root key', () => {
  it('goes on without a restart, and leaves one file, for its owner alone, that the next start opens', async () => {
    const data = join(folder, 'plain')
    const file = join(data, 'root.key')
    const first = await startService({ data })
    const KeyId = await makeKey(first)
    const blob = await encrypt(first, KeyId, 'before')
    cpSync(file, join(folder, 'old.key'))
    const ringNow = async () => {
      const store = await openStore(`sqlite:${join(data, 'keyward.db')}`, { readOnly: true })
      const { sealed } = await store.read.selectFrom('keyring').select('sealed').executeTakeFirstOrThrow()
      await store.close()
      return Buffer.from(sealed)
    }
    const oldRing = await ringNow()
    const answer = await rotate(first)
    expect(answer).toMatchObject({
      status: 200,
      body: { File: file, CheckValue: expect.stringMatching(/^[0-9a-f]{16}$/) },
    })
    expect(readFileSync(file)).not.toEqual(readFileSync(join(folder, 'old.key')))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(data).filter((name) => name.startsWith('root.key'))).toEqual(['root.key'])
    expect(await decrypt(first, blob)).toBe('before')
    // Neither the database nor its log keeps the keyring as the old key sealed it.
    expect(await ringNow()).not.toEqual(oldRing)
    for (const name of readdirSync(data)) {
      const path = join(data, name)
      if (statSync(path).isFile()) expect(readFileSync(path).includes(oldRing), name).toBe(false)
    }
    const later = await encrypt(first, KeyId, 'after')
    expect((await rotate(first)).status).toBe(200)
    await first.close()

    const second = await startService({ data, root: first.root })
    expect([await decrypt(second, blob), await decrypt(second, later)]).toEqual(['before', 'after'])
    await second.close()

    // The old key beside today's database: no start, and not one sealed entity opens.
    cpSync(file, join(folder, 'new.key'))
    cpSync(join(folder, 'old.key'), file)
    await expect(startService({ data, root: first.root })).rejects.toThrow(
      /is not the one of this database.*after a rotation/,
    )
    const store = await openStore(`sqlite:${join(data, 'keyward.db')}`, { readOnly: true })
    await expect(readKeyring(store.read, file)).rejects.toThrow(/is not the one of this database/)
    await store.close()
  })

  it('is the operator’s alone, is decided and is audited', async () => {
    const service = await startService()
    const stranger = await service.user('stranger', {
      ram: [{ Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }],
    })
    const admin = await service.user('admin', {
      ram: [
        { Version: '1', Statement: [{ Effect: 'Allow', Action: 'keyward:RotateRootKey', Resource: '*' }] },
      ],
    })
    const key = readFileSync(join(service.data, 'root.key'))
    expect((await rotate(service, stranger)).status).toBe(403)
    const made = await service.apply({
      accounts: [{ name: 'other', accessKeys: [{ id: 'LTAIother0000000', secret: 'x'.repeat(30) }] }],
    })
    expect(made.Applied).toBe(true)
    const other = { accessKeyId: 'LTAIother0000000', accessKeySecret: 'x'.repeat(30), projectId: '' }
    expect((await rotate(service, other)).status).toBe(403)
    expect(readFileSync(join(service.data, 'root.key'))).toEqual(key)
    expect((await rotate(service, admin)).status).toBe(200)
    const store = await openStore(`sqlite:${join(service.data, 'keyward.db')}`, { readOnly: true })
    const rows = await store.read.selectFrom('audit_batches').select('entries').execute()
    const entries = rows
      .flatMap(({ entries }) => entries.split('\n').map((line) => JSON.parse(line)))
      .filter(({ operation }) => operation === 'keyward:RotateRootKey')
    expect(entries.map(({ outcome }) => outcome)).toEqual(['AccessDenied', 'AccessDenied', 'Success'])
    await store.close()
    await service.close()
  })

  it('is refused, with nothing changed, where the new file cannot be written', async () => {
    const data = join(folder, 'locked')
    mkdirSync(data, { mode: 0o700 })
    const keys = join(folder, 'keys')
    mkdirSync(keys, { mode: 0o700 })
    const file = join(keys, 'root.key')
    const service = await startService({ data, flags: { 'root-key': file } })
    const moved = join(folder, 'moved')
    cpSync(keys, moved, { recursive: true })
    rmSync(keys, { recursive: true })
    expect(await rotate(service)).toMatchObject({ status: 400 })
    await service.close()
    cpSync(moved, keys, { recursive: true })
    await (await startService({ data, flags: { 'root-key': file }, root: service.root })).close()
  })
})

describe('kill -9 while the root key is changed under load', () => {
  const data = join(folder, 'killed')
  let child: ChildProcess | undefined
  afterAll(() => child?.kill('SIGKILL'))
  const start = (): Promise<string> => {
    const args = ['serve', '--listen', '127.0.0.1:0', '--data', data, '--log-level', 'fatal']
    child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    return new Promise((resolve, reject) => {
      child?.stdout?.once('data', (line) => resolve(String(line).trim()))
      child?.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
    })
  }
  const kill = async () => {
    const gone = new Promise((resolve) => child?.once('exit', resolve))
    child?.kill('SIGKILL')
    await gone
  }

  it('always leaves a key file that opens the database', { timeout: 90_000 }, async () => {
    const blobs: unknown[] = []
    let rotations = 0
    let keys = 0
    let KeyId = ''
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      const url = await start()
      const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as RootCredentials
      const call = async (name: string, input: Record<string, unknown>) => {
        const answer = await callOver(url, root, name, input).catch(() => undefined)
        if (answer && answer.status !== 503) expect(answer.status, JSON.stringify(answer.body)).toBe(200)
        return answer?.status === 200 ? answer.body : undefined
      }
      if (KeyId === '') {
        const { KeyMetadata } = (await call('kms:CreateKey', {})) ?? {}
        KeyId = (KeyMetadata as { KeyId: string }).KeyId
      }
      let stop = false
      const rotating = (async () => {
        while (!stop) {
          if (await call('keyward:RotateRootKey', {})) rotations += 1
          else await sleep(5)
        }
      })()
      const writing = (async () => {
        while (!stop) {
          const made = await call('kms:Encrypt', { KeyId, Plaintext: 'under load' })
          if (!made) {
            await sleep(5)
            continue
          }
          blobs.push(made.CiphertextBlob)
          if (await call('kms:CreateKey', {})) keys += 1
        }
      })()
      const enough = rotations + 2
      while (rotations < enough || keys <= cycle) await sleep(5)
      await sleep(Math.random() * 60)
      await kill()
      stop = true
      await Promise.all([rotating, writing])
    }
    expect(rotations).toBeGreaterThan(CYCLES)
    const url = await start()
    const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as RootCredentials
    for (const CiphertextBlob of blobs.slice(-50)) {
      expect((await callOver(url, root, 'kms:Decrypt', { CiphertextBlob })).body.Plaintext).toBe('under load')
    }
    // What cut-off rotations left beside the file goes with the next that ends.
    expect((await callOver(url, root, 'keyward:RotateRootKey', {})).status).toBe(200)
    await kill()
    expect(readdirSync(data).filter((name) => name.startsWith('root.key'))).toEqual(['root.key'])
    const store = await openStore(`sqlite:${join(data, 'keyward.db')}`, { readOnly: true })
    const keyring = await readKeyring(store.read, join(data, 'root.key'))
    const unopened: unknown[] = []
    expect(await openEverySeal(store.read, keyring, (row) => unopened.push(row))).toBeGreaterThan(CYCLES)
    expect(unopened).toEqual([])
    expect((await verifyAudit(store, keyring)).findings).toEqual([])
    await store.close()
  })
})

describe.skipIf(!postgres)('two processes on one PostgreSQL', () => {
  it('go on when one changes the root key; the other starts again with the new file alone', async () => {
    const database = (await postgres?.createDatabase()) ?? ''
    const at = (name: string) => join(folder, name)
    for (const name of ['one', 'two']) mkdirSync(at(name), { mode: 0o700 })
    const one = await startService({ database, data: at('one') })
    cpSync(join(at('one'), 'root.key'), join(at('two'), 'root.key'))
    const two = await startService({ database, data: at('two'), root: one.root })
    const KeyId = await makeKey(one)
    const before = await encrypt(two, KeyId, 'before')
    expect((await rotate(one)).status).toBe(200)
    await sleep(1500)
    // Sealed by either, opened by the other, with the keys in memory.
    const [made, other] = [await makeKey(one), await makeKey(two)]
    expect(await decrypt(one, await encrypt(two, made, 'x'))).toBe('x')
    expect(await decrypt(two, await encrypt(one, other, 'y'))).toBe('y')
    expect(await decrypt(two, before)).toBe('before')
    await two.close()
    await expect(startService({ database, data: at('two'), root: one.root })).rejects.toThrow(
      /is not the one of this database/,
    )
    cpSync(join(at('one'), 'root.key'), join(at('two'), 'root.key'))
    const again = await startService({ database, data: at('two'), root: one.root })
    expect(await decrypt(again, before)).toBe('before')
    // And the other way round, once it has the new file.
    expect((await rotate(again)).status).toBe(200)
    expect(await decrypt(one, await encrypt(again, other, 'z'))).toBe('z')
    expect(existsSync(join(at('two'), 'root.key'))).toBe(true)
    await again.close()
    await one.close()
  }, 40_000)
})
