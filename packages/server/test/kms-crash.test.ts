import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { RootCredentials } from '../src/serve/credentials.ts'
import { startPostgres } from './postgres.ts'
import { callOver } from './service.ts'

// Writers take keys through random lives while the server is killed under them, again and again. After each death every
// key is as its last acknowledged call left it, or as the one call that got no answer would have; and in the end every
// acknowledged ciphertext opens.

const postgres = await startPostgres()
const CYCLES = 4
const WRITERS = 6
const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname

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

let child: ChildProcess | undefined
let folder = ''
afterEach(() => {
  child?.kill('SIGKILL')
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
})

async function start(database: string | undefined): Promise<string> {
  const args = ['serve', '--listen', '127.0.0.1:0', '--data', folder, '--log-level', 'fatal']
  if (database !== undefined) args.push('--database', database)
  child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    child?.stdout?.once('data', (line) => resolve(String(line).trim()))
    child?.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
}

async function kill(): Promise<void> {
  const gone = new Promise((resolve) => child?.once('exit', resolve))
  child?.kill('SIGKILL')
  await gone
}

const rootOf = () =>
  JSON.parse(readFileSync(join(folder, 'root-credentials.json'), 'utf8')) as RootCredentials
const call = (url: string, action: string, input: object) =>
  callOver(url, rootOf(), `kms:${action}`, input as Record<string, unknown>)

async function read(url: string, keyId: string): Promise<Known> {
  const { body } = await call(url, 'DescribeKey', { KeyId: keyId })
  const shown = body.KeyMetadata as Record<string, string>
  return {
    state: shown.KeyState as string,
    description: shown.Description as string,
    protection: shown.DeletionProtection as string,
  }
}

/** One random call after another, until the server is gone. */
async function live(url: string, writer: Writer, stopped: () => boolean): Promise<void> {
  for (let n = 0; !stopped(); n += 1) {
    const names = [...Object.keys(calls), 'Encrypt']
    const action = names[Math.floor(Math.random() * names.length)] as string
    if (action === 'Encrypt') {
      if (writer.known.state !== 'Enabled') continue
      const text = `text ${writer.blobs.length}`
      const answer = await call(url, action, { KeyId: writer.keyId, Plaintext: text }).catch(() => undefined)
      if (answer === undefined) return
      expect(answer.status).toBe(200)
      writer.blobs.push([text, String(answer.body.CiphertextBlob)])
      continue
    }
    const planned = calls[action]?.(writer.known, n)
    if (!planned) continue
    writer.perhaps = planned.next
    const answer = await call(url, action, { KeyId: writer.keyId, ...planned.input }).catch(() => undefined)
    if (answer === undefined) return
    expect([action, writer.known, answer.status]).toEqual([action, writer.known, 200])
    writer.known = planned.next
    writer.perhaps = undefined
  }
}

describe.each([
  ['SQLite', async (): Promise<string | undefined> => undefined],
  ['PostgreSQL', async (): Promise<string | undefined> => postgres?.createDatabase()],
] as const)('keys on %s', (kind, makeDatabase) => {
  it.skipIf(kind === 'PostgreSQL' && !postgres)(
    'are after kill -9 what was acknowledged',
    async () => {
      folder = mkdtempSync(join(tmpdir(), 'keyward-kms-crash-'))
      const database = await makeDatabase()
      let url = await start(database)
      const writers: Writer[] = []
      for (let i = 0; i < WRITERS; i += 1) {
        const { body } = await call(url, 'CreateKey', { Description: '' })
        const keyId = (body.KeyMetadata as { KeyId: string }).KeyId
        writers.push({ keyId, known: await read(url, keyId), perhaps: undefined, blobs: [] })
      }
      let changed = 0
      for (let cycle = 0; cycle < CYCLES; cycle += 1) {
        let stopped = false
        const lives = writers.map((writer) => live(url, writer, () => stopped))
        await sleep(150 + Math.random() * 250)
        await kill()
        stopped = true
        await Promise.all(lives)
        url = await start(database)
        for (const writer of writers) {
          const found = await read(url, writer.keyId)
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
        if (known.state === 'PendingDeletion') await call(url, 'CancelKeyDeletion', { KeyId: keyId })
        await call(url, 'EnableKey', { KeyId: keyId })
        for (const [text, CiphertextBlob] of blobs) {
          const { body } = await call(url, 'Decrypt', { CiphertextBlob })
          expect(body).toMatchObject({ Plaintext: text, KeyId: keyId })
        }
      }
      await kill()
    },
    60_000,
  )
})
