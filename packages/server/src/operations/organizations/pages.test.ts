import { expect, it } from 'vitest'
import { pageOf } from './pages.ts'

it('pages show each target once, in order, and a marker of something else is refused', () => {
  const targets = ['c', 'a', 'e', 'b', 'd']
  const shown: string[] = []
  for (let marker: string | undefined, more = true; more; more = marker !== undefined) {
    const { page, page_info } = pageOf(targets, { limit: 2, marker }, (target) => target)
    shown.push(...page)
    marker = page_info.next_marker
  }
  expect(shown).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(pageOf(targets, {}, (target) => target).page_info).toEqual({ current_count: 5 })
  expect(() => pageOf(targets, { marker: 'bm9uZQ' }, (target) => target)).toThrow()
})
