/**
 * A radix tree over the literal starts of patterns, or over their literal ends read backwards. A walk costs what the text
 * costs, however many patterns there are. It is grown from nodes and then packed into one array of numbers, in which the
 * parts of a node lie side by side.
 */
export interface RadixNode {
  /** In reading direction. */
  edge: string
  /** Entries that stand here for every text that comes this far. */
  readonly whole: number[]
  /** Entries that stand here for some of those texts. */
  readonly open: number[]
  /** Entries that stand here for the text that ends here. */
  readonly ended: number[]
  readonly children: Map<number, RadixNode>
}

/**
 * What a packed node holds, by place: the length of its edge after the first unit, the size of its table of children less
 * one (-1: it has none), and how many entries of each kind. Then come the units of the edge after the first, the entries,
 * and the table: pairs of a first unit and the place of the child, 0 for none, with open addressing.
 */
export const EDGE = 0
export const MASK = 1
export const WHOLE = 2
export const OPEN = 3
export const ENDED = 4
export const PARTS = 5

export function radixRoot(): RadixNode {
  return radixNode('')
}

function radixNode(edge: string): RadixNode {
  return { edge, whole: [], open: [], ended: [], children: new Map() }
}

/** The node that stands for a literal in reading direction, made where it is missing. */
export function reach(root: RadixNode, literal: string): RadixNode {
  let at = root
  let left = literal
  while (left !== '') {
    const code = left.charCodeAt(0)
    const child = at.children.get(code)
    if (child === undefined) {
      const made = radixNode(left)
      at.children.set(code, made)
      return made
    }
    const shared = sharedLength(child.edge, left)
    if (shared < child.edge.length) {
      const middle = radixNode(left.slice(0, shared))
      child.edge = child.edge.slice(shared)
      middle.children.set(child.edge.charCodeAt(0), child)
      at.children.set(code, middle)
      at = middle
    } else at = child
    left = left.slice(shared)
  }
  return at
}

function sharedLength(a: string, b: string): number {
  let i = 0
  while (i < a.length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  return i
}

/** A text as it is read backwards, unit by unit. */
export function backwards(text: string): string {
  return text.split('').reverse().join('')
}

/** Packs a tree. INVARIANT: a table is never full, so that a search in it ends; the root is nobody's child. */
export function pack(root: RadixNode): Int32Array {
  const cells: number[] = []
  const left: (readonly [node: RadixNode, reference: number])[] = [[root, -1]]
  for (let next = left.pop(); next; next = left.pop()) {
    const [{ edge, whole, open, ended, children }, reference] = next
    if (reference >= 0) cells[reference] = cells.length
    const size = children.size === 0 ? 0 : 2 ** Math.ceil(Math.log2((children.size * 4) / 3))
    cells.push(Math.max(0, edge.length - 1), size - 1, whole.length, open.length, ended.length)
    for (let i = 1; i < edge.length; i++) cells.push(edge.charCodeAt(i))
    for (const entry of [whole, open, ended].flat()) cells.push(entry)
    const table = cells.length
    for (let i = 0; i < size * 2; i++) cells.push(0)
    for (const [code, child] of children) {
      let slot = code & (size - 1)
      while (cells[table + slot * 2 + 1] !== 0) slot = (slot + 1) & (size - 1)
      cells[table + slot * 2] = code
      cells[table + slot * 2 + 1] = -1
      left.push([child, table + slot * 2 + 1])
    }
  }
  return Int32Array.from(cells)
}
