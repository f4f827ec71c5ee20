import { expect, it } from 'vitest'
import { createBell } from './bell.ts'

const HOUR = 3_600_000

it('a ring ends the pause, and one that came before it', async () => {
  const bell = createBell()
  const waited = bell.wait(HOUR)
  bell.ring()
  await waited
  bell.ring()
  await bell.wait(HOUR)
  // That ring is used up.
  const began = performance.now()
  await bell.wait(50)
  expect(performance.now() - began).toBeGreaterThan(45)
})

it('what ended an earlier pause does not end a later one', async () => {
  const bell = createBell()
  let finish = () => {}
  const other = new Promise<void>((resolve) => {
    finish = resolve
  })
  const first = bell.wait(HOUR, [other])
  bell.ring()
  await first
  let over = false
  const second = bell.wait(HOUR).then(() => {
    over = true
  })
  finish()
  await new Promise((resolve) => setImmediate(resolve))
  expect(over).toBe(false)
  bell.ring()
  await second
})
