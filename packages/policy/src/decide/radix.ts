/**
 * A radix tree over the literal starts of patterns, or over their literal ends read backwards. A walk costs what the text
 * costs, however many patterns there are.
 */
export interface RadixNode<T, O> {
  edge: string
  /** First unit of the edge in reading direction. */
  code: number
  /** What stands here for every text that comes this far. */
  whole: T[]
  /** What stands here for some of those texts. */
  open: O[]
  /** What stands here for the text that ends here. */
  ended: T[]
  /** While patterns are added. */
  children: Map<number, RadixNode<T, O>> | undefined
  /** Children by their code, open addressing, a power of two long; made by {@link seal}. */
  table: (RadixNode<T, O> | undefined)[] | undefined
}

export function radixRoot<T, O>(): RadixNode<T, O> {
  return { edge: '', code: -1, whole: [], open: [], ended: [], children: undefined, table: undefined }
}

function radixNode<T, O>(edge: string, backwards: boolean): RadixNode<T, O> {
  return { ...radixRoot<T, O>(), edge, code: edge.charCodeAt(backwards ? edge.length - 1 : 0) }
}

/** The node that stands for a literal, made where it is missing. */
export function reach<T, O>(root: RadixNode<T, O>, literal: string, backwards: boolean): RadixNode<T, O> {
  let at = root
  let left = literal
  while (left !== '') {
    at.children ??= new Map()
    const code = left.charCodeAt(backwards ? left.length - 1 : 0)
    const child = at.children.get(code)
    if (child === undefined) {
      const made = radixNode<T, O>(left, backwards)
      at.children.set(code, made)
      return made
    }
    const shared = sharedLength(child.edge, left, backwards)
    if (shared < child.edge.length) {
      const middle = radixNode<T, O>(
        backwards ? child.edge.slice(-shared) : child.edge.slice(0, shared),
        backwards,
      )
      child.edge = backwards ? child.edge.slice(0, -shared) : child.edge.slice(shared)
      child.code = child.edge.charCodeAt(backwards ? child.edge.length - 1 : 0)
      middle.children = new Map([[child.code, child]])
      at.children.set(code, middle)
      at = middle
    } else at = child
    left = backwards ? left.slice(0, left.length - shared) : left.slice(shared)
  }
  return at
}

function sharedLength(a: string, b: string, backwards: boolean): number {
  const most = Math.min(a.length, b.length)
  const from = (text: string, i: number) => text.charCodeAt(backwards ? text.length - 1 - i : i)
  let i = 0
  while (i < most && from(a, i) === from(b, i)) i++
  return i
}

/** One empty list for all nodes: a walk then touches less memory. */
const nothing: never[] = []

/** Makes the tree ready to be walked. Nothing can be added afterwards. */
export function seal<T, O>(at: RadixNode<T, O>): void {
  if (at.whole.length === 0) at.whole = nothing
  if (at.open.length === 0) at.open = nothing
  if (at.ended.length === 0) at.ended = nothing
  if (at.children === undefined) return
  let size = 2
  while (size < at.children.size * 2) size *= 2
  at.table = new Array<RadixNode<T, O> | undefined>(size).fill(undefined)
  for (const child of at.children.values()) {
    let slot = child.code & (size - 1)
    while (at.table[slot] !== undefined) slot = (slot + 1) & (size - 1)
    at.table[slot] = child
    seal(child)
  }
  at.children = undefined
}

/** The child whose edge begins with a code. INVARIANT: a table is never full, so the search ends. */
export function childAt<T, O>(at: RadixNode<T, O>, code: number): RadixNode<T, O> | undefined {
  const { table } = at
  if (table === undefined) return undefined
  const mask = table.length - 1
  let slot = code & mask
  for (;;) {
    const child = table[slot]
    if (child === undefined || child.code === code) return child
    slot = (slot + 1) & mask
  }
}
