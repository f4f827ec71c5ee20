import { expect, it } from 'vitest'
import { createGroupRows } from './group-rows.ts'

const key = (id: string) => ({ table: 'kms_keys', id }) as const

it('gives rows as bodies that ended well left them', () => {
  const rows = createGroupRows()
  rows.add('kms_keys', [
    { id: 'a', version: 1, description: 'old' },
    { id: 'b', version: 7 },
  ])
  const first = rows.body()
  first.changed(key('a'), { description: 'new', version: 2, id: undefined })
  expect(first.get(key('a'))).toEqual({ id: 'a', version: 2, description: 'new' })
  expect(rows.body().get(key('a'))?.version).toBe(1)
  first.keep()
  const undone = rows.body()
  undone.changed(key('a'), { version: 3 })
  const last = rows.body()
  expect(last.get(key('a'))).toEqual({ id: 'a', version: 2, description: 'new' })
  expect(last.get(key('b'))?.version).toBe(7)
  expect(last.get(key('c'))).toBeUndefined()
})

it('knows nothing after a change that it was not told of, unless the body was undone', () => {
  const rows = createGroupRows()
  rows.add('kms_keys', [{ id: 'a', version: 1 }])
  const undone = rows.body()
  undone.forget()
  expect(undone.get(key('a'))).toBeUndefined()
  undone.changed(key('a'), { version: 9 })
  expect(undone.get(key('a'))).toBeUndefined()
  const other = rows.body()
  expect(other.get(key('a'))?.version).toBe(1)
  other.forget()
  other.keep()
  expect(rows.body().get(key('a'))).toBeUndefined()
})
