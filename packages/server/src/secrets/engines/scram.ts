import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

const ITERATIONS = 4096
const derive = promisify(pbkdf2)

/**
 * What PostgreSQL keeps of a password (RFC 5803; PostgreSQL, "pg_authid"): given to `PASSWORD` as it is, so that the
 * password itself never reaches the server or its log.
 *
 *   SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>      in Base64
 *
 * The password is one that this service made: printable ASCII, which SASLprep leaves alone.
 */
export async function scramVerifier(password: string, salt: Buffer = randomBytes(16)): Promise<string> {
  const salted = await derive(password, salt, ITERATIONS, 32, 'sha256')
  const key = (name: string) => createHmac('sha256', salted).update(name).digest()
  const clientKey = key('Client Key')
  const stored = createHash('sha256').update(clientKey).digest('base64')
  const server = key('Server Key').toString('base64')
  salted.fill(0)
  clientKey.fill(0)
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${server}`
}
