import { randomBytes } from 'node:crypto'
import { createKeyring, type HeldKeyring, type KeyringOptions } from '../keyring.ts'
import type { RingState } from '../keyring-state.ts'

/** A state whose generation 1 has these 32 bytes. */
export function testState(bytes: Uint8Array = randomBytes(32), more: Partial<RingState> = {}): RingState {
  return { current: 1, carriedUntil: 0, generations: [{ number: 1, secret: bytes }], ...more }
}

/** A keyring of one generation, of no database. */
export function testKeyring(bytes?: Uint8Array, options?: KeyringOptions): HeldKeyring {
  return createKeyring(testState(bytes), options)
}
