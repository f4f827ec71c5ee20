/**
 * A list of signed header names, checked once: clients send the same one with every call.
 */
export interface SignedHeaders {
  readonly names: readonly string[]
  /** How many of them begin with `x-acs-`. */
  readonly vendor: number
  readonly contentType: boolean
}

/** Headers that an ACS3 or ACS4 request must sign (reference/alibaba-ram.md E.1). */
const REQUIRED = [
  'host',
  'x-acs-action',
  'x-acs-content-sha256',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-version',
] as const

const MAX_NAMES = 64
const MAX_KNOWN = 256
const known = new Map<string, SignedHeaders>()

/** Reads `a;b;c`. Undefined when a name is repeated, empty or not in lower case, or a required one is not there. */
export function readSignedHeaders(list: string): SignedHeaders | undefined {
  const found = known.get(list)
  if (found !== undefined) return found
  const names = list.split(';', MAX_NAMES + 1)
  if (names.length > MAX_NAMES || new Set(names).size !== names.length) return undefined
  if (names.some((name) => name === '' || name !== name.toLowerCase() || name === 'authorization'))
    return undefined
  if (REQUIRED.some((name) => !names.includes(name))) return undefined
  const checked = Object.freeze({
    names: Object.freeze(names),
    vendor: names.filter((name) => name.startsWith('x-acs-')).length,
    contentType: names.includes('content-type'),
  })
  // A bound instead of an eviction: real clients send a handful of lists, and a flood of others changes nothing.
  if (known.size < MAX_KNOWN) known.set(list, checked)
  return checked
}
