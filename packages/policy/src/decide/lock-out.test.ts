import { expect, test } from 'vitest'
import { policy } from '../../test/kit.ts'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import { lockOuts, mayLetIn } from './lock-out.ts'

const mine = '1111'
const ram = (...values: string[]) => ({ RAM: values })
const all = { Effect: 'Allow', Principal: ram(`acs:ram::${mine}:*`), Action: ['kms:*'], Resource: ['*'] }
const deny = (Action: string | string[], Principal: unknown = '*', rest: object = {}) => ({
  Effect: 'Deny',
  Principal,
  Action,
  Resource: '*',
  ...rest,
})
const locksOut = (...of: Parameters<typeof lockOuts>) => lockOuts(...of).length > 0
const says = (...statements: object[]) => locksOut(policy('ram', 'key', 'p', ...statements).document, mine)

test.each<[who: string, statements: object[]]>([
  ['the whole account by name', [all, deny('kms:SetKeyPolicy', ram(`acs:ram::${mine}:*`))]],
  ['everyone, by a wildcard', [all, deny('kms:Set*')]],
  ['everyone from everything', [deny('kms:*')]],
  [
    'everyone, in one statement of several',
    [all, deny('kms:Encrypt'), deny(['kms:Get*', 'kms:SetKeyPolicy'])],
  ],
  ['everyone, under an empty condition', [deny('kms:*', '*', { Condition: {} })]],
])('%s is locked out', (_, statements) => {
  expect(says(...statements)).toBe(true)
})

test.each<[who: string, statements: object[]]>([
  ['nobody', [all]],
  ['everyone from another action', [all, deny('kms:ScheduleKeyDeletion')]],
  ['everyone from the change of the other kind', [all, deny('kms:SetSecretPolicy')]],
  ['one user', [all, deny('kms:*', ram(`acs:ram::${mine}:user/a`))]],
  ['another account', [all, deny('kms:*', ram('acs:ram::9999999999999999:*'))]],
  ['the root alone, whom it does not bind', [all, deny('kms:*', ram(`acs:ram::${mine}:root`))]],
  [
    'everyone, under a condition',
    [all, deny('kms:*', '*', { Condition: { Bool: { 'acs:SecureTransport': 'false' } } })],
  ],
  [
    'everyone outside a network',
    [all, deny('kms:*', '*', { Condition: { NotIpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } })],
  ],
])('%s: no lock-out', (_, statements) => {
  expect(says(...statements)).toBe(false)
})

test('a secret policy is changed by its own action, an identity policy by none', () => {
  const secret = policy('ram', 'secret', 'p', deny('kms:SetSecretPolicy'))
  expect(locksOut(secret.document, mine)).toBe(true)
  expect(locksOut(policy('ram', 'secret', 'p', deny('kms:SetKeyPolicy')).document, mine)).toBe(false)
  const identity = policy('ram', 'identity', 'p', { Effect: 'Deny', Action: '*', Resource: '*' })
  expect(locksOut(identity.document, mine)).toBe(false)
})

test('where the owner is not known, whoever locks out an account that the policy names is told', () => {
  const { document } = policy('ram', 'key', 'p', all, deny('kms:*', ram('acs:ram::9999999999999999:*')))
  expect(lockOuts(document).map(({ index }) => index)).toEqual([1])
  expect(lockOuts(document, mine)).toEqual([])
})

test.each<[what: string, statement: object, expected: boolean]>([
  ['everything', { Effect: 'Allow', Action: '*', Resource: '*' }, true],
  ['attaching policies to users', { Effect: 'Allow', Action: 'ram:AttachPolicy*', Resource: '*' }, true],
  ['attaching to another user alone', attaching(`acs:ram:*:${mine}:user/bob`), false],
  ['attaching in another account alone', attaching('acs:ram:*:2222:user/*'), false],
  [
    'everything under a condition',
    {
      Effect: 'Allow',
      Action: '*',
      Resource: '*',
      Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } },
    },
    false,
  ],
  ['nothing', { Effect: 'Deny', Action: '*', Resource: '*' }, false],
])('a user who is allowed %s can let others in: %j', (_what, statement, expected) => {
  const ann = { kind: 'user', account: mine, id: `acs:ram::${mine}:user/ann` } as const
  const own = compilePolicies('ram', [policy('ram', 'identity', 'own', statement)])
  expect(mayLetIn('ram', ann, 'ann', own)).toBe(expected)
})

test('what the organization of the account forbids, nobody in it can let others in by', () => {
  const ann = { kind: 'user', account: mine, id: `acs:ram::${mine}:user/ann` } as const
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
  const own = compilePolicies('ram', [policy('ram', 'identity', 'own', everything)])
  const level = (...statements: object[]) =>
    compilePolicies('ram', [policy('ram', 'control', 'level', ...statements)])
  const closed = level(everything, { Effect: 'Deny', Action: 'ram:*', Resource: '*' })
  expect(mayLetIn('ram', ann, 'ann', own, [])).toBe(true)
  expect(mayLetIn('ram', ann, 'ann', own, [level(everything)])).toBe(true)
  expect(mayLetIn('ram', ann, 'ann', own, [level(everything), closed])).toBe(false)
})

test('a policy of a resource that names several is about each of them, and about nobody else', () => {
  const user = (name: string) => `acs:ram::${mine}:user/${name}`
  const named = { ...all, Principal: ram(user('ann'), user('bob')) }
  const resource = compilePolicies('ram', [policy('ram', 'key', 'key', named)])
  const allowed = (name: string) => {
    const principal = { kind: 'user', account: mine, id: user(name) } as const
    const asked = { action: 'kms:Encrypt', resource: `acs:kms:r:${mine}:key/k`, context: new Map() }
    return decide('ram', { principal, ...asked }, { resource }).allowed
  }
  expect(['ann', 'bob', 'carl'].map(allowed)).toEqual([true, true, false])
})

function attaching(resource: string) {
  return { Effect: 'Allow', Action: 'ram:AttachPolicyToUser', Resource: resource }
}
