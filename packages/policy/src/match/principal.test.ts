import { expect, test } from 'vitest'
import type { RequestPrincipal } from '../decide/types.ts'
import { everyone, everyoneIn, identity, rootOf } from './principal.ts'

const user: RequestPrincipal = { kind: 'user', account: '1', id: 'ann' }
const session: RequestPrincipal = { kind: 'session', account: '1', id: 'ops/s', role: 'ops' }
const root: RequestPrincipal = { kind: 'root', account: '1', id: 'root' }
const foreign: RequestPrincipal = { kind: 'user', account: '2', id: 'ann' }
const callers = [user, session, root, foreign]

test.each([
  ['everyone', everyone, [true, true, true, true]],
  ['everyone in an account', everyoneIn('1'), [true, true, true, false]],
  ['one identity', identity('ann'), [true, false, false, true]],
  ['a role, in its sessions', identity('ops'), [false, true, false, false]],
  ['a session by one of two names', identity('x', 'ops/s'), [false, true, false, false]],
  ['the root of the owner', rootOf('1'), [false, false, true, false]],
  ['the root of another account: everyone in it', rootOf('2'), [false, false, false, true]],
] as const)('%s', (_, matcher, expected) => {
  expect(callers.map((caller) => matcher(caller, '1'))).toEqual(expected)
})
