import { describe, expect, test, vi } from 'vitest'
import { decide } from '../decide/decide.ts'
import { conditionContext } from './context.ts'
import { evaluateCase, prepareCase } from './evaluate-case.ts'

describe('the context over a record', () => {
  test('is asked by the normal form, whatever the record spells', () => {
    const context = conditionContext({
      'ACS:SourceIp': '10.0.0.1',
      'KMS:Tag/Project': 'A',
      'kms:encryptionCONTEXT:a/b': 'x',
    })
    expect(context.get('acs:sourceip')).toBe('10.0.0.1')
    expect(context.get('kms:tag/Project')).toBe('A')
    expect(context.get('kms:tag/project')).toBeUndefined()
    expect(context.get('kms:encryptioncontext:a/b')).toBe('x')
  })

  test('a name without its tag has the values of all tags, unless it stands there itself', () => {
    const lists = { 'kms:tag/A': '1', 'kms:tag/B': ['2', '3'], 'kms:tag/C': undefined, 'kms:tagged/D': '4' }
    expect(conditionContext(lists).get('kms:tag')).toEqual(['1', '2', '3'])
    expect(conditionContext({ ...lists, 'kms:tag': 'own' }).get('kms:tag')).toBe('own')
    expect(conditionContext({}).get('kms:tag')).toBeUndefined()
  })

  test('functions are called only for keys that a policy looks at', () => {
    const looked = vi.fn(() => 'A')
    const never = vi.fn(() => 'B')
    const { layers, request } = prepareCase({
      language: 'ram',
      policies: {
        identity: [
          {
            Version: '1',
            Statement: [
              {
                Effect: 'Allow',
                Action: 'kms:*',
                Resource: '*',
                Condition: { StringEquals: { 'kms:tag/P': 'A' } },
              },
            ],
          },
        ],
      },
      request: {
        principal: 'acs:ram::1:user/a',
        action: 'kms:Encrypt',
        resource: 'acs:kms:x:1:key/k',
        context: { 'kms:tag/P': looked, 'acs:Referer': never },
      },
    })
    expect(decide('ram', request, layers).allowed).toBe(true)
    expect(looked).toHaveBeenCalledOnce()
    expect(never).not.toHaveBeenCalled()
  })
})

describe('callers by name', () => {
  const request = { action: 'kms:Encrypt', resource: '*' }
  const caller = (language: 'ram' | 'iam', principal: string, root?: boolean) =>
    prepareCase({
      language,
      policies: {},
      request: { ...request, principal, ...(root !== undefined && { root }) },
    }).request.principal

  test.each<['ram' | 'iam', string, object]>([
    ['ram', 'acs:ram::1:user/a', { kind: 'user', account: '1', id: 'acs:ram::1:user/a' }],
    ['ram', 'acs:ram::1:root', { kind: 'root', account: '1', id: 'acs:ram::1:root' }],
    [
      'ram',
      'acs:ram::1:role/r',
      { kind: 'session', account: '1', id: 'acs:ram::1:role/r', role: 'acs:ram::1:role/r' },
    ],
    [
      'ram',
      'acs:ram::1:role/r/s',
      { kind: 'session', account: '1', id: 'acs:ram::1:assumed-role/r/s', role: 'acs:ram::1:role/r' },
    ],
    [
      'ram',
      'acs:ram::1:assumed-role/r/s',
      { kind: 'session', account: '1', id: 'acs:ram::1:assumed-role/r/s', role: 'acs:ram::1:role/r' },
    ],
    ['iam', 'iam::d:user:a', { kind: 'user', account: 'd', id: 'iam::d:user:a' }],
    ['iam', 'iam::d:root', { kind: 'root', account: 'd', id: 'iam::d:root' }],
    [
      'iam',
      'iam::d:agency:g',
      { kind: 'session', account: 'd', id: 'iam::d:agency:g', role: 'iam::d:agency:g' },
    ],
    [
      'iam',
      'sts::d:assumed-agency:g/s',
      { kind: 'session', account: 'd', id: 'sts::d:assumed-agency:g/s', role: 'iam::d:agency:g' },
    ],
    [
      'iam',
      'sts::d:assumed-agency:g',
      { kind: 'session', account: 'd', id: 'sts::d:assumed-agency:g', role: 'iam::d:agency:g' },
    ],
    ['iam', 'sts::d:external-user:p/s', { kind: 'session', account: 'd', id: 'sts::d:external-user:p/s' }],
  ])('%s %s', (language, id, expected) => {
    expect(caller(language, id)).toEqual(expected)
  })

  test('a root flag makes the root identity of its account of whoever it stands beside', () => {
    expect(caller('iam', 'iam::d:user:a', true)).toEqual({ kind: 'root', account: 'd', id: 'iam::d:user:a' })
  })

  test.each<['ram' | 'iam', string]>([
    ['ram', 'a'],
    ['ram', 'acs:ram::1:user'],
    ['ram', 'acs:ram::1:role'],
    ['ram', 'acs:ram::1:group/g'],
    ['ram', 'acs:ram::1:root/x'],
    ['iam', 'iam::d:user'],
    ['iam', 'acs:ram::1:user/a'],
  ])('%s: %s is none', (language, id) => {
    expect(() => caller(language, id)).toThrow(TypeError)
  })
})

test('a case with a document that is refused decides nothing, and says which', () => {
  const outcome = evaluateCase({
    name: 'n',
    language: 'ram',
    policies: {
      identity: ['{', { Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }],
      organization: [[{ Version: '2' }]],
    },
    request: { principal: 'acs:ram::1:user/a', action: 'kms:Encrypt', resource: '*' },
  })
  expect(outcome.decision).toBeUndefined()
  expect(outcome.refused.map(({ at, findings }) => [at, findings[0]!.code])).toEqual([
    ['identity[0]', 'JSON_SYNTAX_ERROR'],
    ['organization[0][0]', 'MISSING_STATEMENT'],
  ])
  const fine = evaluateCase({
    language: 'ram',
    policies: {},
    request: { principal: 'acs:ram::1:user/a', action: 'kms:Encrypt', resource: '*' },
  })
  expect(fine).toEqual({
    decision: 'Deny',
    reason: 'ImplicitDeny',
    by: { allowed: false, reason: 'ImplicitDeny', layer: 'identity' },
    refused: [],
  })
})
