import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  type LineCounter,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml'
import type { WorldFinding } from '../problems.ts'
import { shorten } from './shape.ts'

/** Where something stands in the text. Both count from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/**
 * One walk over what was written: members that stand twice in one map, and what every alias stands for. (The parser does
 * both as well, in time that grows with the square of the file.)
 */
export function survey(document: Document.Parsed, lines: LineCounter): Survey {
  const twins: WorldFinding[] = []
  const anchors = new Map<string, Node>()
  const aliases = new WeakMap<Node, Node>()
  visit(document, {
    Node(_, node) {
      const meant = isAlias(node) ? anchors.get(node.source) : undefined
      if (meant) aliases.set(node, meant)
      else if (!isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, node)
      if (isMap(node)) for (const twin of twinsIn(node, lines)) twins.push(twin)
    },
  })
  return { twins, follow: (node) => (isAlias(node) ? aliases.get(node) : node) ?? undefined }
}

export interface Survey {
  readonly twins: readonly WorldFinding[]
  follow(node: Node | null): Node | undefined
}

function twinsIn(map: YAMLMap, lines: LineCounter): WorldFinding[] {
  const known = new Set<string>()
  const twins: WorldFinding[] = []
  for (const pair of map.items) {
    const name = keyText(pair)
    if (known.has(name)) {
      const place = placeAt(lines, (pair.key as Node | null)?.range?.[0] ?? 0)
      twins.push({ path: '', ...place, message: `\`${shorten(name)}\` is written twice` })
    }
    known.add(name)
  }
  return twins
}

export function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

/** The name of a member; empty where it has none. */
export function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : ''
}
