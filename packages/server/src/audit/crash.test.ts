import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../base/clock.ts'
import { openStore } from '../store/open.ts'
import { testDatabases } from '../store/testing/databases.ts'
import { createAuditLog } from './log.ts'
import { readAudit } from './read.ts'
import { testEntry, testSealKeys } from './testing/entries.ts'
import { verifyAudit } from './verify.ts'

const writer = fileURLToPath(new URL('./testing/crash-writer.ts', import.meta.url))

/** Runs the writer, kills it with -9 once it has written so much, and returns what it had said was acknowledged. */
async function writeAndDie(url: string, prefix: string, atLeast: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [writer, url, 'main', prefix], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8')
  const enough = new Promise<void>((resolve) => {
    child.stdout.on('data', (part: string) => {
      text += part
      if (text.length > atLeast * 12) resolve()
    })
  })
  const ended = new Promise((resolve) => child.stdout.once('end', resolve))
  const died = new Promise<void>((_, reject) =>
    child.once('exit', (code) => code !== null && reject(new Error(`the writer exited with ${code}`))),
  )
  await Promise.race([enough, died])
  // Not at a moment that the writer chose.
  await sleep(Math.random() * 20)
  child.kill('SIGKILL')
  await ended
  return text.split('\n').slice(0, -1)
}

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`after kill -9, on ${database.name}`, () => {
    it('everything acknowledged is there, nothing has an effect without its entry, and the audit verifies', async () => {
      const url = await database.fresh()
      const acknowledged: string[] = []
      for (const prefix of ['one', 'two', 'three'])
        acknowledged.push(...(await writeAndDie(url, prefix, 300)))
      expect(acknowledged.length).toBeGreaterThan(600)

      // No stale lock is in the way.
      const store = await openStore(url)
      const audit = await createAuditLog({
        store,
        sealKeys: testSealKeys,
        clock: systemClock,
        chainId: 'main',
      })
      await audit.record(testEntry('after'))
      const report = await verifyAudit(store, testSealKeys)
      expect(report.findings).toEqual([])
      expect(report.pending).toBe(0)

      const entries: string[] = []
      for await (const one of readAudit(store.read)) entries.push(one.value.requestId)
      const rows = await store.read.selectFrom('meta').select('key').where('key', 'like', 'write %').execute()
      const effects = rows.map((row) => row.key)
      const inLog = new Set(entries)
      const inStore = new Set(effects)
      expect(inLog.size).toBe(entries.length)
      expect(acknowledged.filter((id) => !inLog.has(id))).toEqual([])
      expect(acknowledged.filter((id) => id.startsWith('write') && !inStore.has(id))).toEqual([])
      // Both ways: no effect without an entry, no entry of a write without its effect.
      expect(effects.filter((id) => !inLog.has(id))).toEqual([])
      expect(entries.filter((id) => id.startsWith('write') && !inStore.has(id))).toEqual([])
      await audit.close()
      await store.close()
    })
  })
}
