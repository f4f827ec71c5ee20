import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kinds, makePair, openssl } from '../../server/src/serve/testing/certificates.ts'
import { startService } from './testing/service.ts'

// Certificates made by openssl, a service in its own process, and clients that look at what they are shown.

let folder: string
let now: { cert: string; key: string }
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-tls-'))
  now = makePair(folder, 'first', 'rsa')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The name in the certificate that a new connection is shown. */
async function shown(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket: TLSSocket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject } = new X509Certificate(socket.getPeerCertificate().raw)
  socket.destroy()
  return subject.slice('CN='.length)
}

/** A request whose answer waits until its body is sent. */
function slowRequest(url: string) {
  const sending = request(`${url}/`, {
    method: 'POST',
    rejectUnauthorized: false,
    headers: { 'content-length': 4 },
  })
  const status = once(sending, 'response').then(([answer]) => answer.statusCode as number)
  sending.flushHeaders()
  return { finish: () => sending.end('a=bc'), status }
}

test('SIGHUP takes a renewed certificate, cuts nobody, and keeps the earlier one when the new does not work', async () => {
  const flags = ['--listen', '127.0.0.1:0', '--tls-cert', now.cert, '--tls-key', now.key]
  const service = await startService(flags)
  const said = async (times: number, what: RegExp) => {
    while ((service.log().match(new RegExp(what, 'g')) ?? []).length < times) await delay(20)
  }
  try {
    expect(await shown(service.url)).toBe('first')
    const call = slowRequest(service.url)
    await delay(50)
    const next = makePair(folder, 'second', 'p256')
    copyFileSync(next.key, now.key)
    copyFileSync(next.cert, now.cert)
    service.signal('SIGHUP')
    await said(1, /read anew/)
    expect(await shown(service.url)).toBe('second')
    call.finish()
    expect(await call.status).toBe(400)

    copyFileSync(makePair(folder, 'third', 'rsa').cert, now.cert)
    service.signal('SIGHUP')
    await said(1, /was not taken, the earlier one stays.*do not belong together/)
    expect(await shown(service.url)).toBe('second')
    expect(await service.stop()).toBe(0)
  } finally {
    await service.remove()
  }
})

test('a key with a passphrase is opened by the file that holds it, and refused in words without', async () => {
  openssl(folder, `genpkey ${kinds.p256} -aes256 -pass pass:sword -out locked.key`)
  openssl(
    folder,
    'req -x509 -new -key locked.key -passin pass:sword -subj /CN=locked -out locked.crt -days 9',
  )
  const files = ['--tls-cert', join(folder, 'locked.crt'), '--tls-key', join(folder, 'locked.key')]
  await expect(startService(files)).rejects.toThrow(
    /serve ended with 1: .*name a file that holds it with --tls-key-passphrase/,
  )
  writeFileSync(join(folder, 'pass'), 'sword\n', { mode: 0o600 })
  const service = await startService([...files, '--tls-key-passphrase', join(folder, 'pass')])
  expect(await shown(service.url)).toBe('locked')
  expect(service.log()).not.toContain('sword')
  await service.remove()
})
