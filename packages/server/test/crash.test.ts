import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { mortalServer } from './mortal-server.ts'

// kill -9 in the middle of writes, again and again: whatever was acknowledged is there, nothing is there without its
// audit entry, and the audit verifies.

const CYCLES = 6
const WRITERS = 12
const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname

const server = mortalServer()
afterAll(server.close)

async function run(args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const done = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  for (const stream of [done.stdout, done.stderr]) {
    stream.on('data', (chunk) => {
      out += chunk
    })
  }
  return new Promise((resolve) => done.once('close', (code) => resolve({ code, out })))
}

describe('kill -9 during writes', () => {
  it('keeps what it acknowledged, and nothing without its entry', async () => {
    const acknowledged = new Map<string, string>()
    let sent = 0
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      await server.start()
      let stop = false
      const writers = Array.from({ length: WRITERS }, async () => {
        while (!stop) {
          sent += 1
          const Description = `crash-${cycle}-${sent}`
          const answer = await server.call('kms:CreateKey', { Description }).catch(() => undefined)
          if (answer?.status !== 200) return
          acknowledged.set((answer.body.KeyMetadata as { KeyId: string }).KeyId, Description)
        }
      })
      await sleep(60 + Math.random() * 240)
      await server.kill()
      stop = true
      await Promise.all(writers)
    }
    expect(acknowledged.size).toBeGreaterThan(CYCLES)

    await server.start()
    for (const [KeyId, Description] of acknowledged) {
      const shown = await server.call('kms:DescribeKey', { KeyId })
      expect(shown.body.KeyMetadata).toMatchObject({ KeyId, Description })
    }
    const stored = await listAll()
    await server.kill()

    const verified = await run(['audit', 'verify', '--data', server.data])
    expect(verified).toMatchObject({ code: 0 })
    const audited = await auditedDescriptions()
    const { DatabaseSync } = await import('node:sqlite')
    const db = new DatabaseSync(join(server.data, 'keyward.db'), { readOnly: true })
    const described = db.prepare('select id, description from kms_keys').all() as {
      id: string
      description: string
    }[]
    db.close()
    expect(described.map(({ id }) => id).sort()).toEqual([...stored].sort())
    for (const { description } of described) expect(audited.has(description), description).toBe(true)
    // And the other way: no entry of success without its key.
    expect([...audited].sort()).toEqual(described.map(({ description }) => description).sort())
  }, 60_000)
})

async function listAll(): Promise<readonly string[]> {
  const ids: string[] = []
  for (let PageNumber = 1; ; PageNumber += 1) {
    const { body } = await server.call('kms:ListKeys', { PageSize: 100, PageNumber })
    const page = (body.Keys as { Key: { KeyId: string }[] }).Key
    if (page.length === 0) return ids
    ids.push(...page.map(({ KeyId }) => KeyId))
  }
}

/** Descriptions of the keys whose creation the audit calls a success. */
async function auditedDescriptions(): Promise<ReadonlySet<string>> {
  const { openStore } = await import('../src/store/open.ts')
  const { readAudit } = await import('../src/audit/read.ts')
  const store = await openStore(`sqlite:${join(server.data, 'keyward.db')}`, { readOnly: true })
  const seen = new Set<string>()
  for await (const { value } of readAudit(store.read, { operation: 'kms:CreateKey' })) {
    if (value.outcome === 'Success') seen.add(String(value.input?.Description))
  }
  await store.close()
  return seen
}
