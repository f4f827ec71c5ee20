import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type MortalServer, mortalServer } from './mortal-server.ts'
import { startPostgres } from './postgres.ts'

// Writers take keys through random lives while the server is killed under them, again and again. After each death every
// key is as its last acknowledged call left it, or as the one call that got no answer would have; and in the end every
// acknowledged ciphertext opens.

const postgres = await startPostgres()
const CYCLES = 4
const WRITERS = 6

/** What is known of a key: the part of its metadata that calls change. */
interface Known {
  readonly state: string
  readonly description: string
  readonly protection: string
}
interface Writer {
  readonly keyId: string
  known: Known
  /** What the unanswered call would have made of it. */
  perhaps: Known | undefined
  readonly blobs: [text: string, blob: string][]
}

const calls: Readonly<
  Record<string, (known: Known, n: number) => { input: object; next: Known } | undefined>
> = {
  DisableKey: (known) => change(known, 'PendingDeletion', { state: 'Disabled' }),
  EnableKey: (known) => change(known, 'PendingDeletion', { state: 'Enabled' }),
  UpdateKeyDescription: (known, n) =>
    change(known, 'PendingDeletion', { description: `text ${n}` }, { Description: `text ${n}` }),
  SetDeletionProtection: (known, n) =>
    change(
      known,
      'PendingDeletion',
      { protection: n % 3 === 0 ? 'Enabled' : 'Disabled' },
      { EnableDeletionProtection: n % 3 === 0 },
    ),
  ScheduleKeyDeletion: (known) =>
    known.protection === 'Enabled'
      ? undefined
      : change(known, 'PendingDeletion', { state: 'PendingDeletion' }, { PendingWindowInDays: 30 }),
  CancelKeyDeletion: (known) =>
    known.state === 'PendingDeletion' ? { input: {}, next: { ...known, state: 'Enabled' } } : undefined,
}
function change(known: Known, never: string, to: Partial<Known>, input: object = {}) {
  return known.state === never ? undefined : { input, next: { ...known, ...to } }
}

async function read(server: MortalServer, keyId: string): Promise<Known> {
  const { body } = await server.call('kms:DescribeKey', { KeyId: keyId })
  const shown = body.KeyMetadata as Record<string, string>
  return {
    state: shown.KeyState as string,
    description: shown.Description as string,
    protection: shown.DeletionProtection as string,
  }
}

/** One random call after another, until the server is gone. */
async function live(server: MortalServer, writer: Writer, stopped: () => boolean): Promise<void> {
  for (let n = 0; !stopped(); n += 1) {
    const names = [...Object.keys(calls), 'Encrypt']
    const action = names[Math.floor(Math.random() * names.length)] as string
    if (action === 'Encrypt') {
      if (writer.known.state !== 'Enabled') continue
      const text = `text ${writer.blobs.length}`
      const answer = await server
        .call(`kms:${action}`, { KeyId: writer.keyId, Plaintext: text })
        .catch(() => undefined)
      if (answer === undefined) return
      expect(answer.status).toBe(200)
      writer.blobs.push([text, String(answer.body.CiphertextBlob)])
      continue
    }
    const planned = calls[action]?.(writer.known, n)
    if (!planned) continue
    writer.perhaps = planned.next
    const answer = await server
      .call(`kms:${action}`, { KeyId: writer.keyId, ...planned.input })
      .catch(() => undefined)
    if (answer === undefined) return
    expect([action, writer.known, answer.status]).toEqual([action, writer.known, 200])
    writer.known = planned.next
    writer.perhaps = undefined
  }
}

describe.each([
  ['SQLite', async (): Promise<string | undefined> => undefined],
  ['PostgreSQL', async (): Promise<string | undefined> => postgres?.createDatabase()],
] as const)('keys on %s', { concurrent: true }, (kind, makeDatabase) => {
  it.skipIf(kind === 'PostgreSQL' && !postgres)(
    'are after kill -9 what was acknowledged',
    async ({ onTestFinished }) => {
      const database = await makeDatabase()
      const server = mortalServer(database === undefined ? [] : ['--database', database])
      onTestFinished(server.close)
      await server.start()
      const writers: Writer[] = []
      for (let i = 0; i < WRITERS; i += 1) {
        const { body } = await server.call('kms:CreateKey', { Description: '' })
        const keyId = (body.KeyMetadata as { KeyId: string }).KeyId
        writers.push({ keyId, known: await read(server, keyId), perhaps: undefined, blobs: [] })
      }
      let changed = 0
      for (let cycle = 0; cycle < CYCLES; cycle += 1) {
        let stopped = false
        const lives = writers.map((writer) => live(server, writer, () => stopped))
        await sleep(150 + Math.random() * 250)
        await server.kill()
        stopped = true
        await Promise.all(lives)
        await server.start()
        for (const writer of writers) {
          const found = await read(server, writer.keyId)
          const allowed = [writer.known, ...(writer.perhaps ? [writer.perhaps] : [])]
          expect(allowed).toContainEqual(found)
          if (writer.perhaps) changed += 1
          writer.known = found
          writer.perhaps = undefined
        }
      }
      expect(changed).toBeGreaterThan(0)
      expect(writers.flatMap(({ blobs }) => blobs).length).toBeGreaterThan(0)
      for (const { blobs, keyId, known } of writers) {
        if (known.state === 'PendingDeletion') await server.call('kms:CancelKeyDeletion', { KeyId: keyId })
        await server.call('kms:EnableKey', { KeyId: keyId })
        for (const [text, CiphertextBlob] of blobs) {
          const { body } = await server.call('kms:Decrypt', { CiphertextBlob })
          expect(body).toMatchObject({ Plaintext: text, KeyId: keyId })
        }
      }
    },
    120_000,
  )
})
