import { expect, test } from 'vitest'
import { compiled, other, request } from '../../test/kit.ts'
import type { PolicyType } from '../index.ts'
import { decide } from './decide.ts'

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

test('a root user is told that the other account does not trust it', () => {
  const principal = { kind: 'root', account: other, id: `iam::${other}:root` } as const
  const assume = request('iam', { principal, action: 'sts:agencies:assume', resourceAccount: 'd'.repeat(32) })
  expect(decide('iam', assume, {})).toEqual({ allowed: false, reason: 'ImplicitDeny', layer: 'resource' })
  const resource = compiled('iam', 'trust', { Effect: 'Allow', Action: ['*'], Principal: '*' })
  expect(decide('iam', assume, { resource })).toMatchObject({
    allowed: true,
    layer: 'resource',
    statement: '#0',
  })
})
