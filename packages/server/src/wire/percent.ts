import { isUtf8 } from 'node:buffer'

/**
 * Percent-encoding as both vendors define it for signatures: UTF-8, upper-case hex, and everything escaped but
 * `A-Z a-z 0-9 - _ . ~` (reference/alibaba-ram.md E.1, reference/huawei-iam.md H.1).
 *
 * This is the hot path of every call. A piece of a query that a client has already sent in canonical form, which is
 * nearly all of them, is recognised by one look at the whole, and used as it is.
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

/** 1 for each unreserved character. */
const UNRESERVED = new Uint8Array(256)
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~') {
  UNRESERVED[c.charCodeAt(0)] = 1
}

/** Value of a hex digit in either case, or -1. */
const HEX = new Int8Array(256).fill(-1)
for (let i = 0; i < 16; i++) HEX['0123456789ABCDEF'.charCodeAt(i)] = i
for (let i = 10; i < 16; i++) HEX['abcdef'.charCodeAt(i - 10)] = i

/** From this length on a loop over bytes is faster than the engine's functions, many times where much is escaped. */
const LONG = 128

const DIGITS = Buffer.from('0123456789ABCDEF')

const AMPERSAND = 0x26

/**
 * What a canonical query does not have: a character that has to be escaped, an escape in lower case or of an unreserved
 * character, or a `%` that begins none. Its `&` and `=` stand between names and values.
 */
const NOT_CANONICAL = /[^A-Za-z0-9\-_.~%&=]|%(?![0189A-F][0-9A-F]|2[0-9A-CF]|3[A-F]|40|5[B-E]|60|7[B-DF])/

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
    if (UNRESERVED[byte] === 1) encoded[end++] = byte
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
      // Beyond the end there is no digit: `HEX` of undefined is undefined.
      const high = HEX[bytes[i + 1]!]
      const low = HEX[bytes[i + 2]!]
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
  const canonical = !NOT_CANONICAL.test(text)
  for (let start = 0; start < length; ) {
    if (text.charCodeAt(start) === AMPERSAND) {
      start++
      continue
    }
    if (pairs.length === MAX_PAIRS) return undefined
    const ampersand = text.indexOf('&', start)
    const piece = text.slice(start, ampersand < 0 ? length : ampersand)
    start += piece.length + 1
    const equals = piece.indexOf('=')
    const rawName = equals < 0 ? piece : piece.slice(0, equals)
    const rawValue = equals < 0 ? '' : piece.slice(equals + 1)
    const name = canonical ? decode(rawName) : decodeForm(rawName)
    const value = canonical ? decode(rawValue) : decodeForm(rawValue)
    if (name === undefined || value === undefined) return undefined
    const asSent = equals >= 0 && !rawValue.includes('=') && (canonical || !NOT_CANONICAL.test(piece))
    pairs.push({ name, value, canonical: asSent ? piece : `${encode(name)}=${encode(value)}` })
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
