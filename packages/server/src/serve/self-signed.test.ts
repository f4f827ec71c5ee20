import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { selfSigned, selfSignedFiles } from './self-signed.ts'
import { makePair, textOf } from './testing/certificates.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-own-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const make = () => selfSigned(folder, ['127.0.0.1'])
const files = () => selfSignedFiles(folder)
const belong = (pair: { cert: string; key: string }) =>
  new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))

test('is made once, for its owner alone, and told to clients', async () => {
  const first = await make()
  expect(belong(first)).toBe(true)
  expect([statSync(files().key).mode & 0o777, statSync(files().cert).mode & 0o777]).toEqual([0o600, 0o644])
  expect(textOf(files().cert)).toBe(first.cert)
  expect(await make()).toEqual({ cert: first.cert, key: expect.any(String) })
})

test('whatever a crash leaves, the pair belongs together and clients find its certificate', async () => {
  const first = await make()
  const [key, cert] = [textOf(files().key), textOf(files().cert)]
  rmSync(files().key)
  const second = await make()
  expect(second.cert).not.toBe(first.cert)
  const states: [what: string, key: string | undefined, cert: string | undefined][] = [
    ['the new key file, the old certificate', textOf(files().key), cert],
    ['the old key file, the new certificate', key, second.cert],
    ['no certificate for clients', key, undefined],
    ['no key', undefined, cert],
    ['half a key file', key.slice(0, 100), cert],
    ['half a certificate in the key file', key.slice(0, -200), cert],
  ]
  for (const [what, keyText, certText] of states) {
    for (const [file, text] of [
      [files().key, keyText],
      [files().cert, certText],
    ] as const) {
      rmSync(file, { force: true })
      if (text !== undefined) writeFileSync(file, text, { mode: 0o600 })
    }
    const pair = await make()
    expect([what, belong(pair), textOf(files().cert)]).toEqual([what, true, pair.cert])
    expect((await make()).cert).toBe(pair.cert)
  }
})

test('a pair in two files, as earlier versions wrote it, is kept when it belongs together', async () => {
  const given = makePair(folder, 'old', 'p256', '-days 100 -addext subjectAltName=IP:127.0.0.1')
  writeFileSync(files().key, textOf(given.key), { mode: 0o600 })
  writeFileSync(files().cert, textOf(given.cert))
  expect((await make()).cert).toBe(textOf(given.cert))
  rmSync(files().cert)
  expect((await make()).cert).toBe(textOf(given.cert))
})

test('is made anew in its last month, and for another address', async () => {
  const given = makePair(folder, 'old', 'p256', '-days 20 -addext subjectAltName=IP:127.0.0.1')
  writeFileSync(files().key, textOf(given.key), { mode: 0o600 })
  writeFileSync(files().cert, textOf(given.cert))
  const fresh = await make()
  expect(fresh.cert).not.toBe(textOf(given.cert))
  const named = await selfSigned(folder, ['192.0.2.7', 'keyward.internal'])
  expect(named.cert).not.toBe(fresh.cert)
  const certificate = new X509Certificate(named.cert)
  expect([certificate.checkIP('192.0.2.7'), certificate.checkHost('keyward.internal')]).toEqual([
    '192.0.2.7',
    'keyward.internal',
  ])
  expect((await selfSigned(folder, ['keyward.internal'])).cert).toBe(named.cert)
})
