import { expect, test } from 'vitest'
import { caseMemo, conditionContext, decide, evaluateCase, type PolicyCase, prepareCase } from '../index.ts'

const allow = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }] }
const entry = (action: string, identity: readonly object[] = [allow]): PolicyCase => ({
  language: 'ram',
  policies: { identity },
  request: { principal: 'acs:ram::1:user/a', action, resource: 'acs:kms:r:1:key/k' },
})

test('cases that share documents share what is compiled, and decide as they would alone', () => {
  const memo = caseMemo()
  const first = prepareCase(entry('kms:Encrypt'), memo)
  const second = prepareCase(entry('kms:Decrypt', [structuredClone(allow)]), memo)
  expect(second.layers.identity).toBe(first.layers.identity)
  for (const action of ['kms:Encrypt', 'kms:Decrypt']) {
    const shared = prepareCase(entry(action), memo)
    const alone = prepareCase(entry(action))
    expect(alone.layers.identity).not.toBe(first.layers.identity)
    expect(decide('ram', shared.request, shared.layers)).toEqual(decide('ram', alone.request, alone.layers))
  }
})

test('documents come with their place and text; what is refused comes each time', () => {
  const memo = caseMemo()
  for (const _ of [1, 2]) {
    const { documents, refused } = prepareCase(entry('kms:Encrypt', [allow, {}]), memo)
    expect(documents.map(({ name, text }) => [name, text])).toEqual([['identity[0]', JSON.stringify(allow)]])
    expect(refused.map(({ at }) => at)).toEqual(['identity[1]'])
  }
})

test('the same text is another set as another type, in another place or language', () => {
  const memo = caseMemo()
  const text = {
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'kms:CreateKey', Resource: '*', Principal: '*' }],
  }
  const of = (policies: PolicyCase['policies'], resource = 'acs:kms:r:1:key/k') =>
    prepareCase(
      { ...entry('kms:Encrypt'), policies, request: { ...entry('kms:Encrypt').request, resource } },
      memo,
    )
  const key = of({ resource: [text] })
  const secret = of({ resource: [text] }, 'acs:kms:r:1:secret/s')
  expect(secret.layers.resource).not.toBe(key.layers.resource)
  expect(of({ identity: [text] }).refused.map(({ at }) => at)).toEqual(['identity[0]'])
  const both = of({ organization: [[allow]], callerOrganization: [[allow], [{}]] })
  expect(both.refused.map(({ at }) => at)).toEqual(['callerOrganization[1][0]'])
  expect(both.documents.map(({ name }) => name)).toEqual(['organization[0][0]', 'callerOrganization[0][0]'])
  const iam = { ...entry('kms:Encrypt'), language: 'iam' as const }
  expect(
    prepareCase({ ...iam, request: { ...iam.request, principal: 'iam::d:user:a' } }, memo).refused.map(
      ({ at }) => at,
    ),
  ).toEqual(['identity[0]'])
})

test('a session policy and a trust policy have a place too; a resource has one of the two that it may have', () => {
  const { policies: _, ...rest } = entry('kms:Encrypt')
  const placesOf = (policies: PolicyCase['policies']) =>
    prepareCase({ ...rest, policies }).refused.map(({ at }) => at)
  expect(placesOf({ session: [{}], trust: [{}] }).sort()).toEqual(['session[0]', 'trust[0]'])
  expect(() => placesOf({ resource: [{}], trust: [{}] })).toThrow(
    new TypeError('a resource has a policy or a trust policy, not both'),
  )
})

test('what a case does not say of its request is not there; what it says of the caller is', () => {
  const plain = entry('kms:Encrypt')
  const { request } = prepareCase(plain)
  expect(Object.keys(request)).not.toContain('act')
  expect(Object.keys(request.principal)).not.toContain('serviceLinked')
  const said = { ...plain, request: { ...plain.request, act: 'veto' as const, serviceLinked: true } }
  expect(prepareCase(said).request).toMatchObject({ act: 'veto', principal: { serviceLinked: true } })
})

test('an outcome has the name of its case, where it has one', () => {
  expect(evaluateCase({ ...entry('kms:Encrypt'), name: 'x' }).name).toBe('x')
  expect('name' in evaluateCase(entry('kms:Encrypt'))).toBe(false)
  expect('name' in evaluateCase(entry('kms:Encrypt', [{}]))).toBe(false)
})

test('a resource that names no account has no owner but the caller', () => {
  const { request } = entry('kms:Encrypt')
  const owner = (resource: string) =>
    prepareCase({ ...entry('kms:Encrypt'), request: { ...request, resource } }).request
  expect(owner('acs:kms:r:2:key/k').resourceAccount).toBe('2')
  expect('resourceAccount' in owner('*')).toBe(false)
})

test('a principal that is none is refused by its name', () => {
  const { request } = entry('kms:Encrypt')
  expect(() => prepareCase({ ...entry('kms:Encrypt'), request: { ...request, principal: 'ann' } })).toThrow(
    new TypeError('`ann` names no principal of the language `ram`'),
  )
})

test('a key whose value is computed to nothing is absent, not every tag', () => {
  const context = conditionContext({ 'kms:tag': () => undefined, 'kms:tag/A': '1' })
  expect(context.get('kms:tag')).toBeUndefined()
})
