import { expect, it } from 'vitest'
import { atOnce, inTurns, type Turns } from './turns.ts'

function* counting(to: number, busyMs: number): Turns<number> {
  let sum = 0
  for (let i = 1; i <= to; i += 1) {
    const end = performance.now() + busyMs
    while (performance.now() < end);
    sum += i
    yield
  }
  return sum
}

it('lets others have their turn while a long work goes on, and gives what it gives at once', async () => {
  let turns = 0
  const others = setInterval(() => {
    turns += 1
  }, 1)
  try {
    expect(await inTurns(counting(50, 2), 10)).toBe(1275)
  } finally {
    clearInterval(others)
  }
  expect(turns).toBeGreaterThanOrEqual(5)
  expect(atOnce(counting(50, 0))).toBe(1275)
})

it('throws what the work throws', async () => {
  // biome-ignore lint/correctness/useYield: it fails before
  function* failing(): Turns<never> {
    throw new Error('no')
  }
  await expect(inTurns(failing())).rejects.toThrow('no')
})
