import { describe, expect, it } from 'vitest'
import { filled, pageOf, wanted } from './pages.ts'

const names = Array.from({ length: 1000 }, (_, i) => ({ name: `n${String(i).padStart(4, '0')}` }))

/** A list in a store, which counts what is read of it. */
function store() {
  const seen = { rows: 0 }
  return {
    seen,
    async read(after: string, limit: number) {
      const rows = names.filter(({ name }) => name > after).slice(0, limit)
      seen.rows += rows.length
      return rows
    },
  }
}

describe('a page', () => {
  it('takes no more from the store than it shows, and one thing more', async () => {
    const { seen, read } = store()
    const { items, ...from } = wanted({ Marker: 'n0500', MaxItems: 10 })
    const { page, ...more } = pageOf(await filled(from, read, () => true), items, ({ name }) => name)
    expect([page.length, page[0]?.name, more]).toEqual([10, 'n0501', { IsTruncated: true, Marker: 'n0510' }])
    expect(seen.rows).toBe(11)
  })

  it('goes on where things are passed over, until it is full or nothing is left', async () => {
    const { seen, read } = store()
    const tenth = ({ name }: { name: string }) => name.endsWith('0')
    const { items, ...from } = wanted({ MaxItems: 10 })
    const rows = await filled(from, read, tenth)
    expect(pageOf(rows, items, ({ name }) => name)).toMatchObject({ IsTruncated: true, Marker: 'n0090' })
    expect(seen.rows).toBeLessThan(150)
    expect(await filled({ after: 'n0985', limit: 11 }, read, tenth)).toEqual([{ name: 'n0990' }])
  })
})
