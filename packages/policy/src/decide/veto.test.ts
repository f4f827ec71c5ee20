import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compiled } from '../../test/kit.ts'
import { compilePolicies } from './compile.ts'
import { decide, mayVeto } from './decide.ts'
import type { CompiledPolicies, LanguageName, PolicyLayers, PolicyType } from './types.ts'

const callers = {
  ram: { kind: 'user', account: '1', id: 'acs:ram::1:user/a' },
  iam: { kind: 'user', account: 'd', id: 'iam::d:user:a' },
} as const
const veto = (language: LanguageName, layers: PolicyLayers) =>
  decide(
    language,
    {
      act: 'veto',
      principal: callers[language],
      action: language === 'ram' ? 'kms:Decrypt' : 'kms:cmk:decryptData',
      resource: language === 'ram' ? 'acs:kms:r:1:key/k' : '*',
      context: new Map(),
    },
    layers,
  )
const saying = (language: LanguageName, type: PolicyType, Effect: 'Allow' | 'Deny') =>
  compiled(
    language,
    type,
    language === 'ram' ? { Effect, Action: '*', Resource: '*' } : { Effect, Action: ['*'] },
  )

const quiet = compilePolicies('ram', [])
const allows = saying('ram', 'control', 'Allow')
const denies = saying('ram', 'control', 'Deny')
const silent: PolicyLayers = { session: quiet, identity: quiet }

test('a veto needs no grant', () => {
  expect(veto('ram', {})).toMatchObject({ allowed: true })
  expect(veto('ram', { ...silent, organization: [quiet, quiet] })).toMatchObject({ allowed: true })
  expect(veto('iam', { organization: [compilePolicies('iam', [])] })).toMatchObject({ allowed: true })
})

test.each<[what: string, organization: CompiledPolicies[], callers: CompiledPolicies[], expected: object]>([
  ['the last level of two', [denies, denies], [], { level: 1, organizationOf: 'owner' }],
  ['the level that denies', [denies, quiet], [], { level: 0, organizationOf: 'owner' }],
  ['the caller’s organization', [quiet, allows], [denies, denies], { level: 1, organizationOf: 'caller' }],
  ['the owner’s before the caller’s', [denies, quiet], [denies], { level: 0, organizationOf: 'owner' }],
])('a denial of a level is found behind one that says nothing: %s', (_, organization, callers, expected) => {
  const session = saying('ram', 'session', 'Deny')
  const layers = {
    ...silent,
    session,
    organization,
    ...(callers.length > 0 && { callerOrganization: callers }),
  }
  const found = { allowed: false, reason: 'ExplicitDeny', layer: 'organization', ...expected }
  expect(veto('ram', layers)).toMatchObject(found)
})

test.each(['identity', 'session'] as const)(
  'a denial of the %s policies is found behind levels that say nothing',
  (layer) => {
    const layers = { ...silent, organization: [quiet, quiet], [layer]: saying('ram', layer, 'Deny') }
    const decision = veto('ram', layers)
    expect(decision).toMatchObject({ allowed: false, reason: 'ExplicitDeny', layer })
    expect(decision).not.toHaveProperty('level')
  },
)

test('in the language whose denials come first, any of them is the veto', () => {
  const layers = { organization: [compilePolicies('iam', [])], identity: saying('iam', 'identity', 'Deny') }
  expect(veto('iam', layers)).toMatchObject({ allowed: false, reason: 'ExplicitDeny', layer: 'identity' })
})

test('where no layer has a Deny of the action there is nothing to ask, and that of each layer is seen', () => {
  const elsewhere = compiled('ram', 'control', { Effect: 'Deny', Action: 'kms:Encrypt', Resource: '*' })
  const set = fc.constantFrom(quiet, allows, denies, elsewhere)
  const layers = fc.record(
    {
      session: set,
      identity: set,
      resource: set,
      organization: fc.array(set, { maxLength: 2 }),
      callerOrganization: fc.array(set, { maxLength: 2 }),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(layers, (given) => {
      const may = mayVeto('ram', 'kms:Decrypt', given)
      expect(may).toBe(Object.values(given).flat().includes(denies))
      if (!may) expect(veto('ram', given)).toMatchObject({ allowed: true })
    }),
  )
})
