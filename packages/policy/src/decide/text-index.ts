import type { Glob } from '../match/glob.ts'
import type { Question } from './question.ts'
import {
  backwards,
  EDGE,
  ENDED,
  MASK,
  OPEN,
  PARTS,
  pack,
  type RadixNode,
  radixRoot,
  reach,
  WHOLE,
} from './radix.ts'
import { type CompiledStatement, restHolds } from './statement.ts'

/** Statements by a pattern of text, found in time that depends on the text and not on how many there are. */
export interface TextIndex {
  /** An entry of the trees is the place of its statement here, shifted by two bits, with the two bits below. */
  readonly statements: readonly CompiledStatement[]
  /** The patterns of the same statements. */
  readonly globs: readonly Glob[]
  /** By the literal start of the pattern, packed. */
  readonly starts: Int32Array | undefined
  /** By its literal end, where that is longer. */
  readonly ends: Int32Array | undefined
  /** Whether a statement in it denies. */
  readonly denies: boolean
}

/** Of an entry: the statement denies. */
const DENIES = 1
/** Of an entry: the statement has a principal or conditions, which have to hold too. */
const MORE = 2

export type TextPattern = readonly [glob: Glob, statement: CompiledStatement]

/** INVARIANT: patterns of statements that deny come before those that allow. */
export function textIndex(patterns: readonly TextPattern[]): TextIndex {
  let starts: RadixNode | undefined
  let ends: RadixNode | undefined
  for (const [number, [glob, statement]] of patterns.entries()) {
    const { prefix, suffix } = glob
    const fromEnd = suffix.length > prefix.length
    if (fromEnd) ends ??= radixRoot()
    else starts ??= radixRoot()
    const node = fromEnd ? reach(ends!, backwards(suffix)) : reach(starts!, prefix)
    const more = statement.principal !== undefined || statement.clauses.length > 0
    const entry = (number << 2) | (more ? MORE : 0) | (statement.effect === 'Deny' ? DENIES : 0)
    if (glob.kind === 'exact') node.ended.push(entry)
    else if (glob.kind === 'glob') node.open.push(entry)
    else node.whole.push(entry)
  }
  return {
    statements: patterns.map(([, statement]) => statement),
    globs: patterns.map(([glob]) => glob),
    starts: starts && pack(starts),
    ends: ends && pack(ends),
    denies: patterns.some(([, { effect }]) => effect === 'Deny'),
  }
}

export function denies(said: CompiledStatement | undefined): boolean {
  return said !== undefined && said.effect === 'Deny'
}

/**
 * What the statements under a text say, beside an Allow that is known already: a Deny if one applies, else an Allow if
 * one is known or applies. The units of the text end where those of the question's resource end.
 */
export function searchText(
  index: TextIndex,
  text: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  if (known !== undefined && (!index.denies || denies(known))) return known
  const { starts, ends } = index
  const said = starts === undefined ? known : walk(index, starts, 1, text, question, known)
  return ends === undefined || denies(said) ? said : walk(index, ends, -1, text, question, said)
}

function walk(
  index: TextIndex,
  cells: Int32Array,
  step: 1 | -1,
  text: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  const { units, end } = question.resource
  let said = known
  let left = text.length
  let at = step > 0 ? end - left : end - 1
  let node = 0
  for (;;) {
    const opens = node + PARTS + cells[node + EDGE]! + cells[node + WHOLE]!
    const ends = opens + cells[node + OPEN]!
    const table = ends + cells[node + ENDED]!
    if (cells[node + WHOLE] !== 0)
      said = visit(index, cells, opens - cells[node + WHOLE]!, opens, question, said)
    if (opens !== ends) said = visitOpen(index, cells, opens, ends, text, question, said)
    if (denies(said)) return said
    if (left === 0) return visit(index, cells, ends, table, question, said)
    const mask = cells[node + MASK]!
    if (mask < 0) return said
    const code = units[at]!
    let slot = code & mask
    let next = cells[table + slot * 2 + 1]!
    while (next !== 0 && cells[table + slot * 2] !== code) {
      slot = (slot + 1) & mask
      next = cells[table + slot * 2 + 1]!
    }
    if (next === 0) return said
    const edge = cells[next + EDGE]!
    if (edge >= left) return said
    for (let i = 0; i < edge; i++) {
      at += step
      if (units[at] !== cells[next + PARTS + i]) return said
    }
    at += step
    left -= edge + 1
    node = next
  }
}

/** INVARIANT: entries that deny come first, so the first that applies is the one that counts; `known` does not deny. */
function visit(
  { statements }: TextIndex,
  cells: Int32Array,
  from: number,
  to: number,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  for (let i = from; i < to; i++) {
    const entry = cells[i]!
    if (known !== undefined && (entry & DENIES) === 0) return known
    const statement = statements[entry >> 2]!
    if ((entry & MORE) === 0 || restHolds(statement, question)) return statement
  }
  return known
}

/** The same for entries of patterns that have to be matched in full; `known` may deny. */
function visitOpen(
  { statements, globs }: TextIndex,
  cells: Int32Array,
  from: number,
  to: number,
  text: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  for (let i = from; i < to; i++) {
    const entry = cells[i]!
    if (known !== undefined && ((entry & DENIES) === 0 || denies(known))) return known
    if (!globs[entry >> 2]!.matches(text)) continue
    const statement = statements[entry >> 2]!
    if ((entry & MORE) === 0 || restHolds(statement, question)) return statement
  }
  return known
}
