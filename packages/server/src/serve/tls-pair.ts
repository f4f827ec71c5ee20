import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { duplexPair } from 'node:stream'
import { connect, createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'

/** A certificate chain and its private key as an operator gives them, and what the sentences call them. */
export interface GivenPair {
  readonly cert: string
  readonly key: string
  readonly passphrase?: string
  readonly certFile: string
  readonly keyFile: string
}

const HANDSHAKE_MS = 10_000
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/**
 * Proves that a server can speak TLS with this pair: key and certificate belong together and a handshake succeeds.
 * Throws an Error with a sentence for the operator when not. Answers the key without its passphrase, and warnings:
 * what clients will refuse although the pair is sound.
 */
export async function checkPair(
  given: GivenPair,
  minVersion: 'TLSv1.2' | 'TLSv1.3',
): Promise<{ readonly key: string; readonly warnings: readonly string[] }> {
  const { certFile, keyFile } = given
  const chain = readChain(given)
  const leaf = chain[0]!
  const key = readKey(given)
  if (!leaf.checkPrivateKey(key)) {
    const place = chain.findIndex((one) => one.checkPrivateKey(key))
    if (place > 0) {
      throw new Error(
        `the certificate of the private key is number ${place + 1} in \`${certFile}\`: it must come first`,
      )
    }
    throw new Error(
      `the certificate \`${certFile}\` (${kindOf(leaf.publicKey)}) and the private key \`${keyFile}\` (${kindOf(key)}) do not belong together`,
    )
  }
  const plain = key.export({ type: 'pkcs8', format: 'pem' }) as string
  await handshake({ cert: given.cert, key: plain, minVersion }, certFile)
  return { key: plain, warnings: warningsOf(chain, certFile) }
}

function readChain({ cert, certFile }: GivenPair): X509Certificate[] {
  const blocks = cert.match(CERTIFICATE) ?? []
  if (blocks.length === 0) {
    const has = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(cert) ? ': it holds a private key' : ''
    throw new Error(`\`${certFile}\` holds no certificate in PEM form${has}`)
  }
  return blocks.map((block, i) => {
    try {
      return new X509Certificate(block)
    } catch {
      throw new Error(`certificate number ${i + 1} in \`${certFile}\` cannot be read: it is damaged`)
    }
  })
}

function readKey({ key, keyFile, passphrase }: GivenPair): KeyObject {
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key)) {
    const has = key.includes('-----BEGIN CERTIFICATE-----') ? ': it holds a certificate' : ''
    throw new Error(`\`${keyFile}\` holds no private key in PEM form${has}`)
  }
  const encrypted = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(key)
  if (encrypted && passphrase === undefined) {
    throw new Error(
      `the private key \`${keyFile}\` has a passphrase: name a file that holds it with --tls-key-passphrase, or take it off: openssl pkey -in ${keyFile} -out NEW-FILE`,
    )
  }
  try {
    return createPrivateKey({ key, ...(encrypted ? { passphrase: passphrase as string } : {}) })
  } catch {
    throw new Error(
      encrypted
        ? `the passphrase does not open the private key \`${keyFile}\``
        : `the private key \`${keyFile}\` cannot be read: it is damaged or of an unknown kind`,
    )
  }
}

/** `EC P-256`, `RSA 2048`: what a person calls a key. */
function kindOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string {
  const size = details?.namedCurve ?? details?.modulusLength
  return [type?.toUpperCase() ?? 'of an unknown kind', size].filter((one) => one !== undefined).join(' ')
}

/** One handshake in memory: some keys and curves are sound, yet no client can agree on them. */
async function handshake(options: SecureContextOptions, certFile: string): Promise<void> {
  let why = 'a trial handshake was not answered'
  const [near, far] = duplexPair()
  let server: TLSSocket | undefined
  try {
    server = new TLSSocket(near, { isServer: true, secureContext: createSecureContext(options) })
    const client = connect({ socket: far, rejectUnauthorized: false })
    const done = await new Promise<boolean>((resolve) => {
      const fail = (error: Error & { code?: string }) => {
        why = error.code ?? why
        resolve(false)
      }
      server?.on('error', fail)
      client.on('error', fail)
      client.on('secureConnect', () => resolve(true))
      client.setTimeout(HANDSHAKE_MS, () => resolve(false))
    })
    client.destroy()
    if (done) return
  } catch (error) {
    why = (error as { code?: string }).code ?? why
  } finally {
    server?.destroy()
  }
  throw new Error(
    `no client could connect with the certificate \`${certFile}\`: TLS does not take its kind of key, its size or its curve (${why})`,
  )
}

function warningsOf(chain: readonly X509Certificate[], certFile: string): string[] {
  const warnings: string[] = []
  const now = Date.now()
  chain.forEach((one, i) => {
    const name =
      i === 0 ? `the certificate \`${certFile}\`` : `certificate number ${i + 1} in \`${certFile}\``
    const [from, to] = [one.validFromDate, one.validToDate]
    if (from.getTime() > now) warnings.push(`${name} is not valid before ${from.toISOString()}`)
    if (to.getTime() <= now) warnings.push(`${name} expired at ${to.toISOString()}`)
    const next = chain[i + 1]
    if (next && !one.checkIssued(next))
      warnings.push(`${name} was not issued by the one after it: the chain is out of order`)
  })
  const uses = chain[0]!.keyUsage as readonly string[] | undefined
  if (uses !== undefined && !uses.includes(SERVER_AUTH))
    warnings.push(`the certificate \`${certFile}\` is not meant for servers`)
  return warnings
}
