import { type Finding, type LanguageName, type PolicyType, parsePolicy } from '@keyward/policy'
import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { Path, Place, Source } from './source.ts'

/** A policy of the file as the JSON text that is stored, and what was found in it. */
export interface PolicyText {
  readonly text: string
  readonly findings: readonly PlacedFinding[]
}

/** A finding with its place in the file; `line` and `column` of the finding itself count in the text of the policy. */
export type PlacedFinding = Pick<Finding, 'code' | 'severity' | 'message' | 'line' | 'column'> & {
  readonly place: Place
}

/**
 * The policy at a path, written as an object or as JSON text, judged by the engine. Every finding stands at its place in
 * the FILE where that can be known: at the very node of an object, at the very character of a block text; for a text in
 * quotes, at its start.
 */
export function readPolicy(
  source: Source,
  path: Path,
  as: { language: LanguageName; type: PolicyType; risks?: boolean },
): PolicyText {
  const node = source.node(path)
  const { text, place } = isScalar(node) ? literalText(source, node) : renderedText(source, node)
  const findings = parsePolicy(text, as).findings.map(
    ({ code, severity, message, line, column, offset }) => ({
      code,
      severity,
      message,
      line,
      column,
      place: place(offset, { line, column }),
    }),
  )
  return { text, findings }
}

type Locate = (offset: number, within: Place) => Place

/** JSON text in a scalar. Lines of a literal block stand in the file as they are, but for their indentation. */
function literalText(
  source: Source,
  node: Node & { value: unknown; type?: string },
): { text: string; place: Locate } {
  const start = node.range?.[0] ?? 0
  const first = source.placeAt(start)
  const text = String(node.value)
  if (node.type !== 'BLOCK_LITERAL') return { text, place: () => first }
  const body = source.text.slice(source.text.indexOf('\n', start) + 1)
  const indent = /^(?: *\n)*( *)/.exec(body)?.[1]?.length ?? 0
  return { text, place: (_, within) => ({ line: first.line + within.line, column: indent + within.column }) }
}

/** An object, written as JSON without white space, with every name and value's place remembered. */
function renderedText(source: Source, root: Node | undefined): { text: string; place: Locate } {
  const marks: { offset: number; place: Place }[] = []
  let text = ''
  const mark = (node: Node) =>
    marks.push({ offset: text.length, place: source.placeAt(node.range?.[0] ?? 0) })
  const write = (written: Node | null): void => {
    const node = source.follow(written)
    if (node) mark(node)
    if (isMap(node)) {
      text += '{'
      for (const [i, pair] of node.items.entries()) {
        if (i > 0) text += ','
        mark(pair.key as Node)
        text += `${JSON.stringify(isScalar(pair.key) ? String(pair.key.value) : '')}:`
        write(pair.value as Node | null)
      }
      text += '}'
    } else if (isSeq(node)) {
      text += '['
      for (const [i, item] of node.items.entries()) {
        if (i > 0) text += ','
        write(item as Node)
      }
      text += ']'
    } else {
      text += JSON.stringify(isScalar(node) ? node.value : null) ?? 'null'
    }
  }
  write(root ?? null)
  const whole = source.placeAt(root?.range?.[0] ?? 0)
  return { text, place: (offset) => marks.findLast((m) => m.offset <= offset)?.place ?? whole }
}
