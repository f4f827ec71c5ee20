import { readdirSync, readFileSync } from 'node:fs'
import {
  type LanguageName,
  languageInfo,
  type PolicyCase,
  type PolicyType,
  parsePolicy,
  policySchema,
  prepareCase,
  systemPolicies,
} from '@keyward/policy'
import { describe, expect, test } from 'vitest'
import { caseSchema } from './suite-schema.ts'
import { strictly } from './testing/validators.ts'

const folder = new URL('../../../policy/cases/', import.meta.url)
const casesOf = (language: LanguageName): PolicyCase[] =>
  readdirSync(new URL(language, folder)).flatMap((file) =>
    JSON.parse(readFileSync(new URL(`${language}/${file}`, folder), 'utf8')),
  )

type Document = Record<string, unknown>
interface Typed {
  readonly type: PolicyType
  readonly text: string
}

/** Every document of the cases, which hold all examples of the seeds, with the type that it is read as; and the built-in. */
function documentsOf(language: LanguageName): readonly Typed[] {
  const found = new Map<string, Typed>()
  for (const one of casesOf(language))
    for (const { document, text } of prepareCase(one).documents)
      found.set(`${document.type} ${text}`, { type: document.type, text })
  for (const { type, document } of systemPolicies(language))
    found.set(`${type} ${document}`, { type, text: document })
  return [...found.values()]
}

/** The document with one thing changed: a member or element left out, or a value replaced by another. */
function* mutations(value: unknown): Generator<unknown> {
  for (const other of [null, 7, '', 'x', '*', [], {}, ['*'], { a: 'b' }]) yield other
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) {
      yield value.toSpliced(index, 1)
      for (const changed of mutations(one)) yield value.with(index, changed)
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      const { [name]: _, ...rest } = value as Document
      yield rest
      yield { ...rest, [`Not${name}`]: one }
      yield { ...value, Extra: one }
      for (const changed of mutations(one)) yield { ...value, [name]: changed }
    }
  }
}

describe.each(['ram', 'iam'] as const)('%s', (language) => {
  const types = languageInfo(language).policyTypes.map(({ type }) => type)
  const validators = new Map(types.map((type) => [type, strictly(policySchema(language, type))]))
  const valid = (type: PolicyType, document: unknown) => validators.get(type)!(document)
  const refused = (type: PolicyType, text: string) =>
    parsePolicy(text, { language, type }).document === undefined
  const documents = documentsOf(language)

  test('every example of the seeds and every built-in policy is one by its schema', () => {
    expect(documents.length).toBeGreaterThan(100)
    expect(new Set(documents.map(({ type }) => type)).size).toBeGreaterThan(2)
    for (const { type, text } of documents) {
      const errors = valid(type, JSON.parse(text)) ? [] : validators.get(type)!.errors
      expect(errors, `${type} ${text}`).toEqual([])
    }
  })

  test('a schema refuses nothing that the service accepts, and sees most of what it refuses', () => {
    const seen = { refused: 0, bySchema: 0 }
    for (const { type, text } of documents.filter((_, index) => index % 7 === 0)) {
      for (const document of mutations(JSON.parse(text))) {
        const changed = JSON.stringify(document)
        const accepted = valid(type, document)
        if (refused(type, changed)) {
          seen.refused += 1
          if (!accepted) seen.bySchema += 1
        } else expect(accepted, `${type} ${changed}`).toBe(true)
      }
    }
    expect(seen.refused).toBeGreaterThan(1000)
    expect(seen.bySchema / seen.refused).toBeGreaterThan(0.8)
  })

  test('the published files say the same', () => {
    for (const type of types) {
      const file = new URL(`../../../policy/schemas/${language}-${type}.schema.json`, import.meta.url)
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(policySchema(language, type))
    }
  })

  test('every case is one by the schema of cases', () => {
    const schema = strictly(caseSchema())
    const all = casesOf(language)
    expect(schema(all), JSON.stringify(schema.errors?.slice(0, 3))).toBe(true)
    expect(schema(all[0])).toBe(true)
    for (const more of [
      { language: 'aws' },
      { expect: 'allow' },
      { request: {} },
      { policies: { sesion: [] } },
    ])
      expect(schema({ ...all[0], ...more })).toBe(false)
  })
})

const statement = { Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }
const broken: readonly [what: string, language: LanguageName, type: PolicyType, document: unknown][] = [
  ['no version', 'ram', 'identity', { Statement: [statement] }],
  ['a version of the other language', 'ram', 'identity', { Version: '5.0', Statement: [statement] }],
  ['no statement', 'ram', 'identity', { Version: '1', Statement: [] }],
  ['an unknown member', 'ram', 'identity', { Version: '1', Statement: [statement], Id: 'x' }],
  ['an unknown element', 'ram', 'identity', { Version: '1', Statement: [{ ...statement, Efect: 'x' }] }],
  [
    'an effect that is none',
    'ram',
    'identity',
    { Version: '1', Statement: [{ ...statement, Effect: 'allow' }] },
  ],
  [
    'an action that is a number',
    'ram',
    'identity',
    { Version: '1', Statement: [{ ...statement, Action: 1 }] },
  ],
  ['both actions', 'ram', 'identity', { Version: '1', Statement: [{ ...statement, NotAction: '*' }] }],
  ['a principal', 'ram', 'identity', { Version: '1', Statement: [{ ...statement, Principal: '*' }] }],
  ['no principal', 'ram', 'key', { Version: '1', Statement: [statement] }],
  [
    'an unknown operator',
    'ram',
    'session',
    { Version: '1', Statement: [{ ...statement, Condition: { StringMatch: { 'kms:tag': 'a' } } }] },
  ],
  [
    'a value that is a boolean',
    'ram',
    'control',
    { Version: '1', Statement: [{ ...statement, Condition: { Bool: { 'acs:SecureTransport': true } } }] },
  ],
  [
    'a resource',
    'iam',
    'trust',
    { Version: '5.0', Statement: [{ ...statement, Action: ['*'], Principal: '*' }] },
  ],
  [
    'a legacy version',
    'iam',
    'scp',
    { Version: '1.1', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }] },
  ],
]

test.each(broken)('the schema refuses %s, as the service does', (_, language, type, document) => {
  expect(strictly(policySchema(language, type))(document)).toBe(false)
  expect(parsePolicy(JSON.stringify(document), { language, type }).document).toBeUndefined()
})

test('an editor is offered actions with their meaning, condition keys and their values', () => {
  const { $defs } = policySchema('ram', 'key') as {
    $defs: Record<string, { properties: Record<string, object> }>
  }
  const text = JSON.stringify($defs.action)
  expect(text).toContain('"kms:Encrypt"')
  expect(text).toContain('"kms:*"')
  expect(text).toContain('Every action of Key Management Service.')
  expect($defs.keys!.properties['kms:KeyOrigin']).toMatchObject({ description: expect.any(String) })
  expect(JSON.stringify($defs.keys!.properties['kms:KeyOrigin'])).toContain('"EXTERNAL"')
  expect(JSON.stringify(policySchema('iam', 'identity'))).toContain('"kps:domainKeypairs:get"')
  expect(JSON.stringify(policySchema('iam', 'session'))).not.toContain('"kps:domainKeypairs:get"')
})
