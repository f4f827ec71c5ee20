import { expect, test } from 'vitest'
import type { LanguageName, PolicyType } from '../decide/types.ts'
import { parsePolicy } from './parse.ts'

const risks = (language: LanguageName, type: PolicyType, statement: object) => {
  const text = JSON.stringify({ Version: language === 'ram' ? '1' : '5.0', Statement: [statement] })
  const { document, findings } = parsePolicy(text, { language, type, risks: true })
  expect(document).toBeDefined()
  return findings.map(({ code }) => code).filter((code) => /^(ALLOWS|OPEN)/.test(code))
}
const allow = { Effect: 'Allow', Resource: '*' }
const ip = { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } }

test.each<[string, LanguageName, PolicyType, object, string[]]>([
  ['everything', 'ram', 'identity', { ...allow, Action: '*' }, ['ALLOWS_EVERYTHING']],
  [
    'everything by both parts',
    'ram',
    'identity',
    { ...allow, Action: ['kms:Encrypt', '*:*'] },
    ['ALLOWS_EVERYTHING'],
  ],
  ['everything of iam', 'iam', 'identity', { Effect: 'Allow', Action: ['*:*:*'] }, ['ALLOWS_EVERYTHING']],
  [
    'everything on every name',
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['*'], Resource: ['*'] },
    ['ALLOWS_EVERYTHING'],
  ],
  ['one service', 'ram', 'identity', { ...allow, Action: 'kms:*' }, []],
  [
    'everything on one name',
    'ram',
    'identity',
    { Effect: 'Allow', Action: '*', Resource: 'acs:kms:*:*:key/a' },
    [],
  ],
  ['everything under a condition', 'ram', 'identity', { ...allow, Action: '*', Condition: ip }, []],
  ['a denial of everything', 'ram', 'identity', { ...allow, Effect: 'Deny', Action: '*' }, []],
  ['what limits', 'ram', 'control', { ...allow, Action: '*' }, []],
  ['everything but', 'ram', 'identity', { ...allow, NotAction: 'ram:*' }, ['ALLOWS_ALL_BUT']],
  ['a denial of everything but', 'ram', 'identity', { ...allow, Effect: 'Deny', NotAction: 'ram:*' }, []],
  ['an open key', 'ram', 'key', { ...allow, Action: 'kms:*', Principal: '*' }, ['OPEN_TO_EVERYONE']],
  [
    'an open key, by a member',
    'ram',
    'key',
    { ...allow, Action: 'kms:*', Principal: { RAM: ['*'] } },
    ['OPEN_TO_EVERYONE'],
  ],
  [
    'an open secret',
    'ram',
    'secret',
    { ...allow, Action: 'kms:GetSecretValue', Principal: '*' },
    ['OPEN_TO_EVERYONE'],
  ],
  [
    'an open role',
    'iam',
    'trust',
    { Effect: 'Allow', Action: ['sts:agencies:assume'], Principal: { IAM: ['*'] } },
    ['OPEN_TO_EVERYONE'],
  ],
  [
    'a key for an account',
    'ram',
    'key',
    { ...allow, Action: 'kms:*', Principal: { RAM: ['acs:ram::1:root'] } },
    [],
  ],
  [
    'an open key under a condition on where',
    'ram',
    'key',
    { ...allow, Action: 'kms:*', Principal: '*', Condition: ip },
    [],
  ],
  [
    'an open key under a condition that says nothing of who',
    'ram',
    'key',
    {
      ...allow,
      Action: 'kms:*',
      Principal: '*',
      Condition: { NumericGreaterThan: { 'kms:TlsVersion': '1.1' } },
    },
    ['OPEN_TO_EVERYONE'],
  ],
  [
    'a denial of everyone',
    'ram',
    'key',
    { ...allow, Effect: 'Deny', Action: 'kms:Decrypt', Principal: '*' },
    [],
  ],
])('%s', (_, language, type, statement, codes) => {
  expect(risks(language, type, statement)).toEqual(codes)
})

test('a document is not judged by its risks where nobody asks', () => {
  const text = JSON.stringify({ Version: '1', Statement: [{ ...allow, Action: '*' }] })
  expect(parsePolicy(text, { language: 'ram', type: 'identity' }).findings).toEqual([])
})
