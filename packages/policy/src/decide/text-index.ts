import type { Glob } from '../match/glob.ts'
import type { Question } from './question.ts'
import { childAt, type RadixNode, radixRoot, reach, seal } from './radix.ts'
import { type CompiledStatement, restHolds } from './statement.ts'

/** A statement under a pattern; without one the place in the index has matched already. */
interface Entry {
  readonly glob: Glob | undefined
  readonly statement: CompiledStatement
}

/** Statements by a pattern of text, found in time that depends on the text and not on how many there are. */
export interface TextIndex {
  readonly any: Entry[]
  /** By the literal start of the pattern. */
  starts: RadixNode<Entry> | undefined
  /** By its literal end, where that is longer. */
  ends: RadixNode<Entry> | undefined
  /** Whether a statement in it denies. */
  denies: boolean
}

export function textIndex(): TextIndex {
  return { any: [], starts: undefined, ends: undefined, denies: false }
}

export function addText(index: TextIndex, glob: Glob, statement: CompiledStatement): void {
  const entry: Entry = { glob: glob.kind === 'glob' ? glob : undefined, statement }
  if (statement.effect === 'Deny') index.denies = true
  if (glob.kind === 'any') index.any.push(entry)
  else if (glob.prefix.length >= glob.suffix.length) {
    index.starts ??= radixRoot()
    const node = reach(index.starts, glob.prefix, false)
    if (glob.kind === 'exact') node.ended.push(entry)
    else node.values.push(entry)
  } else {
    index.ends ??= radixRoot()
    reach(index.ends, glob.suffix, true).values.push(entry)
  }
}

/** Makes the index ready to be searched. */
export function sealText(index: TextIndex): void {
  const order = (entries: Entry[]) => entries.sort((a, b) => rank(a) - rank(b))
  order(index.any)
  if (index.starts) seal(index.starts, order)
  if (index.ends) seal(index.ends, order)
}

/** Denies first, so that the first that applies is the one that counts. */
function rank({ statement }: Entry): number {
  return statement.effect === 'Deny' ? 0 : 1
}

/**
 * What the statements under a text say, beside an Allow that is known already: a Deny if one applies, else an Allow if
 * one is known or applies.
 */
export function searchText(
  index: TextIndex,
  text: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  if (known !== undefined && !index.denies) return known
  let said = known
  if (index.any.length > 0) said = visit(index.any, text, question, said)
  if (index.starts !== undefined && !denies(said)) said = walkStarts(index.starts, text, question, said)
  if (index.ends !== undefined && !denies(said)) said = walkEnds(index.ends, text, question, said)
  return said
}

export function denies(said: CompiledStatement | undefined): boolean {
  return said !== undefined && said.effect === 'Deny'
}

function walkStarts(
  root: RadixNode<Entry>,
  text: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  let said = known
  let at = root
  let position = 0
  for (;;) {
    if (at.values.length > 0) {
      said = visit(at.values, text, question, said)
      if (denies(said)) return said
    }
    if (position === text.length) return at.ended.length > 0 ? visit(at.ended, text, question, said) : said
    const child = childAt(at, text.charCodeAt(position))
    if (child === undefined) return said
    const { edge } = child
    if (edge.length > 1 && !text.startsWith(edge, position)) return said
    position += edge.length
    at = child
  }
}

function walkEnds(
  root: RadixNode<Entry>,
  text: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  let said = known
  let at = root
  let end = text.length
  for (;;) {
    said = visit(at.values, text, question, said)
    if (denies(said) || end === 0) return said
    const child = childAt(at, text.charCodeAt(end - 1))
    if (child === undefined || !text.endsWith(child.edge, end)) return said
    end -= child.edge.length
    at = child
  }
}

/** INVARIANT: entries are in the order of {@link rank}. */
function visit(
  entries: readonly Entry[],
  text: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  for (let i = 0; i < entries.length; i++) {
    const { glob, statement } = entries[i]!
    if (known !== undefined && statement.effect === 'Allow') return known
    if ((glob === undefined || glob.matches(text)) && restHolds(statement, question)) return statement
  }
  return known
}
