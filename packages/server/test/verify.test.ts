import { closeSync, cpSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeBackup } from '../src/serve/backup.ts'
import { startServer } from '../src/serve/server.ts'
import { readSettings } from '../src/serve/settings-read.ts'
import { advice, damageText } from '../src/serve/verify/findings.ts'
import { type VerifyReport, verifyDatabase } from '../src/serve/verify/verify.ts'
import { isDatabaseAway } from '../src/store/errors.ts'
import { openStore } from '../src/store/open.ts'
import { testDatabases } from '../src/store/testing/databases.ts'
import { callOver, startService, type TestService } from './service.ts'

const KEYS = 200
/** Keys, the service's own among them, the value of a secret, and the root's access key. */
const SEALED = KEYS + 3
const folder = mkdtempSync(join(tmpdir(), 'keyward-verify-'))
const sound = join(folder, 'sound')
let service: TestService
const keyIds: string[] = []

beforeAll(async () => {
  service = await startService()
  for (let i = 0; i < KEYS; i += 20) {
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, j) =>
        service.call(service.root, 'kms:CreateKey', { Description: `key ${i + j} `.repeat(20) }),
      ),
    )
    for (const { body } of made) keyIds.push((body.KeyMetadata as { KeyId: string }).KeyId)
  }
  // With it comes a key of the service's own.
  const secret = { SecretName: 'shop/db', SecretData: 'a value', VersionId: 'v1' }
  expect((await service.call(service.root, 'kms:CreateSecret', secret)).status).toBe(200)
  await service.service.close()
  cpSync(service.data, sound, { recursive: true })
})
afterAll(async () => {
  await service.close()
  rmSync(folder, { recursive: true, force: true })
})

let count = 0
/** A copy of the sound folder, harmed. */
function harmed(harm: (file: string, db: <T>(use: (db: DatabaseSync) => T) => T) => void): string {
  const data = join(folder, `harmed-${count++}`)
  cpSync(sound, data, { recursive: true })
  const file = join(data, 'keyward.db')
  harm(file, (use) => {
    const db = new DatabaseSync(file)
    try {
      return use(db)
    } finally {
      db.close()
    }
  })
  return data
}

function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const open = openSync(file, 'r+')
  writeSync(open, bytes, 0, bytes.length, at)
  closeSync(open)
}

const verifyFolder = (data: string): Promise<VerifyReport> =>
  verifyDatabase({ url: `sqlite:${join(data, 'keyward.db')}`, rootKeyFile: join(data, 'root.key') })

const words = ({ damage }: VerifyReport) => damage.map(damageText).join('\n')

const LAST_LEAF = "select max(pageno) as pageno from dbstat where name = ? and pagetype = 'leaf'"
const rootOf = (db: DatabaseSync, table: string) =>
  Number(db.prepare('select rootpage from sqlite_schema where name = ?').get(table)?.rootpage)

describe('a verification', () => {
  it('finds nothing in a sound folder, and says what it looked at', async () => {
    const report = await verifyFolder(sound)
    expect(report).toMatchObject({ intact: true, damage: [], sealed: SEALED })
    expect(report.audit?.entries).toBeGreaterThanOrEqual(KEYS)
    expect(advice([], false)).toEqual([])
  })

  it('changes nothing, and works beside a service', async () => {
    const data = harmed(() => {})
    const running = await startService({ data, root: service.root })
    expect((await verifyFolder(data)).intact).toBe(true)
    const made = await running.call(service.root, 'kms:CreateKey', {})
    expect(made.status).toBe(200)
    await running.close()
    expect((await verifyFolder(data)).sealed).toBe(SEALED + 1)
  })

  it.each(['kms_keys', 'kms_key_versions', 'access_keys', 'audit_batches', 'meta'])(
    'names the table whose page is damaged: %s',
    async (table) => {
      let page = 0
      const data = harmed((file, db) => {
        page = db((one) => rootOf(one, table))
        overwrite(file, (page - 1) * 4096, Buffer.alloc(4096, 0xa5))
      })
      const report = await verifyFolder(data)
      expect(report.intact).toBe(false)
      expect(words(report)).toContain(`\`${table}\``)
      expect(words(report)).not.toContain('does not answer')
      expect(advice(report.damage, false).join('\n')).toMatch(/keyward restore/)
    },
  )

  it('names the rows that cannot be read, and only those', async () => {
    let lost: string[] = []
    const data = harmed((file, db) => {
      const page = db((one) => one.prepare(LAST_LEAF).get('kms_keys')!.pageno as number)
      overwrite(file, (page - 1) * 4096, Buffer.alloc(4096, 0xa5))
      lost = db((one) => {
        const ids = one.prepare('select id from kms_keys indexed by sqlite_autoindex_kms_keys_1').all()
        const read = one.prepare('select description from kms_keys where id = ?')
        return ids.flatMap(({ id }) => {
          try {
            read.get(id as string)
            return []
          } catch {
            return String(id)
          }
        })
      })
    })
    expect(lost.length).toBeGreaterThan(0)
    expect(lost.length).toBeLessThan(KEYS / 4)
    const report = await verifyFolder(data)
    const named = report.damage.filter(({ part }) => part === 'row')
    expect(named.map(({ row }) => row).sort()).toEqual(lost.sort())
    expect(damageText(named[0]!)).toContain('(KMS key): cannot be read')
  })

  it.each([
    ['access_keys', 'sealed_secret'],
    ['kms_key_versions', 'sealed_material'],
    ['secret_versions', 'sealed_value'],
  ])('names a sealed entity that was changed by one bit: %s', async (table, column) => {
    let id = ''
    const data = harmed((_, db) =>
      db((one) => {
        const row = one.prepare(`select id, ${column} as sealed from ${table} order by id limit 1`).get()!
        const bytes = Buffer.from(row.sealed as Uint8Array)
        bytes[20]! ^= 1
        one.prepare(`update ${table} set ${column} = ? where id = ?`).run(bytes, row.id as string)
        id = String(row.id)
      }),
    )
    const report = await verifyFolder(data)
    expect(report.damage).toEqual([
      { part: 'sealed', table, row: id, what: `what is sealed in \`${column}\` does not open` },
    ])
    expect(report.audit?.intact).toBe(true)
  })

  it.each([
    ['delete from kms_key_versions where rowid = 5', 'it has no version'],
    ['delete from kms_keys where rowid = 5', 'its key is missing'],
    ['delete from secret_stages', 'it has no present version'],
    ['delete from secrets', 'its secret is missing'],
    ['delete from directory', "the operator's account is missing"],
    ['drop table kms_aliases', 'the table `kms_aliases` is missing'],
    ['drop index kms_keys_by_account', 'has lost its index `kms_keys_by_account`'],
    ['alter table users drop column display_name', 'has lost its column `display_name`'],
    ['delete from keyring', 'keyring'],
    ['update keyring set sealed = zeroblob(100)', 'keyring'],
  ])('says what is missing after: %s', async (statement, what) => {
    const data = harmed((_, db) => db((one) => one.exec(`pragma foreign_keys = off; ${statement}`)))
    const report = await verifyFolder(data)
    expect(report.intact).toBe(false)
    expect(words(report)).toContain(what)
  })

  it('tells tampering with the audit from damage', async () => {
    const data = harmed((_, db) =>
      db((one) => one.exec("update audit_batches set entries = replace(entries, 'CreateKey', 'CreateKeys')")),
    )
    const report = await verifyFolder(data)
    expect(report).toMatchObject({ intact: false, damage: [], audit: { intact: false } })
    expect(advice(report.damage, true).join('\n')).toMatch(/changed the audit log/)
  })

  it.each([
    ['a header of noise', (file: string) => overwrite(file, 0, Buffer.alloc(100, 0xa5))],
    ['a file that was cut', (file: string) => truncateSync(file, 40_000)],
  ])('says so of %s, in one sentence', async (_, harm) => {
    const report = await verifyFolder(harmed((file) => harm(file)))
    expect(report.intact).toBe(false)
    expect(words(report)).toMatch(/not a database|malformed|Page|Tree/)
  })

  it('stops with a sentence at another root key', async () => {
    const other = await startService()
    const url = `sqlite:${join(sound, 'keyward.db')}`
    const rootKeyFile = join(other.data, 'root.key')
    await expect(verifyDatabase({ url, rootKeyFile })).rejects.toThrow('is not the one of this database')
    await other.close()
  })

  it('proves a backup, and finds one bit that was changed in it', async () => {
    const file = join(folder, 'backup.db')
    const { madeAt } = await makeBackup({ database: join(sound, 'keyward.db'), file })
    const prove = () => verifyDatabase({ url: `sqlite:${file}`, rootKeyFile: join(sound, 'root.key') })
    expect(await prove()).toMatchObject({ intact: true, sealed: SEALED, backup: { madeAt } })
    const db = new DatabaseSync(file)
    db.exec('update kms_key_versions set sealed_material = zeroblob(61) where rowid = 7')
    db.close()
    expect(await prove()).toMatchObject({ intact: false, damage: [{ part: 'sealed' }] })
  })
})

describe('a service on a damaged database', () => {
  const refusedStart = async (data: string) =>
    startService({ data, root: service.root }).then(
      async (running) => {
        await running.close()
        return 'started'
      },
      (error: Error & { problem?: { detail: string } }) => error.problem?.detail ?? error.message,
    )

  it.each([
    'drop table kms_aliases',
    'drop index kms_keys_by_account',
    'delete from directory',
    'delete from keyring',
  ])('does not start after: %s', async (statement) => {
    const data = harmed((_, db) => db((one) => one.exec(`pragma foreign_keys = off; ${statement}`)))
    expect(await refusedStart(data)).toMatch(/^the database file `.*` is damaged: .*keyward verify/)
  })

  it('says in its log what does not open, and goes on with the rest', async () => {
    const [broken = '', sane = ''] = keyIds
    const data = harmed((_, db) =>
      db((one) =>
        one
          .prepare('update kms_key_versions set sealed_material = zeroblob(61) where key_id = ?')
          .run(broken),
      ),
    )
    const flags = new Map([
      ['data', [data]],
      ['listen', ['127.0.0.1:0']],
    ])
    const { settings } = readSettings({ flags, environment: {}, folder: data })
    const lines: string[] = []
    const note = (fields: object) => void lines.push(JSON.stringify(fields))
    const log = { debug: note, info: note, warn: note, error: note, fatal: note } as never
    const running = await startServer(settings!, { log })
    const encrypt = (KeyId: string) =>
      callOver(running.url, service.root, 'kms:Encrypt', { KeyId, Plaintext: 'eA==' })
    expect([(await encrypt(broken)).status, (await encrypt(sane)).status]).toEqual([503, 200])
    await running.close()
    expect(lines.join()).toContain('stored key-material cannot be opened')
  })

  it('does not make a new world in the place of one that was lost', async () => {
    expect(await refusedStart(harmed((file) => truncateSync(file, 0)))).toMatch(
      /is empty, but .* earlier start/,
    )
    expect(await refusedStart(harmed((file) => rmSync(file)))).toMatch(/is missing, but .* earlier start/)
  })

  it('finds damage by itself soon after it is ready, says so at /readyz, and refuses every call', async () => {
    const data = harmed((file, db) => {
      const page = db((one) => rootOf(one, 'kms_aliases'))
      overwrite(file, (page - 1) * 4096, Buffer.alloc(4096, 0xa5))
    })
    const running = await startService({ data, root: service.root })
    try {
      expect((await fetch(`${running.url}/readyz`)).status).toBe(200)
      let ready = await fetch(`${running.url}/readyz`)
      for (let i = 0; i < 100 && ready.status === 200; i += 1) {
        await sleep(50)
        ready = await fetch(`${running.url}/readyz`)
      }
      expect([ready.status, await ready.text()]).toEqual([503, 'not ready: the database is damaged\n'])
      const answer = await running.call(service.root, 'kms:DescribeKey', { KeyId: keyIds[0]! })
      expect(answer.status).toBe(503)
    } finally {
      await running.close()
    }
  })
})

for (const database of await testDatabases()) {
  if (database.name !== 'postgres') continue
  describe.skipIf(database.missing)('a verification of PostgreSQL', () => {
    it('reads everything, finds what does not open, and cannot write', async () => {
      const url = await database.fresh()
      const running = await startService({ database: url })
      const rootKeyFile = join(running.data, 'root.key')
      for (let i = 0; i < 5; i += 1) await running.call(running.root, 'kms:CreateKey', {})
      expect(await verifyDatabase({ url, rootKeyFile })).toMatchObject({ intact: true, sealed: 6 })
      const countKeys = async () => (await reader.read.selectFrom('kms_keys').select('id').execute()).length
      const reader = await openStore(url, { readOnly: true })
      await expect(reader.read.deleteFrom('kms_keys').execute()).rejects.toSatisfy(isDatabaseAway)
      expect(await countKeys()).toBe(5)
      await reader.close()
      const writer = await openStore(url)
      await writer.write((tx) =>
        tx
          .updateTable('kms_key_versions')
          .set({ sealed_material: Buffer.alloc(61) })
          .execute(),
      )
      await writer.close()
      const report = await verifyDatabase({ url, rootKeyFile })
      expect(report.damage.filter(({ part }) => part === 'sealed')).toHaveLength(5)
      await running.close()
    })
  })
}
