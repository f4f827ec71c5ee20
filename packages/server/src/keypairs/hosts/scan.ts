import { Client, type ClientError } from 'ssh2'
import { HostFailure, quoted } from './failure.ts'

/** Kinds of host keys that can be pinned, the best first. */
const KINDS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

/**
 * The blob of the host key that a server shows, without logging in. Whoever answers there may show any: a person has to
 * say that it is the right one. Raises `HostFailure`.
 */
export function scanHostKey(host: string, port: number, timeout = 10_000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const client = new Client()
    let seen: Buffer | undefined
    const where = `${host} port ${port}`
    const fail = (error: ClientError) => {
      client.destroy()
      if (seen) return resolve(seen)
      const why = error.level === 'client-timeout' ? 'no answer in time' : String(error.code ?? error.message)
      reject(new HostFailure('HostUnreachable', `no ssh server shows its key at ${where}: ${quoted(why)}`))
    }
    client.on('error', fail)
    client.on('close', () => fail(new Error('the connection was closed')))
    client.connect({
      host,
      port,
      username: 'keyward',
      readyTimeout: timeout,
      algorithms: { serverHostKey: KINDS },
      hostVerifier: (key) => {
        seen = key
        return false
      },
      authHandler: () => false,
    })
  })
}
