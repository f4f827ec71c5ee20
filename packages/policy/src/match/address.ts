import ipaddr from 'ipaddr.js'

/** An address as four 32-bit words; version 4 uses the last. A mapped address (`::ffff:10.0.0.1`) is version 4. */
export interface Address {
  readonly version: 4 | 6
  readonly words: readonly number[]
}

/** What a text in CIDR notation names; a text without a length names one address. */
export interface Network extends Address {
  readonly masks: readonly number[]
  /** Of 128, in version 4 too: `10.0.0.0/8` has 104. The longer, the narrower the network. */
  readonly length: number
}

/** Dotted quad without leading zeros, as an unsigned number; -1 when it is none. */
export function readQuad(text: string): number {
  let value = 0
  let part = -1
  let parts = 0
  if (text.length > 15) return -1
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? 46 : text.charCodeAt(i)
    if (code === 46) {
      if (part < 0 || part > 255) return -1
      value = value * 256 + part
      part = -1
      parts++
    } else {
      if (code < 48 || code > 57 || part === 0) return -1
      part = part < 0 ? code - 48 : part * 10 + code - 48
    }
  }
  return parts === 4 ? value : -1
}

/** A dotted quad at the end as two groups: the library takes `::10.0.0.1` for a mapped address, which it is not. */
function withoutQuad(text: string): string {
  const colon = text.lastIndexOf(':')
  const quad = readQuad(text.slice(colon + 1))
  if (colon < 0 || quad < 0) return text
  return `${text.slice(0, colon + 1)}${(quad >>> 16).toString(16)}:${(quad & 0xffff).toString(16)}`
}

/** The address that a text names; undefined for a name, an address with a zone (`%eth0`), and all else. */
export function parseAddress(text: string): Address | undefined {
  const quad = readQuad(text)
  if (quad >= 0) return { version: 4, words: [0, 0, 0, quad] }
  const hex = withoutQuad(text)
  if (hex.includes('%') || !ipaddr.IPv6.isValid(hex)) return undefined
  const address = ipaddr.IPv6.parse(hex)
  const p = address.parts
  const words = [0, 2, 4, 6].map((i) => ((p[i]! << 16) | p[i + 1]!) >>> 0)
  // A mapped address is the version 4 address it stands for (reference: alibaba-ram B.3).
  if (address.isIPv4MappedAddress()) return { version: 4, words: [0, 0, 0, words[3]!] }
  return { version: 6, words }
}

/** The network that a text names in CIDR notation, or the single address; undefined for all else. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/')
  const base = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (base === undefined) return undefined
  const mapped = base.version === 4 && text.includes(':')
  const least = base.version === 4 ? 96 : 0
  const bits = slash < 0 ? '128' : text.slice(slash + 1)
  if (!/^(0|[1-9]\d{0,2})$/.test(bits)) return undefined
  const length = slash < 0 ? 128 : Number(bits) + (base.version === 4 && !mapped ? 96 : 0)
  if (length > 128 || length < least) return undefined
  const masks = [0, 32, 64, 96].map((start) => {
    const ones = Math.max(0, Math.min(32, length - start))
    return ones === 0 ? 0 : (0xffffffff << (32 - ones)) >>> 0
  })
  return {
    version: base.version,
    words: base.words.map((word, i) => (word & masks[i]!) >>> 0),
    masks,
    length,
  }
}

/** Versions 4 and 6 never match each other. */
export function networkHolds(network: Network, address: Address): boolean {
  if (network.version !== address.version) return false
  for (let i = 0; i < 4; i++) {
    if ((address.words[i]! & network.masks[i]!) >>> 0 !== network.words[i]) return false
  }
  return true
}
