import { expect, it } from 'vitest'
import { pageOf } from './pages.ts'

it('pages show each thing once, in order, and a marker of something else is refused', () => {
  const things = ['c', 'a', 'e', 'b', 'd']
  const shown: string[] = []
  for (let marker: string | undefined, more = true; more; more = marker !== undefined) {
    const { page, page_info } = pageOf(things, { limit: 2, marker }, (thing) => thing)
    shown.push(...page)
    marker = page_info.next_marker
  }
  expect(shown).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(pageOf(things, {}, (thing) => thing).page_info).toEqual({ current_count: 5 })
  expect(() => pageOf(things, { marker: 'bm9uZQ' }, (thing) => thing)).toThrow()
})
