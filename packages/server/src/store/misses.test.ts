import { describe, expect, it } from 'vitest'
import { createMisses } from './misses.ts'

describe('names of which nothing was found', () => {
  const clock = { now: 0, monotonic: () => clock.now }

  it('are believed for as long as the bound, from before the database was asked', () => {
    const misses = createMisses(clock, 1000, 10)
    clock.now = 5000
    const remember = misses.begin('a')
    clock.now = 5600
    remember()
    expect(misses.has('a')).toBe(true)
    clock.now = 5999
    expect(misses.has('a')).toBe(true)
    clock.now = 6000
    expect(misses.has('a')).toBe(false)
  })

  it('are forgotten with any change, also those that are being asked for', () => {
    const misses = createMisses(clock, 1000, 10)
    misses.begin('a')()
    const remember = misses.begin('b')
    misses.clear()
    remember()
    expect([misses.has('a'), misses.has('b')]).toEqual([false, false])
  })

  it('are a bounded number, the oldest going first', () => {
    const misses = createMisses(clock, 1000, 3)
    for (const key of ['a', 'b', 'c', 'a', 'd']) misses.begin(key)()
    expect(['a', 'b', 'c', 'd'].filter((key) => misses.has(key))).toEqual(['a', 'c', 'd'])
  })
})
