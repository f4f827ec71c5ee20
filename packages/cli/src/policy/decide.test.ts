import { readFileSync } from 'node:fs'
import type { PolicyCase } from '@keyward/policy'
import { expect, test } from 'vitest'
import { cpuOf } from '../../../../test/cpu.ts'
import { allow, policyFolder } from './testing/folder.ts'

const seed = new URL('../../../policy/cases/ram/seed.json', import.meta.url)
const request = { principal: 'acs:ram::1:user/a', action: 'kms:Encrypt', resource: 'acs:kms:r:1:key/k' }
const one = (more: object = {}) => ({
  name: 'one',
  language: 'ram',
  policies: { identity: [allow('kms:Encrypt')] },
  request,
  ...more,
})
const { policy } = policyFolder({})
const decide = (value: unknown) =>
  policy('decide --cases -', { input: typeof value === 'string' ? value : JSON.stringify(value) })

test('one line a case, with name, decision and reason and nothing else', async () => {
  const cases: PolicyCase[] = JSON.parse(readFileSync(seed, 'utf8'))
  const { exitCode, out, err } = await decide(cases)
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
  expect(out.split('\n')).toEqual(
    cases.map(({ name, expect, reason }) => JSON.stringify({ name, decision: expect, reason })),
  )
  expect(out).toMatch(/^\{"name":"[^"]*","decision":"(Allow|Deny)","reason":"[A-Za-z]+"\}\n/)
})

test('a single case, a case without a name, documents as text, plain values', async () => {
  expect(await decide(one())).toMatchObject({
    exitCode: 0,
    out: '{"name":"one","decision":"Allow","reason":"Allowed"}',
  })
  const texts = one({ name: undefined, policies: { identity: [JSON.stringify(allow('kms:Encrypt'))] } })
  const typed = one({
    policies: {
      identity: [allow('kms:Encrypt', { Condition: { Bool: { 'acs:SecureTransport': 'true' } } })],
    },
    request: { ...request, context: { 'acs:SecureTransport': true } },
  })
  expect((await decide([texts, typed])).out).toBe(
    '{"name":"#0","decision":"Allow","reason":"Allowed"}\n{"name":"one","decision":"Allow","reason":"Allowed"}',
  )
})

test('what cannot be decided is denied, with the reason on standard error', async () => {
  const cases = [
    one({ policies: { identity: [{ Version: '1' }] } }),
    one({ name: 'two', request: { ...request, principal: 'ann' } }),
    one({ name: 'three' }),
  ]
  const denied = '"decision":"Deny","reason":"ImplicitDeny"}'
  expect(await decide(cases)).toEqual({
    exitCode: 4,
    statuses: [],
    out: `{"name":"one",${denied}\n{"name":"two",${denied}\n{"name":"three","decision":"Allow","reason":"Allowed"}`,
    err: [
      'keyward: case one: identity[0] would be refused: 1:1: the document has no `Statement` [MISSING_STATEMENT]',
      'keyward: case two: `ann` names no principal of the language `ram`',
    ].join('\n'),
  })
})

test.each<[says: string, value: unknown]>([
  ['`<stdin>` is not JSON: Unexpected end of JSON input', ''],
  ['`<stdin>` is not JSON: Expected', '{"a" 1}'],
  ['`<stdin>` is nested deeper than 64 levels', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['`<stdin>` is not JSON: ', '"a\\'.repeat(1_000_000)],
  ['<stdin>: a case is an object', '7'],
  ['<stdin>: case #1: a case is an object', [one(), null]],
  ['<stdin>: `language` is `ram` or `iam`', one({ language: 'aws' })],
  ['<stdin>: there is no layer `sesion`; did you mean `session`?', one({ policies: { sesion: [] } })],
  ['`policies.identity` is a list', one({ policies: { identity: allow('*') } })],
  ['`policies.identity` is a list of documents', one({ policies: { identity: [1] } })],
  ['`policies.organization` is a list of levels', one({ policies: { organization: [allow('*')] } })],
  ['`policies` is an object of layers', one({ policies: undefined })],
  ['`request` is an object', one({ request: [] })],
  ['`request.action` is a string', one({ request: { ...request, action: 1 } })],
  ['`request.root` is true or false', one({ request: { ...request, root: 'yes' } })],
  ['`request.context`: `k` is a string or a list', one({ request: { ...request, context: { k: null } } })],
  ['`expect` is one of `Allow`, `Deny`', one({ expect: 'allow' })],
  ['<stdin>: case #999: a case is an object', Array.from({ length: 1000 }, () => 0)],
])('a file that holds no cases is a misuse: %s', async (says, value) => {
  const { exitCode, out, err } = await decide(value)
  if (!says.includes('#999')) expect(err).toContain(says)
  else expect(err.split('\n').at(-1)).toBe('keyward: and 980 more')
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
})

test('five thousand cases cost as much each as one thousand, also when no two share a document', async () => {
  const run = async (count: number) => {
    const cases = Array.from({ length: count }, (_, i) =>
      one({ name: `case ${i}`, policies: { identity: [allow(['kms:Encrypt', `kms:Own${i}`])] } }),
    )
    const { exitCode, out } = await decide(cases)
    expect(exitCode).toBe(0)
    const allowed = out.split('\n').filter((line) => line.endsWith('"decision":"Allow","reason":"Allowed"}'))
    expect(allowed).toHaveLength(count)
  }
  const few = await cpuOf(() => run(1000))
  // Five times as many; comparing every two would take twenty-five times as long.
  expect(await cpuOf(() => run(5000))).toBeLessThan(12 * few)
}, 60_000)

test('it wants to be told which cases', async () => {
  expect(await policy('decide')).toMatchObject({ exitCode: 2, err: 'keyward: say which cases: --cases FILE' })
})
