import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exportAudit } from '../src/audit/export.ts'
import { verifyAudit } from '../src/audit/verify.ts'
import { readKeyring } from '../src/serve/keyring/open.ts'
import { openStore } from '../src/store/open.ts'
import type { Store, WriteHandle } from '../src/store/store.ts'
import { testDatabases } from '../src/store/testing/databases.ts'
import { startService, type TestService } from './service.ts'

// Entries that are old enough leave the database for the archive, and the verification proves what is left, and the
// archive too.

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`the retention of the audit on ${database.name}`, () => {
    let url: string
    let kit: TestService
    let store: Store
    const archive = () => join(kit.data, 'audit-archive')
    const segments = () => (existsSync(archive()) ? readdirSync(archive()).sort() : [])
    const start = async (flags: Record<string, string> = {}) => {
      kit = await startService({
        database: url,
        switches: ['test-clock'],
        flags: { 'audit-retention': '30d', ...flags },
      })
      store = await openStore(url, { readOnly: true })
    }
    const verified = async (how: Parameters<typeof verifyAudit>[2] = {}) =>
      verifyAudit(store, await readKeyring(store.read, join(kit.data, 'root.key')), how)
    const findings = async (how: Parameters<typeof verifyAudit>[2] = {}) => (await verified(how)).findings
    const advance = async (days: number) => {
      const answer = await kit.call(kit.root, 'keyward:AdvanceClock', { Duration: `${days}d` })
      expect(answer.body).toMatchObject({ RequestId: expect.any(String) })
    }
    const listKeys = async (count: number) => {
      for (let i = 0; i < count; i += 1)
        expect((await kit.call(kit.root, 'kms:ListKeys', {})).status).toBe(200)
    }
    const operations = async () => {
      const seen: string[] = []
      for await (const { text } of exportAudit(store.read)) seen.push(JSON.parse(text).operation)
      return seen
    }
    beforeEach(async () => {
      url = await database.fresh()
    })
    afterEach(async () => {
      await store?.close()
      await kit?.close()
    })
    /** As somebody who can write the database and has no key. */
    const tamper = async (body: (tx: WriteHandle) => Promise<unknown>) => {
      await store.close()
      await kit.service.close()
      const own = await openStore(url)
      await own.write(async (tx) => void (await body(tx)))
      await own.close()
      store = await openStore(url, { readOnly: true })
    }

    /** Another service on the same database, without a sink, to whose clock all of that is old. */
    const retainAgain = async () => {
      const { data, root } = kit
      const again = await startService({
        database: url,
        data,
        root,
        switches: ['test-clock'],
        flags: { 'audit-retention': '30d' },
      })
      await again.call(root, 'keyward:AdvanceClock', { Duration: '33d' })
      await again.close()
    }

    it('takes what is old into the archive, leaves what is young, and both verify', async () => {
      await start()
      await listKeys(3)
      await advance(20)
      await kit.call(kit.root, 'kms:ListAliases', {})
      expect(segments()).toEqual([])
      const before = await verified()
      await advance(15)
      const left = await operations()
      expect(left).not.toContain('kms:ListKeys')
      expect(left).toContain('kms:ListAliases')
      // The audit shows what left it.
      await vi.waitFor(async () => expect(await operations()).toContain('keyward:RemoveAuditSegment'), {
        timeout: 10_000,
      })
      expect(segments()).toHaveLength(1)
      const text = gunzipSync(readFileSync(join(archive(), segments()[0]!))).toString()
      const archived = text
        .trim()
        .split('\n')
        .flatMap((line) => JSON.parse(line).entries)
      expect(archived.filter((entry) => JSON.parse(entry).operation === 'kms:ListKeys')).toHaveLength(3)
      const after = await verified({ archive: archive() })
      expect(after.findings).toEqual([])
      expect((await verified()).findings).toEqual([])
      expect(after.entries).toBeGreaterThan((await verified()).entries)
      // Heads of before are compared with the archive; without it, it is said that they cannot be.
      const noted = before.chains.map(({ head }) => head!)
      expect(await findings({ expectHeads: noted, archive: archive() })).toEqual([])
      const young = noted.map((head) => ({ ...head, sequence: 1 }))
      expect(await findings({ expectHeads: young })).toMatchObject([{ kind: 'head-archived', batch: 1 }])
      expect(await findings({ expectHeads: young, archive: archive() })).toMatchObject([
        { kind: 'head-unexpected', batch: 1 },
      ])
      // It goes on: the next segment follows the first.
      await advance(40)
      expect(segments().length).toBeGreaterThan(1)
      expect(await findings({ archive: archive() })).toEqual([])
      expect(await findings()).toEqual([])
    })

    it('shows what somebody without the key does to it', async () => {
      await start()
      await listKeys(2)
      await advance(31)
      await advance(1)
      const file = join(archive(), segments()[0]!)
      const chain = (await verified()).chains[0]!.chain
      const floor = await store.read
        .selectFrom('audit_floors')
        .selectAll()
        .where('chain_id', '=', chain)
        .executeTakeFirstOrThrow()
      const next = floor.sequence + 1
      const original = readFileSync(file)

      const lines = gunzipSync(original).toString().trim().split('\n')
      const rewrite = (changed: readonly string[]) =>
        writeFileSync(file, gzipSync(changed.map((line) => `${line}\n`).join('')))
      rewrite(lines.map((line) => line.replace('kms:ListKeys', 'kms:ListDogs')))
      expect(await findings({ archive: archive() })).toContainEqual(
        expect.objectContaining({ kind: 'entry-altered', chain }),
      )
      rewrite(lines.slice(0, -1))
      expect(await findings({ archive: archive() })).toMatchObject([
        { kind: 'batch-removed', chain, batch: JSON.parse(lines.at(-1)!).batch },
      ])
      writeFileSync(file, original.subarray(0, original.length / 2))
      await expect(findings({ archive: archive() })).rejects.toThrow('cannot be read')
      rmSync(file)
      expect(await findings({ archive: archive() })).not.toEqual([])
      writeFileSync(file, original)
      expect(await findings({ archive: archive() })).toEqual([])

      await tamper((tx) => tx.updateTable('audit_floors').set({ sequence: next }).execute())
      expect((await findings())[0]).toEqual({ kind: 'floor-altered', chain })
      await tamper((tx) => tx.deleteFrom('audit_floors').execute())
      expect(await findings()).toContainEqual({ kind: 'batch-removed', chain, batch: 1 })
      await tamper((tx) => tx.insertInto('audit_floors').values(floor).execute())
      expect(await findings()).toEqual([])
      const row = JSON.parse(lines.at(-1)!)
      const back = {
        chain_id: chain,
        sequence: row.batch,
        first_time: row.first,
        last_time: row.last,
        entries: row.entries.join('\n'),
        digests: Buffer.from(row.digests, 'hex'),
        previous: Buffer.from(row.previous, 'hex'),
        hash: Buffer.from(row.hash, 'hex'),
        seal: Buffer.from(row.seal, 'hex'),
      }
      await tamper((tx) => tx.insertInto('audit_batches').values(back).execute())
      expect(await findings()).toEqual([{ kind: 'batch-returned', chain, batch: row.batch }])
      await tamper((tx) => tx.deleteFrom('audit_batches').where('sequence', '=', row.batch).execute())
      await tamper((tx) => tx.deleteFrom('audit_batches').where('sequence', '=', next).execute())
      expect(await findings()).toMatchObject([{ kind: 'batch-removed', chain, batch: next }])
    })

    it('puts no genuine floor over one that somebody without the key has made', async () => {
      await start()
      await listKeys(3)
      await tamper(async (tx) => {
        const [first] = await tx
          .selectFrom('audit_batches')
          .select(['chain_id', 'hash'])
          .where('sequence', '=', 1)
          .execute()
        const forged = { chain_id: first!.chain_id, sequence: 1, hash: first!.hash, seal: Buffer.alloc(32) }
        await tx.insertInto('audit_floors').values(forged).execute()
        await tx.deleteFrom('audit_batches').where('sequence', '=', 1).execute()
      })
      await retainAgain()
      expect(await findings()).toContainEqual(expect.objectContaining({ kind: 'floor-altered' }))
    })

    it('takes nothing that was altered, and nothing that the sink does not have', async () => {
      // There is no such folder: the sink takes nothing.
      await start({ 'audit-sink': 'file:/there/is/no/such/folder/audit.jsonl' })
      await listKeys(2)
      await advance(31)
      await advance(1)
      expect(segments()).toEqual([])
      expect(await operations()).toContain('kms:ListKeys')
      await tamper(async (tx) => {
        await tx.updateTable('audit_batches').set({ entries: '{}' }).where('sequence', '=', 2).execute()
      })
      await retainAgain()
      // Up to the batch that was altered; that one stays, and is named.
      expect(segments()).toEqual([expect.stringMatching(/-000000000001-000000000001\.jsonl\.gz$/)])
      expect(await findings()).toContainEqual(expect.objectContaining({ batch: 2 }))
    })
  })
}
