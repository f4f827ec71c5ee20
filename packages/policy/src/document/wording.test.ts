import { expect, test } from 'vitest'
import type { LanguageName, PolicyType } from '../decide/types.ts'
import { parsePolicy } from './parse.ts'

const d = 'd'.repeat(32)
const allow = { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }
const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
})
const both = (language: LanguageName, type: PolicyType, ...Statement: unknown[]) =>
  [language, type, { Version: language === 'ram' ? '1' : '5.0', Statement }] as const
const get = { Effect: 'Allow', Action: ['kps:SSHKeyPair:get'] }

/** Documents in which something is to be found, with its words: they are what an author has to go by. */
const documents: readonly (readonly [LanguageName, PolicyType, unknown, string?])[] = [
  ['ram', 'identity', '{'],
  ['ram', 'identity', '{"Version":"1" "Statement":[]} x'],
  ['ram', 'identity', []],
  ['ram', 'identity', { Id: 'x' }],
  ['ram', 'identity', { Version: 1, Statement: [] }],
  ['iam', 'identity', { Version: '1', Statement: {} }],
  ['iam', 'scp', { Version: '1.1', Statement: {} }],
  ['ram', 'session', JSON.stringify({ Version: '1', Statement: [allow] }).padEnd(2049)],
  both('ram', 'identity', 7, {
    Effect: 'Maybe',
    Principal: '*',
    NotPrincipal: '*',
    NotResource: '*',
    Sid: 'x',
  }),
  both(
    'ram',
    'identity',
    { ...allow, NotAction: 'kms:*', Action: [], Resource: [7, ''] },
    { ...allow, Action: 'Encrypt' },
  ),
  both(
    'ram',
    'identity',
    { ...allow, Condition: [] },
    { ...allow, ...when('StringIs', 'a', 'b') },
    { ...allow, Condition: { StringEquals: 'a' } },
  ),
  both(
    'ram',
    'identity',
    { ...allow, ...when('StringEquals', '', 'b') },
    { ...allow, ...when('StringEquals', 'acs:UserAgent', []) },
    { ...allow, ...when('StringEquals', 'acs:UserAgent', [7]) },
  ),
  both(
    'ram',
    'identity',
    { ...allow, ...when('NumericEquals', 'kms:TlsVersion', 'x') },
    { ...allow, ...when('DateEquals', 'acs:CurrentTime', 'x') },
    { ...allow, ...when('Bool', 'acs:SecureTransport', 'x') },
    { ...allow, ...when('IpAddress', 'acs:SourceIp', ['x', '1.2.3.4']) },
  ),
  both('ram', 'key', { Effect: 'Allow', NotAction: 'kms:*', Resource: 'acs:kms:*:*:key/a', Sid: '!' }),
  both('ram', 'key', {
    ...allow,
    Action: ['oss:Get', 'kms:CreateKey'],
    Sid: 7,
    Principal: { RAM: ['acs:ram::*:user/a', 7], Who: 'x', Service: [] },
  }),
  both(
    'ram',
    'key',
    { ...allow, Principal: {} },
    { ...allow, Principal: 'me' },
    { ...allow, Effect: 'Deny', Action: 'kms:*', Principal: '*' },
  ),
  both('ram', 'identity', {
    ...allow,
    Efect: 'Allow',
    NotResources: '*',
    Action: 'kms:Encrytp*',
    ...when('StringEqual', 'x', 'y'),
  }),
  both('ram', 'identity', { ...allow, ...when('StringEquals', 'acs:SorceIp', 'x') }),
  both('iam', 'identity', { ...get, Action: ['kms:dek:crypto'] }),
  both('ram', 'identity', { ...allow, Action: 'kms:DescribeRegions' }),
  [
    'iam',
    'identity',
    { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['kps:SSHKeyPair:unbind'] }] },
  ],
  both('ram', 'identity', { ...allow, Action: ['oss:GetObject', 'kms:Encryt', 'kms:Foo*'] }),
  both('ram', 'identity', { ...allow, Resource: ['acs:kms:*:*:secret/a', 'acs:kms:*:*:secret/b'] }),
  both(
    'ram',
    'identity',
    { ...allow, ...when('StringEquals', 'acs:Nothing', 'x') },
    { ...allow, ...when('StringEquals', 'kms:KeySpec/a', 'x') },
    { ...allow, ...when('StringEquals', 'kms:tag:a', 'x') },
    { ...allow, ...when('StringEquals', 'kms:EncryptionContext', 'x') },
  ),
  both(
    'ram',
    'identity',
    { ...allow, ...when('StringEquals', 'kms:EncryptionContextKeys', '*') },
    { ...allow, ...when('StringEquals', 'kms:SecretName', 'x') },
  ),
  both(
    'ram',
    'identity',
    {
      ...allow,
      Action: ['kms:Encrypt', 'kms:DeleteSecret', 'kms:PutSecretValue'],
      ...when('StringEquals', 'kms:SecretName', 'x'),
    },
    { ...allow, Action: 'kms:*', ...when('StringEquals', 'kms:SecretName', 'x') },
  ),
  ...[3, 4].map((count) =>
    both('ram', 'identity', {
      ...allow,
      Action: ['kms:DeleteSecret', 'kms:Encrypt', 'kms:Decrypt', 'kms:ListKeys', 'kms:GetPublicKey'].slice(
        0,
        count + 1,
      ),
      ...when('StringEquals', 'kms:SecretName', 'x'),
    }),
  ),
  both(
    'ram',
    'identity',
    { ...allow, ...when('NumericEquals', 'acs:SecureTransport', '1') },
    { ...allow, ...when('StringNotEquals', 'acs:UserAgent', 'x') },
  ),
  both(
    'iam',
    'identity',
    { ...get, Resource: ['kps:x', `kps:*:*:SSHKeyPair:\${g:UserName}`, '*:*:*:*:*'] },
    { ...get, Action: ['kps:domainKeypairs:get', 'kps:a'] },
  ),
  both(
    'iam',
    'identity',
    { ...get, ...when('StringEquals', 'g:TagKeys', 'x') },
    { ...get, Effect: 'Deny', ...when('StringNotEquals', 'g:TagKeys', 'x') },
    { ...get, ...when('Bool', 'g:ProjectName', 'true') },
  ),
  [
    'iam',
    'identity',
    {
      Version: '1.1',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['kps:SSHKeyPair:get', 'kps:SSHKeyPair:importPrivateKey', 'sts:agencies:assume'],
        },
      ],
    },
  ],
  both(
    'iam',
    'scp',
    { ...get, NotAction: ['kps:*:*'], Resource: ['kps:*:*:*:a'], ...when('Null', 'g:UserName', 'true') },
    { Effect: 'Deny', Action: [] },
  ),
  both(
    'iam',
    'trust',
    { Effect: 'Allow', Action: ['sts:agencies:assume'], Principal: { IAM: [d, 'x'] } },
    { ...get },
  ),
  [
    'ram',
    'identity',
    `{"Version":"1","Statement":[{"Effect":"Allow","Effect":"Deny","Action":"kms:*","Resource":"*"}]}`,
  ],
]

test('every finding says what is wrong in words', () => {
  const words = documents.map(([language, type, document]) => {
    const text = typeof document === 'string' ? document : JSON.stringify(document)
    const { findings } = parsePolicy(text, { language, type })
    const lines = findings.map(({ severity, code, message, offset, length }) => {
      const at = text.slice(offset, offset + length)
      return `  ${severity} ${code} at ${at.length > 40 ? `${at.slice(0, 40)}...` : at}\n    ${message}`
    })
    return [`${language} ${type} ${text.length > 200 ? `${text.slice(0, 200)}...` : text}`, ...lines].join(
      '\n',
    )
  })
  return expect(`${words.join('\n\n')}\n`).toMatchFileSnapshot('./wording.txt')
})
