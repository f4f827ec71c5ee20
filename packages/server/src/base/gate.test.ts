import { expect, it } from 'vitest'
import { createGate } from './gate.ts'
import { Refusal } from './problem.ts'

const outcome = (work: Promise<unknown>) =>
  work.then(String, (error: unknown) => (error instanceof Refusal ? error.problem.code : String(error)))

it('lets a few in at once, in the order in which they came, also after errors', async () => {
  const gate = createGate(2, 100)
  const order: number[] = []
  let inside = 0
  let peak = 0
  const task = (i: number) => async () => {
    order.push(i)
    peak = Math.max(peak, ++inside)
    await new Promise((resolve) => setTimeout(resolve, 1))
    inside--
    if (i % 3 === 0) throw new Error(`task ${i}`)
    return i
  }
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all(Array.from({ length: 9 }, (_, i) => outcome(gate.pass(task(i)))))
    expect(results).toEqual(
      Array.from({ length: 9 }, (_, i) => (i % 3 === 0 ? `Error: task ${i}` : String(i))),
    )
  }
  expect(peak).toBe(2)
  expect(order).toEqual([0, 1, 2].flatMap(() => [0, 1, 2, 3, 4, 5, 6, 7, 8]))
})

it('refuses those that would wait too long, and all once it is closed', async () => {
  const gate = createGate(1, 1)
  const turn = Promise.withResolvers<string>()
  const running = outcome(gate.pass(() => turn.promise))
  const waiting = outcome(gate.pass(async () => 'never'))
  expect(await outcome(gate.pass(async () => 'never'))).toBe('Overloaded')
  let closed = false
  const closing = gate.close().then(() => {
    closed = true
  })
  expect(await waiting).toBe('Unavailable')
  expect(await outcome(gate.pass(async () => 'never'))).toBe('Unavailable')
  expect(closed).toBe(false)
  turn.resolve('done')
  expect(await running).toBe('done')
  await closing
})
