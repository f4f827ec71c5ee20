import { codePoint } from './json-fault.ts'

/** One kind of character that keeps a text from being JSON, and where it stands first. */
export interface Blemish {
  readonly offset: number
  readonly length: number
  /** In words, what stands there and what should. */
  readonly why: string
  /** It opens or closes a text, so that what follows may be read wrongly. */
  readonly quotes: boolean
}

/** A text in which what looks right and is none of JSON's is replaced, each by as many characters. */
export interface Repaired {
  readonly text: string
  /** One a kind, in the order of their first place. */
  readonly blemishes: readonly Blemish[]
}

const spaces = /[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/
export const invisible = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/
const doubleQuotes = /[\u201c-\u201f\u00ab\u00bb\u2033\u301d-\u301f\uff02]/
const singleQuotes = /['`\u2018-\u201b\u2032\uff07\u00b4]/
/** Full-width forms of the signs of JSON, and the comma of lists in Chinese. */
const wide: Readonly<Record<string, string>> = {
  '\uff0c': ',',
  '\u3001': ',',
  '\uff1a': ':',
  '\uff5b': '{',
  '\uff5d': '}',
  '\uff3b': '[',
  '\uff3d': ']',
}
const names: Readonly<Record<string, string>> = {
  '\u00a0': 'a no-break space',
  '\u202f': 'a narrow no-break space',
  '\u3000': 'an ideographic space',
  '\u200b': 'a zero-width space',
  '\u200c': 'a zero-width non-joiner',
  '\u200d': 'a zero-width joiner',
  '\u2060': 'a word joiner',
  '\u00ad': 'a soft hyphen',
  '\ufeff': 'a byte order mark',
}

/** What a character that nobody expects is called, with its number. */
export function characterName(character: string): string {
  const plain = spaces.test(character)
    ? 'a space'
    : invisible.test(character)
      ? 'an invisible character'
      : undefined
  const name = names[character] ?? plain
  return name === undefined
    ? `\`${character}\` (${codePoint(character)})`
    : `${name} (${codePoint(character)})`
}

/** Signs of ASCII that are looked at. */
const special = new Set(['"', "'", '`', '#', '/'])

interface Found {
  readonly offset: number
  length: number
  count: number
  why(count: number): string
}

const times = (count: number) => (count === 1 ? '' : `, ${count} times`)

/**
 * Replaces blanks, quotes and signs that look like those of JSON, comments, and commas before a closing bracket.
 *
 * @param closing whether a typographic quote may close a text that a plain quote opens.
 */
export function repairJson(text: string, closing: boolean): Repaired {
  const out: string[] = []
  const found = new Map<string, Found>()
  const note = (kind: string, offset: number, length: number, why: (count: number) => string) => {
    const known = found.get(kind)
    if (known) known.count++
    else found.set(kind, { offset, length, count: 1, why })
  }
  const quote = (at: number) => {
    const c = text[at]!
    const single = singleQuotes.test(c)
    note(single ? 'single' : 'double', at, 1, (count) =>
      single
        ? `a text stands in \`${c}\`${times(count)}; JSON takes double quotes, \`"\``
        : `a typographic quote ${characterName(c)} stands here${times(count)}; JSON takes the plain one, \`"\``,
    )
    out.push('"')
  }
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!
    if (c < '\u0080' && !special.has(c)) out.push(c)
    else if (c === '"' || doubleQuotes.test(c) || singleQuotes.test(c)) {
      if (c === '"') out.push(c)
      else quote(at)
      at = copyString(text, at, closing, out, quote)
    } else if (c === '\ufeff' && at === 0) {
      note(
        'mark',
        0,
        1,
        () => 'the text begins with a byte order mark (U+FEFF); save it as UTF-8 without one',
      )
      out.push(' ')
    } else if (spaces.test(c) || invisible.test(c)) {
      const blanks = spaces.test(c)
      note(
        blanks ? 'spaces' : 'invisible',
        at,
        1,
        (count) =>
          `${characterName(c)} stands between the elements${times(count)}; ${blanks ? 'JSON takes plain spaces there' : 'take it out'}`,
      )
      out.push(' ')
    } else if (wide[c] !== undefined) {
      note(
        'wide',
        at,
        1,
        (count) => `a full-width ${characterName(c)} stands here${times(count)}; JSON takes \`${wide[c]}\``,
      )
      out.push(wide[c])
    } else if (c === '#' || (c === '/' && (text[at + 1] === '/' || text[at + 1] === '*'))) {
      const end = commentEnd(text, at)
      note('comment', at, end - at, (count) => `a comment stands here${times(count)}; JSON has none`)
      for (let i = at; i < end; i++) out.push(text[i] === '\n' ? '\n' : ' ')
      at = end - 1
    } else out.push(c)
  }
  const repaired = out
    .join('')
    .replace(/"(?:[^"\\]|\\.)*"?|,(?=[ \t\r\n]*[}\]])/gs, (part, offset: number) => {
      if (part !== ',') return part
      note(
        'comma',
        offset,
        1,
        (count) => `a comma stands before a closing bracket${times(count)}; JSON takes none there`,
      )
      return ' '
    })
  const blemishes = [...found]
    .sort(([, a], [, b]) => a.offset - b.offset)
    .map(([kind, { offset, length, count, why }]) => {
      return { offset, length, why: why(count), quotes: kind === 'single' || kind === 'double' }
    })
  return { text: repaired, blemishes }
}

function commentEnd(text: string, from: number): number {
  const block = text[from + 1] === '*' && text[from] === '/'
  const end = text.indexOf(block ? '*/' : '\n', from + 1)
  return end < 0 ? text.length : block ? end + 2 : end
}

/** Copies a text in quotes, whichever they are, and tells where it ends. */
function copyString(
  text: string,
  from: number,
  closing: boolean,
  out: string[],
  quote: (at: number) => void,
): number {
  const opening = text[from]!
  const ends = (c: string, at: number) => {
    if (singleQuotes.test(opening)) return singleQuotes.test(c)
    if (c === '"') return true
    if (!doubleQuotes.test(c)) return false
    return opening !== '"' || (closing && /^\s*[,:\]}\uff0c\uff1a]/.test(text.slice(at + 1, at + 100)))
  }
  for (let at = from + 1; at < text.length; at++) {
    const c = text[at]!
    if (c === '\\' && at + 1 < text.length) {
      out.push(c, text[at + 1]!)
      at++
    } else if (ends(c, at)) {
      if (c === '"' && !singleQuotes.test(opening)) out.push(c)
      else quote(at)
      return at
    } else out.push(c)
  }
  return text.length
}
