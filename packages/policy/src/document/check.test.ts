import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { LanguageName, PolicyType } from '../decide/types.ts'
import { systemPolicies } from '../service/lookup.ts'
import { findingCodes } from './codes.ts'
import { guessKind } from './guess.ts'
import { parsePolicy } from './parse.ts'

type Statement = Record<string, unknown>
const remarks = (
  language: LanguageName,
  type: PolicyType,
  statement: Statement,
  version = language === 'ram' ? '1' : '5.0',
) => {
  const text = JSON.stringify({ Version: version, Statement: [statement] })
  const { document, findings } = parsePolicy(text, { language, type })
  expect(document).toBeDefined()
  return findings.map((f) => `${f.severity} ${f.code} ${text.substr(f.offset, f.length)}`)
}
const all = { Effect: 'Allow', Resource: '*' }
const everyone = { Principal: '*' }

test.each<[name: string, LanguageName, PolicyType, Statement, string[], version?: string]>([
  [
    'nothing to say',
    'ram',
    'identity',
    { ...all, Action: ['kms:Encrypt', 'kms:*', 'sts:AssumeRole', 'kms:ReEncrypt'] },
    [],
  ],
  ...(
    [
      ['a text operator on a boolean', 'ram', 'StringEquals', 'acs:SecureTransport', 'true', []],
      ['a number operator on a text', 'ram', 'NumericEquals', 'acs:UserAgent', '1', []],
      ['a number operator on a date in seconds', 'ram', 'NumericEquals', 'kms:ValidTo', '1', []],
      ['a date operator on a date in seconds', 'ram', 'DateEquals', 'kms:ValidTo', '1', []],
      [
        'a boolean operator on a date in seconds',
        'ram',
        'Bool',
        'kms:ValidTo',
        'true',
        ['OPERATOR_TYPE_MISMATCH'],
      ],
      [
        'a number operator on a date',
        'ram',
        'NumericEquals',
        'acs:CurrentTime',
        '1',
        ['OPERATOR_TYPE_MISMATCH'],
      ],
      [
        'an address operator on a boolean',
        'ram',
        'IpAddress',
        'acs:SecureTransport',
        '::1',
        ['OPERATOR_TYPE_MISMATCH'],
      ],
      ['presence of a number', 'iam', 'Null', 'g:MFAAge', 'true', []],
      ['presence of a key with several values', 'iam', 'Null', 'g:TagKeys', 'true', []],
      ['a name after a key that has names', 'ram', 'StringEquals', 'kms:EncryptionContext:a', 'x', []],
      [
        'no name after a key that has names',
        'ram',
        'StringEquals',
        'kms:EncryptionContext:',
        'x',
        ['UNKNOWN_CONDITION_KEY'],
      ],
      ['a key with and without a name', 'ram', 'StringEquals', 'kms:tag/a', 'x', []],
    ] as const
  ).map(
    ([name, language, operator, key, value, codes]): [
      string,
      LanguageName,
      PolicyType,
      Statement,
      string[],
    ] => [
      name,
      language,
      language === 'ram' ? 'key' : 'identity',
      {
        Effect: 'Allow',
        Action:
          language === 'ram'
            ? key === 'kms:ValidTo'
              ? 'kms:ImportKeyMaterial'
              : 'kms:Encrypt'
            : ['kps:*:*'],
        ...(language === 'ram' && { Resource: '*', Principal: '*' }),
        Condition: { [operator]: { [key]: value } },
      },
      codes.map((code) => `warning ${code} "${code === 'UNKNOWN_CONDITION_KEY' ? key : operator}"`),
    ],
  ),
  ...(
    [
      ['wants it absent', 'true', []],
      ['wants it absent, in capital letters', 'TRUE', []],
      ['takes either', ['false', 'true'], []],
      ['wants it present', 'false', ['warning NEVER_MATCHES "kps:Algorithm"']],
    ] as const
  ).map(([name, value, more]): [string, LanguageName, PolicyType, Statement, string[]] => [
    `presence of a key that no action carries: ${name}`,
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['kps:SSHKeyPair:get'], Condition: { Null: { 'kps:Algorithm': value } } },
    ['warning KEY_NOT_CARRIED "kps:Algorithm"', ...more],
  ]),
  [
    'a legacy key in a legacy document',
    'iam',
    'identity',
    {
      Effect: 'Allow',
      Action: ['kps:domainKeypairs:get'],
      Condition: { StringEquals: { 'g:ProjectName': 'x' } },
    },
    [],
    '1.1',
  ],
  [
    'what an unknown action carries cannot be told',
    'ram',
    'identity',
    {
      ...all,
      Action: ['kms:Encrypt', 'kms:Unknown'],
      Condition: { StringEquals: { 'kms:SecretName': 'x' } },
    },
    ['warning UNKNOWN_ACTION "kms:Unknown"'],
  ],
  [
    'calls that are free',
    'ram',
    'identity',
    { ...all, Action: ['kms:describeregions', 'sts:Get*', 'kms:Describe*'] },
    ['suggestion FREE_ACTION "kms:describeregions"', 'suggestion FREE_ACTION "sts:Get*"'],
  ],
  [
    'a wildcard meets no name that stands for several actions',
    'ram',
    'identity',
    { ...all, Action: 'kms:ReEncryp?' },
    ['warning UNKNOWN_ACTION "kms:ReEncryp?"'],
  ],
  [
    'resources beside no action',
    'iam',
    'scp',
    { Effect: 'Deny', Action: [], Resource: ['kms:*:*:KeyId:a'] },
    ['warning NEVER_MATCHES []'],
  ],
  [
    'a resource of one of the types that an action takes',
    'ram',
    'identity',
    { ...all, Action: 'kms:TagResource', Resource: 'acs:kms:*:*:secret/a' },
    [],
  ],
  [
    'a resource for an action that takes none',
    'ram',
    'identity',
    { ...all, Action: 'kms:GetRandomPassword', Resource: ['acs:kms:*:*:key/a', '*'] },
    ['warning RESOURCE_TYPE_MISMATCH "acs:kms:*:*:key/a"'],
  ],
  [
    'a resource of another service, and one of no account',
    'ram',
    'identity',
    {
      ...all,
      Action: 'kms:Encrypt',
      Resource: ['acs:ecs:*:*:key/a', 'acs:kms:cn-x:1:key/a', 'acs:kms:*:*:keys/a'],
    },
    [
      'warning RESOURCE_TYPE_MISMATCH "acs:ecs:*:*:key/a"',
      'warning RESOURCE_TYPE_MISMATCH "acs:kms:*:*:keys/a"',
    ],
  ],
  [
    'an SCP that denies on a resource',
    'iam',
    'scp',
    { Effect: 'Deny', Action: ['kps:SSHKeyPair:get'], Resource: ['kps:*:*:SSHKeyPair:a'] },
    [],
  ],
  [
    'an unknown service',
    'ram',
    'identity',
    { ...all, Action: 'oss:GetObject' },
    ['warning UNKNOWN_SERVICE "oss:GetObject"'],
  ],
  [
    'an unknown action',
    'ram',
    'identity',
    { ...all, Action: 'kms:Encryt' },
    ['warning UNKNOWN_ACTION "kms:Encryt"'],
  ],
  [
    'a wildcard that meets no action',
    'ram',
    'identity',
    { ...all, Action: 'kms:Foo*' },
    ['warning UNKNOWN_ACTION "kms:Foo*"'],
  ],
  [
    'an unknown key',
    'ram',
    'identity',
    { ...all, Action: 'kms:*', Condition: { StringEquals: { 'acs:UserName': 'x' } } },
    ['warning UNKNOWN_CONDITION_KEY "acs:UserName"'],
  ],
  [
    'a name that is missing',
    'ram',
    'identity',
    { ...all, Action: 'kms:*', Condition: { StringEquals: { 'acs:RequestTag': 'x' } } },
    ['warning UNKNOWN_CONDITION_KEY "acs:RequestTag"'],
  ],
  [
    'a name that is empty',
    'ram',
    'identity',
    { ...all, Action: 'kms:*', Condition: { StringEquals: { 'acs:RequestTag/': 'x' } } },
    ['warning UNKNOWN_CONDITION_KEY "acs:RequestTag/"'],
  ],
  [
    'a name that is not expected',
    'ram',
    'identity',
    { ...all, Action: 'kms:*', Condition: { StringEquals: { 'acs:UserAgent/x': 'x' } } },
    ['warning UNKNOWN_CONDITION_KEY "acs:UserAgent/x"'],
  ],
  [
    'a name behind the wrong sign',
    'ram',
    'identity',
    { ...all, Action: 'kms:Encrypt', Condition: { StringEquals: { 'kms:tag:Project': 'x' } } },
    ['warning UNKNOWN_CONDITION_KEY "kms:tag:Project"'],
  ],
  [
    'a key of key policies',
    'ram',
    'identity',
    { ...all, Action: 'kms:Encrypt', Condition: { StringEquals: { 'kms:EncryptionContextKeys': 'x' } } },
    [
      'warning KEY_NOT_ACCEPTED "kms:EncryptionContextKeys"',
      'warning NEVER_MATCHES "kms:EncryptionContextKeys"',
    ],
  ],
  [
    'a key of key policies in a Deny',
    'ram',
    'identity',
    {
      ...all,
      Effect: 'Deny',
      Action: 'kms:Encrypt',
      Condition: { StringEquals: { 'kms:EncryptionContextKeys': 'x' } },
    },
    ['warning KEY_NOT_ACCEPTED "kms:EncryptionContextKeys"'],
  ],
  [
    'a key that no action carries',
    'ram',
    'identity',
    { ...all, Action: 'kms:TagResource', Condition: { StringEquals: { 'kms:tag/Project': 'x' } } },
    ['warning KEY_NOT_CARRIED "kms:tag/Project"', 'warning NEVER_MATCHES "kms:tag/Project"'],
  ],
  [
    'a key that one action does not carry',
    'ram',
    'identity',
    {
      ...all,
      Action: ['kms:TagResource', 'kms:Encrypt'],
      Condition: { StringEquals: { 'kms:tag/Project': 'x' } },
    },
    ['suggestion KEY_PARTLY_CARRIED "kms:tag/Project"'],
  ],
  [
    'a negated key that no action carries',
    'ram',
    'identity',
    { ...all, Action: 'kms:TagResource', Condition: { StringNotEquals: { 'kms:tag/Project': 'x' } } },
    ['suggestion MET_WHEN_ABSENT "StringNotEquals"', 'warning KEY_NOT_CARRIED "kms:tag/Project"'],
  ],
  [
    'actions that may be others',
    'ram',
    'identity',
    { ...all, NotAction: 'kms:Encrypt', Condition: { StringEquals: { 'kms:tag/Project': 'x' } } },
    [],
  ],
  [
    'an operator of another type',
    'ram',
    'identity',
    { ...all, Action: 'kms:*', Condition: { NumericEquals: { 'acs:SourceIp': '1' } } },
    ['warning OPERATOR_TYPE_MISMATCH "NumericEquals"'],
  ],
  [
    'Unix seconds as numbers',
    'ram',
    'identity',
    {
      ...all,
      Action: 'kms:ImportKeyMaterial',
      Condition: { NumericLessThan: { 'kms:ValidTo': '1' }, DateLessThan: { 'kms:ValidTo': '2024-06-20' } },
    },
    [],
  ],
  [
    'a wildcard that is none',
    'ram',
    'identity',
    { ...all, Action: 'kms:*', Condition: { StringEquals: { 'acs:UserAgent': 'a*' } } },
    ['suggestion PLAIN_WILDCARD "a*"'],
  ],
  [
    'a resource of another type',
    'ram',
    'identity',
    { ...all, Action: 'kms:Encrypt', Resource: ['acs:kms:*:*:secret/*', 'acs:kms:*:*:key/*'] },
    ['warning RESOURCE_TYPE_MISMATCH "acs:kms:*:*:secret/*"'],
  ],
  [
    'resources of another type',
    'ram',
    'identity',
    { ...all, Action: 'kms:Encrypt', Resource: 'acs:kms:*:*:secret/*' },
    ['warning RESOURCE_TYPE_MISMATCH "acs:kms:*:*:secret/*"', 'warning NEVER_MATCHES "acs:kms:*:*:secret/*"'],
  ],
  [
    'a resource in few segments',
    'ram',
    'identity',
    { ...all, Action: 'kms:Encrypt', Resource: 'acs:kms:*' },
    [],
  ],
  [
    'an action without a resource',
    'ram',
    'identity',
    { ...all, Action: 'kms:GetRandomPassword', Resource: 'acs:kms:*:*:*' },
    ['warning RESOURCE_TYPE_MISMATCH "acs:kms:*:*:*"', 'warning NEVER_MATCHES "acs:kms:*:*:*"'],
  ],
  ['a Sid', 'ram', 'identity', { ...all, Action: 'kms:*', Sid: 'x' }, ['warning IGNORED_ELEMENT "Sid"']],
  [
    'a principal that names nobody',
    'ram',
    'key',
    {
      ...all,
      Action: 'kms:*',
      Principal: { RAM: ['acs:ram::1:user/*', 'acs:ram::*:*', 'me', 'acs:ram::1:group/g'] },
    },
    ['acs:ram::1:user/*', 'acs:ram::*:*', 'me', 'acs:ram::1:group/g'].map(
      (p) => `warning UNKNOWN_PRINCIPAL "${p}"`,
    ),
  ],
  [
    'CreateKey in a key policy',
    'ram',
    'key',
    { ...all, ...everyone, Action: 'kms:CreateKey', Condition: { StringLike: { 'kms:KeySpec': 'RSA_*' } } },
    ['warning IDLE_ACTION "kms:CreateKey"'],
  ],
  ['nothing to say', 'iam', 'identity', { Effect: 'Allow', Action: ['kps:*:*', 'kps::getTask', '*'] }, []],
  [
    'a legacy name',
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['kps:domainKeypairs:create'] },
    ['warning LEGACY_ACTION "kps:domainKeypairs:create"'],
  ],
  [
    'a new name in a legacy document',
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['kps:SSHKeyPair:create'] },
    ['warning UNKNOWN_ACTION "kps:SSHKeyPair:create"'],
    '1.1',
  ],
  [
    'an action of no legacy name',
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['sts:agencies:assume'] },
    ['warning UNKNOWN_ACTION "sts:agencies:assume"'],
    '1.1',
  ],
  [
    'legacy names',
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['kps:domainKeypairs:*', 'ecs:serverKeypairs:unbind'] },
    [],
    '1.1',
  ],
  ['an empty action list', 'iam', 'scp', { Effect: 'Deny', Action: [] }, ['warning NEVER_MATCHES []']],
  [
    'a key pair for an action without resource',
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['kps::getTask'], Resource: ['kps:*:*:SSHKeyPair:*'] },
    [
      'warning NEVER_MATCHES ["kps:*:*:SSHKeyPair:*"]',
      'warning RESOURCE_TYPE_MISMATCH "kps:*:*:SSHKeyPair:*"',
    ],
  ],
  [
    'several values without a qualifier',
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['*'], Condition: { StringEquals: { 'g:TagKeys': 'a' } } },
    ['warning QUALIFIER_MISSING "StringEquals"'],
  ],
  [
    'ForAllValues in a Deny',
    'iam',
    'identity',
    { Effect: 'Deny', Action: ['*'], Condition: { 'ForAllValues:StringEquals': { 'g:TagKeys': 'a' } } },
    ['suggestion MET_WHEN_ABSENT "ForAllValues:StringEquals"'],
  ],
  [
    'IfExists says so itself',
    'iam',
    'identity',
    {
      Effect: 'Deny',
      Action: ['kps::getTask'],
      Condition: { StringEqualsIfExists: { 'kps:KmsKeyId': 'a' } },
    },
    ['warning KEY_NOT_CARRIED "kps:KmsKeyId"'],
  ],
  [
    'Null of a key that is not carried',
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['kps::getTask'], Condition: { Null: { 'kps:KmsKeyId': 'false' } } },
    ['warning KEY_NOT_CARRIED "kps:KmsKeyId"', 'warning NEVER_MATCHES "kps:KmsKeyId"'],
  ],
  [
    'a legacy key',
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['*'], Condition: { StringEquals: { 'g:ProjectName': 'a' } } },
    ['warning LEGACY_CONDITION_KEY "g:ProjectName"'],
  ],
  [
    'an SCP that allows some',
    'iam',
    'scp',
    { Effect: 'Allow', Action: ['*'], Resource: ['kps:*:*:SSHKeyPair:*'] },
    ['warning ALLOW_NOT_SUPPORTED "Allow"', 'warning RESOURCE_NOT_SUPPORTED "kps:*:*:SSHKeyPair:*"'],
  ],
  [
    'an SCP that allows some actions',
    'iam',
    'scp',
    { Effect: 'Allow', Action: ['*', 'kps:*:*'] },
    ['warning ALLOW_NOT_SUPPORTED "Allow"'],
  ],
  ['an SCP that allows everything', 'iam', 'scp', { Effect: 'Allow', Action: ['*'], Resource: ['*'] }, []],
  ['an SCP that allows everything in short', 'iam', 'scp', { Effect: 'Allow', Action: '*' }, []],
  ['an SCP that denies some', 'iam', 'scp', { Effect: 'Deny', Action: ['kps:*:*'] }, []],
  [
    'a service with wildcards or capital letters',
    'iam',
    'identity',
    {
      Effect: 'Deny',
      Action: ['kps:*:*'],
      Resource: ['*', 'kps:*:*:*:*', '*:*:*:*:*', 'KPS:*:*:SSHKeyPair:a', 'k?s:*:*:*:*'],
    },
    [
      'warning SERVICE_NOT_PLAIN "*:*:*:*:*"',
      'warning SERVICE_NOT_PLAIN "KPS:*:*:SSHKeyPair:a"',
      'warning SERVICE_NOT_PLAIN "k?s:*:*:*:*"',
    ],
  ],
  [
    'a service in capital letters in a legacy document',
    'iam',
    'identity',
    { Effect: 'Allow', Action: ['kps:domainKeypairs:get'], Resource: ['KPS:*:*:SSHKeyPair:a'] },
    [],
    '1.1',
  ],
  [
    'a service or an identity provider that is a user',
    'ram',
    'key',
    {
      ...all,
      Action: 'kms:Decrypt',
      Principal: {
        Service: ['acs:ram::1:user/ann', 'ecs.aliyuncs.com'],
        Federated: ['acs:ram::1:user/ann', 'acs:ram::1:saml-provider/idp'],
      },
    },
    ['warning UNKNOWN_PRINCIPAL "acs:ram::1:user/ann"', 'warning UNKNOWN_PRINCIPAL "acs:ram::1:user/ann"'],
  ],
  [
    'a service that is a user, in a trust policy',
    'iam',
    'trust',
    {
      Effect: 'Allow',
      Action: ['sts:agencies:assume'],
      Principal: { Service: ['iam::dddddddddddddddddddddddddddddddd:user:ann', 'service.ECS'] },
    },
    ['warning UNKNOWN_PRINCIPAL "iam::dddddddddddddddddddddddddddddddd:user:ann"'],
  ],
  ['a question mark for the colon', 'ram', 'identity', { ...all, Action: 'kms?Encrypt' }, []],
  [
    'trust',
    'iam',
    'trust',
    {
      Effect: 'Allow',
      Action: ['sts:agencies:assume'],
      Principal: { IAM: ['d'.repeat(32), '*'], Service: ['service.ECS'] },
    },
    [],
  ],
  [
    'trust in nobody',
    'iam',
    'trust',
    { Effect: 'Allow', Action: ['sts:agencies:assume'], Principal: { IAM: ['x'] } },
    ['warning UNKNOWN_PRINCIPAL "x"'],
  ],
])('%s (%s %s)', (_name, language, type, statement, expected, version) => {
  expect(remarks(language, type, statement, version)).toEqual(expected)
})

test.each([
  ...systemPolicies('ram').map((policy) => ['ram', policy] as const),
  ...systemPolicies('iam').map((policy) => ['iam', policy] as const),
])('%s system policies are without findings: $name', (language, { type, document }) => {
  const { findings } = parsePolicy(document, { language, type })
  // Legacy key pairs of the servers are no action that key pairs need.
  expect(findings.filter((f) => f.message !== 'no known action is `ecs:serverKeypairs:*`')).toEqual([])
})

test.each<[string, ReturnType<typeof guessKind>]>([
  ['x', undefined],
  ['[]', undefined],
  ['{"Version":"1","Statement":{"Effect":"Allow","Action":"kms:*"}}', { language: 'ram', type: 'identity' }],
  ['{"Version":"5.0","Statement":[]}', { language: 'iam', type: 'identity' }],
  ['{"Version":"1.1","Statement":[{}]}', { language: 'iam', type: 'identity' }],
  ['{"Statement":[{"Action":["kps:SSHKeyPair:get"]}]}', { language: 'iam', type: 'identity' }],
  ['{"Version":1,"Statement":[{"Action":"kms:Encrypt","Principal":"*"}]}', { language: 'ram', type: 'key' }],
  [
    '{"Version":"1","Statement":[{"Action":"kms:GetSecretValue","Principal":"*"}]}',
    { language: 'ram', type: 'secret' },
  ],
  [
    '{"Version":"1","Statement":[{"Action":"sts:AssumeRole","Principal":{}}]}',
    { language: 'ram', type: 'trust' },
  ],
  [
    '{"Version":"5.0","Statement":[{"Action":"sts:agencies:assume","Principal":{}}]}',
    { language: 'iam', type: 'trust' },
  ],
])('the kind of %s', (text, kind) => {
  expect(guessKind(text)).toEqual(kind)
})

test('every code is one that some document gets', () => {
  const folder = new URL('./', import.meta.url)
  const tests = readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('')
  expect(Object.keys(findingCodes).filter((code) => !tests.includes(code))).toEqual([])
})

test.each<[what: string, operator: string, key: string, values: string[], wrong: string[]]>([
  ['a documented value', 'StringEquals', 'kms:KeySpec', ['Aliyun_AES_256', 'RSA_2048'], []],
  ['a value that is none', 'StringEquals', 'kms:KeySpec', ['AES256', 'RSA_2048'], ['AES256']],
  ['a value of the wrong case', 'StringEquals', 'kms:KeyOrigin', ['external'], ['external']],
  [
    'a value of another case where that does not count',
    'StringEqualsIgnoreCase',
    'kms:KeyOrigin',
    ['external'],
    [],
  ],
  ['a pattern that some value fits', 'StringLike', 'kms:KeySpec', ['RSA_*'], []],
  ['a pattern that none fits', 'StringLike', 'kms:KeySpec', ['AES*'], ['AES*']],
  ['another spelling of a value', 'StringEquals', 'kms:KeyUsage', ['ENCRYPT/DECRYPT'], []],
  ['a value where accounts choose more', 'StringEquals', 'kms:SecretVersionStage', ['MyStage'], []],
  ['a text where there is no list of values', 'StringEquals', 'kms:tag/Project', ['A'], []],
])('%s', (_what, operator, key, values, wrong) => {
  const action = key.startsWith('kms:Secret') ? 'kms:GetSecretValue' : 'kms:Decrypt'
  const found = remarks('ram', 'identity', {
    ...all,
    Action: action,
    Condition: { [operator]: { [key]: values } },
  })
  expect(found.filter((one) => one.includes('UNKNOWN_VALUE'))).toEqual(
    wrong.map((value) => `suggestion UNKNOWN_VALUE ${JSON.stringify(value)}`),
  )
})
