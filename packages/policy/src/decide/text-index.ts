import type { Glob } from '../match/glob.ts'
import type { Question } from './question.ts'
import { childAt, type RadixNode, radixRoot, reach, seal } from './radix.ts'
import { type CompiledStatement, restHolds } from './statement.ts'

/** A statement under a pattern that has to be matched in full; elsewhere the place in the index has matched already. */
interface Open {
  readonly glob: Glob
  readonly statement: CompiledStatement
}

/** Statements by a pattern of text, found in time that depends on the text and not on how many there are. */
export interface TextIndex {
  readonly any: CompiledStatement[]
  /** By the literal start of the pattern. */
  starts: RadixNode<CompiledStatement, Open> | undefined
  /** By its literal end, where that is longer. */
  ends: RadixNode<CompiledStatement, Open> | undefined
  /** Whether a statement in it denies. */
  denies: boolean
}

export function textIndex(): TextIndex {
  return { any: [], starts: undefined, ends: undefined, denies: false }
}

/** INVARIANT: statements that deny are added before those that allow. */
export function addText(index: TextIndex, glob: Glob, statement: CompiledStatement): void {
  if (statement.effect === 'Deny') index.denies = true
  if (glob.kind === 'any') {
    index.any.push(statement)
    return
  }
  const backwards = glob.suffix.length > glob.prefix.length
  const root = (backwards ? index.ends : index.starts) ?? radixRoot()
  if (backwards) index.ends = root
  else index.starts = root
  const node = reach(root, backwards ? glob.suffix : glob.prefix, backwards)
  if (glob.kind === 'exact') node.ended.push(statement)
  else if (glob.kind === 'glob') node.open.push({ glob, statement })
  else node.whole.push(statement)
}

/** Makes the index ready to be searched. */
export function sealText(index: TextIndex): void {
  if (index.starts) seal(index.starts)
  if (index.ends) seal(index.ends)
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
  if (index.any.length > 0) said = visit(index.any, question, said)
  if (index.starts !== undefined && !denies(said)) said = walkStarts(index.starts, text, question, said)
  if (index.ends !== undefined && !denies(said)) said = walkEnds(index.ends, text, question, said)
  return said
}

export function denies(said: CompiledStatement | undefined): boolean {
  return said !== undefined && said.effect === 'Deny'
}

function walkStarts(
  root: RadixNode<CompiledStatement, Open>,
  text: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  let said = known
  let at = root
  let position = 0
  for (;;) {
    said = visitNode(at, text, question, said)
    if (denies(said)) return said
    if (position === text.length) return visit(at.ended, question, said)
    const child = childAt(at, text.charCodeAt(position))
    if (child === undefined) return said
    const { edge } = child
    if (edge.length > 1 && !text.startsWith(edge, position)) return said
    position += edge.length
    at = child
  }
}

function walkEnds(
  root: RadixNode<CompiledStatement, Open>,
  text: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  let said = known
  let at = root
  let end = text.length
  for (;;) {
    said = visitNode(at, text, question, said)
    if (denies(said) || end === 0) return said
    const child = childAt(at, text.charCodeAt(end - 1))
    if (child === undefined || !text.endsWith(child.edge, end)) return said
    end -= child.edge.length
    at = child
  }
}

/** What stands at a node for a text that comes this far. */
function visitNode(
  { whole, open }: RadixNode<CompiledStatement, Open>,
  text: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  const said = whole.length > 0 ? visit(whole, question, known) : known
  for (let i = 0; i < open.length; i++) {
    const { glob, statement } = open[i]!
    if (said !== undefined && (said.effect === 'Deny' || statement.effect === 'Allow')) return said
    if (glob.matches(text) && restHolds(statement, question)) return statement
  }
  return said
}

/** INVARIANT: statements that deny come first, so the first that applies is the one that counts. */
function visit(
  statements: readonly CompiledStatement[],
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  for (let i = 0; i < statements.length; i++) {
    const statement = statements[i]!
    if (known !== undefined && statement.effect === 'Allow') return known
    if (restHolds(statement, question)) return statement
  }
  return known
}
