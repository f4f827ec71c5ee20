import ipaddr from 'ipaddr.js'
import type { Comparison, ValueTest } from './types.ts'

/** An address as four 32-bit words; version 4 uses the last. */
interface Address {
  readonly version: 4 | 6
  readonly words: readonly number[]
}

interface Block extends Address {
  readonly masks: readonly number[]
}

/** Dotted quad without leading zeros, as an unsigned number; -1 when it is none. */
function readFour(text: string): number {
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
  const four = readFour(text.slice(colon + 1))
  if (colon < 0 || four < 0) return text
  return `${text.slice(0, colon + 1)}${(four >>> 16).toString(16)}:${(four & 0xffff).toString(16)}`
}

function read(text: string): Address | undefined {
  const four = readFour(text)
  if (four >= 0) return { version: 4, words: [0, 0, 0, four] }
  const hex = withoutQuad(text)
  if (hex.includes('%') || !ipaddr.IPv6.isValid(hex)) return undefined
  const address = ipaddr.IPv6.parse(hex)
  const p = address.parts
  const words = [0, 2, 4, 6].map((i) => ((p[i]! << 16) | p[i + 1]!) >>> 0)
  // A mapped address is the version 4 address it stands for (reference: alibaba-ram B.3).
  if (address.isIPv4MappedAddress()) return { version: 4, words: [0, 0, 0, words[3]!] }
  return { version: 6, words }
}

function readBlock(text: string): Block | undefined {
  const slash = text.indexOf('/')
  const base = read(slash < 0 ? text : text.slice(0, slash))
  if (base === undefined) return undefined
  const mapped = base.version === 4 && text.includes(':')
  const least = base.version === 4 ? 96 : 0
  const length = slash < 0 ? '128' : text.slice(slash + 1)
  if (!/^(0|[1-9]\d{0,2})$/.test(length)) return undefined
  const bits = slash < 0 ? 128 : Number(length) + (base.version === 4 && !mapped ? 96 : 0)
  if (bits > 128 || bits < least) return undefined
  const masks = [0, 32, 64, 96].map((start) => {
    const ones = Math.max(0, Math.min(32, bits - start))
    return ones === 0 ? 0 : (0xffffffff << (32 - ones)) >>> 0
  })
  return { version: base.version, words: base.words.map((word, i) => (word & masks[i]!) >>> 0), masks }
}

function holds(block: Block, address: Address): boolean {
  if (block.version !== address.version) return false
  for (let i = 0; i < 4; i++) {
    if ((address.words[i]! & block.masks[i]!) >>> 0 !== block.words[i]) return false
  }
  return true
}

function compile(values: readonly string[]): ValueTest {
  const blocks = values.map((value) => readBlock(value)!)
  const four = blocks.filter((block) => block.version === 4)
  return (value) => {
    const number = readFour(value)
    if (number >= 0) {
      for (const block of four) if ((number & block.masks[3]!) >>> 0 === block.words[3]) return true
      return false
    }
    const address = read(value)
    return address === undefined ? undefined : blocks.some((block) => holds(block, address))
  }
}

/** Equal to an address or inside a CIDR block. Versions 4 and 6 never match each other; a mapped address is version 4. */
export const address: Comparison = Object.freeze<Comparison>({
  kind: 'address',
  readable: (value) => readBlock(value) !== undefined,
  compile,
})
