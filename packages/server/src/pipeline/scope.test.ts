import { Type } from 'typebox'
import { expect, it } from 'vitest'
import { readOperation, writeOperation } from './operation.ts'
import { type ScopeParts, scopesOf } from './scope.ts'

// The types are the test: `tsc` fails where an `@ts-expect-error` has nothing to expect, so each line below shows that
// a function of an operation cannot even name what it may not use.

const base = { summary: '', input: Type.Object({}), output: Type.Object({}), example: {} }
const nothing = (..._: unknown[]) => undefined

export const read = readOperation({
  ...base,
  name: 'test:Read',
  effect: 'read',
  // @ts-expect-error: loading does not open keys
  resolve: (scope) => nothing(scope.keyring, scope.store.read, scope.cache.get),
  checks: (scope) => {
    nothing(scope.caller, scope.connection, scope.regions)
    // @ts-expect-error: a check cannot reach the keyring
    nothing(scope.keyring)
    // @ts-expect-error: nor the store
    nothing(scope.store)
    // @ts-expect-error: nor what is cached
    nothing(scope.cache)
    // @ts-expect-error: nor the time
    nothing(scope.clock)
    return []
  },
  state: (scope) => {
    nothing(scope.clock)
    // @ts-expect-error: a state is looked at, not loaded
    nothing(scope.store)
    // @ts-expect-error: and opens no key
    nothing(scope.keyring)
  },
  work: (scope) => {
    nothing(scope.keyring, scope.store.read)
    // @ts-expect-error: a read writes nothing
    nothing(scope.store.write)
    // @ts-expect-error: and changes nothing of the cache
    nothing(scope.cache.drop)
    return {}
  },
})

export const write = writeOperation({
  ...base,
  name: 'test:Write',
  effect: 'write',
  // @ts-expect-error: loading does not write
  resolve: (scope) => nothing(scope.store.write),
  checks: () => [],
  decided: () => [],
  // @ts-expect-error: like a check, plain data alone
  touches: (scope) => [{ account: String(scope.store), kind: 'keys' }],
  // @ts-expect-error: what is prepared is not written yet
  prepare: (scope) => nothing(scope.keyring, scope.asymmetric, scope.store.write),
  work: async (tx, scope) => {
    nothing(tx, scope.clock, scope.warn)
    // @ts-expect-error: the work of a write has its transaction and no other way to the store
    nothing(scope.store)
    // @ts-expect-error: and opens no key, since it may be run again
    nothing(scope.keyring)
    return {}
  },
})

it('what a scope holds at run time is what its type says', () => {
  const part = (name: string) => ({ name })
  const cache = { get: () => {}, find: () => {}, drop: () => {}, proof: () => 0 }
  const parts = {
    ...Object.fromEntries(['clock', 'keyring', 'asymmetric', 'regions'].map((name) => [name, part(name)])),
    cache,
    store: { read: part('read'), write: () => {} },
    audit: part('audit'),
    findLayers: () => {},
  } as unknown as ScopeParts
  const scopes = scopesOf(parts, { caller: part('caller') as never, connection: part('connection') as never })
  const check = ['caller', 'cloudDefaultPolicy', 'connection', 'regions', 'strictDependencies']
  expect(Object.keys(scopes.check).sort()).toEqual(check)
  expect(Object.keys(scopes.state).sort()).toEqual([...check, 'clock'].sort())
  expect(Object.keys(scopes.resolve).sort()).toEqual([...check, 'cache', 'clock', 'store'].sort())
  expect(Object.keys(scopes.resolve.store)).toEqual(['read'])
  expect(Object.keys(scopes.resolve.cache)).toEqual(['get', 'find'])
  expect(Object.keys(scopes.work).sort()).toEqual(
    [...check, 'asymmetric', 'cache', 'clock', 'keyring', 'store'].sort(),
  )
})
