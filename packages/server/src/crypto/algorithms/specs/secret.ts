import { createSecretKey, randomBytes } from 'node:crypto'
import type { MaterialOf, SecretKey } from '../key-spec.ts'
import { badMaterial } from '../refusals.ts'

/** Raw material of one length, as ciphers and MACs have it. */
export function secretMaterial(bytes: number): MaterialOf<SecretKey> {
  const assertLength = (given: Uint8Array) => {
    if (given.length !== bytes) throw badMaterial()
  }
  return {
    bytes,
    generate: async () => randomBytes(bytes),
    import(given) {
      assertLength(given)
      return Uint8Array.from(given)
    },
    load(given) {
      assertLength(given)
      return { secret: createSecretKey(given) }
    },
  }
}
