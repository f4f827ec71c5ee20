import { describe, expect, test } from 'vitest'
import { compiled as compiledAs, domain, noting, other, request, uid } from '../../test/kit.ts'
import { conditionContext } from '../case/context.ts'
import { parsePolicy } from '../document/parse.ts'
import type { LanguageName, PolicyLayers, PolicyType } from '../index.ts'
import { compilePolicies } from './compile.ts'
import { explain } from './explain.ts'
import type { DecisionRequest, RequestPrincipal } from './types.ts'

const principal: RequestPrincipal = { kind: 'user', account: '1', id: 'acs:ram::1:user/a' }
const compiled = (...statements: object[]) => compiledAs('ram', 'identity', ...statements)

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

const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
const nothing = { Effect: 'Allow', Action: 'oss:GetObject', Resource: 'acs:oss:*:*:none' }
const decrypt = (Effect: string, more: object = {}) => ({
  Effect,
  Action: 'kms:Decrypt',
  Resource: '*',
  ...more,
})
const ram = (type: PolicyType, ...statements: object[]) => compiledAs('ram', type, ...statements)
const explained = (
  layers: PolicyLayers,
  differing: Partial<DecisionRequest> = {},
  language: LanguageName = 'ram',
) => explain(language, request(language, differing), layers)
const ann = `acs:ram::${uid}:user/ann`
const unmet = { Condition: { StringEquals: { 'acs:RequestedRegion': 'x' } } }

describe('the account of each layer', () => {
  test('says what the layer says by itself, in order, level by level', () => {
    const { layers, decision } = explained({
      organization: [ram('control', everything), ram('control', everything, decrypt('Deny'))],
      callerOrganization: [ram('control', nothing)],
      session: ram('session', nothing),
      identity: ram('identity', decrypt('Allow')),
      resource: ram('key', { ...decrypt('Deny'), Principal: '*' }),
    })
    expect(layers.map(({ statements: _, ...layer }) => layer)).toEqual([
      { layer: 'organization', level: 0, organizationOf: 'owner', says: 'Allow' },
      { layer: 'organization', level: 1, organizationOf: 'owner', says: 'Deny' },
      { layer: 'organization', level: 0, organizationOf: 'caller', says: 'nothing' },
      { layer: 'session', says: 'nothing' },
      { layer: 'identity', says: 'Allow' },
      { layer: 'resource', says: 'Deny' },
    ])
    expect(decision).toMatchObject({ reason: 'ExplicitDeny', layer: 'organization', level: 1 })
  })

  test('leaves out what bears on nothing', () => {
    const layers: PolicyLayers = {
      organization: [ram('control', everything)],
      identity: ram('identity', everything),
      resource: ram('key', { ...decrypt('Allow'), Principal: '*' }),
    }
    const names = (differing: Partial<DecisionRequest>) =>
      explained(layers, differing).layers.map(({ layer }) => layer)
    expect(names({})).toEqual(['organization', 'identity', 'resource'])
    expect(names({ action: 'kms:CreateKey' })).toEqual(['organization', 'identity'])
    expect(names({ action: 'kms:DescribeRegions' })).toEqual([])
    const service: RequestPrincipal = {
      kind: 'session',
      account: uid,
      id: `acs:ram::${uid}:role/x`,
      serviceLinked: true,
    }
    expect(names({ principal: service })).toEqual(['identity', 'resource'])
    const root: RequestPrincipal = { kind: 'root', account: uid, id: `acs:ram::${uid}:root` }
    expect(names({ principal: root })).toEqual([])
    expect(names({ principal: root, resourceAccount: '2222' })).toEqual([
      'organization',
      'identity',
      'resource',
    ])
    expect(names({ principal: root, action: 'sts:AssumeRole' })).toEqual([])
    const iam = {
      organization: [compiledAs('iam', 'scp', { Effect: 'Allow', Action: ['*'] })],
      identity: compiledAs('iam', 'identity', { Effect: 'Deny', Action: ['*'] }),
    }
    const member: RequestPrincipal = { kind: 'root', account: domain, id: `iam::${domain}:root` }
    expect(explained(iam, { principal: member }, 'iam').layers.map(({ layer }) => layer)).toEqual([
      'organization',
    ])
    expect(explained(iam, {}, 'iam').layers.map(({ layer }) => layer)).toEqual(['organization', 'identity'])
  })

  test('names the caller that a statement does not mean', () => {
    const { layers } = explained({
      resource: ram('key', {
        ...decrypt('Allow'),
        Principal: { RAM: ['acs:ram::1:user/a', 'acs:ram::1:user/b'], Service: ['x.aliyuncs.com'] },
      }),
    })
    expect(layers[0]!.statements[0]).toMatchObject({
      applied: false,
      failures: [
        {
          element: 'principal',
          wanted: ['acs:ram::1:user/a', 'acs:ram::1:user/b', 'x.aliyuncs.com'],
          actual: ann,
        },
      ],
    })
  })

  test('a Deny that nearly applied is no near miss', () => {
    const { nearMisses } = explained({
      identity: ram('identity', decrypt('Deny', unmet), decrypt('Allow', unmet)),
    })
    expect(nearMisses.map(({ statement }) => statement)).toEqual(['#1'])
  })

  test('what is allowed needs no near misses and no change', () => {
    const { nearMisses, changes } = explained({
      identity: ram('identity', everything, decrypt('Allow', unmet)),
    })
    expect({ nearMisses, changes }).toEqual({ nearMisses: [], changes: [] })
  })
})

describe('the smallest change', () => {
  const suggested = {
    Effect: 'Allow',
    Action: ['kms:Decrypt'],
    Resource: [`acs:kms:cn-hangzhou:${uid}:key/a`],
  }

  test('lifts each Deny, and allows where nothing does', () => {
    const { changes } = explained({
      organization: [
        ram('control', everything, decrypt('Deny')),
        ram('control', nothing, decrypt('Allow', unmet)),
      ],
      session: ram('session', everything),
      identity: ram('identity', decrypt('Deny'), decrypt('Deny', { Sid: 'second' }), decrypt('Deny', unmet)),
    })
    expect(changes).toEqual([
      {
        change: 'allow',
        place: { layer: 'organization', level: 1, organizationOf: 'owner' },
        near: [expect.objectContaining({ statement: '#1', layer: 'organization', level: 1 })],
        statement: suggested,
      },
      {
        change: 'lift',
        place: { layer: 'organization', level: 0, organizationOf: 'owner' },
        policy: 'control',
        statement: '#1',
      },
      { change: 'lift', place: { layer: 'identity' }, policy: 'identity', statement: '#0' },
      { change: 'lift', place: { layer: 'identity' }, policy: 'identity', statement: 'second' },
      { change: 'allow', place: { layer: 'identity' }, near: [], statement: suggested },
    ])
  })

  test('in the session where that says nothing', () => {
    const resource = ram('key', { ...decrypt('Allow', unmet), Principal: '*' })
    const { changes } = explained({
      session: ram('session', nothing),
      identity: ram('identity', everything),
      resource,
    })
    expect(changes).toStrictEqual([
      { change: 'allow', place: { layer: 'session' }, near: [], statement: suggested },
    ])
  })

  test('tells the levels of the two organizations apart', () => {
    const levels = () => [
      ram('control', decrypt('Allow', unmet), nothing),
      ram('control', decrypt('Allow', unmet), nothing),
    ]
    const { changes } = explained({
      organization: levels(),
      callerOrganization: levels(),
      identity: ram('identity', everything),
    })
    const places = (['owner', 'caller'] as const).flatMap((organizationOf) =>
      [1, 0].map((level) => ({ layer: 'organization', level, organizationOf })),
    )
    expect(changes).toMatchObject(
      places.map((place) => ({ change: 'allow', place, near: [{ ...place, statement: '#0' }] })),
    )
    expect(changes.map((one) => 'near' in one && one.near.length)).toEqual([1, 1, 1, 1])
  })

  const inResource = { Principal: { RAM: [ann] }, ...unmet }
  test.each([
    [
      'the identity, where neither is near',
      nothing,
      { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*', Principal: { RAM: ['acs:ram::1:user/a'] } },
      'identity',
    ],
    [
      'the identity, where both are as near',
      decrypt('Allow', unmet),
      decrypt('Allow', inResource),
      'identity',
    ],
    ['the resource, where it alone is near', nothing, decrypt('Allow', inResource), 'resource'],
    [
      'the resource, where it is nearer',
      { ...decrypt('Allow'), Resource: 'acs:kms:*:*:key/b' },
      decrypt('Allow', inResource),
      'resource',
    ],
    [
      'the identity, where it is nearer',
      decrypt('Allow', unmet),
      decrypt('Allow', { Principal: { RAM: ['acs:ram::1:user/a'] } }),
      'identity',
    ],
    [
      'the identity, where the action is decided without a resource',
      decrypt('Allow', unmet),
      { ...decrypt('Allow'), Action: 'kms:CreateKey', Principal: '*' },
      'identity',
    ],
  ])('within an account: %s', (_, identity, resource, layer) => {
    const { changes } = explained({
      organization: [ram('control', everything, decrypt('Allow', unmet))],
      identity: ram('identity', identity),
      resource: ram('key', resource),
    })
    expect(changes).toMatchObject([{ change: 'allow', place: { layer } }])
  })

  test('across accounts both sides, and a statement of a key policy names who asks', () => {
    const owned = { resourceAccount: '2222' }
    const resource = ram('key', decrypt('Allow', inResource))
    expect(explained({ identity: ram('identity', nothing), resource }, owned).changes).toEqual([
      { change: 'allow', place: { layer: 'identity' }, near: [], statement: suggested },
      {
        change: 'allow',
        place: { layer: 'resource' },
        near: [expect.objectContaining({ layer: 'resource' })],
        statement: { Effect: 'Allow', Action: ['kms:Decrypt'], Resource: ['*'], Principal: { RAM: [ann] } },
      },
    ])
    const session: RequestPrincipal = {
      kind: 'session',
      account: uid,
      id: `acs:ram::${uid}:assumed-role/r/s`,
      role: `acs:ram::${uid}:role/r`,
    }
    expect(
      explained({ identity: ram('identity', everything), resource }, { ...owned, principal: session })
        .changes,
    ).toMatchObject([{ statement: { Principal: { RAM: [`acs:ram::${uid}:role/r`] } } }])
  })

  test('there is none for the management of what another account owns', () => {
    const { changes } = explained(
      { identity: ram('identity', everything) },
      { action: 'kms:ScheduleKeyDeletion', resourceAccount: '2222' },
    )
    expect(changes).toEqual([{ change: 'impossible', to: 'another account' }])
  })

  test('there is none for a root identity that would assume a role', () => {
    const principal: RequestPrincipal = { kind: 'root', account: uid, id: `acs:ram::${uid}:root` }
    const resource = ram('trust', {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { RAM: [principal.id] },
    })
    const layers = {
      organization: [ram('control', nothing)],
      identity: ram('identity', everything),
      resource,
    }
    const { changes, decision } = explained(layers, { principal, action: 'sts:AssumeRole' })
    expect(decision).toEqual({ allowed: false, reason: 'ImplicitDeny', layer: 'root' })
    expect(changes).toEqual([{ change: 'impossible', to: 'root' }])
  })

  test('spells the action as the vendor does, or as it was asked', () => {
    const action = (name: string) =>
      explained({}, { action: name }).changes.map((one) => one.change === 'allow' && one.statement.Action[0])
    expect([action('KMS:DECRYPT'), action('kms:Unknown')]).toEqual([['kms:Decrypt'], ['kms:unknown']])
  })

  test('of the iam language: an SCP takes no single resource, a trust policy none at all, a name that is none only `*`', () => {
    const all = { Effect: 'Allow', Action: ['*'] }
    const some = { Effect: 'Allow', Action: ['obs:bucket:list'] }
    const iam = (type: PolicyType, ...statements: object[]) => compiledAs('iam', type, ...statements)
    const statements = (layers: PolicyLayers, differing: Partial<DecisionRequest> = {}) =>
      explained(layers, differing, 'iam').changes.map((one) => 'statement' in one && one.statement)
    const get = { Effect: 'Allow', Action: ['kps:SSHKeyPair:get'] }
    expect(statements({ organization: [iam('scp', some)], identity: iam('identity', all) })).toEqual([
      { ...get, Resource: ['*'] },
    ])
    expect(statements({ identity: iam('identity', some) })).toEqual([
      { ...get, Resource: [`kps:cn-north-4:${domain}:SSHKeyPair:a`] },
    ])
    expect(statements({}, { resource: 'kps:x' })).toEqual([{ ...get, Resource: ['*'] }])
    const assume = {
      action: 'sts:agencies:assume',
      resource: `iam::${other}:agency:ops`,
      resourceAccount: other,
    }
    expect(statements({ identity: iam('identity', all) }, assume)).toEqual([
      { Effect: 'Allow', Action: ['sts:agencies:assume'], Principal: { IAM: [`iam::${domain}:user:ann`] } },
    ])
  })

  test('looks at no key more than the account does', () => {
    const { context, asked } = noting()
    explained({ identity: ram('identity', decrypt('Allow', unmet)) }, { context })
    expect([...new Set(asked)]).toEqual(['acs:requestedregion'])
  })
})
