import { describe, expect, test } from 'vitest'
import type { LanguageName, PolicyType } from '../decide/types.ts'
import { misspelling, type TextKind } from './misspelt.ts'
import { parsePolicy } from './parse.ts'

test.each<[kind: TextKind, text: string, expected: string | undefined]>([
  ['action', 'kms:Encrypt', undefined],
  ['action', 'kms:*Key?', undefined],
  ['action', 'kps::getTask', undefined],
  ['action', 'kms:Encrypt,Decrypt', 'JOINED_VALUES'],
  ['action', 'kms:Encrypt kms:Decrypt', 'JOINED_VALUES'],
  ['action', 'kms:Encrypt\nkms:Decrypt', 'JOINED_VALUES'],
  ['action', 'kms:Encrypt\u00a0', 'STRAY_CHARACTER'],
  ['action', '\tkms:Encrypt', 'STRAY_CHARACTER'],
  ['action', 'kms:Enc\u200brypt', 'STRAY_CHARACTER'],
  ['action', 'kms\uff1aEncrypt', 'STRAY_CHARACTER'],
  ['action', '\u201ckms:Encrypt\u201d', 'STRAY_CHARACTER'],
  ['action', 'kms:<action>', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:*:*:key/a-b_c.d=e@f+g', undefined],
  ['name of a known service', 'acs:kms:*:*:key/a b', 'STRAY_CHARACTER'],
  ['name of a known service', 'acs:kms:*:*:key/a;acs:kms:*:*:key/b', 'JOINED_VALUES'],
  ['name of a known service', 'acs:kms:*:*:key/a acs:kms:*:*:key/b', 'JOINED_VALUES'],
  ['name of a known service', 'acs:kms:*:*:key/a\u3001acs:kms:*:*:key/b', 'JOINED_VALUES'],
  ['name of a known service', 'acs:kms:*:*:key/a, b', 'JOINED_VALUES'],
  ['name of a known service', 'acs:kms:*:*:key/a,', 'STRAY_CHARACTER'],
  ['name of a known service', 'acs:kms:$'.concat('{region}:*:key/a'), 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:{region}:*:key/a', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:{{ region }}:*:key/a', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:$REGION:*:key/a', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:$(region):*:key/a', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:$'.concat('{region:*:key/a'), 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:*:*:key/\uff1cname\uff1e', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:*:*:key/xxxxxx', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:*:*:key/key-XXXX', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:*:YOUR_ACCOUNT:key/a', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:*:*:key/your-key-id', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:*:*:key/replace-me', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:*:*:key/...', 'PLACEHOLDER'],
  ['name of a known service', 'acs:kms:*:*:key/fix', undefined],
  ['name of a known service', 'acs:kms:*:*:key/maxxx1', undefined],
  ['name of a known service', 'acs:kms:*:*:key/mayour', undefined],
  ['name of people', 'iam::*:group:名前 a-b', undefined],
  ['name of people', 'acs:ram:*:*:user/a b', undefined],
  ['name of people', 'acs:ram:*:*:user/a, b', 'JOINED_VALUES'],
  ['name of people', 'iam::*:group:a\uff1bb', 'JOINED_VALUES'],
  ['name of people', 'iam::*:group:\u201ca\u201d', 'STRAY_CHARACTER'],
  ['name of people', 'iam::*:group:a\u200bb', 'STRAY_CHARACTER'],
  ['name', 'acs:oss:*:*:box/a file, and more', undefined],
  ['name', 'acs:oss:*:*:box/a,acs:oss:*:*:box/b', 'JOINED_VALUES'],
  ['name', 'acs:oss:*:*:<bucket>', 'PLACEHOLDER'],
  ['name', 'acs:oss:*:*:box ', 'STRAY_CHARACTER'],
  ['short value', 'Aliyun_AES_256,RSA_2048', 'JOINED_VALUES'],
  ['short value', 'Aliyun_AES_256|RSA_2048', 'JOINED_VALUES'],
  ['short value', 'Aliyun_AES_256', undefined],
  ['value', 'a, b; c', undefined],
  ['value', 'Mozilla/5.0 (X11; Linux) {"a":1} xxxx', undefined],
  ['value', 'xxxx', 'PLACEHOLDER'],
  ['value', '{team}', 'PLACEHOLDER'],
  ['value', '<team>', 'PLACEHOLDER'],
  ['value', 'a ', 'STRAY_CHARACTER'],
  ['value', '', undefined],
])('%s %j: %s', (kind, text, expected) => {
  expect(misspelling(text, kind)?.code).toBe(expected)
})

const found = (language: LanguageName, type: PolicyType, statement: object, version?: string) => {
  const document = { Version: version ?? (language === 'ram' ? '1' : '5.0'), Statement: [statement] }
  const text = JSON.stringify(document)
  const parsed = parsePolicy(text, { language, type })
  return parsed.findings.map(({ code, offset, length }) => `${code} ${text.slice(offset, offset + length)}`)
}
const ram = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }
const iam = { Effect: 'Allow', Action: ['kps:SSHKeyPair:get'] }
const d = 'd'.repeat(32)

describe('where nothing can match, one finding says so', () => {
  test.each<[name: string, LanguageName, PolicyType, object, string[]]>([
    [
      'a placeholder',
      'ram',
      'identity',
      { ...ram, Resource: 'acs:kms:<region>:<uid>:key/*' },
      ['PLACEHOLDER "acs:kms:<region>:<uid>:key/*"'],
    ],
    [
      'a blank behind a name',
      'ram',
      'identity',
      { ...ram, Resource: 'acs:kms:*:*:key/a ' },
      ['STRAY_CHARACTER "acs:kms:*:*:key/a "'],
    ],
    [
      'an account in letters',
      'ram',
      'identity',
      { ...ram, Resource: 'acs:kms:*:mycompany:key/a' },
      ['INVALID_ACCOUNT "acs:kms:*:mycompany:key/a"'],
    ],
    [
      'a name of another cloud',
      'ram',
      'identity',
      { ...ram, Resource: 'arn:aws:kms:x:1:key/a' },
      ['RESOURCE_TYPE_MISMATCH "arn:aws:kms:x:1:key/a"'],
    ],
    [
      'too few segments',
      'ram',
      'identity',
      { ...ram, Action: ['kms:Decrypt', 'oss:Get'], Resource: 'acs:kms:key/a' },
      ['UNKNOWN_SERVICE "oss:Get"', 'RESOURCE_TYPE_MISMATCH "acs:kms:key/a"'],
    ],
    [
      'an action beside the resources of others',
      'ram',
      'identity',
      { ...ram, Action: ['kms:GetSecretValue', 'kms:Decrypt'], Resource: 'acs:kms:*:*:secret/*' },
      ['ACTION_WITHOUT_RESOURCE "kms:Decrypt"'],
    ],
    [
      'the same beside an unknown action',
      'ram',
      'identity',
      { ...ram, Action: ['oss:Get', 'kms:Decrypt'], Resource: 'acs:kms:*:*:secret/*' },
      ['UNKNOWN_SERVICE "oss:Get"', 'ACTION_WITHOUT_RESOURCE "kms:Decrypt"'],
    ],
    [
      'the same in the other language',
      'iam',
      'identity',
      {
        ...iam,
        Action: ['kms:cmk:decryptDataKey', 'kps:SSHKeyPair:get'],
        Resource: ['kps:*:*:SSHKeyPair:*'],
      },
      ['ACTION_WITHOUT_RESOURCE "kms:cmk:decryptDataKey"'],
    ],
    [
      'an account that is no domain id',
      'iam',
      'identity',
      {
        ...iam,
        Resource: ['kps:*:mycompany:SSHKeyPair:a', `kps:*:${d}:SSHKeyPair:a`, 'kps:*:d*:SSHKeyPair:a'],
      },
      ['INVALID_ACCOUNT "kps:*:mycompany:SSHKeyPair:a"'],
    ],
    [
      'nobody',
      'ram',
      'key',
      {
        ...ram,
        Principal: {
          RAM: [
            'acs:ram::mycompany:root',
            'acs:ram::1:user/a, acs:ram::1:user/b',
            'acs:ram::1:user/a ',
            'acs:ram::<uid>:*',
            'x',
          ],
        },
      },
      [
        'INVALID_ACCOUNT "acs:ram::mycompany:root"',
        'JOINED_VALUES "acs:ram::1:user/a, acs:ram::1:user/b"',
        'STRAY_CHARACTER "acs:ram::1:user/a "',
        'PLACEHOLDER "acs:ram::<uid>:*"',
        'UNKNOWN_PRINCIPAL "x"',
      ],
    ],
    [
      'values of conditions',
      'ram',
      'identity',
      {
        ...ram,
        Condition: {
          StringEquals: {
            'kms:KeySpec': ['RSA_2048,EC_P256', 'EC_SM2 '],
            'acs:PrincipalARN': 'acs:ram::mycompany:user/a',
            'kms:tag/Team': '<team>',
          },
        },
      },
      [
        'JOINED_VALUES "RSA_2048,EC_P256"',
        'STRAY_CHARACTER "EC_SM2 "',
        'INVALID_ACCOUNT "acs:ram::mycompany:user/a"',
        'PLACEHOLDER "<team>"',
      ],
    ],
    [
      'an account in a condition',
      'iam',
      'identity',
      { ...iam, Condition: { StringEquals: { 'g:PrincipalAccount': ['mycompany', d] } } },
      ['INVALID_ACCOUNT "mycompany"'],
    ],
    [
      'a tag in a condition key',
      'ram',
      'identity',
      { ...ram, Condition: { StringEquals: { 'acs:RequestTag/<key>': 'a', 'kms:tag/Team ': 'b' } } },
      ['PLACEHOLDER "acs:RequestTag/<key>"', 'STRAY_CHARACTER "kms:tag/Team "'],
    ],
    [
      'a text where an address is',
      'ram',
      'identity',
      { ...ram, Condition: { StringEquals: { 'acs:SourceIp': '10.0.0.0/8', 'acs:SecureTransport': 'yes' } } },
      ['OPERATOR_TYPE_MISMATCH "10.0.0.0/8"', 'OPERATOR_TYPE_MISMATCH "yes"'],
    ],
    [
      'everything is left out',
      'iam',
      'identity',
      { Effect: 'Deny', NotAction: ['*'] },
      ['NEVER_MATCHES ["*"]'],
    ],
    [
      'every resource is left out',
      'iam',
      'identity',
      { ...iam, NotResource: ['*'] },
      ['NEVER_MATCHES ["*"]'],
    ],
    [
      'actions that are refused',
      'ram',
      'identity',
      { ...ram, Action: ['kms:Decrypt ', 'kms:Encrypt,kms:Decrypt'] },
      ['INVALID_ACTION "kms:Decrypt "', 'INVALID_ACTION "kms:Encrypt,kms:Decrypt"'],
    ],
  ])('%s (%s)', (_name, language, type, statement, expected) => {
    expect(found(language, type, statement)).toEqual(expected)
  })
})

describe('where the catalogue does not know, nothing is warned of', () => {
  test.each<[name: string, LanguageName, PolicyType, object, string?]>([
    [
      'keys of RAM itself',
      'ram',
      'identity',
      {
        ...ram,
        Action: 'ram:DeleteServiceLinkedRole',
        Condition: { StringEquals: { 'ram:ServiceName': 'kms.aliyuncs.com' } },
      },
    ],
    [
      'actions of RAM itself',
      'ram',
      'identity',
      { ...ram, Action: ['ram:CreateUser', 'ram:*'], Resource: 'acs:ram:*:*:user/*' },
    ],
    [
      'wildcards over services',
      'ram',
      'identity',
      { ...ram, Action: ['*:Query*', '*:BatchQuery*', '*Query', 'k*:Query*'] },
    ],
    ['wildcards over services of the other language', 'iam', 'identity', { ...iam, Action: ['*:*:query*'] }],
    ['everything, on one bucket', 'ram', 'identity', { ...ram, Action: '*', Resource: 'acs:oss:*:*:box' }],
    [
      'actions of services known in part',
      'iam',
      'identity',
      {
        ...iam,
        Action: [
          'ecs:cloudServers:reboot',
          'vpc:vpcs:get',
          'vpc:subnets:get',
          'kms:cmk:disable',
          'iam:users:listUsersV5',
          'ecs:*:*',
        ],
      },
    ],
    [
      'their resources',
      'iam',
      'identity',
      { ...iam, Action: ['ecs:cloudServers:createServers', 'evs:*:*'], Resource: ['ecs:*:*:disk:*'] },
    ],
    [
      'their keys',
      'iam',
      'identity',
      {
        ...iam,
        Action: ['ecs:cloudServers:createServers'],
        Condition: { StringEquals: { 'ecs:ImageId': 'x' } },
      },
    ],
    [
      'keys of a service beside all actions',
      'ram',
      'identity',
      { ...ram, Action: '*', Condition: { StringLike: { 'oss:Prefix': 'a/*' } } },
    ],
    [
      'names of another service with odd signs',
      'ram',
      'identity',
      { ...ram, Action: '*', Resource: 'acs:oss:*:*:box/a (1), final.txt' },
    ],
    [
      'a federated trust',
      'iam',
      'trust',
      {
        Effect: 'Allow',
        Action: ['sts:agencies:assumeWithOIDC'],
        Principal: { Federated: [`iam::${d}:oidcProvider:x`] },
        Condition: { StringEquals: { 'oidc:aud': ['x'] } },
      },
    ],
    [
      'everyone but one account',
      'iam',
      'trust',
      { Effect: 'Deny', Action: ['sts:agencies:assume'], NotPrincipal: { IAM: d } },
    ],
    [
      'a service of an account',
      'ram',
      'trust',
      {
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Service: '1234567890123456@ecs.aliyuncs.com' },
      },
    ],
    [
      'a masked id that is a pattern',
      'ram',
      'identity',
      { ...ram, Resource: 'acs:kms:*:119285303511****:key/key-hzz****' },
    ],
  ])('%s (%s)', (_name, language, type, statement, version) => {
    expect(found(language, type, statement, version)).toEqual([])
  })
})

describe('a second factor that no access key has', () => {
  const when = (operator: string, key: string, value: string) => ({
    Condition: { [operator]: { [key]: value } },
  })
  test.each<[effect: string, LanguageName, condition: object, said: string | undefined]>([
    [
      'Deny',
      'ram',
      when('Bool', 'acs:MFAPresent', 'false'),
      'the Deny never fires for them; `StringNotEquals` with `true` catches calls without it',
    ],
    [
      'Deny',
      'ram',
      when('StringEquals', 'acs:MFAPresent', 'false'),
      'the Deny never fires for them; `StringNotEquals` with `true` catches calls without it',
    ],
    ['Allow', 'ram', when('Bool', 'acs:MFAPresent', 'true'), 'the Allow never matches them'],
    [
      'Deny',
      'ram',
      when('StringNotEquals', 'acs:MFAPresent', 'true'),
      'this condition is always met by them, so that the Deny does not depend on it',
    ],
    [
      'Deny',
      'iam',
      when('Bool', 'g:MFAPresent', 'false'),
      'the Deny never fires for them; `BoolIfExists` or `Null` catches calls without it',
    ],
    [
      'Deny',
      'iam',
      when('BoolIfExists', 'g:MFAPresent', 'false'),
      'this condition is always met by them, so that the Deny does not depend on it',
    ],
    [
      'Allow',
      'iam',
      when('BoolIfExists', 'g:MFAPresent', 'true'),
      'this condition is always met by them, so that the Allow does not depend on it',
    ],
    [
      'Deny',
      'iam',
      when('NumberGreaterThan', 'g:MFAAge', '300'),
      'the Deny never fires for them; `BoolIfExists` or `Null` catches calls without it',
    ],
    ['Deny', 'iam', when('Null', 'g:MFAPresent', 'true'), undefined],
    ['Allow', 'iam', when('Null', 'g:MFAPresent', 'false'), 'the Allow never matches them'],
  ])('%s %s %j', (Effect, language, condition, said) => {
    const document = {
      Version: language === 'ram' ? '1' : '5.0',
      Statement: { Effect, Action: '*', Resource: '*', ...condition },
    }
    const { findings } = parsePolicy(JSON.stringify(document), { language, type: 'identity' })
    const told = findings
      .filter(({ code }) => code === 'KEY_NEVER_CARRIED')
      .map(({ message }) => message.split('): ')[1])
    expect(told).toEqual(said === undefined ? [] : [said])
    expect(findings).toHaveLength(told.length)
  })
})

describe('legal documents of older kinds', () => {
  const uri = (paths: unknown, Effect = 'Allow') => ({
    Effect,
    Action: ['iam:agencies:assume'],
    Resource: { uri: paths },
  })
  test.each<[name: string, object, string[]]>([
    ['a path', uri('/iam/agencies/0123'), ['LEGACY_RESOURCE "/iam/agencies/0123"']],
    ['paths', uri(['/iam/agencies/1', '*']), ['LEGACY_RESOURCE "/iam/agencies/1"']],
    ['no path', uri([]), ['EMPTY_LIST []']],
    ['a member that is none', { ...uri([]), Resource: { url: ['x'] } }, ['INVALID_RESOURCE "url"']],
    ['nothing in it', { ...uri([]), Resource: {} }, ['INVALID_RESOURCE {}']],
  ])('a resource as an object: %s', (_name, statement, expected) => {
    expect(found('iam', 'identity', statement, '1.1')).toEqual(expected)
  })

  test('a resource is an object in legacy documents alone', () => {
    expect(found('iam', 'identity', { ...iam, Resource: { uri: ['x'] } })).toEqual([
      'DATA_TYPE_MISMATCH {"uri":["x"]}',
    ])
  })

  test.each<[version: string, LanguageName, PolicyType, words: string]>([
    [
      '1.0',
      'iam',
      'identity',
      '`Version` cannot be `1.0` here: that is a role, a permission set of the cloud under the rules before policies, and what it allows has to be written as a policy; write `5.0` or `1.1`',
    ],
    [
      '1.1',
      'iam',
      'trust',
      '`Version` cannot be `1.1` here, which other policy types of this language have; write `5.0`',
    ],
    [
      '5.0',
      'ram',
      'identity',
      '`Version` cannot be `5.0` here, which is a version of the language `iam`; write `1`',
    ],
    [
      '2012-10-17',
      'ram',
      'identity',
      '`Version` cannot be `2012-10-17` here, which is a version of another cloud; write `1`',
    ],
    ['2', 'ram', 'identity', '`Version` cannot be `2` here; write `1`'],
  ])('the version %s in %s %s', (Version, language, type, words) => {
    const Principal = type === 'trust' ? { Principal: '*' } : {}
    const Statement = {
      Effect: 'Allow',
      Action: '*',
      ...(language === 'ram' && { Resource: '*' }),
      ...Principal,
    }
    const { findings } = parsePolicy(
      JSON.stringify({ Version, Statement, ...(Version === '1.0' && { Depends: [] }) }),
      { language, type },
    )
    expect(findings.map(({ message }) => message)).toEqual([words])
  })
})
