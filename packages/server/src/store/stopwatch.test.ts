import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createStopwatch } from './stopwatch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('gives each of its works the whole time, whatever those before it took', async () => {
  const watch = createStopwatch(1000)
  for (let i = 0; i < 5; i += 1) {
    const { promise, resolve } = Promise.withResolvers<number>()
    const limited = watch.limit(promise)
    vi.advanceTimersByTime(900)
    resolve(i)
    expect(await limited).toBe(i)
  }
  const stuck = watch.limit(new Promise(() => {}))
  const told = expect(stuck).rejects.toThrow('took too long')
  vi.advanceTimersByTime(1000)
  await told
  // One that comes after it has the whole time too.
  const { promise, resolve } = Promise.withResolvers<string>()
  const next = watch.limit(promise)
  vi.advanceTimersByTime(900)
  resolve('done')
  expect(await next).toBe('done')
  watch.stop()
  expect(vi.getTimerCount()).toBe(0)
})
