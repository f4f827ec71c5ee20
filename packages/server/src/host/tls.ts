import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Settings } from './settings.ts'

/** Certificate chain and private key, PEM, with the oldest TLS version to speak. */
export interface TlsMaterial {
  readonly cert: string
  readonly key: string
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  /** Path of the certificate that clients must trust, when it is of our own making. */
  readonly trustFile?: string
}

/** Days that a certificate of our own making is good for; a new one is made in its last thirty. */
const LIFETIME_DAYS = 397
const RENEW_DAYS = 30
const DAY = 86_400_000

/** The TLS material that the settings name, or undefined for plain HTTP. */
export async function loadTls(settings: Settings): Promise<TlsMaterial | undefined> {
  const { tls } = settings
  if (!tls) return undefined
  const minVersion = tls.minimum === '1.3' ? 'TLSv1.3' : 'TLSv1.2'
  if (tls.kind === 'files') {
    return { cert: readFileSync(tls.cert, 'utf8'), key: readFileSync(tls.key, 'utf8'), minVersion }
  }
  const cert = join(settings.data, 'tls-cert.pem')
  const key = join(settings.data, 'tls-key.pem')
  const host = settings.listen.host
  if (!existsSync(cert) || !existsSync(key) || !stillGood(readFileSync(cert, 'utf8'), host)) {
    const made = await makeCertificate(host)
    writeFileSync(key, made.private, { mode: 0o600 })
    writeFileSync(cert, made.cert, { mode: 0o644 })
  }
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8'), minVersion, trustFile: cert }
}

function stillGood(pem: string, host: string): boolean {
  const certificate = new X509Certificate(pem)
  const names = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)
  return names !== undefined && certificate.validToDate.getTime() - Date.now() > RENEW_DAYS * DAY
}

/** A certificate for the names this machine goes by. The maker is loaded only here: few servers need it. */
async function makeCertificate(host: string) {
  const { generate } = await import('selfsigned')
  const names = [...new Set(['localhost', hostname(), '127.0.0.1', '::1', host])].filter(
    (name) => name !== '',
  )
  return generate([{ name: 'commonName', value: 'Keyward' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate: new Date(Date.now() + LIFETIME_DAYS * DAY),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
        ),
      },
    ],
  })
}
