import { expect, test } from 'vitest'
import { readAnswer } from './answer.ts'

const answer = (status: number, content?: unknown) =>
  readAnswer({ status, headers: {}, body: content === undefined ? '' : JSON.stringify(content) })

test('a success is its JSON, and an empty one is empty', () => {
  expect(answer(200, { A: 1 })).toEqual({ exitCode: 0, content: { A: 1 } })
  expect(answer(204)).toEqual({ exitCode: 0, content: {} })
})

test.each([
  ['ImplicitDeny', 'AccountLevelIdentityBasedPolicy', 'no identity policy allows kms:Encrypt'],
  [
    'ExplicitDeny',
    'AccountLevelIdentityBasedPolicy',
    'a statement of an identity policy forbids kms:Encrypt',
  ],
  ['ExplicitDeny', 'ResourceBasedPolicy', 'a statement of a resource policy forbids kms:Encrypt'],
])('a denial on the RPC wire is said in words: %s by %s', (NoPermissionType, PolicyType, words) => {
  const AccessDeniedDetail = { AuthAction: 'kms:Encrypt', NoPermissionType, PolicyType }
  const read = answer(403, { Code: 'Forbidden.NoPermission', Message: 'no', AccessDeniedDetail })
  expect(read).toMatchObject({ exitCode: 3, sentence: `denied: ${words}` })
})

test('a denial on the REST wire has its own words', () => {
  const read = answer(403, { error_code: 'KPS.403', error_msg: 'not authorized' })
  expect(read).toMatchObject({ exitCode: 3, sentence: 'denied: not authorized' })
})

test('a denial that carries its diagnosis says how to read it', () => {
  const AccessDeniedDetail = { AuthAction: 'kms:Encrypt', EncodedDiagnosticMessage: 'AQ' }
  expect(answer(403, { Code: 'Forbidden.NoPermission', AccessDeniedDetail }).more).toBe(
    'see why: the same command with --why',
  )
  expect(answer(403, { error_code: 'KPS.403', encoded_authorization_message: 'AQ' }).more).toBe(
    'see why: the same command with --why',
  )
  expect(answer(403, { error_code: 'KPS.403' })).not.toHaveProperty('more')
  expect(answer(404, { error_code: 'KPS.404', encoded_authorization_message: 'AQ' })).not.toHaveProperty(
    'more',
  )
})

test.each([
  [
    404,
    { Code: 'Forbidden.KeyNotFound', Message: 'gone' },
    'refused: gone (Forbidden.KeyNotFound, HTTP 404)',
  ],
  [401, { error_code: 'APIGW.0301', error_msg: 'who' }, 'refused: who (APIGW.0301, HTTP 401)'],
  [
    503,
    { Code: 'ServiceUnavailableTemporary', Message: 'later' },
    'refused: later (ServiceUnavailableTemporary, HTTP 503)',
  ],
])('every other refusal is a failure: %i', (status, content, sentence) => {
  expect(answer(status, content)).toEqual({ exitCode: 1, content, sentence })
})

test.each([200, 502])('an answer of another program is a failure: %i', (status) => {
  const read = readAnswer({ status, headers: {}, body: '<html>' })
  expect(read).toMatchObject({
    exitCode: 1,
    sentence: expect.stringContaining('is this the endpoint of a keyward?'),
  })
})
