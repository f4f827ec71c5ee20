import type { Node } from 'jsonc-parser'
import { type FindingCode, findingCodes } from './codes.ts'
import { suggest } from './did-you-mean.ts'
import type { Finding } from './findings.ts'
import type { Located, Span } from './model.ts'

/** Collects findings, with positions from offsets. */
export interface Report {
  readonly findings: Finding[]
  add(code: FindingCode, at: Span, message: string): void
  /** The known name that an unknown one was likely meant to be; looked for in the first few findings only. */
  nearest(name: string, known: Iterable<string>): string | undefined
  /** The same, to put behind a message. */
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
  const nearest: Report['nearest'] = (name, known) =>
    findings.length < mostSuggestions && name.length <= longestName ? suggest(name, known) : undefined
  const meant: Report['meant'] = (name, known) => {
    const near = nearest(name, known)
    return near === undefined ? '' : `; did you mean \`${near}\`?`
  }
  return { findings, add, nearest, meant }
}

/** Where the lines of a text start. */
function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
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

/** What a value is, for a sentence. */
export function kindOf({ type, value }: Node): string {
  if (type === 'boolean' || type === 'null') return `\`${value}\``
  const words = {
    array: 'a list',
    object: 'an object',
    string: 'a text',
    number: 'a number',
    property: 'a member',
  }
  return words[type]
}

/** How a number or a boolean is written as a text. */
function quoted({ type, value }: Node): string {
  return type === 'number' || type === 'boolean' ? `; write \`"${value}"\`` : ''
}

export function span(node: Span): Span {
  return Object.freeze({ offset: node.offset, length: node.length })
}

/** A string, or a list of strings; undefined when it is neither. */
export function strings(node: Node, what: string, to: Report): readonly Located<string>[] | undefined {
  const nodes = node.type === 'array' ? node.children! : [node]
  const wrong = nodes.filter((one) => one.type !== 'string')
  for (const one of wrong)
    to.add(
      'DATA_TYPE_MISMATCH',
      span(one),
      `${what} holds ${kindOf(one)}, where it takes a text${quoted(one)}`,
    )
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
