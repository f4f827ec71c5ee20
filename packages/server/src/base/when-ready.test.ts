import { expect, it } from 'vitest'
import { firstAnswer, whenSettled } from './when-ready.ts'

const MANY = Array.from({ length: 100_000 }, (_, at) => at)

it.each([
  ['ready', (at: number) => (at === 99_999 ? at : undefined)],
  ['not ready', async (at: number) => (at === 99_999 ? at : undefined)],
  [
    'ready but for some',
    (at: number) => (at % 1000 === 0 ? Promise.resolve(undefined) : at === 99_999 ? at : undefined),
  ],
] as const)('the first answer of many items is found where answers are %s', async (_how, ask) => {
  expect(await firstAnswer<number, number>(MANY, ask)).toBe(99_999)
  expect(await firstAnswer<number, number>(MANY.slice(0, 99_999), ask)).toBeUndefined()
})

it('nothing is asked after an answer, and no item before the one before it has answered', async () => {
  const asked: number[] = []
  const ask = async (at: number) => {
    asked.push(at)
    await undefined
    return at === 3 ? 'yes' : undefined
  }
  const answer = firstAnswer(MANY, ask)
  expect(asked).toEqual([0])
  expect(await answer).toBe('yes')
  expect(asked).toEqual([0, 1, 2, 3])
})

it('what is raised at once or later, or by what comes then, is seen to in one place', async () => {
  const fault = new Error('fault')
  const raise = (): never => {
    throw fault
  }
  const failed = (thrown: unknown): unknown => ['failed', thrown]
  const add = (one: number): unknown => one + 1
  expect(whenSettled(() => 1, add, failed)).toBe(2)
  expect(await whenSettled(async () => 1, add, failed)).toBe(2)
  for (const run of [() => 1, async () => 1])
    expect(await whenSettled(run, raise, failed)).toEqual(['failed', fault])
  expect(whenSettled(raise, add, failed)).toEqual(['failed', fault])
  expect(await whenSettled(() => Promise.reject(fault), add, failed)).toEqual(['failed', fault])
})
