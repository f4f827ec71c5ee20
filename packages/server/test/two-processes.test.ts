import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Log } from '../src/serve/log.ts'
import { startPostgres } from './postgres.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Two servers over one PostgreSQL: a revoked permission is gone on both within the bound, and no server goes on from
// memory when the database does not answer.

/** The cache's bound of one second, with room for a slow machine around it. */
const BOUND_MS = 1000

const postgres = await startPostgres()

describe.skipIf(!postgres)('two processes on one PostgreSQL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-two-'))
  let one: TestService
  let two: TestService
  let alice: Credential
  let KeyId: string
  const told: object[] = []

  beforeAll(async () => {
    const database = await postgres?.createDatabase()
    if (database === undefined) return
    const data = (name: string) => join(folder, name)
    for (const name of ['one', 'two']) mkdirSync(data(name), { mode: 0o700 })
    one = await startService({ database, data: data('one'), log: keepingErrors(told) })
    cpSync(join(data('one'), 'root.key'), join(data('two'), 'root.key'))
    two = await startService({ database, data: data('two'), root: one.root })
    alice = await one.user('alice', {
      ram: [{ Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }],
    })
    const created = await one.call(alice, 'kms:CreateKey', {})
    KeyId = (created.body.KeyMetadata as { KeyId: string }).KeyId
  })
  afterAll(async () => {
    await one?.close()
    await two?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const encrypt = (service: TestService) => service.call(alice, 'kms:Encrypt', { KeyId, Plaintext: 'x' })

  it('both serve what one has made', async () => {
    expect((await encrypt(one)).status).toBe(200)
    expect((await encrypt(two)).status).toBe(200)
  })

  it('does not accept on one what was sent to the other', async () => {
    const { signAcs3 } = await import('../src/wire/alibaba/sign.ts')
    // The same signed request, at both: a host is signed, so both are asked by the first one's name.
    const host = new URL(one.url).host
    const signed = signAcs3({
      ...alice,
      method: 'POST',
      host,
      action: 'ListKeys',
      version: '2016-01-20',
      query: {},
    })
    const send = (url: string) => rawRequest(url, signed.target, { ...signed.headers, host })
    expect((await send(one.url)).status).toBe(200)
    const replayed = await send(two.url)
    expect(replayed).toMatchObject({ status: 400, body: expect.stringContaining('SignatureNonceUsed') })
  })

  it('a permission revoked on one is refused there at once and on the other within the bound', async () => {
    await one.apply(
      {
        accounts: [
          {
            uid: one.root.accountUid,
            users: [
              {
                name: 'alice',
                policies: { ram: [] },
                accessKeys: [{ id: alice.accessKeyId, secret: alice.accessKeySecret }],
              },
            ],
          },
        ],
      },
      { Prune: true },
    )
    const revoked = performance.now()
    expect((await encrypt(one)).status).toBe(403)
    while ((await encrypt(two)).status === 200) {
      expect(performance.now() - revoked).toBeLessThan(BOUND_MS + 250)
      await sleep(20)
    }
    expect((await encrypt(two)).status).toBe(403)
  })

  it('refuses when the database is away, and serves again when it is back', async () => {
    const root = { ...one.root }
    const describeKey = (service: TestService) => service.call(root, 'kms:DescribeKey', { KeyId })
    expect((await describeKey(one)).status).toBe(200)
    await postgres?.stop()
    try {
      await sleep(BOUND_MS)
      for (const service of [one, two]) {
        const answer = await describeKey(service)
        expect(answer).toMatchObject({ status: 503, body: { Code: 'ServiceUnavailableTemporary' } })
        expect((await fetch(`${service.url}/readyz`)).status).toBe(503)
        expect((await fetch(`${service.url}/healthz`)).status).toBe(200)
      }
      // With the reason, in words.
      expect(told).not.toEqual([])
      for (const line of told) expect(JSON.stringify(line)).toContain('the database does not answer')
    } finally {
      await postgres?.start()
    }
    const back = performance.now()
    while ((await describeKey(one)).status !== 200) {
      expect(performance.now() - back).toBeLessThan(15_000)
      await sleep(100)
    }
    expect((await fetch(`${one.url}/readyz`)).status).toBe(200)
  })
})

/** Keeps what the log is told of errors, and nothing else. */
function keepingErrors(told: object[]): Log {
  const nothing = () => {}
  const error = (fields: object, text: string) => void told.push({ ...fields, text })
  return { debug: nothing, info: nothing, warn: nothing, error, fatal: error } as unknown as Log
}

/** fetch sets its own Host: this sends the one that is signed. */
async function rawRequest(url: string, target: string, headers: Record<string, string>) {
  const { request } = await import('node:http')
  const { hostname, port } = new URL(url)
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = request({ hostname, port, path: target, method: 'POST', headers }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}
