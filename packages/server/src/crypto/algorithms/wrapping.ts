import { refuse } from '../../base/problem.ts'
import type { KeyPair, KeySpec, Wrapping } from './key-spec.ts'
import { importMaterial } from './material.ts'
import { badMaterial } from './refusals.ts'

/**
 * Wraps material (as `importMaterial` gives it) of a key of this spec for import, under a wrapping key's public half,
 * SubjectPublicKeyInfo in DER. The sender's side: the service itself only unwraps.
 */
export function wrap(
  spec: KeySpec,
  algorithm: string,
  publicKey: Uint8Array,
  material: Uint8Array,
): Uint8Array {
  return wayOf(spec, algorithm).wrap(publicKey, material)
}

/**
 * Opens wrapped material and checks it (`importMaterial`): what comes back may be stored. Raises `InvalidKeyMaterial` for
 * all that is wrong with the bytes, `InvalidParameter` when such a key cannot come in this way at all.
 */
export function unwrap(
  spec: KeySpec,
  algorithm: string,
  wrappingKey: KeyPair,
  wrapped: Uint8Array,
): Uint8Array {
  const way = wayOf(spec, algorithm, wrappingKey.spec.name)
  try {
    return way.unwrap(wrappingKey, wrapped, (material) => importMaterial(spec, material))
  } catch {
    throw badMaterial()
  }
}

/** The way of that name, under a wrapping key of any or of this spec. Raises `InvalidParameter` when there is none. */
function wayOf(spec: KeySpec, algorithm: string, keySpec?: string): Wrapping {
  const way = spec.wrappings.find(
    (one) => one.algorithm === algorithm && (keySpec === undefined || one.keySpec === keySpec),
  )
  if (way) return way
  const wanted = [...new Set(spec.wrappings.map((one) => one.keySpec))]
  const detail = `${spec.name} material does not come so; it may under ${wanted.join(', ')}`
  throw refuse({ code: 'InvalidParameter', name: 'WrappingAlgorithm', detail })
}
