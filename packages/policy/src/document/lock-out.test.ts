import { expect, test } from 'vitest'
import { parsePolicy } from './parse.ts'

const findings = (type: 'key' | 'secret' | 'identity', statement: object) =>
  parsePolicy(JSON.stringify({ Version: '1', Statement: [statement] }), { language: 'ram', type })
    .findings.filter(({ code }) => code === 'LOCKS_OUT')
    .map(({ severity }) => severity)

const deny = { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' }
const of = (...ram: string[]) => ({ ...deny, Principal: { RAM: ram } })

test.each([
  ['everyone', 'key', deny],
  ['everyone of the account', 'key', of('acs:ram::1234567890123456:*')],
  ['by the action itself, among others', 'key', { ...deny, Action: ['kms:Encrypt', 'kms:setkeypolicy'] }],
  ['by a pattern', 'key', { ...deny, Action: 'kms:Set*' }],
  ['everyone of the account among others', 'key', of('acs:ram::1:user/ann', 'acs:ram::1234567890123456:*')],
  [
    'everyone beside a service',
    'key',
    { ...deny, Principal: { Service: ['x.aliyuncs.com'], RAM: ['acs:ram::1234567890123456:*'] } },
  ],
  ['a secret policy', 'secret', { ...deny, Action: 'kms:SetSecretPolicy' }],
] as const)('a policy that denies its own change to %s is warned of', (_what, type, statement) => {
  expect(findings(type, statement)).toEqual(['warning'])
})

test.each([
  ['one user', 'key', of('acs:ram::1234567890123456:user/ann')],
  ['what looks like everyone', 'key', of('acs:ram::*:user/ann', 'acs:ram::1:user/a*', '*x')],
  ['the root', 'key', of('acs:ram::1234567890123456:root')],
  ['another action', 'key', { ...deny, Action: 'kms:Encrypt' }],
  ['the change of the other kind', 'key', { ...deny, Action: 'kms:SetSecretPolicy' }],
  ['a condition', 'key', { ...deny, Condition: { Bool: { 'acs:SecureTransport': 'false' } } }],
  ['an Allow', 'key', { ...deny, Effect: 'Allow' }],
  ['an identity policy', 'identity', { Effect: 'Deny', Action: 'kms:*', Resource: '*' }],
] as const)('%s is no lock-out', (_what, type, statement) => {
  expect(findings(type, statement)).toEqual([])
})
