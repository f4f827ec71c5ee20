import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backwards, EDGE, ENDED, MASK, OPEN, PARTS, pack, radixRoot, reach, WHOLE } from './radix.ts'

/** The entries that a walk over a packed tree meets, in the order of their nodes. */
function walk(cells: Int32Array, text: string): number[] {
  const found: number[] = []
  let node = 0
  let left = text
  for (;;) {
    const entries = node + PARTS + cells[node + EDGE]!
    const open = entries + cells[node + WHOLE]! + cells[node + OPEN]!
    found.push(...cells.slice(entries, open))
    const table = open + cells[node + ENDED]!
    if (left === '') return [...found, ...cells.slice(open, table)]
    let next = 0
    for (let slot = 0; slot <= cells[node + MASK]!; slot++) {
      if (cells[table + slot * 2 + 1] !== 0 && cells[table + slot * 2] === left.charCodeAt(0))
        next = cells[table + slot * 2 + 1]!
    }
    const edge = [...cells.slice(next + PARTS, next + PARTS + cells[next + EDGE]!)]
    if (next === 0 || !left.slice(1).startsWith(String.fromCharCode(...edge))) return found
    left = left.slice(1 + edge.length)
    node = next
  }
}

const word = fc.array(fc.constantFrom('a', 'b', 'c', 'ab'), { maxLength: 5 }).map((parts) => parts.join(''))

test('a walk meets exactly the literals that the text starts with, and those that it is', () => {
  fc.assert(
    fc.property(fc.uniqueArray(word, { maxLength: 20 }), word, (words, text) => {
      const root = radixRoot()
      for (const [number, one] of words.entries()) {
        const node = reach(root, one)
        node.whole.push(number * 3)
        node.open.push(number * 3 + 1)
        node.ended.push(number * 3 + 2)
      }
      const expected = words.flatMap((one, number) =>
        one === text
          ? [number * 3, number * 3 + 1, number * 3 + 2]
          : text.startsWith(one)
            ? [number * 3, number * 3 + 1]
            : [],
      )
      expect(walk(pack(root), text).sort()).toEqual(expected.sort())
    }),
    { numRuns: 1000 },
  )
})

test('many children of one node are told apart, and a quarter of their table stays free', () => {
  const root = radixRoot()
  const letters = Array.from({ length: 300 }, (_, i) => String.fromCharCode(33 + i))
  for (const [number, letter] of letters.entries()) reach(root, letter).whole.push(number)
  const cells = pack(root)
  expect(cells[MASK]).toBe(511)
  for (const [number, letter] of letters.entries()) expect(walk(cells, letter)).toEqual([number])
  expect(walk(cells, '\u0005')).toEqual([])
})

test('a chain of literals far deeper than the stack is packed', () => {
  const root = radixRoot()
  const longest = 'a'.repeat(5000)
  for (let length = 1; length <= longest.length; length++) reach(root, longest.slice(0, length))
  reach(root, longest).whole.push(7)
  expect(walk(pack(root), longest)).toEqual([7])
})

test('a text read backwards is read by unit', () => {
  expect(backwards('ab')).toBe('ba')
  expect(backwards('\u{1f511}x').split('')).toEqual(['x', '\udd11', '\ud83d'])
})
