import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { type FindingCode, findingCodes } from './codes.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Finding } from './findings.ts'
import type { Located, Span } from './model.ts'

/** Nesting beyond this is no policy; it is refused before a recursive reader sees it. */
const deepest = 32
/** The same for brackets of a text that is no JSON, of which nobody can say how deep the reader will go. */
const mostBroken = 64

/** Collects findings, with positions from offsets. */
export interface Report {
  readonly findings: Finding[]
  add(code: FindingCode, at: Span, message: string): void
  /** What an unknown name was likely meant to be, to put behind a message; of the first few findings only. */
  meant(name: string, known: Iterable<string>): string
}

/** Looking for the nearest name costs more than all the rest of a check. */
const mostSuggestions = 20
const longestName = 64

export function report(text: string): Report {
  const findings: Finding[] = []
  let starts: readonly number[] | undefined
  const add: Report['add'] = (code, { offset, length }, message) => {
    const { severity } = findingCodes[code]
    starts ??= lineStarts(text)
    let line = 0
    for (let after = starts.length; after - line > 1; ) {
      const middle = (line + after) >> 1
      if (starts[middle]! <= offset) line = middle
      else after = middle
    }
    const column = offset - starts[line]! + 1
    findings.push(Object.freeze({ code, severity, message, line: line + 1, column, offset, length }))
  }
  const meant: Report['meant'] = (name, known) =>
    findings.length < mostSuggestions && name.length <= longestName ? didYouMean(name, known) : ''
  return { findings, add, meant }
}

/** Where the lines of a text start. */
function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** Reads JSON (RFC 8259, nothing more) into nodes with offsets; undefined when it is none, with what is wrong. */
export function readJson(text: string, to: Report): Node | undefined {
  const broken = faultOf(text)
  if (broken === undefined ? depth(text) > deepest : brackets(text) > mostBroken) {
    const message = broken === undefined ? `nested deeper than ${deepest} levels` : `not JSON: ${broken}`
    to.add('JSON_SYNTAX_ERROR', { offset: 0, length: 1 }, message)
    return undefined
  }
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  for (const { error, offset, length } of errors) {
    to.add('JSON_SYNTAX_ERROR', { offset, length }, `not JSON: ${words(printParseErrorCode(error))}`)
  }
  return errors.length > 0 ? undefined : root
}

/** What the runtime says of a text that is no JSON. */
function faultOf(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return (error as SyntaxError).message
  }
}

function brackets(text: string): number {
  return text.match(/[{[]/g)?.length ?? 0
}

function words(code: string): string {
  return code.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
}

/** Levels of a text that is JSON. */
function depth(text: string): number {
  let now = 0
  let most = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '{' || c === '[') most = Math.max(most, ++now)
    else if (c === '}' || c === ']') now--
  }
  return most
}

export interface Member {
  readonly name: string
  readonly nameSpan: Span
  readonly value: Node
}

/** Members of an object in order; a repeated name is an error, since two readers may disagree on it. */
export function members(object: Node, to: Report): readonly Member[] {
  const seen = new Set<string>()
  return object.children!.flatMap((property) => {
    const [key, value] = property.children as [Node, Node]
    const name = key.value as string
    if (seen.has(name)) {
      to.add('DUPLICATE_MEMBER', span(key), `member \`${name}\` appears twice`)
      return []
    }
    seen.add(name)
    return [{ name, nameSpan: span(key), value }]
  })
}

export function span(node: Span): Span {
  return Object.freeze({ offset: node.offset, length: node.length })
}

/** A string, or a list of strings; undefined when it is neither. */
export function strings(node: Node, what: string, to: Report): readonly Located<string>[] | undefined {
  const nodes = node.type === 'array' ? node.children! : [node]
  const wrong = nodes.filter((one) => one.type !== 'string')
  for (const one of wrong) to.add('DATA_TYPE_MISMATCH', span(one), `${what} takes strings`)
  return wrong.length > 0 ? undefined : Object.freeze(nodes.map((one) => located<string>(one)))
}

export function located<T>(node: Node): Located<T> {
  return Object.freeze({ value: node.value as T, offset: node.offset, length: node.length })
}

/** Length of a document by its limit's unit. Spacing is whitespace outside strings. */
export function measure(text: string, unit: 'characters' | 'bytes', spacing: 'counted' | 'ignored'): number {
  let size = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 34) quoted = !quoted
    if (spacing === 'ignored' && !quoted && (c === 32 || c === 9 || c === 10 || c === 13)) continue
    if (quoted && c === 92) {
      size += 2
      i++
      continue
    }
    if (unit === 'characters') {
      // The second half of a pair is no character of its own.
      if (c < 0xdc00 || c > 0xdfff) size++
    } else size += c < 0x80 ? 1 : c < 0x800 ? 2 : c >= 0xd800 && c <= 0xdfff ? 2 : 3
  }
  return size
}
