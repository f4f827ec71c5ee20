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
