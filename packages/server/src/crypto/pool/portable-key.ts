import type { KeyPair } from '../algorithms/key-spec.ts'
import { knownKeySpec } from '../algorithms/key-specs.ts'

/*
 * Keys and bytes on their way to a thread. Structured clone shares a KeyObject and copies everything else, so a key goes
 * without its row of the table, and bytes go as arrays of their own: cloning a Buffer would copy all of the slab that it
 * lies in, whatever else is there. The copies are moved, not copied once more, and the thread wipes them after its job: of
 * what passes here, nothing secret stays behind on either side.
 */

/** A loaded key with the name of its spec in place of the row. */
export type PortableKey = Omit<KeyPair, 'spec'> & { readonly spec: string }

export function portableKey(key: KeyPair): PortableKey {
  return { ...key, spec: key.spec.name }
}

export function fromPortableKey(key: PortableKey): KeyPair {
  return { ...key, spec: knownKeySpec(key.spec) as KeyPair['spec'] }
}

/** The same bytes in an array of their own. */
export function portableBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** A job's arguments with copies of all bytes in them, of the parts of keys too, each in an array of its own. */
export function portableArgs(args: readonly unknown[]): readonly unknown[] {
  return args.map((value) => {
    if (value instanceof Uint8Array) return portableBytes(value)
    if (!isPlain(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [
        name,
        part instanceof Uint8Array ? portableBytes(part) : part,
      ]),
    )
  })
}

/** All bytes in a job's arguments, or in its result. */
export function bytesIn(values: readonly unknown[]): readonly Uint8Array<ArrayBuffer>[] {
  return values
    .flatMap((value) => (isPlain(value) ? Object.values(value) : [value]))
    .filter((value): value is Uint8Array<ArrayBuffer> => value instanceof Uint8Array)
}

/** Overwrites them. Those that were moved to another thread are empty already. */
export function wipe(values: readonly unknown[]): void {
  for (const bytes of bytesIn(values)) bytes.fill(0)
}

/** A KeyObject is none: it is shared between threads, not copied. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
