import type { Glob } from '../match/glob.ts'
import type { Question } from './question.ts'
import { type CompiledStatement, restHolds } from './statement.ts'

/** Statements by a pattern of text, found in time that depends on the text and not on how many there are. */
export interface TextIndex {
  add(glob: Glob, statement: CompiledStatement): void
  /** First statement whose pattern matches the text and whose rest holds. */
  find(text: string, question: Question): CompiledStatement | undefined
}

interface Rest {
  readonly glob: Glob
  readonly statement: CompiledStatement
}

/** A node of a radix tree over the literal starts (or ends) of patterns. */
interface Node {
  edge: string
  children: Map<number, Node> | undefined
  /** Patterns that match whatever follows. */
  whole: CompiledStatement[] | undefined
  /** Patterns that have to be matched in full. */
  globs: Rest[] | undefined
}

const node = (edge: string): Node => ({ edge, children: undefined, whole: undefined, globs: undefined })

export function textIndex(): TextIndex {
  const any: CompiledStatement[] = []
  let exact: Map<string, CompiledStatement[]> | undefined
  let starts: Node | undefined
  let ends: Node | undefined

  function add(glob: Glob, statement: CompiledStatement) {
    if (glob.kind === 'any') any.push(statement)
    else if (glob.kind === 'exact') {
      exact ??= new Map()
      const known = exact.get(glob.source)
      if (known) known.push(statement)
      else exact.set(glob.source, [statement])
    } else if (glob.prefix.length >= glob.suffix.length) {
      starts ??= node('')
      place(reach(starts, glob.prefix, false), glob, statement)
    } else {
      ends ??= node('')
      place(reach(ends, glob.suffix, true), glob, statement)
    }
  }

  function find(text: string, question: Question) {
    for (let i = 0; i < any.length; i++) if (restHolds(any[i]!, question)) return any[i]
    if (exact !== undefined) {
      const found = exact.get(text)
      if (found !== undefined)
        for (const statement of found) if (restHolds(statement, question)) return statement
    }
    return (
      (starts === undefined ? undefined : walkStarts(starts, text, question)) ??
      (ends === undefined ? undefined : walkEnds(ends, text, question))
    )
  }

  return Object.freeze({ add, find })
}

function place(at: Node, glob: Glob, statement: CompiledStatement) {
  if (glob.kind === 'glob') {
    at.globs ??= []
    at.globs.push({ glob, statement })
  } else {
    at.whole ??= []
    at.whole.push(statement)
  }
}

/** The node that stands for a literal, made where it is missing. Edges of a tree over ends are read backwards. */
function reach(root: Node, literal: string, backwards: boolean): Node {
  let at = root
  let left = literal
  while (left !== '') {
    at.children ??= new Map()
    const code = left.charCodeAt(backwards ? left.length - 1 : 0)
    const child = at.children.get(code)
    if (child === undefined) {
      const made = node(left)
      at.children.set(code, made)
      return made
    }
    const shared = sharedLength(child.edge, left, backwards)
    if (shared < child.edge.length) {
      const middle = node(backwards ? child.edge.slice(-shared) : child.edge.slice(0, shared))
      child.edge = backwards ? child.edge.slice(0, -shared) : child.edge.slice(shared)
      middle.children = new Map([[child.edge.charCodeAt(backwards ? child.edge.length - 1 : 0), child]])
      at.children.set(code, middle)
      at = middle
    } else at = child
    left = backwards ? left.slice(0, left.length - shared) : left.slice(shared)
  }
  return at
}

function sharedLength(a: string, b: string, backwards: boolean): number {
  const most = Math.min(a.length, b.length)
  let i = 0
  while (i < most && (backwards ? a.at(-1 - i) === b.at(-1 - i) : a[i] === b[i])) i++
  return i
}

function walkStarts(root: Node, text: string, question: Question): CompiledStatement | undefined {
  let at = root
  let position = 0
  for (;;) {
    const found = visit(at, text, question)
    if (found !== undefined) return found
    if (at.children === undefined || position >= text.length) return undefined
    const child = at.children.get(text.charCodeAt(position))
    if (child === undefined || !text.startsWith(child.edge, position)) return undefined
    position += child.edge.length
    at = child
  }
}

function walkEnds(root: Node, text: string, question: Question): CompiledStatement | undefined {
  let at = root
  let end = text.length
  for (;;) {
    const found = visit(at, text, question)
    if (found !== undefined) return found
    if (at.children === undefined || end === 0) return undefined
    const child = at.children.get(text.charCodeAt(end - 1))
    if (child === undefined || !text.endsWith(child.edge, end)) return undefined
    end -= child.edge.length
    at = child
  }
}

function visit(at: Node, text: string, question: Question): CompiledStatement | undefined {
  if (at.whole !== undefined)
    for (const statement of at.whole) if (restHolds(statement, question)) return statement
  if (at.globs === undefined) return undefined
  for (const { glob, statement } of at.globs) {
    if (glob.matches(text) && restHolds(statement, question)) return statement
  }
  return undefined
}
