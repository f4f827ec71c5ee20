import { expect, test } from 'vitest'
import { conditionContext } from '../case/context.ts'
import { parsePolicy } from '../document/parse.ts'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import { explain } from './explain.ts'
import type { RequestPrincipal } from './types.ts'

const principal: RequestPrincipal = { kind: 'user', account: '1', id: 'acs:ram::1:user/a' }
const compiled = (...statements: object[]) => {
  const { document } = parsePolicy(JSON.stringify({ Version: '1', Statement: statements }), {
    language: 'ram',
    type: 'identity',
  })
  return compilePolicies('ram', [{ name: 'p', document: document! }])
}
const ask = (identity: ReturnType<typeof compiled>, action: string, resource: string) =>
  decide('ram', { principal, action, resource, context: conditionContext({}) }, { identity })

test('what decided: policy, and statement by Sid or number', () => {
  const identity = compiled(
    { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' },
    { Sid: 'no decryption', Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' },
    { Sid: '', Effect: 'Allow', Action: 'kms:GetPublicKey', Resource: '*' },
  )
  expect(identity).toMatchObject({ language: 'ram', statements: 3 })
  expect(ask(identity, 'kms:Encrypt', '*')).toEqual({
    allowed: true,
    reason: 'Allowed',
    layer: 'identity',
    policy: 'p',
    statement: '#0',
  })
  expect(ask(identity, 'kms:Decrypt', '*')).toMatchObject({
    reason: 'ExplicitDeny',
    statement: 'no decryption',
  })
  expect(ask(identity, 'kms:GetPublicKey', '*')).toMatchObject({ statement: '#2' })
  expect(ask(identity, 'kms:DescribeKey', '*')).toEqual({
    allowed: false,
    reason: 'ImplicitDeny',
    layer: 'identity',
  })
})

test('more actions and heads than an index remembers are decided all the same, again and again', () => {
  const identity = compiled({ Effect: 'Allow', Action: 'x:A*', Resource: 'acs:x:*:1:r/*' })
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 150; i++) {
      expect(ask(identity, `x:A${i}`, 'acs:x:r:1:r/a').allowed).toBe(true)
      expect(ask(identity, `x:B${i}`, 'acs:x:r:1:r/a').allowed).toBe(false)
      expect(ask(identity, 'x:A', `acs:x:region-${i}:1:r/a`).allowed).toBe(true)
    }
  }
})

test('explain names element, key, operator, wanted and actual', () => {
  const identity = compiled(
    {
      Sid: 'near',
      Effect: 'Allow',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { StringEquals: { 'kms:tag/P': 'A' } },
    },
    {
      Sid: 'nearer than it looks',
      Effect: 'Allow',
      Action: 'kms:Encrypt',
      Resource: 'acs:kms:*:*:key/other',
    },
    { Sid: 'far', Effect: 'Allow', Action: 'kms:Decrypt', Resource: 'acs:kms:*:*:key/other' },
    {
      Sid: 'refused',
      Effect: 'Allow',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { StringEquals: { 'kms:EncryptionContextKeys': 'x' } },
    },
    {
      Sid: 'unread',
      Effect: 'Allow',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { NumericEquals: { 'kms:TlsVersion': '1.2' } },
    },
    {
      Sid: 'uncarried',
      Effect: 'Allow',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { StringEquals: { 'kms:SecretName': 's' } },
    },
  )
  const context = conditionContext({
    'kms:tag/P': 'B',
    'kms:TlsVersion': 'TLS',
    'kms:SecretName': 's',
    'kms:EncryptionContextKeys': ['x'],
  })
  const request = { principal, action: 'kms:Encrypt', resource: 'acs:kms:r:1:key/k', context }
  const { decision, layers, nearMisses, changes } = explain('ram', request, { identity })
  expect(decision.reason).toBe('ImplicitDeny')
  const by = Object.fromEntries(layers[0]!.statements.map((one) => [one.statement, one.failures]))
  expect(by.near).toEqual([
    {
      element: 'condition',
      operator: 'StringEquals',
      key: 'kms:tag/P',
      wanted: ['A'],
      actual: 'B',
      found: 'value',
    },
  ])
  expect(by['nearer than it looks']).toEqual([
    { element: 'resource', negated: false, wanted: ['acs:kms:*:*:key/other'], actual: ['acs:kms:r:1:key/k'] },
  ])
  expect(by.far!.map((f) => f.element)).toEqual(['action', 'resource'])
  expect(by.refused).toEqual([{ element: 'policy type', key: 'kms:EncryptionContextKeys' }])
  expect(by.unread).toMatchObject([{ actual: 'TLS', found: 'unreadable' }])
  expect(by.uncarried).toMatchObject([{ actual: undefined, found: 'not carried' }])
  expect(nearMisses.map((one) => one.statement)).toEqual([
    'near',
    'unread',
    'uncarried',
    'refused',
    'nearer than it looks',
  ])
  expect(changes).toMatchObject([
    {
      change: 'allow',
      place: { layer: 'identity' },
      near: nearMisses,
      statement: { Effect: 'Allow', Action: ['kms:Encrypt'], Resource: ['acs:kms:r:1:key/k'] },
    },
  ])
})

test('explain says that Null found a value', () => {
  const text = JSON.stringify({
    Version: '5.0',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['kps::getTask'],
        Condition: { Null: { 'g:MFAAge': 'true', 'g:UserName': 'false' } },
      },
    ],
  })
  const { document } = parsePolicy(text, { language: 'iam', type: 'identity' })
  const identity = compilePolicies('iam', [{ name: 'p', document: document! }])
  const context = conditionContext({ 'g:MFAAge': '5' })
  const caller: RequestPrincipal = { kind: 'user', account: 'd', id: 'iam::d:user:a' }
  const { layers } = explain(
    'iam',
    { principal: caller, action: 'kps::getTask', resource: '*', context },
    { identity },
  )
  expect(layers[0]!.statements[0]!.failures).toMatchObject([
    { key: 'g:MFAAge', actual: '5', found: 'value' },
    { key: 'g:UserName', actual: undefined, found: 'absent' },
  ])
})
