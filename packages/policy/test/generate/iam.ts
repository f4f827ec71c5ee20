import fc from 'fast-check'
import type { LanguageRows } from './language.ts'
import { anyCase, pick } from './values.ts'

const domain = 'd'.repeat(32)
const other = 'e'.repeat(32)

const patterns = fc
  .tuple(
    pick('kps', 'kps', 'KPS', 'k*', '*'),
    pick('cn-north-4', '*', '', 'cn-*'),
    pick(domain, '*', other, 'd*'),
    pick('SSHKeyPair', '*', 'SSH*', 'KeyId'),
    pick('a', '*', 'a*', '?', '*b', 'a:b', 'a/b', 'ab', '*:*'),
  )
  .map((parts) => parts.join(':'))

const comparisons = ['LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals']

/** What the iam language is tried with. */
export const iamRows: LanguageRows = {
  name: 'iam',
  version: '5.0',
  actions: anyCase(
    pick(
      ...['create', 'get', 'list', 'delete', 'importPrivateKey', 'unbind'].map(
        (name) => `kps:SSHKeyPair:${name}`,
      ),
      ...[
        'kps::getTask',
        'kps::deleteFailedTask',
        'kms:cmk:createDataKey',
        'kms:cmk:list',
        'ecs:cloudServers:showServer',
      ],
      ...[
        'sts:agencies:assume',
        'sts::tagSession',
        'obs:bucket:list',
        'iam:users:attachPolicyV5',
        'kps:domainKeypairs:get',
      ],
    ),
  ),
  actionPatterns: anyCase(
    pick(
      ...[
        '*',
        'kps:*:*',
        'kps:SSHKeyPair:*',
        'kps:*:get*',
        'kps::get*',
        'kps:SSHKeyPair:create',
        'kps:SSHKeyPair:get',
      ],
      ...[
        'kps:SSHKeyPair:list',
        'kps::getTask',
        'kms:cmk:*',
        'kms:cmk:createDataKey',
        '*:*:list',
        'kps:domainKeypairs:get',
      ],
      ...[
        'sts:agencies:assume',
        'kps:SSHKeyPair:?et',
        'obs:bucket:list',
        'k*:*:*',
        'ecs:cloudServers:showServer',
        '*:*:*',
      ],
    ),
  ),
  legacyPatterns: anyCase(
    pick(
      ...[
        'kps:domainKeypairs:*',
        'kps:domainKeypairs:get',
        'kps:domainKeypairs:list',
        'kps:domainKeypairs:create',
      ],
      ...[
        'kps:domainKeypairs:get*',
        'kps:domainKeypairs:deletefailtask',
        'ecs:serverKeypairs:unbind',
        'kms:dek:create',
      ],
      ...['*', 'kps:*:*', 'kps:SSHKeyPair:get', 'obs:bucket:list', 'ecs:cloudServers:get', 'kms:cmk:list'],
    ),
  ),
  resources: fc.oneof(
    {
      weight: 8,
      arbitrary: fc
        .tuple(pick('cn-north-4', ''), pick(domain, domain, other), pick('a', 'ab', 'b', '*', 'a:b', 'a/b'))
        .map(([region, account, name]) => `kps:${region}:${account}:SSHKeyPair:${name}`),
    },
    {
      weight: 1,
      arbitrary: pick('*', 'kps:x', `kms:cn-north-4:${domain}:KeyId:a`, `iam::${domain}:agency:a`),
    },
  ),
  resourcePatterns: fc.oneof({ weight: 4, arbitrary: patterns }, { weight: 1, arbitrary: fc.constant('*') }),
  callers: pick(
    { principal: `iam::${domain}:user:a` },
    { principal: `iam::${domain}:user:b` },
    { principal: `iam::${domain}:user:a` },
    { principal: `iam::${domain}:user:a` },
    { principal: `iam::${other}:user:a` },
    { principal: `sts::${domain}:assumed-agency:a/s` },
    { principal: `sts::${domain}:assumed-agency:service-linked-agency/op_svc/x/s` },
    { principal: `iam::${domain}:root`, root: true },
    { principal: `iam::${other}:root`, root: true },
    { principal: `iam::${domain}:user:a`, root: true },
  ),
  principals: fc.oneof(
    pick<unknown>('*'),
    fc
      .tuple(
        pick('IAM', 'IAM', 'IAM', 'Service', 'Federated'),
        fc.array(
          pick(
            ...[domain, other, `iam::${domain}:root`, `iam::${other}:root`, `iam::${domain}:user:a`, '*'],
            ...[
              `iam::${other}:user:a`,
              `iam::${domain}:agency:a`,
              `sts::${domain}:assumed-agency:a/s`,
              'iam::*:user:a',
            ],
          ),
          { minLength: 1, maxLength: 3 },
        ),
      )
      .map(([member, values]) => ({ [member]: values })),
  ),
  keys: [
    { name: 'kps:KmsKeyId', kinds: ['string', 'glob'] },
    { name: 'kps:Algorithm', kinds: ['string', 'glob'] },
    { name: 'g:CurrentTime', kinds: ['date'] },
    { name: 'g:SourceIp', kinds: ['address'] },
    { name: 'g:MFAPresent', kinds: ['boolean'] },
    { name: 'g:MFAAge', kinds: ['number'] },
    { name: 'g:ResourceTag/Owner', kinds: ['string', 'glob'] },
    { name: 'g:ResourceTag/owner', kinds: ['string'] },
    { name: 'g:TagKeys', kinds: ['string', 'glob'], multi: true },
    { name: 'g:CalledVia', kinds: ['string', 'number'], multi: true },
    { name: 'sts:ExternalId', kinds: ['string'] },
    { name: 'g:NotPublished', kinds: ['string'] },
    { name: 'iam:PolicyURN', kinds: ['string', 'glob'] },
    { name: 'obs:prefix', kinds: ['string', 'glob'] },
  ],
  operators: {
    string: ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'],
    glob: ['StringMatch', 'StringNotMatch'],
    number: ['Equals', 'NotEquals', ...comparisons].map((o) => `Number${o}`),
    date: comparisons.map((o) => `Date${o}`),
    seconds: comparisons.map((o) => `Date${o}`),
    boolean: ['Bool', 'Bool', 'Null'],
    address: ['IpAddress', 'NotIpAddress'],
  },
  decorate: (operator) =>
    operator === 'Null'
      ? fc.constant(operator)
      : fc
          .tuple(pick('', '', 'ForAnyValue:', 'ForAllValues:'), pick('', '', 'IfExists'))
          .map(([qualifier, suffix]) => `${qualifier}${operator}${suffix}`),
  notResource: true,
  notPrincipal: true,
  optionalResource: true,
  organizationTypes: { denyOnlyConditions: true },
}
