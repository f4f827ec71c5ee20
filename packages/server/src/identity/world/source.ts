import {
  type Document,
  isMap,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import type { WorldFinding } from '../problems.ts'
import { keyText, type Place, placeAt, type Survey, survey } from './survey.ts'

export type { Place } from './survey.ts'

/** Names and indexes from the top of the file down. */
export type Path = readonly (string | number)[]

/** A world's text, read: its value, and where each part of it stands. */
export interface Source {
  readonly text: string
  readonly value: unknown
  /** The node at a path, aliases followed; undefined where nothing is written. */
  node(path: Path): Node | undefined
  /** What an alias stands for; any other node as it is. */
  follow(node: Node | null): Node | undefined
  /** The place of the value at a path, or of the nearest entity around it that is written. */
  place(path: Path): Place
  /** The place of the member's name rather than of its value. */
  keyPlace(path: Path): Place
  placeAt(offset: number): Place
}

const TOO_DEEP = 'the file is nested too deeply'
const MAX_DEPTH = 64
/** With aliases expanded: what every later walk over the value may cost. */
const MAX_PARTS = 1_000_000

/** Characters that begin or end a part, outside of texts and in them: several times what a full file of plain YAML has. */
const MAX_MARKS = 600_000

/** Characters that an apply file may have. */
export const MAX_WORLD_TEXT = 3 * 1024 * 1024

/**
 * Reads YAML 1.2 or JSON (which is YAML) and remembers every place. Duplicate members, unresolved aliases and anything
 * else that YAML warns of are mistakes.
 */
export function readSource(text: string): { source: Source } | { findings: WorldFinding[] } {
  if (text.length > MAX_WORLD_TEXT)
    return {
      findings: [
        {
          path: '',
          line: 1,
          column: 1,
          message: `the file is longer than ${MAX_WORLD_TEXT / 1024 / 1024} MiB`,
        },
      ],
    }
  if (hasTooManyMarks(text))
    return { findings: [{ path: '', line: 1, column: 1, message: 'the file has too many parts' }] }
  const lines = new LineCounter()
  let document: Document.Parsed
  let value: unknown
  let follow: Survey['follow']
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      stringKeys: true,
      uniqueKeys: false,
      prettyErrors: false,
    })
    const mistakes = [...document.errors, ...document.warnings]
    if (mistakes.length > 0) {
      return {
        findings: mistakes.map((e) => ({
          path: '',
          ...placeAt(lines, e.pos[0]),
          message: sentence(e.message),
        })),
      }
    }
    const surveyed = survey(document, lines)
    if (surveyed.twins.length > 0) return { findings: [...surveyed.twins] }
    follow = surveyed.follow
    value = document.toJS()
    assertBounded(value)
  } catch (error) {
    // A depth that exhausts the stack, or aliases that multiply without end.
    const message = error instanceof RangeError ? TOO_DEEP : 'the file has too many or unknown aliases'
    return { findings: [{ path: '', line: 1, column: 1, message }] }
  }
  return { source: sourceOf(text, document, value, lines, follow) }
}

function sourceOf(
  text: string,
  document: Document.Parsed,
  value: unknown,
  lines: LineCounter,
  follow: Survey['follow'],
): Source {
  const members = new WeakMap<YAMLMap, Map<string, Pair>>()
  const memberOf = (map: YAMLMap, name: string): Pair | undefined => {
    let index = members.get(map)
    if (!index) {
      index = new Map(map.items.map((pair) => [keyText(pair), pair]))
      members.set(map, index)
    }
    return index.get(name)
  }
  const step = (node: Node | null | undefined, name: string | number) => {
    if (isMap(node)) {
      const pair = memberOf(node, String(name))
      return pair && { key: pair.key as Node, value: follow(pair.value as Node | null) }
    }
    if (isSeq(node) && typeof name === 'number') {
      const item = node.items[name] as Node | undefined
      return item && { key: item, value: follow(item) }
    }
    return undefined
  }
  const nearest = (path: Path, want: 'key' | 'value') => {
    let node = document.contents as Node | null | undefined
    let start = node?.range?.[0] ?? 0
    for (const [i, name] of path.entries()) {
      const found = step(node, name)
      if (!found) break
      node = found.value
      const shown = want === 'key' && i === path.length - 1 ? found.key : (node ?? found.key)
      start = shown.range?.[0] ?? start
    }
    return placeAt(lines, start)
  }
  return {
    text,
    value,
    node: (path) => {
      let node: Node | undefined = document.contents ?? undefined
      for (const name of path) node = step(node, name)?.value
      return node
    },
    follow,
    place: (path) => nearest(path, 'value'),
    keyPlace: (path) => nearest(path, 'key'),
    placeAt: (offset) => placeAt(lines, offset),
  }
}

/** One pass before the parser, which takes thousands of times as long for a bracket as for a letter. */
function hasTooManyMarks(text: string): boolean {
  let marks = 0
  for (let i = 0; i < text.length; i++) if (MARKS.has(text.charCodeAt(i))) marks++
  return marks > MAX_MARKS
}

const MARKS: ReadonlySet<number> = new Set([...'[]{},:?-&*!\n'].map((mark) => mark.charCodeAt(0)))

/** Raises RangeError for a value that an alias has made endless, or nearly so. */
function assertBounded(value: unknown): void {
  let parts = 0
  const walk = (part: unknown, depth: number): void => {
    parts += 1
    if (depth > MAX_DEPTH || parts > MAX_PARTS) throw new RangeError(TOO_DEEP)
    if (typeof part === 'object' && part !== null)
      for (const inner of Object.values(part)) walk(inner, depth + 1)
  }
  walk(value, 0)
}

/** The parser's sentences, in the form of ours. */
function sentence(message: string): string {
  if (/call stack|stack overflow/i.test(message)) return TOO_DEEP
  return message.charAt(0).toLowerCase() + message.slice(1)
}

/** `accounts[0].users[2].name` */
export function pathText(path: Path): string {
  return path.map((p, i) => (typeof p === 'number' ? `[${p}]` : i === 0 ? p : `.${p}`)).join('')
}
