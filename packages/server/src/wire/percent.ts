import { isUtf8 } from 'node:buffer'

/**
 * Percent-encoding as both vendors define it for signatures: UTF-8, upper-case hex, and everything escaped but
 * `A-Z a-z 0-9 - _ . ~` (reference/alibaba-ram.md E.1, reference/huawei-iam.md H.1).
 *
 * This is the hot path of every call. A piece of a query that a client has already sent in canonical form, which is
 * nearly all of them, is recognised in the one pass that splits it, and used as it is.
 */

/** One `name=value` of a query or form. */
export interface Pair {
  /** Decoded. */
  readonly name: string
  /** Decoded. */
  readonly value: string
  /** `name=value`, both encoded canonically; an absent or empty value keeps its `=`. */
  readonly canonical: string
}

/** More pairs than any operation takes; a bound on the work for an unauthenticated caller. */
export const MAX_PAIRS = 2048

const OTHER = 0
const UNRESERVED = 1
const PERCENT = 2
const PLUS = 3
const AMPERSAND = 4
const EQUALS = 5

const CLASS = new Uint8Array(256)
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~') {
  CLASS[c.charCodeAt(0)] = UNRESERVED
}
CLASS[0x25] = PERCENT
CLASS[0x2b] = PLUS
CLASS[0x26] = AMPERSAND
CLASS[0x3d] = EQUALS

/** Value of an upper-case hex digit, or -1: lower case is legal on the wire but not canonical. */
const HEX = new Int8Array(256).fill(-1)
for (let i = 0; i < 16; i++) HEX['0123456789ABCDEF'.charCodeAt(i)] = i

/** From this length on a loop over bytes is faster than the engine's functions, many times where much is escaped. */
const LONG = 128

const DIGITS = Buffer.from('0123456789ABCDEF')

/** Value of a hex digit in either case, or -1. */
const ANY_HEX = HEX.slice()
for (let i = 10; i < 16; i++) ANY_HEX['abcdef'.charCodeAt(i - 10)] = i

/** Encodes text canonically. Lone surrogates become U+FFFD. */
export function encode(text: string): string {
  if (text.length >= LONG) return encodeLong(text)
  const encoded = encodeURIComponent(text.toWellFormed())
  return /[!'()*]/.test(encoded) ? encoded.replace(/[!'()*]/g, escapeOne) : encoded
}

function escapeOne(c: string): string {
  return `%${c.charCodeAt(0).toString(16).toUpperCase()}`
}

function encodeLong(text: string): string {
  const bytes = Buffer.from(text)
  const encoded = Buffer.allocUnsafe(bytes.length * 3)
  let end = 0
  // By index: an iterator takes five times as long.
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (CLASS[byte] === UNRESERVED) encoded[end++] = byte
    else {
      encoded[end++] = 0x25
      encoded[end++] = DIGITS[byte >> 4]!
      encoded[end++] = DIGITS[byte & 15]!
    }
  }
  return encoded.toString('latin1', 0, end)
}

/** Decodes `%XX`. Undefined when the escapes are malformed or are not UTF-8. */
export function decode(text: string): string | undefined {
  if (!text.includes('%')) return text
  return text.length >= LONG ? decodeLong(text, false) : decodeShort(text)
}

/** As {@link decode}, with `+` standing for a space (both vendors' clients send it so: reference/clients.md). */
function decodeForm(text: string): string | undefined {
  if (text.length >= LONG) return decodeLong(text, true)
  return decodeShort(text.includes('+') ? text.replaceAll('+', ' ') : text)
}

function decodeShort(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function decodeLong(text: string, plusIsSpace: boolean): string | undefined {
  const bytes = Buffer.from(text)
  let end = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === 0x25) {
      // Beyond the end there is no digit: `ANY_HEX` of undefined is undefined.
      const high = ANY_HEX[bytes[i + 1]!]
      const low = ANY_HEX[bytes[i + 2]!]
      if (high === undefined || low === undefined || high < 0 || low < 0) return undefined
      bytes[end++] = (high << 4) | low
      i += 2
    } else bytes[end++] = plusIsSpace && byte === 0x2b ? 0x20 : byte
  }
  const decoded = bytes.subarray(0, end)
  return isUtf8(decoded) ? decoded.toString('utf8') : undefined
}

/**
 * Splits a query or an `application/x-www-form-urlencoded` body. Undefined when an escape is malformed or not UTF-8, or
 * when there are more than {@link MAX_PAIRS}. Order is kept; empty pieces (`&&`) are skipped.
 */
export function parsePairs(text: string): Pair[] | undefined {
  const pairs: Pair[] = []
  const length = text.length
  let start = 0
  let equals = -1
  let escaped = false
  let canonical = true
  for (let i = 0; i <= length; i++) {
    const code = i < length ? text.charCodeAt(i) : 0x26
    switch (code < 256 ? CLASS[code] : OTHER) {
      case UNRESERVED:
        break
      case PERCENT: {
        escaped = true
        const high = HEX[text.charCodeAt(i + 1) & 0xff]!
        const low = HEX[text.charCodeAt(i + 2) & 0xff]!
        // An escape of an unreserved character, or one in lower case, means the same but is not signed so.
        if (high < 0 || low < 0 || CLASS[(high << 4) | low] === UNRESERVED) canonical = false
        break
      }
      case PLUS:
        escaped = true
        canonical = false
        break
      case EQUALS:
        if (equals < 0) equals = i
        else canonical = false
        break
      case AMPERSAND: {
        if (i > start) {
          if (pairs.length === MAX_PAIRS) return undefined
          const rawName = equals < 0 ? text.slice(start, i) : text.slice(start, equals)
          const rawValue = equals < 0 ? '' : text.slice(equals + 1, i)
          const name = escaped ? decodeForm(rawName) : rawName
          const value = escaped ? decodeForm(rawValue) : rawValue
          if (name === undefined || value === undefined) return undefined
          const asSent = canonical && equals >= 0
          pairs.push({
            name,
            value,
            canonical: asSent ? text.slice(start, i) : `${encode(name)}=${encode(value)}`,
          })
        }
        start = i + 1
        equals = -1
        escaped = false
        canonical = true
        break
      }
      default:
        canonical = false
    }
  }
  return pairs
}

function inOrder(a: Pair, b: Pair): boolean {
  return a.name < b.name || (a.name === b.name && a.value <= b.value)
}

/** Sorts in place by decoded name, then value: the order both vendors' signers use. */
export function sortPairs(pairs: Pair[]): Pair[] {
  if (pairs.length > 24) return pairs.sort((a, b) => (inOrder(a, b) ? (inOrder(b, a) ? 0 : -1) : 1))
  for (let i = 1; i < pairs.length; i++) {
    const pair = pairs[i]!
    let j = i
    while (j > 0 && !inOrder(pairs[j - 1]!, pair)) {
      pairs[j] = pairs[j - 1]!
      j--
    }
    pairs[j] = pair
  }
  return pairs
}

/** The canonical query: sorted pairs joined by `&`. */
export function joinPairs(sorted: readonly Pair[]): string {
  let text = ''
  for (let i = 0; i < sorted.length; i++) text += i === 0 ? sorted[i]!.canonical : `&${sorted[i]!.canonical}`
  return text
}
