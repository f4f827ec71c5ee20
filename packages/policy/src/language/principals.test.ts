import { describe, expect, test } from 'vitest'
import type { LanguageName, PolicyType, RequestPrincipal } from '../decide/types.ts'
import { languages } from './index.ts'

const A = 'a'.repeat(32)
const B = 'b'.repeat(32)
const read = (language: LanguageName, id: string) => languages[language].principal.read(id)

describe('who a name is', () => {
  test.each<[LanguageName, string, RequestPrincipal | undefined]>([
    ['ram', 'acs:ram::1:root', { kind: 'root', account: '1', id: 'acs:ram::1:root' }],
    ['ram', 'acs:ram::1:root/x', undefined],
    ['ram', 'acs:ram::1:user/ann', { kind: 'user', account: '1', id: 'acs:ram::1:user/ann' }],
    ['ram', 'acs:ram::1:user', undefined],
    ['ram', 'acs:ram::1:group/g', undefined],
    ['ram', 'acs:ram::1:role', undefined],
    [
      'ram',
      'acs:ram::1:role/ops',
      { kind: 'session', account: '1', role: 'acs:ram::1:role/ops', id: 'acs:ram::1:role/ops' },
    ],
    [
      'ram',
      'acs:ram::1:role/ops/s',
      { kind: 'session', account: '1', role: 'acs:ram::1:role/ops', id: 'acs:ram::1:assumed-role/ops/s' },
    ],
    [
      'ram',
      'acs:ram::1:assumed-role/aliyunservicerolefoross/s',
      {
        kind: 'session',
        account: '1',
        role: 'acs:ram::1:role/aliyunservicerolefoross',
        id: 'acs:ram::1:assumed-role/aliyunservicerolefoross/s',
        serviceLinked: true,
      },
    ],
    [
      'ram',
      'acs:ram::1:role/MyAliyunServiceRoleForOss',
      {
        kind: 'session',
        account: '1',
        role: 'acs:ram::1:role/MyAliyunServiceRoleForOss',
        id: 'acs:ram::1:role/MyAliyunServiceRoleForOss',
      },
    ],
    ['ram', 'acs:ram:::user/ann', undefined],
    ['ram', 'xacs:ram::1:root', undefined],
    ['iam', `iam::${A}:root`, { kind: 'root', account: A, id: `iam::${A}:root` }],
    ['iam', `iam::${A}:root:x`, { kind: 'user', account: A, id: `iam::${A}:root:x` }],
    ['iam', `iam::${A}:user:ann`, { kind: 'user', account: A, id: `iam::${A}:user:ann` }],
    ['iam', `iam::${A}:user`, undefined],
    ['iam', `iam::${A}:agency`, undefined],
    [
      'iam',
      `iam::${A}:agency:ops`,
      { kind: 'session', account: A, role: `iam::${A}:agency:ops`, id: `iam::${A}:agency:ops` },
    ],
    [
      'iam',
      `iam::${A}:agency:service-linked-agency/ecs/x`,
      {
        kind: 'session',
        account: A,
        role: `iam::${A}:agency:service-linked-agency/ecs/x`,
        id: `iam::${A}:agency:service-linked-agency/ecs/x`,
        serviceLinked: true,
      },
    ],
    [
      'iam',
      `sts::${A}:assumed-agency:path/ops/s`,
      {
        kind: 'session',
        account: A,
        role: `iam::${A}:agency:path/ops`,
        id: `sts::${A}:assumed-agency:path/ops/s`,
      },
    ],
    [
      'iam',
      `sts::${A}:assumed-agency:ops`,
      { kind: 'session', account: A, role: `iam::${A}:agency:ops`, id: `sts::${A}:assumed-agency:ops` },
    ],
    [
      'iam',
      `sts::${A}:external-user:idp/s`,
      { kind: 'session', account: A, id: `sts::${A}:external-user:idp/s` },
    ],
    ['iam', `sts::${A}:assumed-agency`, undefined],
    ['iam', 'iam:::user:ann', undefined],
    ['iam', `xiam::${A}:user:ann`, undefined],
    ['iam', `kps::${A}:user:ann`, undefined],
  ])('%s %s', (language, id, expected) => {
    expect(read(language, id)).toEqual(expected)
  })
})

describe('whom a value of a Principal means', () => {
  const callers: Record<LanguageName, readonly RequestPrincipal[]> = {
    ram: ['1:user/ann', '1:root', '1:role/ops/s', '1:role/ops/t', '2:user/ann', '2:root'].map(
      (name) => read('ram', `acs:ram::${name}`)!,
    ),
    iam: [
      `iam::${A}:user:ann`,
      `iam::${A}:root`,
      `sts::${A}:assumed-agency:ops/s`,
      `sts::${A}:assumed-agency:ops/t`,
      `iam::${B}:user:ann`,
      `iam::${B}:root`,
    ].map((name) => read('iam', name)!),
  }
  /** A letter for each caller that is meant; undefined when the value can name nobody. */
  const meant = (language: LanguageName, type: PolicyType, member: string, value: string) => {
    const matcher = languages[language].policyTypes.get(type)!.principals!.compile(member, value)
    const owner = language === 'ram' ? '1' : A
    return matcher && callers[language].map((caller) => (matcher(caller, owner) ? 'x' : '-')).join('')
  }

  test.each<[PolicyType, string, string, string | undefined]>([
    ['key', 'RAM', '*', 'xxxxxx'],
    ['key', 'RAM', 'acs:ram::1:*', 'xxxx--'],
    ['key', 'RAM', 'acs:ram::2:*', '----xx'],
    ['key', 'RAM', 'acs:ram::1:root', '-x----'],
    ['key', 'RAM', 'acs:ram::2:root', '----xx'],
    ['secret', 'RAM', 'acs:ram::1:root', '-x----'],
    ['trust', 'RAM', 'acs:ram::1:root', 'xxxx--'],
    ['key', 'RAM', 'acs:ram::1:user/ann', 'x-----'],
    ['key', 'RAM', 'acs:ram::1:role/ops', '--xx--'],
    ['key', 'RAM', 'acs:ram::1:role/ops/s', '--x---'],
    ['key', 'RAM', 'acs:ram::1:assumed-role/ops/s', '--x---'],
    ['key', 'RAM', 'acs:ram::1:assumed-role/ops', '------'],
    ['key', 'RAM', 'acs:ram::1:user/ann/s', '------'],
    ['key', 'RAM', 'acs:ram::1:user/ops/s', '------'],
    ['key', 'RAM', 'acs:ram::1:xuser/ann', undefined],
    ['key', 'RAM', 'acs:ram::1:saml-provider/idp', '------'],
    ['key', 'RAM', 'acs:ram::1:user/*', undefined],
    ['key', 'RAM', 'acs:ram::1:user/an?', undefined],
    ['key', 'RAM', 'acs:ram::*:user/ann', undefined],
    ['key', 'RAM', 'acs:ram::1:group/g', undefined],
    ['key', 'RAM', 'acs:ram::1:', undefined],
    ['key', 'RAM', 'x-acs:ram::1:root', undefined],
    ['key', 'RAM', '1', undefined],
    ['key', 'RAM', '', undefined],
    ['key', 'Service', 'ecs.aliyuncs.com', '------'],
    ['key', 'Service', 'ecs.cn-hangzhou.aliyuncs.com', '------'],
    ['key', 'Service', 'ecs.example.com', undefined],
    ['key', 'Service', 'x acs.aliyuncs.com', undefined],
    ['key', 'Service', 'acs:ram::1:user/ann', undefined],
    ['trust', 'Federated', 'acs:ram::1:saml-provider/idp', '------'],
    ['trust', 'Federated', 'acs:ram::1:oidc-provider/idp', '------'],
    ['trust', 'Federated', 'acs:ram::*:oidc-provider/idp', undefined],
    ['trust', 'Federated', 'acs:ram::1:user/ann', undefined],
    ['trust', 'Federated', '*', undefined],
  ])('ram %s %s %s', (type, member, value, expected) => {
    expect(meant('ram', type, member, value)).toBe(expected)
  })

  test.each<[string, string, string | undefined]>([
    ['IAM', '*', 'xxxxxx'],
    ['IAM', A, 'xxxx--'],
    ['IAM', A.slice(1), undefined],
    ['IAM', `${A}a`, undefined],
    ['IAM', `iam::${A}:root`, 'xxxx--'],
    ['IAM', 'iam::*:root', undefined],
    ['IAM', `xiam::${A}:root`, undefined],
    ['IAM', `iam::${B}:root`, '----xx'],
    ['IAM', `iam::${A}:user:ann`, 'x-----'],
    ['IAM', `iam::${A}:agency:ops`, '--xx--'],
    ['IAM', `sts::${A}:assumed-agency:ops/s`, '--x---'],
    ['IAM', `sts::${A}:external-user:idp/s`, '------'],
    ['IAM', `iam::${A}:user:a*`, undefined],
    ['IAM', `iam::${A}:group:g`, undefined],
    ['IAM', `iam::*:user:ann`, undefined],
    ['IAM', `x:iam::${A}:user:ann`, undefined],
    ['Service', 'service.ECS', '------'],
    ['Service', 'service.', undefined],
    ['Service', 'service.*', undefined],
    ['Service', 'service.a*', undefined],
    ['IAM', `iam::${A}:roots`, undefined],
    ['Service', 'my.service.ECS', undefined],
    ['Service', A, undefined],
  ])('iam %s %s', (member, value, expected) => {
    expect(meant('iam', 'trust', member, value)).toBe(expected)
  })
})

test.each<[LanguageName, string, string, PolicyType]>([
  ['ram', 'kms:Decrypt', 'acs:kms:r:1:key/k', 'key'],
  ['ram', 'kms:GetSecretValue', 'acs:kms:cn-hangzhou:1192:secret/s', 'secret'],
  ['ram', 'kms:CreateSecret', 'acs:kms:r:1:secret', 'secret'],
  ['ram', 'kms:Decrypt', 'x:acs:kms:r:1:secret/s', 'key'],
  ['ram', 'kms:Decrypt', '*', 'key'],
  ['ram', 'STS:AssumeRole', 'acs:ram:*:1:role/r', 'trust'],
  ['ram', 'xsts:Assume', 'acs:ram:*:1:role/r', 'key'],
  ['iam', 'sts:agencies:assume', '*', 'trust'],
])('%s: what %s is asked of, %s, has a policy of the type %s', (language, action, resource, type) => {
  expect(languages[language].layers.resource(action, resource)).toBe(type)
})

test.each<[LanguageName, 'action' | 'resource', string, boolean]>([
  ['ram', 'action', '*', true],
  ['ram', 'action', 'kms:Encrypt', true],
  ['ram', 'action', 'kms*', true],
  ['ram', 'action', 'k?s', true],
  ['ram', 'action', '*Key', true],
  ['ram', 'action', 'kms', false],
  ['ram', 'action', 'kms:', false],
  ['ram', 'action', ':Encrypt', false],
  ['ram', 'action', 'kms:cmk:list', false],
  ['ram', 'action', 'kms: Encrypt', false],
  ['ram', 'action', 'kms:a:b*', false],
  ['ram', 'action', 'kms* ', false],
  ['ram', 'action', '', false],
  ['ram', 'resource', '', false],
  ['ram', 'resource', 'x', true],
  ['iam', 'action', '*', true],
  ['iam', 'action', 'kps::getTask', true],
  ['iam', 'action', 'kps:*:*', true],
  ['iam', 'action', 'kps:*', false],
  ['iam', 'action', '**', false],
  ['iam', 'action', 'kps:a:', false],
  ['iam', 'action', ':a:b', false],
  ['iam', 'action', 'kps:a:b:c', false],
  ['iam', 'action', 'kps:a:b c', false],
  ['iam', 'resource', '*', true],
  ['iam', 'resource', 'kps:::SSHKeyPair:a', true],
  ['iam', 'resource', 'kps:r:a:SSHKeyPair:a:b\nc', true],
  ['iam', 'resource', 'kps:r:a:SSHKeyPair', false],
  ['iam', 'resource', 'kps:r:a:SSHKeyPair:', false],
  ['iam', 'resource', 'kps:r:a::x', false],
  ['iam', 'resource', ':r:a:SSHKeyPair:x', false],
  ['iam', 'resource', ':kps:r:a:SSHKeyPair:x', false],
])('%s: whether the %s %j is well formed: %s', (language, element, source, well) => {
  expect(languages[language][element].fault(source) === undefined).toBe(well)
})
