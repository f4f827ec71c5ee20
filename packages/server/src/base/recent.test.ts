import { expect, it } from 'vitest'
import { createRecent } from './recent.ts'

function counted(most: number) {
  const made: string[] = []
  const of = createRecent((text) => {
    if (text === 'bad') throw new Error('bad')
    made.push(text)
    return { text }
  }, most)
  return { made, of }
}

it('makes what a text stands for once, as long as it is asked for', () => {
  const { made, of } = counted(100)
  const first = of('a'.repeat(10))
  for (let i = 0; i < 50; i += 1) {
    of(`other ${String(i).padStart(4, '0')}`)
    expect(of('a'.repeat(10))).toBe(first)
  }
  expect(made.filter((text) => text.startsWith('a')).length).toBe(1)
})

it('keeps no more than so many characters, and nothing of what failed', () => {
  const { made, of } = counted(100)
  for (let i = 0; i < 30; i += 1) of(`text ${String(i).padStart(5, '0')}`)
  of('text 00000')
  expect(made.length).toBe(31)
  expect(() => of('bad')).toThrow('bad')
  expect(() => of('bad')).toThrow('bad')
})
