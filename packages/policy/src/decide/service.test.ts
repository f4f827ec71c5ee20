import { expect, it } from 'vitest'
import { conditionContext } from '../case/context.ts'
import { parsePolicy } from '../document/parse.ts'
import { compilePolicies } from './compile.ts'
import { decide } from './decide.ts'
import type { Act, LanguageName, PolicyLayers, RequestPrincipal } from './types.ts'

const service: RequestPrincipal = { kind: 'service', account: '1', id: 'keyward' }
const compiled = (language: LanguageName, Effect: 'Allow' | 'Deny') => {
  const all = {
    Effect,
    Action: language === 'ram' ? '*' : ['*:*:*'],
    Resource: language === 'ram' ? '*' : ['*'],
  }
  const text = JSON.stringify({ Version: language === 'ram' ? '1' : '5.0', Statement: [all] })
  return compilePolicies(language, [
    { name: Effect, document: parsePolicy(text, { language, type: 'identity' }).document! },
  ])
}
const ask = (layers: PolicyLayers, principal = service, language: LanguageName = 'ram', act?: Act) =>
  decide(
    language,
    {
      principal,
      action: 'keyward:DestroyKey',
      resource: '*',
      context: conditionContext({}),
      ...(act && { act }),
    },
    layers,
  )

it.each(['ram', 'iam'] as const)('in %s, the system layer alone decides on the service', (language) => {
  const [allow, deny] = [compiled(language, 'Allow'), compiled(language, 'Deny')]
  const every = (set: typeof allow) => ({
    identity: set,
    session: set,
    resource: set,
    organization: [set],
    callerOrganization: [set],
  })
  const of = (layers: PolicyLayers) => ask(layers, service, language)
  expect(of(every(allow))).toEqual({ allowed: false, reason: 'ImplicitDeny', layer: 'system' })
  expect(of({ ...every(deny), system: compilePolicies(language, []) })).toMatchObject({
    reason: 'ImplicitDeny',
  })
  if (language === 'iam') return
  expect(of({ ...every(deny), system: allow })).toMatchObject({
    allowed: true,
    layer: 'system',
    policy: 'Allow',
  })
  expect(of({ ...every(allow), system: deny })).toMatchObject({ reason: 'ExplicitDeny', layer: 'system' })
})

it('the system layer is about nobody else', () => {
  const user: RequestPrincipal = { kind: 'user', account: '1', id: 'acs:ram::1:user/a' }
  expect(ask({ system: compiled('ram', 'Allow') }, user)).toMatchObject({ allowed: false, layer: 'identity' })
  const identity = compiled('ram', 'Allow')
  expect(ask({ identity, system: compiled('ram', 'Deny') }, user)).toMatchObject({ allowed: true })
})

it('the service opens no session, and says nothing against a call', () => {
  const system = compiled('ram', 'Allow')
  expect(ask({ system }, service, 'ram', 'assume').allowed).toBe(false)
  expect(ask({ system }, service, 'ram', 'veto').allowed).toBe(false)
})
