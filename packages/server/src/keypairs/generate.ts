import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { refuse } from '../base/problem.ts'
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

let running = 0
const waiting: (() => void)[] = []

/**
 * Generates a key pair off the main thread. Raises `Overloaded` when too many calls wait already.
 */
export async function generateKey(algorithm: Algorithm): Promise<PrivateKey> {
  await enter()
  try {
    const row = algorithms[algorithm]
    const { privateKey } =
      row.family === 'rsa'
        ? await generate('rsa', { modulusLength: row.bits })
        : row.family === 'ecdsa'
          ? await generate('ec', { namedCurve: row.jwkCurve })
          : await generate('ed25519', {})
    return fromKeyObject(privateKey)
  } finally {
    leave()
  }
}

async function enter(): Promise<void> {
  if (running < RUNNING) {
    running++
    return
  }
  if (waiting.length >= WAITING) throw refuse({ code: 'Overloaded' })
  await new Promise<void>((go) => waiting.push(go))
}

/** A place that is left goes straight to the next in line, so `running` stays as it is. */
function leave(): void {
  const next = waiting.shift()
  if (next) next()
  else running--
}
