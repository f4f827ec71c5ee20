import type { FindingCode } from './codes.ts'
import { characterName, invisible } from './json-repair.ts'

/** Why a text is likely not what its author meant, so that nothing matches it. */
export interface Misspelling {
  readonly code: Extract<FindingCode, 'STRAY_CHARACTER' | 'JOINED_VALUES' | 'PLACEHOLDER'>
  /** To be put behind the text itself. */
  readonly why: string
}

/** What stands where; it decides which characters belong there. */
export type TextKind =
  | 'action'
  | 'name'
  | 'name of a known service'
  | 'name of people'
  | 'short value'
  | 'value'

const separators = /[,;|\n\r\uff0c\uff1b\u3001]/
/** What can stand in the names of the services that the catalogue knows, wildcards included. */
const foreign: Partial<Record<TextKind, RegExp>> = {
  action: /[^A-Za-z0-9_:*?.-]/u,
  'name of a known service': /[\s,;|<>{}[\]()$%^"'`\\\u0080-\u{10ffff}]/u,
  // Users may have blanks in their names, and groups letters of every script and braces.
  'name of people': /[^\p{L}\p{M}\p{N} {}_:*?./=@+-]/u,
}

/** `<region>`, `${uid}`, `{{name}}`, `$(id)`: what templates put in the place of a value. */
const marked =
  /<[^<>]+>|\$\{[^}]*\}?|\{\{?\s*[\p{L}_][\p{L}\p{N}_ .:-]*\s*\}\}?|\$\([^)]*\)|\$[A-Za-z_]\w*|%[A-Z_]+%/u
/** `YOUR_KEY_ID`, `xxxx`, `REPLACE_ME`: what people write for it. */
const worded =
  /(?<![A-Za-z])your[-_ ]?[A-Za-z]|[xX]{4,}|(?<![A-Za-z0-9])[xX]{3}(?![A-Za-z0-9])|(?<![A-Za-z])(?:replace|change|fill)[-_ ]?me(?![A-Za-z])|(?<![A-Za-z])(?:placeholder|todo|tbd|fixme)(?![A-Za-z])|\.{3}|\u2026/i

/** Most texts: nothing but a word of a template could be wrong with them. */
const plain = /^[A-Za-z0-9_:*?./=@+-]*$/

/** What is wrong with a text, the likeliest cause first; undefined when nothing is. */
export function misspelling(text: string, kind: TextKind): Misspelling | undefined {
  if (plain.test(text) && !worded.test(text)) return undefined
  const hidden = invisible.exec(text)?.[0]
  if (hidden !== undefined) return stray(`${characterName(hidden)} stands in it, which nobody sees`)
  const edge = /^\s/.exec(text)?.[0] ?? /\s$/.exec(text)?.[0]
  const byBlanks = kind === 'action' || /^\S+:\S*:\S*:\S*:\S*\s+\S+:\S*:\S*:\S*:\S*$/.test(text.trim())
  const parts = text.split(byBlanks ? /[,;|\s\uff0c\uff1b\u3001]+/ : separators)
  const full = parts.map((part) => part.trim()).filter((part) => part !== '')
  if (edge !== undefined && full.length < 2) {
    return stray(`it ${/^\s/.test(text) ? 'begins' : 'ends'} with ${blank(edge)}`)
  }
  if (full.length > 1 && joined(full, kind)) {
    return {
      code: 'JOINED_VALUES',
      why: `${full.length} values stand in one text; write each as a text of its own, in a list`,
    }
  }
  const wide = text.normalize('NFKC')
  const [held] = marked.exec(wide) ?? (kind === 'value' ? whole(wide) : worded.exec(wide)) ?? []
  if (held !== undefined) {
    return {
      code: 'PLACEHOLDER',
      why: `\`${held}\` looks like a place for a value, and is taken as it stands`,
    }
  }
  const odd = foreign[kind]?.exec(text)?.[0]
  return odd === undefined
    ? undefined
    : stray(`${/\s/.test(odd) ? blank(odd) : characterName(odd)} stands in no such name`)
}

const stray = (why: string): Misspelling => ({ code: 'STRAY_CHARACTER', why })
const blank = (character: string) =>
  character === ' '
    ? 'a blank'
    : character === '\t'
      ? 'a tab'
      : /[\n\r]/.test(character)
        ? 'a line break'
        : characterName(character)

/** A value that is free text may hold such a word; it is suspicious when it is all there is. */
function whole(text: string): RegExpExecArray | undefined {
  const found = worded.exec(text)
  return found && /^\W*\w+\W*$/.test(text) ? found : undefined
}

/** Whether the parts are values by themselves: names have the colons of names. */
function joined(parts: readonly string[], kind: TextKind): boolean {
  if (kind === 'value') return false
  if (kind === 'short value') return parts.every((part) => /^[^\s]+$/.test(part))
  if (kind === 'action') return parts.length > 1
  return (
    parts.slice(1).some((part) => part.includes(':') || part.includes('/')) ||
    kind === 'name of a known service' ||
    kind === 'name of people'
  )
}
