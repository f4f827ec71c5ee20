import { sign } from 'node:crypto'
import { BaseAgent } from 'ssh2'
import { algorithms } from '../algorithms.ts'
import type { PrivateKey } from '../formats/private-key.ts'
import type { PublicKey } from '../formats/public-key.ts'
import { writePublicLine } from '../formats/public-line.ts'

/**
 * Offers one key. With its private half it signs, off the main thread and without ever writing the key as text; without
 * it, it only learns whether the server would let the key sign, and then ends the attempt.
 */
export class OneKeyAgent extends BaseAgent {
  readonly #key: PublicKey
  readonly #private: PrivateKey | undefined
  readonly #onAccepted: () => void

  constructor(key: PublicKey, privateKey: PrivateKey | undefined, onAccepted: () => void) {
    super()
    this.#key = key
    this.#private = privateKey
    this.#onAccepted = onAccepted
  }

  override getIdentities(callback: (error: Error | null, keys?: readonly string[]) => void): void {
    callback(null, [writePublicLine(this.#key, '')])
  }

  override sign(
    _key: unknown,
    data: Buffer,
    options: { readonly hash?: string },
    callback: (error: Error | null, signature?: Buffer) => void,
  ): void {
    this.#onAccepted()
    if (!this.#private) {
      callback(new Error('the private key is not here'))
      return
    }
    sign(hashOf(this.#key, options.hash), data, this.#private.key, (error, signature) => {
      if (error) callback(error)
      else callback(null, signature)
    })
  }
}

/** RSA signs with what was negotiated; ECDSA with the hash of its curve (RFC 5656, section 6.2.1); Ed25519 with none. */
function hashOf(key: PublicKey, negotiated: string | undefined): string | null {
  const row = algorithms[key.algorithm]
  if (row.family === 'ed25519') return null
  if (row.family === 'rsa') return negotiated ?? 'sha512'
  return row.sshCurve === 'nistp256' ? 'sha256' : row.sshCurve === 'nistp384' ? 'sha384' : 'sha512'
}
