import type { KeySpec, KeyUsage } from './key-spec.ts'
import { CIPHER_SPECS } from './specs/cipher.ts'
import { EC_SPECS } from './specs/ec.ts'
import { MAC_SPECS } from './specs/mac.ts'
import { RSA_SPECS } from './specs/rsa.ts'

/**
 * Key specs: one table that drives creation, use, description, condition keys and import of keys, and the enumerations of
 * every input that names a spec or an algorithm. The names are those of the KMS 2016-01-20 wire.
 */
const BUILT_IN = [...CIPHER_SPECS, ...RSA_SPECS, ...EC_SPECS, ...MAC_SPECS] as const

export type KeySpecName = (typeof BUILT_IN)[number]['name']

export const DEFAULT_KEY_SPEC: KeySpecName = BUILT_IN[0].name

const rows: KeySpec[] = BUILT_IN.map((spec) => frozen(spec) as KeySpec)
const byName = new Map(rows.map((spec) => [spec.name, spec]))
let listed = false

/**
 * Adds a row to the table. Before anything has read the table as a whole: the inputs of the operations are made from it.
 * Throws Error after that, and for a name that is taken.
 */
export function addKeySpec(spec: KeySpec): void {
  if (listed) throw new Error(`${spec.name}: the table of key specs has been read already`)
  if (byName.has(spec.name)) throw new Error(`${spec.name} is in the table of key specs already`)
  rows.push(frozen(spec))
  byName.set(spec.name, spec)
}

/** Every key spec, in the order in which they are shown. */
export function keySpecs(): readonly KeySpec[] {
  listed = true
  return rows
}

/** The row of a key spec; undefined for a name that is none. */
export function keySpec(name: KeySpecName): KeySpec
export function keySpec(name: string): KeySpec | undefined
export function keySpec(name: string): KeySpec | undefined {
  return byName.get(name)
}

/** The row of a key spec that is known to be one: of a stored key, or one that was validated. Throws Error otherwise. */
export function knownKeySpec(name: string): KeySpec {
  const spec = byName.get(name)
  if (!spec) throw new Error('not the name of a key spec')
  return spec
}

/** What each usage of a spec offers: names of algorithms. A usage that the spec has not is left out. */
export function usagesOf(spec: KeySpec): { readonly [U in KeyUsage]?: readonly string[] } {
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name)
  switch (spec.kind) {
    case 'cipher':
      return { 'ENCRYPT/DECRYPT': names(spec.ciphers) }
    case 'mac':
      return { 'GENERATE/VERIFY_MAC': names(spec.macs) }
    case 'pair':
      return {
        ...(spec.encryptions.length > 0 && { 'ENCRYPT/DECRYPT': names(spec.encryptions) }),
        ...(spec.signatures.length > 0 && { 'SIGN/VERIFY': names(spec.signatures) }),
      }
  }
}

/** The algorithms that a key of this spec and usage offers; empty when the spec has no such usage. */
export function algorithmsOf(spec: KeySpec, usage: KeyUsage): readonly string[] {
  return usagesOf(spec)[usage] ?? []
}

/** Names for the enumerations of inputs, each once, in the order of the table. */
export function namesIn(names: (spec: KeySpec) => readonly string[]): string[] {
  return [...new Set(keySpecs().flatMap(names))]
}

function frozen<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object') frozen(inner)
  return Object.freeze(value)
}
