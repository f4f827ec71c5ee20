import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { createGate } from '../base/gate.ts'
import { type Algorithm, algorithms } from './algorithms.ts'
import { fromKeyObject, type PrivateKey } from './formats/private-key.ts'

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ readonly privateKey: KeyObject }>

/**
 * RSA generation holds a thread of the runtime's pool for up to seconds: no more than this many run at once. INVARIANT:
 * with those of KMS, two at most (crypto/pool/asymmetric.ts), they leave one of the four: every answer waits for a sync.
 */
const RUNNING = 1
/** More waiting calls than this are refused: the last one would wait for about half a minute. */
const WAITING = 64

const gate = createGate(RUNNING, WAITING)

/**
 * Generates a key pair off the main thread. Raises `Overloaded` when too many calls wait already.
 */
export function generateKey(algorithm: Algorithm): Promise<PrivateKey> {
  return gate.pass(async () => {
    const row = algorithms[algorithm]
    const { privateKey } =
      row.family === 'rsa'
        ? await generate('rsa', { modulusLength: row.bits })
        : row.family === 'ecdsa'
          ? await generate('ec', { namedCurve: row.jwkCurve })
          : await generate('ed25519', {})
    return fromKeyObject(privateKey)
  })
}
