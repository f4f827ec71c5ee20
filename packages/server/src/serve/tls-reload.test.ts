import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Log } from './log.ts'
import type { Settings } from './settings.ts'
import { makePair, textOf } from './testing/certificates.ts'
import { keepTls, type TlsReload, tlsState } from './tls-reload.ts'

let folder: string
let kept: TlsReload
let used: string[]
let said: string[]
let now: { cert: string; key: string }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-renew-'))
  used = []
  said = []
  now = makePair(folder, 'now', 'p256')
  const say = (message: unknown) => void said.push(String(message))
  const log = { info: say, warn: say, error: say } as unknown as Log
  const settings = { data: folder, tls: { kind: 'files', ...now, minimum: '1.2' } } as unknown as Settings
  kept = keepTls(settings, {
    log,
    use: ({ cert }) => used.push(cert),
    since: await tlsState(settings),
    lookEvery: 20,
  })
})
afterEach(async () => {
  await kept.close()
  rmSync(folder, { recursive: true, force: true })
})

async function until(condition: () => boolean) {
  while (!condition()) await delay(5)
}

test('files that stay as they are are not read again', async () => {
  await delay(150)
  expect([used, said]).toEqual([[], []])
})

test('a pair is taken when both of its files have been replaced, and half of it causes no complaint', async () => {
  const next = makePair(folder, 'next', 'p256')
  renameSync(next.key, now.key)
  renameSync(next.cert, now.cert)
  await until(() => used.length > 0)
  await delay(100)
  expect(used).toEqual([textOf(now.cert)])
  expect(said).toEqual(['the certificate was read anew'])
})

test('a pair that does not work is said once, the earlier one stays, and a mended one is taken', async () => {
  const next = makePair(folder, 'next', 'rsa')
  copyFileSync(next.cert, now.cert)
  await until(() => said.length > 0)
  await delay(100)
  expect(said).toEqual([
    expect.stringMatching(/was not taken, the earlier one stays: .* do not belong together/),
  ])
  expect(used).toEqual([])
  rmSync(now.key)
  await until(() => said.length > 1)
  expect(said[1]).toMatch(/now\.key` cannot be read: ENOENT/)
  copyFileSync(next.key, now.key)
  await until(() => used.length > 0)
  expect(used).toEqual([textOf(next.cert)])
})

test('it is read at once when asked, also in the same place and of the same length', async () => {
  await kept.reload()
  expect(used).toEqual([textOf(now.cert)])
  writeFileSync(now.cert, 'x')
  await kept.reload()
  expect(said.at(-1)).toMatch(/was not taken/)
  expect(used).toHaveLength(1)
})
