import { expect, test } from 'vitest'
import { compiled, domain, other, request, uid } from '../../test/kit.ts'
import type { PolicyType } from '../index.ts'
import { decide } from './decide.ts'
import { explain } from './explain.ts'

const iam = (type: PolicyType, ...effects: readonly ('Allow' | 'Deny')[]) =>
  compiled(
    'iam',
    type,
    ...(effects.length > 0 ? effects : ['Allow']).map((Effect) => ({
      Effect,
      Action: effects.length > 0 ? ['*'] : ['obs:bucket:list'],
    })),
  )
const quiet = () => iam('scp')

test('of levels that say nothing the highest is told, of those that deny too', () => {
  const decided = (...organization: ReturnType<typeof iam>[]) =>
    decide('iam', request('iam'), { organization, identity: iam('identity', 'Allow') })
  const open = iam('scp', 'Allow')
  const closed = iam('scp', 'Deny')
  expect(decided(open, quiet(), quiet())).toMatchObject({ reason: 'ImplicitDeny', level: 1 })
  expect(decided(quiet(), open, quiet())).toMatchObject({ reason: 'ImplicitDeny', level: 0 })
  expect(decided(quiet(), open)).toMatchObject({ reason: 'ImplicitDeny', level: 0 })
  expect(decided(quiet(), closed, closed)).toMatchObject({ reason: 'ExplicitDeny', level: 1 })
})

test('a denial by the organization of the caller comes before one by the session', () => {
  const layers = { callerOrganization: [iam('scp', 'Deny')], session: iam('session', 'Deny') }
  expect(decide('iam', request('iam', { resourceAccount: other }), layers)).toMatchObject({
    reason: 'ExplicitDeny',
    layer: 'organization',
    organizationOf: 'caller',
  })
  expect(
    decide('iam', request('iam', { resourceAccount: other }), {
      callerOrganization: [quiet()],
      session: iam('session', 'Deny'),
    }),
  ).toMatchObject({ reason: 'ExplicitDeny', layer: 'session' })
})

test('what the organization of the caller does not allow is denied, whoever else allows', () => {
  const layers = {
    callerOrganization: [quiet()],
    identity: iam('identity', 'Allow'),
    resource: compiled('iam', 'trust', { Effect: 'Allow', Action: ['*'], Principal: '*' }),
  }
  const assume = request('iam', { action: 'sts:agencies:assume', resourceAccount: other })
  expect(decide('iam', assume, layers)).toEqual({
    allowed: false,
    reason: 'ImplicitDeny',
    layer: 'organization',
    level: 0,
    organizationOf: 'caller',
  })
  expect(decide('iam', assume, { ...layers, callerOrganization: [iam('scp', 'Allow')] }).allowed).toBe(true)
})

test('no root user assumes an agency, whoever trusts it, and it is told so', () => {
  const principal = { kind: 'root', account: other, id: `iam::${other}:root` } as const
  const assume = request('iam', { principal, action: 'sts:agencies:assume', resourceAccount: domain })
  const resource = compiled('iam', 'trust', { Effect: 'Allow', Action: '*', Principal: '*' })
  const denied = { allowed: false, reason: 'ImplicitDeny', layer: 'root' }
  expect(decide('iam', assume, { resource })).toEqual(denied)
  expect(decide('iam', { ...assume, act: 'assume', action: 'kps::getTask' }, { resource })).toEqual(denied)
  // Of what is no assumption, nothing can be granted to another account.
  expect(decide('iam', { ...assume, action: 'kps::getTask' }, { resource })).toEqual({
    ...denied,
    layer: 'resource',
  })
})

test.each(['ram', 'iam'] as const)('%s: an assumption takes both sides within an account', (language) => {
  const { account, action, anyone } =
    language === 'ram'
      ? { account: uid, action: 'sts:AssumeRole', anyone: { RAM: '*' } }
      : { account: domain, action: 'sts:agencies:assume', anyone: { IAM: '*' } }
  const asked = request(language, { action, resource: '*', resourceAccount: account })
  const allow = { Effect: 'Allow', Action: action }
  const identity = compiled(language, 'identity', { ...allow, Resource: '*' })
  const resource = compiled(language, 'trust', { ...allow, Principal: anyone })
  expect(decide(language, asked, { identity, resource }).allowed).toBe(true)
  expect(decide(language, asked, { identity })).toMatchObject({ allowed: false, layer: 'resource' })
  expect(decide(language, asked, { resource })).toMatchObject({ allowed: false, layer: 'identity' })
  expect(decide(language, { ...asked, act: 'call' }, { resource }).allowed).toBe(false)
})

test.each(['ram', 'iam'] as const)(
  '%s: a veto is an explicit Deny of any layer, and nothing else',
  (language) => {
    const deny = compiled(language, 'identity', { Effect: 'Deny', Action: '*', Resource: '*' })
    const limit = compiled(language, language === 'ram' ? 'control' : 'scp', {
      Effect: 'Deny',
      Action: language === 'ram' ? 'oss:*' : 'obs:*:*',
      Resource: '*',
    })
    const veto = request(language, { act: 'veto' })
    const unopposed = { allowed: true, reason: 'Allowed', layer: 'none' }
    expect(decide(language, veto, {})).toEqual(unopposed)
    expect(decide(language, veto, { organization: [limit, limit], session: limit })).toEqual(unopposed)
    const denied = { allowed: false, reason: 'ExplicitDeny', layer: 'identity' }
    const layers = { organization: [limit, limit], session: limit, identity: deny }
    expect(decide(language, veto, layers)).toMatchObject(denied)
    expect(explain(language, veto, layers)).toMatchObject({
      decision: denied,
      changes: [{ change: 'lift', place: { layer: 'identity' } }],
    })
    const high = compiled(language, language === 'ram' ? 'control' : 'scp', {
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
    })
    expect(decide(language, veto, { organization: [limit, high, limit] })).toMatchObject({
      layer: 'organization',
      level: 1,
      organizationOf: 'owner',
    })
    expect(decide(language, veto, { callerOrganization: [high, limit] })).toMatchObject({
      level: 0,
      organizationOf: 'caller',
    })
  },
)
