import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createShelf } from './shelf.ts'

describe('the memory of the revision cache', () => {
  it('never holds more than its bound, and keeps what is in use', () => {
    const shelf = createShelf(10)
    shelf.keep('hot', 1, 'k', { hot: true }, false)
    for (let i = 0; i < 100; i += 1) {
      expect(shelf.get('hot', 'k')).toBeDefined()
      shelf.keep(`account ${i}`, 1, 'k', { i }, i % 2 === 0)
      expect(shelf.size).toBeLessThanOrEqual(10)
    }
    expect(shelf.get('account 99', 'k')).toEqual({ i: 99 })
    expect(shelf.get('account 3', 'k')).toBeUndefined()
    expect(shelf.held().size).toBe(10)
  })

  it('tells what is got from what is found under the same key', () => {
    const shelf = createShelf(10)
    shelf.keep('a', 1, 'k', { got: true }, false)
    shelf.keep('a', 1, 'k', { found: true }, true)
    expect(shelf.get('a', 'k')).toEqual({ got: true })
    expect(shelf.find('k')).toEqual({ found: true })
    shelf.drop('a')
    expect([shelf.size, shelf.get('a', 'k'), shelf.find('k')]).toEqual([0, undefined, undefined])
  })

  it('lets go of the whole account when one value comes with another revision', () => {
    const shelf = createShelf(10)
    shelf.keep('a', 1, 'x', { old: true }, false)
    shelf.keep('a', 1, 'y', { old: true }, true)
    shelf.keep('a', 2, 'z', { old: false }, false)
    expect(shelf.get('a', 'x')).toBeUndefined()
    expect(shelf.find('y')).toBeUndefined()
    expect(shelf.get('a', 'z')).toEqual({ old: false })
    expect(shelf.revisionOf('a')).toBe(2)
  })

  it('holds, whatever is done to it, only values of the revision under which their account is held', () => {
    const step = fc.record({
      what: fc.constantFrom('keep', 'keep', 'keep', 'drop', 'get', 'find'),
      uid: fc.constantFrom('a', 'b', 'c'),
      key: fc.constantFrom('1', '2', '3', '4'),
      revision: fc.integer({ min: 1, max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (steps, bound) => {
        const shelf = createShelf(bound)
        for (const { what, uid, key, revision } of steps) {
          // A found entity has one account: its key says which.
          const found = `${uid} ${key}`
          if (what === 'keep') shelf.keep(uid, revision, key, { uid, revision }, false)
          if (what === 'drop') shelf.drop(uid)
          if (what === 'find') shelf.keep(uid, revision, found, { uid, revision }, true)
          for (const value of [shelf.get(uid, key), shelf.find(found)]) {
            if (value) expect(value).toEqual({ uid, revision: shelf.revisionOf(uid) })
          }
          if (what === 'drop') expect(shelf.revisionOf(uid)).toBeUndefined()
          expect(shelf.size).toBeLessThanOrEqual(bound)
        }
      }),
    )
  })
})
