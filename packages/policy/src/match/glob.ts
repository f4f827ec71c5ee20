/**
 * A compiled text pattern: `*` stands for any number of characters, `?` for exactly one. Compiled once, matched many
 * times; the text is never read as a pattern.
 */
export interface Glob {
  readonly source: string
  /** What a text has to be, start with and end with: what the index of a compiled policy is built on. */
  readonly kind: 'any' | 'exact' | 'prefix' | 'suffix' | 'glob'
  readonly prefix: string
  readonly suffix: string
  matches(text: string): boolean
}

/** Up to this length the runtime's search is used: at worst this many comparisons a character. */
const longPart = 16

/** A part of a pattern between two stars; `?` inside it stands for any one character. */
interface Chunk {
  readonly text: string
  readonly plain: boolean
  /** Only for a part that the runtime's own search cannot find, or not in linear time. */
  readonly masks?: Masks
}
/** For every character of a part where it may stand, one bit a place, as pairs of a word and its bits. */
interface Masks {
  /** Words of 31 bits that a part takes. */
  readonly words: number
  readonly places: ReadonlyMap<number, readonly number[]>
  /** Where any character may stand. */
  readonly open: Int32Array
}

/** Comparisons made while looking for middle parts, so that a test can show that they stay linear. */
export const globWork = { steps: 0 }

/** Compiles `*` and `?`. Every other character stands for itself; there is no escape (reference: alibaba-ram A.5). */
export function compileGlob(source: string): Glob {
  const star = source.indexOf('*')
  const mark = source.indexOf('?')
  if (star < 0 && mark < 0) {
    return freeze({
      source,
      kind: 'exact',
      prefix: source,
      suffix: source,
      matches: (text) => text === source,
    })
  }
  if (mark < 0 && /^\*+$/.test(source)) {
    return freeze({ source, kind: 'any', prefix: '', suffix: '', matches: () => true })
  }
  const parts = source.split(/\*+/)
  const prefix = source.slice(0, star < 0 ? mark : mark < 0 ? star : Math.min(star, mark))
  const suffix = source.slice(Math.max(source.lastIndexOf('*'), source.lastIndexOf('?')) + 1)
  if (mark < 0 && parts.length === 2) {
    const [head, tail] = parts as [string, string]
    if (tail === '')
      return freeze({ source, kind: 'prefix', prefix, suffix: '', matches: (t) => t.startsWith(head) })
    if (head === '')
      return freeze({ source, kind: 'suffix', prefix: '', suffix, matches: (t) => t.endsWith(tail) })
    const least = head.length + tail.length
    const ends = (t: string) => t.length >= least && t.startsWith(head) && t.endsWith(tail)
    return freeze({ source, kind: 'glob', prefix, suffix, matches: ends })
  }
  const byUnit = matcher(parts.map(chunk))
  if (mark < 0) return freeze({ source, kind: 'glob', prefix, suffix, matches: byUnit })
  // `?` is one character, not one UTF-16 unit: a text with surrogates is first folded to one unit a character.
  const matches = (text: string) =>
    hasSurrogate(text) || hasSurrogate(source) ? folded(source, text) : byUnit(text)
  return freeze({ source, kind: 'glob', prefix, suffix, matches })
}

function freeze(glob: Glob): Glob {
  return Object.freeze(glob)
}

function chunk(text: string): Chunk {
  const plain = !text.includes('?')
  return plain && text.length <= longPart ? { text, plain } : { text, plain, masks: masksOf(text) }
}

/** Greedy and without backtracking: the first part is anchored, the last part is anchored, the middle parts go leftmost. */
function matcher(chunks: readonly Chunk[]): (text: string) => boolean {
  const first = chunks[0]!
  const last = chunks[chunks.length - 1]!
  if (chunks.length === 1) return (text) => text.length === first.text.length && at(first, text, 0)
  const middle = chunks.slice(1, -1)
  return (text) => {
    if (!at(first, text, 0)) return false
    const end = text.length - last.text.length
    if (end < 0 || !at(last, text, end)) return false
    let position = first.text.length
    for (const part of middle) {
      const found = find(part, text, position, end)
      if (found < 0) return false
      position = found + part.text.length
    }
    return position <= end
  }
}

function at(part: Chunk, text: string, position: number): boolean {
  if (part.plain) return text.startsWith(part.text, position)
  for (let i = 0; i < part.text.length; i++) {
    const want = part.text.charCodeAt(i)
    if (want !== 63 && want !== text.charCodeAt(position + i)) return false
  }
  return true
}

function find(part: Chunk, text: string, from: number, end: number): number {
  if (part.masks === undefined) {
    const found = text.indexOf(part.text, from)
    globWork.steps += part.text.length + (found < 0 ? text.length : found) - from
    return found
  }
  return shiftAnd(part.text, part.masks, text, from, end)
}

/**
 * Leftmost place of a part, by the Shift-And automaton in 31-bit words: at most one step for each character of the text
 * and each 31 characters of the part, whatever both hold. It takes memory for each character of the part alone.
 */
function shiftAnd(
  part: string,
  { words, places, open }: Masks,
  text: string,
  from: number,
  end: number,
): number {
  const state = new Int32Array(words)
  const shifted = new Int32Array(words)
  const lastBit = 1 << ((part.length - 1) % 31)
  for (let i = from; i < end; i++) {
    let carry = 1
    for (let w = 0; w < words; w++) {
      globWork.steps++
      shifted[w] = ((state[w]! << 1) | carry) & 0x7fffffff
      carry = (state[w]! >>> 30) & 1
      state[w] = shifted[w]! & open[w]!
    }
    const own = places.get(text.charCodeAt(i))
    if (own !== undefined) {
      for (let pair = 0; pair < own.length; pair += 2) {
        state[own[pair]!]! |= shifted[own[pair]!]! & own[pair + 1]!
      }
    }
    if ((state[words - 1]! & lastBit) !== 0) return i - part.length + 1
  }
  return -1
}

function masksOf(part: string): Masks {
  const words = Math.ceil(part.length / 31)
  const places = new Map<number, number[]>()
  const open = new Int32Array(words)
  for (let i = 0; i < part.length; i++) {
    const code = part.charCodeAt(i)
    const word = Math.floor(i / 31)
    const bit = 1 << (i % 31)
    if (code === 63) {
      open[word]! |= bit
      continue
    }
    const own = places.get(code) ?? []
    places.set(code, own)
    if (own.at(-2) === word) own[own.length - 1]! |= bit
    else own.push(word, bit)
  }
  return { words, places, open }
}

function hasSurrogate(text: string): boolean {
  return /[\ud800-\udfff]/.test(text)
}

/** Numbers every character beyond the basic plane with a private unit that neither side holds, then matches by unit. */
function folded(source: string, text: string): boolean {
  const units = new Map<string, string>()
  let next = 0xe000
  const held = new Set<string>([...source, ...text])
  const fold = (value: string) => {
    let out = ''
    for (const character of value) {
      if (character.length === 1) out += character
      else {
        let unit = units.get(character)
        while (unit === undefined) {
          const candidate = String.fromCharCode(next++)
          if (!held.has(candidate)) unit = candidate
        }
        units.set(character, unit)
        out += unit
      }
    }
    return out
  }
  const pattern = fold(source)
  return matcher(pattern.split(/\*+/).map(chunk))(fold(text))
}
