import fc from 'fast-check'
import { expect, test } from 'vitest'
import { childAt, type RadixNode, radixRoot, reach, seal } from './radix.ts'

function walk(root: RadixNode<string, never>, text: string, backwards: boolean): string[] {
  const found: string[] = []
  let at = root
  let left = text
  for (;;) {
    found.push(...at.whole)
    if (left === '') return found
    const child = childAt(at, left.charCodeAt(backwards ? left.length - 1 : 0))
    if (!child || !(backwards ? left.endsWith(child.edge) : left.startsWith(child.edge))) return found
    left = backwards ? left.slice(0, left.length - child.edge.length) : left.slice(child.edge.length)
    at = child
  }
}

test.each([false, true])(
  'a walk meets exactly the literals that the text starts (or ends) with',
  (backwards) => {
    const word = fc
      .array(fc.constantFrom('a', 'b', 'c', 'ab'), { maxLength: 5 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.uniqueArray(word, { maxLength: 20 }), word, (words, text) => {
        const root = radixRoot<string, never>()
        for (const one of words) reach(root, one, backwards).whole.push(one)
        seal(root)
        const expected = words.filter((one) => (backwards ? text.endsWith(one) : text.startsWith(one)))
        expect(walk(root, text, backwards).sort()).toEqual(expected.sort())
      }),
      { numRuns: 500 },
    )
  },
)

test('many children of one node are told apart', () => {
  const root = radixRoot<string, never>()
  const letters = Array.from({ length: 300 }, (_, i) => String.fromCharCode(33 + i))
  for (const letter of letters) reach(root, letter, false).whole.push(letter)
  seal(root)
  for (const letter of letters) expect(walk(root, letter, false)).toEqual([letter])
  expect(childAt(root, 5)).toBeUndefined()
})
