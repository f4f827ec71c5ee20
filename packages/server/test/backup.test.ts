import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAudit } from '../src/audit/read.ts'
import { readRootKeyFile } from '../src/crypto/root-key-file.ts'
import { makeBackup } from '../src/serve/backup.ts'
import { restoreBackup } from '../src/serve/restore.ts'
import { writeMeta } from '../src/store/meta.ts'
import { openStore } from '../src/store/open.ts'
import { testDatabases } from '../src/store/testing/databases.ts'
import { type SignedRequest, signAcs3 } from '../src/wire/alibaba/sign.ts'
import { startService, type TestService } from './service.ts'

const folder = mkdtempSync(join(tmpdir(), 'keyward-backup-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const database = (data: string) => join(data, 'keyward.db')
const rootKey = (data: string) => join(data, 'root.key')

async function descriptions(file: string): Promise<ReadonlySet<string>> {
  const store = await openStore(`sqlite:${file}`, { readOnly: true })
  const rows = await store.read.selectFrom('kms_keys').select('description').execute()
  await store.close()
  return new Set(rows.map((row) => row.description))
}

async function restore(file: string, data: string) {
  return restoreBackup({
    file,
    data,
    database: database(data),
    rootKey: rootKey(data),
    rootKeyCheck: existsSync(rootKey(data)) ? readRootKeyFile(rootKey(data)).checkValue : undefined,
  })
}

const send = (url: string, { target, method, headers }: SignedRequest) =>
  request(url, target, method, headers)

/** Sends to one address what was signed for the name of another. */
function request(url: string, target: string, method: string, headers: Readonly<Record<string, string>>) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; json(): Promise<unknown> }>()
  const sent = httpRequest(`${url}${target}`, { method, headers, setHost: false }, (answer) => {
    text(answer).then(
      (body) => resolve({ status: answer.statusCode ?? 0, json: async () => JSON.parse(body) }),
      reject,
    )
  })
  sent.on('error', reject).end()
  return promise
}

describe('a backup', () => {
  let service: TestService
  const backups: { file: string; before: ReadonlySet<string> }[] = []
  const acknowledged = new Set<string>()
  beforeAll(async () => {
    service = await startService()
    // Writers that go on while backups are made.
    let stop = false
    const writers = Array.from({ length: 8 }, async (_, w) => {
      for (let i = 0; !stop; i += 1) {
        const Description = `${w}-${i}`
        const answer = await service.call(service.root, 'kms:CreateKey', { Description })
        if (answer.status === 200) acknowledged.add(Description)
      }
    })
    for (let i = 0; i < 3; i += 1) {
      const enough = acknowledged.size + 20
      while (acknowledged.size < enough) await sleep(10)
      const file = join(folder, `backup-${i}.db`)
      const before = new Set(acknowledged)
      await makeBackup({ database: database(service.data), file })
      backups.push({ file, before })
    }
    stop = true
    await Promise.all(writers)
  })
  afterAll(() => service.close())

  it('has every write that was acknowledged before it began, and nothing that never was', async () => {
    expect(acknowledged.size).toBeGreaterThan(50)
    for (const { file, before } of backups) {
      const held = await descriptions(file)
      expect(before.size).toBeGreaterThan(0)
      expect([...before].filter((one) => !held.has(one))).toEqual([])
      expect([...held].filter((one) => !acknowledged.has(one))).toEqual([])
    }
  })

  it('is one file for its owner alone, and overwrites nothing', async () => {
    const { file } = backups[0]!
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).filter((name) => name.startsWith('backup-0'))).toEqual(['backup-0.db'])
    const bytes = readFileSync(file)
    await expect(makeBackup({ database: database(service.data), file })).rejects.toThrow(
      'is there already: a backup overwrites nothing',
    )
    expect(readFileSync(file).equals(bytes)).toBe(true)
    const none = join(folder, 'none', 'keyward.db')
    await expect(makeBackup({ database: none, file: join(folder, 'x.db') })).rejects.toThrow(
      'there is no database',
    )
    expect(existsSync(join(folder, 'x.db'))).toBe(false)
  })

  it('is put back into an empty folder, serves there, and the audit says so once', async () => {
    const { file, before } = backups[1]!
    const data = join(folder, 'restored')
    const signed = signAcs3({
      method: 'GET',
      host: new URL(service.url).host,
      action: 'DescribeRegions',
      version: '2016-01-20',
      query: {},
      accessKeyId: service.root.accessKeyId,
      accessKeySecret: service.root.accessKeySecret,
      time: Date.now() - 120_000,
    })
    expect((await send(service.url, signed)).status).toBe(200)
    const report = await restore(file, data)
    cpSync(rootKey(service.data), rootKey(data))
    const again = await startService({ data, root: service.root })
    try {
      const shown = await again.call(service.root, 'kms:ListKeys', { PageSize: 1 })
      expect(shown.body.TotalCount).toBeGreaterThanOrEqual(before.size)
      // Used after the backup was made, so that its nonce is not in it.
      const replayed = await send(again.url, signed)
      expect(await replayed.json()).toMatchObject({
        Code: expect.stringMatching(/Nonce|Timestamp|Signature/),
      })
      expect(replayed.status).toBe(400)
    } finally {
      await again.close()
    }
    // A second start has nothing to tell.
    await (await startService({ data, root: service.root })).close()
    const store = await openStore(`sqlite:${database(data)}`, { readOnly: true })
    const told = []
    for await (const { value } of readAudit(store.read, { operation: 'keyward:RestoreBackup' }))
      told.push(value)
    await store.close()
    expect(told).toMatchObject([
      {
        account: service.root.accountUid,
        outcome: 'Success',
        input: { MadeAt: report.madeAt, RestoredAt: report.restoredAt, TasksEnded: 0 },
      },
    ])
  })

  it('is not put back over anything', async () => {
    const data = join(folder, 'taken')
    await expect(restore(join(folder, 'nothing.db'), data)).rejects.toThrow('there is no file')
    await expect(restore(backups[0]!.file, service.data)).rejects.toThrow('is not empty')
    // What is no backup, though it is a database.
    const copy = join(folder, 'copy.db')
    cpSync(database(service.data), copy)
    await expect(restore(copy, data)).rejects.toThrow('was not made by `keyward backup`')
    writeFileSync(join(folder, 'text.db'), 'no database at all'.repeat(100))
    await expect(restore(join(folder, 'text.db'), data)).rejects.toThrow('is damaged')
    expect(existsSync(data)).toBe(false)
  })

  it('is not put back beside the root key of another database', async () => {
    const data = join(folder, 'other-key')
    const stranger = await startService({ data })
    await stranger.close()
    for (const name of readdirSync(data)) if (name !== 'root.key') rmSync(join(data, name))
    await expect(restore(backups[0]!.file, data)).rejects.toThrow(
      'is not the one that this backup was made under',
    )
    expect(readdirSync(data)).toEqual(['root.key'])
  })
})

for (const database of await testDatabases()) {
  if (database.name !== 'postgres') continue
  describe.skipIf(database.missing)('a dump of PostgreSQL that was put back', () => {
    it('is announced when the mark was written into it', async () => {
      const url = await database.fresh()
      const first = await startService({ database: url })
      await first.service.close()
      const store = await openStore(url)
      await store.write((tx) => writeMeta(tx, 'backup', JSON.stringify({ madeAt: '2026-11-29T00:00:00Z' })))
      await store.close()
      const again = await startService({ database: url, data: first.data, root: first.root })
      await again.close()
      await first.close()
      const reader = await openStore(url, { readOnly: true })
      const told = []
      for await (const { value } of readAudit(reader.read, { operation: 'keyward:RestoreBackup' }))
        told.push(value)
      await reader.close()
      expect(told).toMatchObject([{ outcome: 'Success', input: { MadeAt: '2026-11-29T00:00:00Z' } }])
    })
  })
}
