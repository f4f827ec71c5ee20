import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { languages } from '../language/index.ts'
import { conditionKeyName, normalizeConditionKey } from './catalogue.ts'
import * as lookup from './lookup.ts'
import { sameAction, sameKey } from './same-act.ts'

/** Transcribed from the seeds, apart from the catalogue. */
const facts: Record<
  'ram' | 'iam',
  {
    crossAccount: string[]
    actions: Record<string, { keys: string[]; legacy: string[] }>
    keys: Record<string, string[] | null>
  }
> = JSON.parse(readFileSync(new URL('../../test/reference-evaluator/facts.json', import.meta.url), 'utf8'))

describe.each(['ram', 'iam'] as const)('the catalogue of %s', (language) => {
  test.each(Object.entries(facts[language].actions))('%s is as the seed has it', (name, { keys, legacy }) => {
    const info = lookup.actionInfo(language, name.toUpperCase())
    expect(info?.name).toBe(name)
    expect([...info!.conditionKeys].sort()).toEqual([...keys].sort())
    if (language === 'iam') expect([...info!.aliases].sort()).toEqual([...legacy].sort())
    for (const key of Object.keys(facts[language].keys)) {
      expect(lookup.carriesConditionKey(language, name, key)).toBe(keys.includes(key))
    }
  })

  test('the transcription leaves out no action and no key', () => {
    const services = lookup.services(language)
    const names = services.flatMap((service) => service.actions.map(({ name }) => name))
    expect(Object.keys(facts[language].actions).sort()).toEqual(names.sort())
    const keys = services.flatMap((service) => service.conditionKeys.map(({ name }) => name))
    expect(Object.keys(facts[language].keys).sort()).toEqual(keys.sort())
  })

  test.each(Object.entries(facts[language].keys))('%s is accepted where the seed says', (key, types) => {
    expect(lookup.conditionKeyInfo(language, key)?.name).toBe(key)
    expect(lookup.conditionKeyInfo(language, key)?.policyTypes ?? null).toEqual(types)
  })

  test('what other accounts may be granted is use alone', () => {
    const granted = lookup
      .services(language)
      .flatMap((service) => service.actions.filter((action) => action.crossAccount))
    expect(granted.map((action) => action.name).sort()).toEqual([...facts[language].crossAccount].sort())
  })

  test('holds together', () => {
    const { catalogue } = languages[language]
    for (const service of lookup.services(language)) {
      for (const action of service.actions) {
        expect(action.name.startsWith(`${service.code}:`)).toBe(true)
        for (const { type } of action.resources)
          expect(service.resourceTypes.map((one) => one.name)).toContain(type)
        for (const key of action.conditionKeys) expect(lookup.conditionKeyInfo(language, key)).toBeDefined()
        for (const dependency of action.dependencies)
          expect(lookup.actionInfo(language, dependency)?.name).toBe(dependency)
        expect(lookup.actionsNamed(language, action.name)).toContain(action)
        for (const alias of action.aliases) expect(lookup.actionsNamed(language, alias)).toContain(action)
      }
      expect(catalogue.service(service.code)).toBe(service)
    }
    const names = lookup
      .services(language)
      .flatMap((service) => service.actions.map((action) => action.name.toLowerCase()))
    expect(new Set(names).size).toBe(names.length)
    for (const key of lookup.globalConditionKeys(language))
      expect(lookup.carriesConditionKey(language, names[0]!, key.name)).toBe(true)
  })
})

test('what nothing knows', () => {
  expect(lookup.actionInfo('ram', 'oss:GetObject')).toBeUndefined()
  expect(lookup.actionsNamed('ram', 'oss:GetObject')).toEqual([])
  expect(lookup.conditionKeyInfo('ram', 'oss:Prefix')).toBeUndefined()
  // An action that nothing knows carries keys that nothing knows, and no others.
  expect(lookup.carriesConditionKey('ram', 'oss:GetObject', 'oss:Prefix')).toBe(true)
  expect(lookup.carriesConditionKey('ram', 'oss:GetObject', 'kms:tag/a')).toBe(false)
  expect(lookup.carriesConditionKey('ram', 'kms:Encrypt', 'oss:Prefix')).toBe(false)
})

test.each([
  ['ACS:SourceIp', 'acs:sourceip'],
  ['kms:Tag/Project', 'kms:tag/Project'],
  ['kms:tag/a:B', 'kms:tag/a:B'],
  ['kms:EncryptionContext:Project', 'kms:encryptioncontext:Project'],
  ['kms:EncryptionContext:A/B', 'kms:encryptioncontext:A/B'],
  ['g:ResourceTag/Owner', 'g:resourcetag/Owner'],
  ['Plain', 'plain'],
  [`KMS:Tag/${'X'.repeat(100)}`, `kms:tag/${'X'.repeat(100)}`],
])('the normal form of %s is %s', (key, normal) => {
  expect(normalizeConditionKey(key)).toBe(normal)
  expect(normalizeConditionKey(normal)).toBe(normal)
})

test('system policies by name', () => {
  expect(lookup.systemPolicy('ram', 'AliyunKMSFullAccess')?.type).toBe('identity')
  expect(lookup.systemPolicy('iam', 'FullAccess')?.type).toBe('scp')
  expect(lookup.systemPolicy('iam', 'AliyunKMSFullAccess')).toBeUndefined()
})

test('the same key on the other wire', () => {
  expect(sameAction('iam', 'kms:cmk:createDataKey')).toBe('kms:GenerateDataKey')
  expect(sameAction('ram', 'KMS:decrypt')).toBe('kms:cmk:decryptDataKey')
  expect(sameAction('ram', 'kms:TagResource')).toBeUndefined()
  const here = { region: 'r', account: 'x' }
  expect(sameKey('ram', 'acs:kms:cn:1:key/a', here)).toBe('kms:r:x:KeyId:a')
  expect(sameKey('ram', 'acs:kms:cn:1:alias/alias/a', here)).toBe('kms:r:x:KeyId:*')
  expect(sameKey('ram', 'acs:kms:cn:1:key', here)).toBe('kms:r:x:KeyId:*')
  expect(sameKey('iam', 'kms:cn:1:KeyId:a', here)).toBe('acs:kms:r:x:key/a')
  expect(sameKey('iam', 'kms:cn:1:KeyId:*', here)).toBe('acs:kms:r:x:key')
})

test('what documents of a language may hold', () => {
  const ram = lookup.languageInfo('ram')
  expect(ram.operators['1']).toHaveLength(21)
  expect(ram.policyTypes.map(({ type }) => type)).toEqual([
    'identity',
    'session',
    'control',
    'key',
    'secret',
    'trust',
  ])
  expect(ram.policyTypes.find(({ type }) => type === 'key')).toMatchObject({
    versions: ['1'],
    principalMembers: ['RAM', 'Service', 'Federated'],
    limit: { size: 32768, unit: 'bytes' },
  })
  const iam = lookup.languageInfo('iam')
  expect(iam.qualifiers).toEqual(['ForAnyValue', 'ForAllValues'])
  expect(iam.ifExists).toBe(true)
  expect(iam.operators['5.0']).not.toContain('StringStartWith')
  expect(iam.operators['1.1']).toContain('StringStartWith')
})

test('a key usage has two spellings, with a slash and without', () => {
  const { sameValues = [] } = lookup.conditionKeyInfo('ram', 'kms:KeyUsage')!
  expect(sameValues.map(([plain, slashed]) => [plain, slashed?.replace('/', '_')])).toEqual([
    ['ENCRYPT_DECRYPT', 'ENCRYPT_DECRYPT'],
    ['SIGN_VERIFY', 'SIGN_VERIFY'],
    ['GENERATE_VERIFY_MAC', 'GENERATE_VERIFY_MAC'],
  ])
  for (const [, slashed] of sameValues) expect(slashed).toMatch(/^[A-Z]+\/[A-Z_]+$/)
})

test('calls that are free are known by name in any letter case, and are no actions', () => {
  const { catalogue } = languages.ram
  for (const name of ['kms:DescribeRegions', 'KMS:describeregions', 'sts:GetCallerIdentity']) {
    expect(catalogue.actionName(name)).toEqual({
      name: name.toLowerCase(),
      number: -1,
      crossAccount: false,
      decided: 'freely',
    })
    expect(lookup.actionInfo('ram', name)).toBeUndefined()
  }
  expect(catalogue.actionName('kms:Unknown')).toEqual({
    name: 'kms:unknown',
    number: -1,
    crossAccount: false,
    decided: 'as usual',
  })
  expect(catalogue.actionName('KMS:ENCRYPT')).toBe(catalogue.actionName('kms:Encrypt'))
  expect(catalogue.actionName('kms:createkey').decided).toBe('alone')
  expect(catalogue.actionName('sts:AssumeRole').decided).toBe('assumption')
})

test.each<['ram' | 'iam', string, string, boolean]>([
  ['ram', 'kms:Unknown', 'kms:TlsVersion', true],
  ['ram', 'KMS:unknown', 'kms:tlsversion', true],
  ['ram', 'oss:GetObject', 'kms:TlsVersion', false],
  ['ram', 'kmsx:Get', 'kms:TlsVersion', false],
  ['ram', 'kms:Unknown', 'kms:KeySpec', false],
  ['ram', 'kms:Unknown', 'kms:Unknown', true],
  ['ram', 'kms:Encrypt', 'kms:Unknown', false],
  ['ram', 'kms:Encrypt', 'acs:Unknown', true],
  ['ram', 'kms:Encrypt', 'ACS:Unknown/x', true],
  ['ram', 'kms:Encrypt', 'acsx:Unknown', false],
  ['ram', 'kms:Encrypt', 'Unknown', false],
  ['ram', 'oss:GetObject', 'Unknown', true],
  ['iam', 'kps:SSHKeyPair:get', 'g:Unknown', true],
  ['iam', 'kps:SSHKeyPair:get', 'kps:Unknown', false],
])('%s: %s carries %s: %s', (language, action, key, expected) => {
  expect(lookup.carriesConditionKey(language, action, key)).toBe(expected)
})

test.each([
  ['kms:tag', 'kms:tag', 'kms:tag'],
  ['KMS:Tag/Owner', 'kms:tag', 'kms:tag/Owner'],
  ['kms:EncryptionContext:A/b', 'kms:encryptioncontext', 'kms:encryptioncontext:A/b'],
  ['G:ResourceTag/A:b', 'g:resourcetag', 'g:resourcetag/A:b'],
  ['Plain', 'plain', 'plain'],
  ['a:B:', 'a:b', 'a:b:'],
  ['A/', 'a', 'a/'],
  [`A:${'B'.repeat(100)}/C`, `a:${'b'.repeat(100)}`, `a:${'b'.repeat(100)}/C`],
])('the name of the key %s is %s, its normal form %s', (key, name, normal) => {
  for (const _ of [1, 2]) expect(normalizeConditionKey(key)).toBe(normal)
  expect(conditionKeyName(key)).toBe(name)
})

test('the first action of a catalogue is none that it does not know', () => {
  const [first] = lookup.services('ram')[0]!.actions
  expect(languages.ram.catalogue.actionName(first!.name).number).toBe(0)
  expect(lookup.carriesConditionKey('ram', first!.name, 'kms:Unknown')).toBe(false)
})

test('what a statement of each policy type may and has to hold', () => {
  const elements = (language: 'ram' | 'iam') =>
    Object.fromEntries(
      lookup
        .languageInfo(language)
        .policyTypes.map(({ type, elements, principalMembers }) => [
          type,
          [...elements.map(({ name, required }) => (required ? `${name}!` : name)), ...principalMembers],
        ]),
    )
  const plain = ['NotAction', 'Resource!', 'Sid']
  const attached = ['Resource!', 'Sid', 'Principal!', 'RAM', 'Service', 'Federated']
  expect(elements('ram')).toEqual({
    identity: plain,
    session: plain,
    control: plain,
    key: attached,
    secret: attached,
    trust: ['Principal!', 'Sid', 'RAM', 'Service', 'Federated'],
  })
  const every = ['NotAction', 'Resource', 'NotResource', 'Sid']
  expect(elements('iam')).toEqual({
    identity: every,
    session: every,
    scp: ['NotAction', 'Resource', 'Sid'],
    trust: ['NotAction', 'Principal!', 'NotPrincipal', 'Sid', 'IAM', 'Service', 'Federated'],
  })
})
