import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { Io } from './io.ts'
import { withProgress } from './progress.ts'

function io(watches: boolean) {
  const lines: string[] = []
  const statuses: string[] = []
  const made = {
    err: (line: string) => lines.push(line),
    status: (text: string) => statuses.push(text),
    person: { reads: false, watches, answers: false },
  }
  return { io: made as unknown as Io, lines, statuses }
}
const fast = { tick: 10, quiet: 10 }
const slow = async () => {
  await sleep(80)
  return 'done'
}

it('speaks in place where a person watches, and takes the remark away', async () => {
  const seen = io(true)
  expect(await withProgress(seen.io, 'applying', slow, fast)).toBe('done')
  expect(seen.lines).toEqual([])
  expect(seen.statuses.length).toBeGreaterThan(2)
  expect(seen.statuses).toContain('applying ... 0 s')
  expect(seen.statuses.at(-1)).toBe('')
})

it('writes lines where nobody watches, and none for what is quick', async () => {
  const seen = io(false)
  await withProgress(seen.io, 'applying', slow, fast)
  expect(seen.statuses).toEqual([])
  expect(seen.lines[0]).toBe('keyward: applying ... 0 s')
  const quick = io(false)
  await withProgress(quick.io, 'applying', slow)
  expect(quick.lines).toEqual([])
})

it('ends with the failure of its work', async () => {
  const seen = io(true)
  await expect(withProgress(seen.io, 'x', () => Promise.reject(new Error('no')), fast)).rejects.toThrow('no')
  expect(seen.statuses.at(-1)).toBe('')
})
