import { didYouMean } from '@keyward/policy'
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { misused } from '../exit.ts'
import type { GivenFile } from './files.ts'

/** How many mistakes of a file are reported at once. */
const mostShown = 20

/** A YAML file while it is read: its nodes, and the mistakes found so far, each at its place. */
export interface YamlReader {
  readonly root: unknown
  tell(node: unknown, problem: string): void
  /** Members of a map by name; others than the known are reported. Undefined and reported when it is no map. */
  members(node: unknown, what: string, known?: readonly string[]): ReadonlyMap<string, unknown> | undefined
  items(node: unknown, what: string): readonly unknown[]
  /** A scalar as it is written: `1.20` stays `1.20`, also without quotes. */
  text(node: unknown, what: string): string | undefined
  /** One text or a list of them. */
  texts(node: unknown, what: string): readonly string[]
  isMap(node: unknown): boolean
  isList(node: unknown): boolean
  /** The value as JSON has it. */
  value(node: unknown): unknown
  /** @throws Stop with the mistakes, when there are any. */
  finish(): void
}

/** Opens a YAML text. @throws Stop when it is none. */
export function yamlReader(file: GivenFile): YamlReader {
  const lines = new LineCounter()
  const document = parse(file, lines)
  const problems: string[] = []
  const at = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0)
    return `${file.label}:${line}:${col}`
  }
  for (const { message, pos } of document.errors)
    problems.push(`${at(pos[0])}: ${message.split('\n')[0]!.replace(/[.:]$/, '')}`)
  const resolved = (node: unknown) => (isAlias(node) ? node.resolve(document) : node)

  const reader: YamlReader = {
    root: document.contents,
    tell: (node, problem) => problems.push(`${at((node as Partial<Node> | null)?.range?.[0])}: ${problem}`),
    members(given, what, known) {
      const node = resolved(given)
      if (!isMap(node)) {
        reader.tell(given, `${what} is a map`)
        return undefined
      }
      const found = new Map<string, unknown>()
      for (const { key, value } of node.items) {
        const name = reader.text(key, 'a name')
        if (name === undefined) continue
        if (known && !known.includes(name))
          reader.tell(key, `${what} has no \`${name}\`${didYouMean(name, known)}`)
        else found.set(name, value ?? key)
      }
      return found
    },
    items(given, what) {
      const node = resolved(given)
      if (isSeq(node)) return node.items
      reader.tell(given, `${what} is a list`)
      return []
    },
    text(given, what) {
      const node = resolved(given)
      if (isScalar(node) && typeof node.value === 'string') return node.value
      if (isScalar(node) && node.value !== null) return node.source ?? String(node.value)
      reader.tell(given, `${what} is a text`)
      return undefined
    },
    texts(given, what) {
      const node = resolved(given)
      const list = isSeq(node) ? node.items : [given]
      return list.flatMap((one) => reader.text(one, what) ?? [])
    },
    isMap: (node) => isMap(resolved(node)),
    isList: (node) => isSeq(resolved(node)),
    value: (node) =>
      isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.toJS(document) : null,
    finish() {
      if (problems.length > mostShown)
        problems.splice(mostShown, Infinity, `${file.label}: and ${problems.length - mostShown} more`)
      if (problems.length > 0) throw misused(problems.join('\n'))
    },
  }
  reader.finish()
  return reader
}

function parse(file: GivenFile, lineCounter: LineCounter): Document {
  try {
    return parseDocument(file.text, { lineCounter, prettyErrors: false, uniqueKeys: true, merge: true })
  } catch (error) {
    if (error instanceof RangeError) throw misused(`\`${file.label}\` is nested too deeply`)
    throw error
  }
}
