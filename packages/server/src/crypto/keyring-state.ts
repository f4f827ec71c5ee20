import type { RootKey } from './root-key.ts'
import type { SealLabel } from './sealed-bytes.ts'

/*
 * The keyring in its row, sealed under the root key:
 *
 *   offset 0        1               5                13             17
 *          +--------+---------------+----------------+--------------+-------------------------------+
 *          | 1 (v)  | generation    | generation 0   | how many     | of each: number, 32 bit, then |
 *          |        | that seals,   | opens until,   | generations, | its 32 bytes                  |
 *          |        | 32 bit        | ms, 64 bit     | 32 bit       |                               |
 *          +--------+---------------+----------------+--------------+-------------------------------+
 *
 * Numbers are big-endian. Generation 0 stands in a keyring that was carried over: it is the root key of the time before
 * there was one.
 */

/** The keyring in clear. Whoever gets one wipes it: {@link wipeState}. */
export interface RingState {
  /** Number of the generation that seals now. */
  readonly current: number
  /**
   * Until when what generation 0 sealed is opened, by the wall clock. {@link CARRYING}: until all of it is sealed anew.
   * 0: never, or there is none.
   */
  readonly carriedUntil: number
  readonly generations: readonly { readonly number: number; readonly secret: Uint8Array }[]
}

/** Rows that generation 0 sealed are still being sealed anew. */
export const CARRYING: number = Number.MAX_SAFE_INTEGER

const FORMAT = 1
const HEAD = 17
const ENTRY = 36

/** Bound to the row's version: an older keyring does not stand for a newer one. */
function labelOf(version: number): SealLabel {
  return { what: 'keyring', owner: '', id: '1', version: String(version) }
}

export function sealState(rootKey: Pick<RootKey, 'seal'>, version: number, state: RingState): Uint8Array {
  const plain = Buffer.alloc(HEAD + state.generations.length * ENTRY)
  plain[0] = FORMAT
  plain.writeUInt32BE(state.current, 1)
  plain.writeBigUInt64BE(BigInt(state.carriedUntil), 5)
  plain.writeUInt32BE(state.generations.length, 13)
  state.generations.forEach(({ number, secret }, i) => {
    plain.writeUInt32BE(number, HEAD + i * ENTRY)
    plain.set(secret, HEAD + i * ENTRY + 4)
  })
  try {
    return rootKey.seal(plain, labelOf(version))
  } finally {
    plain.fill(0)
  }
}

/** Raises `Unavailable` when the row was not sealed under this root key. */
export function openState(rootKey: Pick<RootKey, 'open'>, version: number, sealed: Uint8Array): RingState {
  const plain = rootKey.open(sealed, labelOf(version))
  try {
    if (plain[0] !== FORMAT) throw new Error('the keyring was written by a newer keyward')
    const count = plain.readUInt32BE(13)
    return {
      current: plain.readUInt32BE(1),
      carriedUntil: Number(plain.readBigUInt64BE(5)),
      generations: Array.from({ length: count }, (_, i) => {
        const at = HEAD + i * ENTRY
        return { number: plain.readUInt32BE(at), secret: Uint8Array.from(plain.subarray(at + 4, at + ENTRY)) }
      }),
    }
  } finally {
    plain.fill(0)
  }
}

export function wipeState({ generations }: RingState): void {
  for (const { secret } of generations) secret.fill(0)
}
