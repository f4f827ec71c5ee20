import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { writeFileWhole } from '../base/files.ts'

/*
 * Two files in the data folder. tls-key.pem (mode 0600) holds the private key and, after it, its certificate: one file,
 * so that no crash can leave a key beside the certificate of another. tls-cert.pem is the certificate again, for clients
 * to trust; it is written from the first file whenever it differs.
 */

/** Days that a certificate of our own making is good for; a new one is made in its last thirty. */
const LIFETIME_DAYS = 397
const RENEW_DAYS = 30
const DAY = 86_400_000

export const selfSignedFiles = (data: string) => ({
  cert: join(data, 'tls-cert.pem'),
  key: join(data, 'tls-key.pem'),
})

/** The pair of the data folder, made when there is none that is good for all of `hosts` and for a month to come. */
export async function selfSigned(
  data: string,
  hosts: readonly string[],
): Promise<{ cert: string; key: string }> {
  const files = selfSignedFiles(data)
  const kept = keptPair(files)
  const good = kept && hosts.every((host) => isGood(kept.cert, host)) ? kept : undefined
  const pair = good ?? (await makePair(hosts))
  if (!good?.together) writeFileWhole(files.key, `${pair.key.trim()}\n${pair.cert.trim()}\n`)
  if (optionalText(files.cert) !== pair.cert) writeFileWhole(files.cert, pair.cert, 0o644)
  return { cert: pair.cert, key: pair.key }
}

/** What lies there, when key and certificate belong together. Earlier versions kept the certificate in its own file alone. */
function keptPair({ cert, key }: ReturnType<typeof selfSignedFiles>) {
  const both = optionalText(key)
  if (both === undefined) return undefined
  const start = both.indexOf('-----BEGIN CERTIFICATE-----')
  const certificate = start < 0 ? optionalText(cert) : both.slice(start)
  if (certificate === undefined) return undefined
  try {
    const secret = start < 0 ? both : both.slice(0, start)
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(secret))) return undefined
    return { cert: certificate, key: secret, together: start >= 0 }
  } catch {
    return undefined
  }
}

function optionalText(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function isGood(pem: string, host: string): boolean {
  const certificate = new X509Certificate(pem)
  const names = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)
  const now = Date.now()
  const { validFromDate: from, validToDate: to } = certificate
  return names !== undefined && from.getTime() <= now && to.getTime() - now > RENEW_DAYS * DAY
}

/** A certificate for the names this machine goes by. The maker is loaded only here: few servers need it. */
async function makePair(hosts: readonly string[]): Promise<{ cert: string; key: string }> {
  const { generate } = await import('selfsigned')
  const names = [...new Set(['localhost', hostname(), '127.0.0.1', '::1', ...hosts])].filter(
    (name) => name !== '',
  )
  const made = await generate([{ name: 'commonName', value: 'Keyward' }], {
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
  return { cert: made.cert.endsWith('\n') ? made.cert : `${made.cert}\n`, key: made.private }
}
