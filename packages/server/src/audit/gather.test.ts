import { expect, it, vi } from 'vitest'
import { createGather } from './gather.ts'

const slept = vi.hoisted((): number[] => [])
vi.mock('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number) => void slept.push(milliseconds),
}))

/** How long it waits after many batches that took so long, for so many calls, in milliseconds. */
async function waits(took: number, calls: number): Promise<number | undefined> {
  const gather = createGather()
  for (let i = 0; i < 200; i += 1) gather.took(took, calls)
  slept.length = 0
  await gather.wait()
  return slept[0]
}

it('waits for half as long as batches take lately, never long, and not at all where few call', async () => {
  expect(await waits(8, 100)).toBeCloseTo(4, 5)
  expect(await waits(500, 100)).toBe(10)
  expect(await waits(500, 2)).toBeUndefined()
  expect(await waits(1, 100)).toBeUndefined()
})
