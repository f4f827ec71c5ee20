import { createSecretKey } from 'node:crypto'
import { expect, it } from 'vitest'
import { rootCaller, sessionCaller } from './callers.ts'
import { type FindAccessKey, type FoundAccessKey, identify } from './identify.ts'
import type { AccessKeyCredential, Caller } from './principal.ts'

const account = { uid: '1000000000000001', domainId: 'd'.repeat(32), projectId: 'p'.repeat(32), name: 'a' }
const key = createSecretKey(Buffer.from('secret'))
const credential = (caller: Caller, active = true): AccessKeyCredential => ({
  id: caller.accessKeyId,
  active,
  secret: key,
  secretAmpersand: key,
  secretV4: key,
  caller,
})
const permanent = credential(rootCaller(account, 'LTAI1'))
const session = credential(
  sessionCaller(
    account,
    { id: 'r', ramId: '3', name: 'role', tags: new Map() },
    { name: 's', issuedAt: 0, expiresAt: 1, serviceLinked: false, token: 'TOKEN' },
    'STS.1',
  ),
)
const claim = (accessKeyId: string, securityToken?: string) => ({ accessKeyId, securityToken })
const finding = (found: FoundAccessKey) => () => found

it('a good key is its caller’s, without a promise where it is in memory', async () => {
  expect(identify(finding(permanent), claim('LTAI1'))).toEqual({ credential: permanent })
  expect(identify(finding(session), claim('STS.1', 'TOKEN'))).toEqual({ credential: session })
  expect(await identify(async () => permanent, claim('LTAI1'))).toEqual({ credential: permanent })
})

it.each([
  ['unknown', undefined],
  ['inactive', credential(permanent.caller, false)],
  ['token-missing', { token: 'missing' }],
  ['token-malformed', { token: 'malformed' }],
  ['token-mismatch', { token: 'mismatch' }],
  ['token-expired', { token: 'expired' }],
] as const)('what is %s gives no credential', (refused, found) => {
  expect(identify(finding(found), claim('LTAI1'))).toEqual({ refused })
})

it('an inactive key is inactive whatever token comes with it', () => {
  expect(identify(finding(credential(permanent.caller, false)), claim('LTAI1', '?'))).toEqual({
    refused: 'inactive',
  })
})

it('a token beside a permanent key refuses it: as another key’s, or as none', () => {
  const of = (token: string) => identify(finding(permanent), claim('LTAI1', token))
  expect(of('abc+/=_.-')).toEqual({ credential: permanent, refused: 'token-mismatch' })
  for (const token of ['a b', 'ä', 'x'.repeat(8193)]) {
    expect(of(token)).toEqual({ credential: permanent, refused: 'token-malformed' })
  }
})

it('an id that is too long is not looked up', () => {
  const asked: string[] = []
  const find: FindAccessKey = (id) => {
    asked.push(id)
    return permanent
  }
  expect(identify(find, claim('a'.repeat(129)))).toEqual({ refused: 'unknown' })
  expect(identify(find, claim('a'.repeat(128)))).toEqual({ credential: permanent })
  expect(asked).toEqual(['a'.repeat(128)])
})
