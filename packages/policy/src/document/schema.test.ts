import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { PolicyCase } from '../case/evaluate-case.ts'
import type { LanguageName, PolicyType } from '../decide/types.ts'
import { languages } from '../language/index.ts'
import { policySchema } from './schema.ts'

type Json = Record<string, unknown>

/** As much of a validator as these schemas use. */
function valid(schema: Json, value: unknown, root: Json): boolean {
  const sub = (one: unknown) => valid(one as Json, value, root)
  if (typeof schema.$ref === 'string')
    return valid((root.$defs as Json)[schema.$ref.split('/').at(-1)!] as Json, value, root)
  if (Array.isArray(schema.anyOf) && !schema.anyOf.some(sub)) return false
  if (Array.isArray(schema.oneOf) && schema.oneOf.filter(sub).length !== 1) return false
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return false
  if ('const' in schema && schema.const !== value) return false
  if (schema.type === 'string' && typeof value !== 'string') return false
  if (schema.type === 'array') {
    return (
      Array.isArray(value) &&
      value.length >= Number(schema.minItems ?? 0) &&
      value.every((one) => valid(schema.items as Json, one, root))
    )
  }
  if (schema.type === 'object' && (typeof value !== 'object' || value === null || Array.isArray(value)))
    return false
  if (Array.isArray(schema.required) && !schema.required.every((name) => name in (value as Json)))
    return false
  if (typeof value !== 'object' || value === null || !schema.properties) return true
  const properties = schema.properties as Record<string, Json>
  if (Object.keys(value).length < Number(schema.minProperties ?? 0)) return false
  return Object.entries(value).every(([name, one]) => {
    const rule = properties[name] ?? schema.additionalProperties
    return rule !== false && (rule === undefined || valid(rule as Json, one, root))
  })
}

const accepts = (language: LanguageName, type: PolicyType, document: unknown) => {
  const schema = policySchema(language, type) as Json
  return valid(schema, document, schema)
}

describe.each(['ram', 'iam'] as const)('%s', (language) => {
  const folder = new URL(`../../cases/${language}/`, import.meta.url)
  const cases: PolicyCase[] = readdirSync(folder).flatMap((file) =>
    JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
  )

  test('every document of the cases is one of its schema', () => {
    const { layers } = languages[language]
    for (const { name, policies, request } of cases) {
      const documents: [PolicyType, unknown][] = [
        ...(policies.identity ?? []).map((one) => ['identity', one] as [PolicyType, unknown]),
        ...(policies.session ?? []).map((one) => ['session', one] as [PolicyType, unknown]),
        ...(policies.organization ?? [])
          .flat()
          .map((one) => [layers.organization, one] as [PolicyType, unknown]),
        ...(policies.resource ?? []).map(
          (one) => [layers.resource(request.action, request.resource), one] as [PolicyType, unknown],
        ),
      ]
      for (const [type, document] of documents)
        expect([name, accepts(language, type, document)]).toEqual([name, true])
    }
  })

  test.each([...languages[language].policyTypes.keys()])(
    'the schema of %s is made of what the catalogue knows',
    (type) => {
      const text = JSON.stringify(policySchema(language, type))
      expect(text).toContain(language === 'ram' ? '"NumericLessThan"' : '"ForAnyValue:StringEqualsIfExists"')
      expect(text).toContain(language === 'ram' ? '"kms:Encrypt"' : '"kps:SSHKeyPair:create"')
      expect(text.includes('"kms:EncryptionContextKeys"')).toBe(type === 'key')
      expect(text.includes('"g:ProjectName"')).toBe(language === 'iam' && type === 'identity')
    },
  )
})

test.each<[string, LanguageName, PolicyType, unknown]>([
  ['an unknown member', 'ram', 'identity', { Version: '1', Statement: [], Id: 'x' }],
  ['no statement', 'ram', 'identity', { Version: '1', Statement: [] }],
  [
    'both actions',
    'ram',
    'identity',
    { Version: '1', Statement: { Effect: 'Allow', Action: '*', NotAction: '*', Resource: '*' } },
  ],
  [
    'a principal',
    'ram',
    'identity',
    { Version: '1', Statement: { Effect: 'Allow', Action: '*', Resource: '*', Principal: '*' } },
  ],
  [
    'no principal',
    'ram',
    'key',
    { Version: '1', Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' } },
  ],
  [
    'a resource',
    'ram',
    'key',
    {
      Version: '1',
      Statement: { Effect: 'Allow', Action: 'kms:*', Resource: 'acs:kms:*:*:key/a', Principal: '*' },
    },
  ],
  [
    'an operator of the other language',
    'iam',
    'identity',
    { Version: '5.0', Statement: { Effect: 'Allow', Action: '*', Condition: { StringLike: {} } } },
  ],
])('a schema refuses %s', (_name, language, type, document) => {
  expect(accepts(language, type, document)).toBe(false)
})

test.each<[string, unknown]>([
  ['a federated caller', { Principal: { Federated: ['x'] } }],
  ['everyone but one', { NotPrincipal: { IAM: 'x' } }],
])('a schema takes %s in a trust policy', (_name, who) => {
  const document = { Version: '5.0', Statement: { Effect: 'Allow', Action: '*', ...(who as object) } }
  expect(accepts('iam', 'trust', document)).toBe(true)
  expect(accepts('iam', 'trust', { ...document, Statement: { Effect: 'Allow', Action: '*' } })).toBe(false)
})

test('a schema takes the paths of a legacy document', () => {
  const Statement = { Effect: 'Allow', Action: '*', Resource: { uri: ['/iam/agencies/x'] } }
  expect(accepts('iam', 'identity', { Version: '1.1', Statement })).toBe(true)
  expect(accepts('iam', 'session', { Version: '5.0', Statement })).toBe(false)
})

test('a language has its own policy types', () => {
  expect(() => policySchema('iam', 'key')).toThrow(TypeError)
})

test.each(
  (['ram', 'iam'] as const).flatMap((language) =>
    [...languages[language].policyTypes.keys()].map((type) => [language, type] as const),
  ),
)('the published schema is the one of today: %s %s', (language, type) => {
  const published = new URL(`../../schemas/${language}-${type}.schema.json`, import.meta.url)
  expect(policySchema(language, type)).toEqual(JSON.parse(readFileSync(published, 'utf8')))
})
