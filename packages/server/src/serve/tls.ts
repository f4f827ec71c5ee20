import { readFileSync } from 'node:fs'
import type { Log } from './log.ts'
import { selfSigned, selfSignedFiles } from './self-signed.ts'
import type { Settings } from './settings.ts'
import { checkPair } from './tls-pair.ts'

/** Certificate chain and private key, PEM, with the oldest TLS version to speak. */
export interface TlsMaterial {
  readonly cert: string
  readonly key: string
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

/** The files that the TLS of these settings stands on. */
export function tlsFiles({ tls, data }: Settings): readonly string[] {
  if (!tls) return []
  if (tls.kind === 'self-signed') return [selfSignedFiles(data).key]
  return [tls.cert, tls.key, ...(tls.passphrase === undefined ? [] : [tls.passphrase])]
}

/**
 * The TLS material that the settings name, proved to work, or undefined for plain HTTP. Throws an Error with a sentence
 * when no client could connect; what only some clients refuse is a warning in the log.
 */
export async function loadTls(settings: Settings, log: Log): Promise<TlsMaterial | undefined> {
  const { tls } = settings
  if (!tls) return undefined
  const minVersion = tls.minimum === '1.3' ? 'TLSv1.3' : 'TLSv1.2'
  if (tls.kind === 'self-signed') {
    return { ...(await selfSigned(settings.data, [settings.listen.host, ...tls.names])), minVersion }
  }
  const cert = read(tls.cert)
  const { key, warnings } = await checkPair(
    {
      cert,
      key: read(tls.key),
      certFile: tls.cert,
      keyFile: tls.key,
      // As other programs do: the first line is the passphrase.
      ...(tls.passphrase === undefined ? {} : { passphrase: read(tls.passphrase).split(/\r?\n/, 1)[0]! }),
    },
    minVersion,
  )
  for (const warning of warnings) log.warn(`${warning}: clients will refuse it`)
  return { cert, key, minVersion }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`\`${file}\` cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
