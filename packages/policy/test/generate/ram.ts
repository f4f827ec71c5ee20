import fc from 'fast-check'
import type { LanguageRows } from './language.ts'
import { anyCase, pick } from './values.ts'

const segmented = fc
  .tuple(
    pick('kms', '*', 'k?s'),
    pick('cn-hangzhou', '*', 'cn-*', ''),
    pick('1111', '*', '2222', '1*'),
    pick(
      'key/a',
      'key/*',
      'key/?',
      'key/a*',
      'key/*b',
      'key',
      '*',
      'secret/*',
      'key/a*b*',
      '*a',
      'key/a:b',
      'secret/a',
    ),
  )
  .map((parts) => `acs:${parts.join(':')}`)

/** What the ram language is tried with. */
export const ramRows: LanguageRows = {
  name: 'ram',
  version: '1',
  actions: anyCase(
    pick(
      ...[
        'Encrypt',
        'Decrypt',
        'ReEncryptFrom',
        'ReEncryptTo',
        'DescribeKey',
        'ImportKeyMaterial',
        'CreateKey',
      ].map((name) => `kms:${name}`),
      ...[
        'GetSecretValue',
        'DeleteSecret',
        'AsymmetricSign',
        'GetRandomPassword',
        'ScheduleKeyDeletion',
        'Nothing',
      ].map((name) => `kms:${name}`),
      'sts:AssumeRole',
      'oss:GetObject',
      'ram:DeleteServiceLinkedRole',
      'kms:DescribeRegions',
      'kms:CreateSecret',
    ),
  ),
  actionPatterns: anyCase(
    pick(
      ...[
        'kms:*',
        'kms:Re*',
        'kms:ReEncrypt',
        'kms:?ncrypt',
        'kms:*Key*',
        'kms:En*',
        'kms:Encrypt',
        'kms:Decrypt',
      ],
      ...[
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
        'kms:DescribeKey',
        'kms:ImportKeyMaterial',
        'kms:GetSecretValue',
      ],
      ...[
        'kms:*crypt*',
        'kms:DeleteSecret',
        'kms:CreateKey',
        'kms:Get*',
        'kms:**',
        'kms:ScheduleKeyDeletion',
      ],
      ...['*', '*:Describe*', '*crypt', 'sts:AssumeRole', 'sts:*', 'oss:GetObject', 'kms:Nothing', '*Key'],
    ),
  ),
  resources: fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(
          pick('cn-hangzhou', 'cn-beijing'),
          pick('1111', '1111', '2222'),
          pick('key/a', 'key/ab', 'key/b', 'secret/a', 'key', 'key/a/b'),
        )
        .map((parts) => `acs:kms:${parts.join(':')}`),
    },
    {
      weight: 1,
      arbitrary: pick(
        '*',
        'acs:kms:cn-hangzhou:1111:key/a:b',
        'acs:kms:cn',
        'acs:ram:*:1111:role/r',
        '',
        'acs:kms:*:*:key/a',
      ),
    },
  ),
  resourcePatterns: fc.oneof(
    { weight: 3, arbitrary: segmented },
    {
      weight: 1,
      arbitrary: pick(
        '*',
        'acs:*:key/a',
        '*key/a*',
        'acs:kms:cn*',
        'acs:*',
        '*a',
        '?',
        '*:1111:*',
        'acs:ram:*:1111:role/*',
      ),
    },
  ),
  callers: pick(
    { principal: 'acs:ram::1111:user/a' },
    { principal: 'acs:ram::1111:user/b' },
    { principal: 'acs:ram::1111:user/a' },
    { principal: 'acs:ram::1111:user/a' },
    { principal: 'acs:ram::2222:user/a' },
    { principal: 'acs:ram::1111:assumed-role/r/s' },
    { principal: 'acs:ram::2222:role/r/s' },
    { principal: 'acs:ram::1111:role/AliyunServiceRoleForX/s' },
    { principal: 'acs:ram::1111:root', root: true },
    { principal: 'acs:ram::2222:root' },
  ),
  principals: fc.oneof(
    pick<unknown>('*'),
    fc
      .tuple(
        pick('RAM', 'RAM', 'RAM', 'Federated'),
        fc.array(
          pick(
            ...[
              'acs:ram::1111:*',
              'acs:ram::2222:*',
              'acs:ram::1111:root',
              'acs:ram::2222:root',
              'acs:ram::1111:user/a',
            ],
            ...[
              'acs:ram::2222:user/a',
              'acs:ram::1111:role/r',
              'acs:ram::2222:role/r',
              'acs:ram::1111:role/r/s',
              '*',
            ],
            ...['acs:ram::2222:assumed-role/r/s', 'acs:ram::1111:user/*', 'acs:ram::*:user/a'],
          ),
          { minLength: 1, maxLength: 3 },
        ),
      )
      .map(([member, values]) => ({ [member]: values.length === 1 ? values[0] : values })),
  ),
  keys: [
    { name: 'kms:tag/Project', kinds: ['string', 'glob'] },
    { name: 'kms:tag', kinds: ['string', 'glob'] },
    { name: 'kms:tag/project', kinds: ['string'] },
    { name: 'kms:EncryptionContext:Project', kinds: ['string', 'glob'] },
    { name: 'kms:EncryptionContextKeys', kinds: ['string', 'glob'], multi: true },
    {
      name: 'kms:KeyUsage',
      kinds: ['string', 'glob'],
      values: pick(
        ...['ENCRYPT_DECRYPT', 'ENCRYPT/DECRYPT', 'SIGN_VERIFY', 'SIGN/VERIFY'],
        ...['GENERATE_VERIFY_MAC', 'GENERATE/VERIFY_MAC', 'other'],
      ),
    },
    { name: 'kms:TlsVersion', kinds: ['number', 'string'], values: pick('0', '1.0', '1.2', '1.3') },
    { name: 'kms:ValidTo', kinds: ['number', 'seconds'] },
    { name: 'kms:ScheduleKeyDeletionPendingWindowInDays', kinds: ['number'] },
    { name: 'kms:SecretName', kinds: ['string', 'glob'] },
    { name: 'kms:ForceDeleteWithoutRecovery', kinds: ['boolean'] },
    { name: 'acs:CurrentTime', kinds: ['date'] },
    { name: 'acs:SourceIp', kinds: ['address'] },
    { name: 'acs:SecureTransport', kinds: ['boolean'] },
    { name: 'acs:RequestTag/Owner', kinds: ['string', 'glob'] },
    { name: 'sts:ExternalId', kinds: ['string'] },
    { name: 'oss:Prefix', kinds: ['string', 'glob'] },
    { name: 'ram:ServiceName', kinds: ['string'] },
  ],
  operators: {
    string: ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
    glob: ['StringLike', 'StringNotLike'],
    number: ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
      (o) => `Numeric${o}`,
    ),
    date: ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
      (o) => `Date${o}`,
    ),
    seconds: ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
      (o) => `Date${o}`,
    ),
    boolean: ['Bool'],
    address: ['IpAddress', 'NotIpAddress'],
  },
  decorate: (operator) => fc.constant(operator),
  notResource: false,
  notPrincipal: false,
  optionalResource: false,
  organizationTypes: { denyOnlyConditions: false },
}
