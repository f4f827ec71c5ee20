import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { deflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { verifyAudit } from '../src/audit/verify.ts'
import { openText } from '../src/identity/sealed-text.ts'
import { readKeyring } from '../src/serve/keyring/open.ts'
import { openEverySeal } from '../src/serve/keyring/sealed-rows.ts'
import { countOld, makeOld, oldKeys, oldText } from '../src/serve/keyring/testing/old-format.ts'
import { openStore } from '../src/store/open.ts'
import { startPostgres } from './postgres.ts'
import { type Credential, startService, type TestService } from './service.ts'

// A database of the time before there was a keyring: the service of today carries it over, whenever it is killed, and
// everything in it is as it was. Afterwards what the root key itself seals is not believed.

const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname
const postgres = await startPostgres()
const folder = mkdtempSync(join(tmpdir(), 'keyward-carry-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const trust = (uid: string) => ({
  ram: {
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${uid}:root` } }],
  },
})

/** Something of everything that is sealed, and how it is read again. */
async function furnish(service: TestService) {
  const { root } = service
  const ok = async (who: Credential, name: string, input: Record<string, unknown>) => {
    const { status, body } = await service.call(who, name, input)
    if (status >= 300) throw new Error(`${name}: ${JSON.stringify(body)}`)
    return body as Record<string, Record<string, string>>
  }
  const alice = await service.user('alice', {
    ram: [{ Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }],
  })
  await service.apply({
    accounts: [{ uid: root.accountUid, roles: [{ name: 'r', trust: trust(root.accountUid) }] }],
  })
  const { KeyMetadata } = await ok(root, 'kms:CreateKey', {})
  const KeyId = KeyMetadata?.KeyId as string
  const { CiphertextBlob } = await ok(root, 'kms:Encrypt', { KeyId, Plaintext: 'before' })
  await ok(root, 'kps:CreateKeypair', {
    keypair: {
      name: 'pair',
      scope: 'domain',
      algorithm: 'SSH_ED25519',
      key_protection: { encryption: { type: 'default' } },
    },
  })
  const RoleArn = `acs:ram::${root.accountUid}:role/r`
  const { Credentials } = await ok(alice, 'sts:AssumeRole', { RoleArn, RoleSessionName: 'session' })
  const session: Credential = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    accessKeySecret: Credentials?.AccessKeySecret ?? '',
    securityToken: Credentials?.SecurityToken ?? '',
    projectId: root.projectId,
  }
  const refused = await service.call(await service.user('nobody'), 'kms:ListKeys', {})
  const detail = refused.body.AccessDeniedDetail as Record<string, string>
  return { alice, KeyId, CiphertextBlob, session, message: detail.EncodedDiagnosticMessage ?? '' }
}

/** The session and the message as the service of that time would have handed them out. */
async function oldHandouts(database: string, file: string, { session, message }: Furniture) {
  const keys = oldKeys(file)
  const keyring = await inspect(database, (store) => readKeyring(store.read, file))
  const aged = (purpose: 'security-tokens' | 'diagnostic-messages', text: string) =>
    oldText(keys, purpose, deflateRawSync(openText(keyring, purpose, text) ?? ''))
  return {
    session: { ...session, securityToken: aged('security-tokens', session.securityToken ?? '') },
    message: aged('diagnostic-messages', message),
  }
}
type Furniture = Awaited<ReturnType<typeof furnish>>

async function expectFurnished(service: TestService, { alice, KeyId, CiphertextBlob }: Furniture) {
  const opened = await service.call(alice, 'kms:Decrypt', { CiphertextBlob })
  expect(opened.body).toMatchObject({ KeyId, Plaintext: 'before' })
  const exported = await service.call(service.root, 'kps:ExportPrivateKey', { keypair: { name: 'pair' } })
  expect(exported.body).toMatchObject({
    keypair: { private_key: expect.stringContaining('PRIVATE KEY') },
  })
}

async function inspect<T>(
  database: string,
  look: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>,
) {
  const store = await openStore(database, { readOnly: true })
  try {
    return await look(store)
  } finally {
    await store.close()
  }
}

const databases = [
  { name: 'SQLite', make: async (data: string) => `sqlite:${join(data, 'keyward.db')}`, missing: false },
  { name: 'PostgreSQL', make: async () => (await postgres?.createDatabase()) ?? '', missing: !postgres },
]

describe.for(databases)('a database from before the keyring, on $name', ({ name, make, missing }) => {
  it.skipIf(missing)(
    'is carried over at a start, whole, and the root key itself seals nothing any more',
    async () => {
      const data = join(folder, name)
      const database = await make(data)
      const first = await startService({ data, database })
      const furniture = await furnish(first)
      await first.close()
      const file = join(data, 'root.key')
      const handedOut = await oldHandouts(database, file, furniture)
      await makeOld(database, file)
      expect(await inspect(database, (store) => countOld(store.read))).toEqual({ old: 5, all: 5 })
      // As the offline tools find it, before any start.
      expect(
        await inspect(database, async (store) => {
          const keyring = await readKeyring(store.read, file)
          const unopened: unknown[] = []
          const count = await openEverySeal(store.read, keyring, (row) => unopened.push(row))
          return { count, unopened, intact: (await verifyAudit(store, keyring)).intact }
        }),
      ).toEqual({ count: 5, unopened: [], intact: true })

      const second = await startService({ data, database, root: first.root })
      await expectFurnished(second, furniture)
      expect(await inspect(database, (store) => countOld(store.read))).toEqual({ old: 0, all: 5 })

      // For a day, what was handed out before is still taken back; once the root key is changed, no more.
      const taken = async () => {
        const message = { EncodedDiagnosticMessage: handedOut.message }
        const decoded = await second.call(second.root, 'ram:DecodeDiagnosticMessage', message)
        const session = await second.call(handedOut.session, 'sts:GetCallerIdentity', {})
        return [decoded.status, session.status]
      }
      expect(await taken()).toEqual([200, 200])
      expect((await second.call(second.root, 'keyward:RotateRootKey', {})).status).toBe(200)
      // What was opened before is forgotten at the next look.
      await vi.waitFor(async () => expect(await taken()).toEqual([404, 400]), {
        timeout: 5000,
        interval: 100,
      })
      await expectFurnished(second, furniture)
      await second.close()
      await inspect(database, async (store) => {
        const keyring = await readKeyring(store.read, file)
        expect((await verifyAudit(store, keyring)).findings).toEqual([])
      })
    },
  )
})

describe('a carry-over that is killed', () => {
  const data = join(folder, 'killed')
  const database = `sqlite:${join(data, 'keyward.db')}`
  const KEYS = 1500
  let child: ChildProcess | undefined
  afterAll(() => child?.kill('SIGKILL'))

  /** Kills a service as long after it has begun to carry over. */
  async function startAndKill(after: number): Promise<void> {
    const args = ['serve', '--listen', '127.0.0.1:0', '--data', data, '--log-level', 'fatal']
    const one = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
    child = one
    const gone = new Promise((resolve) => one.once('exit', resolve))
    await untilCarrying()
    await sleep(after)
    one.kill('SIGKILL')
    await gone
  }
  async function untilCarrying(): Promise<void> {
    for (let left = 400; left > 0; left -= 1) {
      const started = await inspect(database, async (store) => {
        const steps = await store.read.selectFrom('migrations').select('name').execute()
        if (!steps.some((one) => one.name.endsWith('-keyring'))) return false
        return (await store.read.selectFrom('keyring').select('version').executeTakeFirst()) !== undefined
      }).catch(() => false)
      if (started) return
      await sleep(10)
    }
    throw new Error('the carry-over does not begin')
  }

  it('goes on where it was, and loses nothing', { timeout: 120_000 }, async () => {
    const first = await startService({ data, database })
    const furniture = await furnish(first)
    await first.close()
    const file = join(data, 'root.key')
    await addKeys(database, file, KEYS)
    await makeOld(database, file)
    const counts: number[] = []
    for (let cycle = 0; cycle < 4; cycle += 1) {
      await startAndKill(cycle * 15)
      counts.push((await inspect(database, (store) => countOld(store.read))).old)
    }
    // It never goes back.
    expect(counts).toEqual([...counts].sort((a, b) => b - a))
    const second = await startService({ data, database, root: first.root })
    await expectFurnished(second, furniture)
    await second.close()
    await inspect(database, async (store) => {
      expect(await countOld(store.read)).toEqual({ old: 0, all: KEYS + 5 })
      const keyring = await readKeyring(store.read, file)
      const unopened: unknown[] = []
      expect(await openEverySeal(store.read, keyring, (row) => unopened.push(row))).toBe(KEYS + 5)
      expect(unopened).toEqual([])
      expect((await verifyAudit(store, keyring)).findings).toEqual([])
    })
  })
})

/** Sealed rows in number: access keys of the root. */
async function addKeys(database: string, file: string, count: number): Promise<void> {
  const store = await openStore(database)
  const keyring = await readKeyring(store.read, file)
  const { account_uid } = await store.read
    .selectFrom('access_keys')
    .select('account_uid')
    .limit(1)
    .executeTakeFirstOrThrow()
  await store.write(async (tx) => {
    for (let i = 0; i < count; i += 1) {
      const id = `LTAI${String(i).padStart(20, '0')}`
      const sealed = keyring.seal(Buffer.alloc(40, 97), {
        what: 'access-key-secret',
        owner: account_uid,
        id: `root/${id}`,
      })
      await tx
        .insertInto('access_keys')
        .values({
          id,
          account_uid,
          user_id: null,
          sealed_secret: sealed,
          status: 'active',
          label: null,
          created_at: 0,
          version: 1,
          declared_by: 'file',
        })
        .execute()
    }
  })
  await store.close()
}
