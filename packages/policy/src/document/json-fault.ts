import type { Span } from './model.ts'

/** The first place at which a text stops being JSON, and why, in words. */
export interface JsonFault extends Span {
  readonly why: string
}

/** What may come next. */
type Wanted = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or end' | 'nothing'

const wordOf: Readonly<Record<Exclude<Wanted, 'nothing'>, string>> = {
  value: 'a value is expected',
  'value or ]': 'a value or `]` is expected',
  name: 'the name of a member is expected, in double quotes',
  'name or }': 'the name of a member or `}` is expected',
  ':': '`:` is expected',
  ', or end': '`,` is expected',
}

const literal = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y
const word = /[^\s,:[\]{}"]+/y
const blank = /[ \t\r\n]*/y

/** Reads the text once, without recursion: how deep it nests does not matter. Undefined when it is JSON. */
export function jsonFault(text: string): JsonFault | undefined {
  const ends: string[] = []
  let wanted: Wanted = 'value'
  let lastComma = -1
  for (let at = skip(text, 0); ; at = skip(text, at)) {
    const c = text[at]
    if (c === undefined) {
      if (wanted === 'nothing') return undefined
      const why: string = wanted === ', or end' ? `\`${ends.at(-1)}\` is expected` : wordOf[wanted]
      return {
        offset: Math.max(0, text.length - 1),
        length: text === '' ? 0 : 1,
        why: `${why}, but the text ends here`,
      }
    }
    if (wanted === 'nothing') return { offset: at, length: 1, why: 'the document has ended before this' }
    if (wanted === ':' || (wanted === ', or end' && c === ',')) {
      if (c !== (wanted === ':' ? ':' : ',')) return { offset: at, length: 1, why: wordOf[wanted] }
      if (wanted === ':') wanted = 'value'
      else {
        lastComma = at
        wanted = ends.at(-1) === '}' ? 'name' : 'value'
      }
      at++
      continue
    }
    if (c === '}' || c === ']') {
      const open = wanted === ', or end' || wanted === 'value or ]' || wanted === 'name or }'
      if (!open && lastComma >= 0 && text.slice(lastComma + 1, at).trim() === '') {
        return { offset: lastComma, length: 1, why: `no comma stands before \`${c}\`` }
      }
      if (!open) return { offset: at, length: 1, why: wordOf[wanted] }
      if (ends.at(-1) !== c)
        return { offset: at, length: 1, why: `\`${ends.at(-1)}\` is expected, not \`${c}\`` }
      ends.pop()
      wanted = ends.length > 0 ? ', or end' : 'nothing'
      at++
      continue
    }
    if (wanted === ', or end') return { offset: at, length: 1, why: wordOf[wanted] }
    const named: boolean = wanted === 'name' || wanted === 'name or }'
    if (c === '"') {
      const end = stringEnd(text, at)
      if (typeof end !== 'number') return end
      at = end
    } else if (named) return stray(text, at, wordOf[wanted])
    else if (c === '{' || c === '[') {
      ends.push(c === '{' ? '}' : ']')
      wanted = c === '{' ? 'name or }' : 'value or ]'
      at++
      continue
    } else {
      literal.lastIndex = at
      const found = literal.exec(text)
      word.lastIndex = at
      const whole = word.exec(text)?.[0]
      if (!found || found[0] !== whole) return stray(text, at, wordOf[wanted])
      at += whole.length
    }
    wanted = named ? ':' : ends.length > 0 ? ', or end' : 'nothing'
  }
}

function skip(text: string, at: number): number {
  blank.lastIndex = at
  return at + blank.exec(text)![0].length
}

/** Something that is neither a bracket nor a text nor a value. */
function stray(text: string, at: number, expected: string): JsonFault {
  word.lastIndex = at
  const found = word.exec(text)?.[0]
  if (found === undefined) return { offset: at, length: 1, why: expected }
  const shown = found.length > 20 ? `${found.slice(0, 20)}...` : found
  const lower = found.toLowerCase().replace(/^none$/, 'null')
  const meant = /^(true|false|null)$/.test(lower) ? `; JSON writes \`${lower}\`` : ''
  return { offset: at, length: found.length, why: `${expected}, not \`${shown}\`${meant}` }
}

/** Where a text in quotes ends, or what is wrong in it. */
function stringEnd(text: string, from: number): number | JsonFault {
  for (let at = from + 1; at < text.length; at++) {
    const c = text[at]!
    if (c === '"') return at + 1
    if (c === '\\') {
      const escaped = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(at, at + 6))?.[0]
      if (escaped === undefined) {
        return {
          offset: at,
          length: Math.min(2, text.length - at),
          why: `\`${text.slice(at, at + 2)}\` means nothing in a text; a backslash is \`\\\\\``,
        }
      }
      at += escaped.length - 1
    } else if (c < ' ') {
      const why =
        c === '\n' || c === '\r'
          ? 'the line ends inside a text; a closing quote is missing, or the line break is to be written `\\n`'
          : `a control character (${codePoint(c)}) stands in a text`
      return { offset: at, length: 1, why }
    }
  }
  return { offset: from, length: 1, why: 'the text that begins here has no closing quote' }
}

/** `U+00A0`. */
export function codePoint(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}
