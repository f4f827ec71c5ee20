import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LanguageName, PolicyType } from '../decide/types.ts'
import { readJson } from './json.ts'
import { parsePolicy, readPolicy } from './parse.ts'
import { report } from './syntax.ts'

const allow = '"Effect":"Allow"'
const ram = (...statements: string[]) => `{"Version":"1","Statement":[${statements.join(',')}]}`
const iam = (...statements: string[]) => `{"Version":"5.0","Statement":[${statements.join(',')}]}`
const errors = (text: string, language: LanguageName, type: PolicyType) => {
  const { document, findings } = parsePolicy(text, { language, type })
  // Who reads it without judging it gets the same, or nothing.
  expect(readPolicy(text, { language, type })).toEqual(document)
  return findings.filter((f) => f.severity === 'error')
}
const codes = (text: string, language: LanguageName, type: PolicyType) =>
  errors(text, language, type).map((f) => f.code)
const kms = `${allow},"Action":"kms:*"`
const kps = `${allow},"Action":["kps:*:*"]`
const inCondition = (block: string) => ram(`{${kms},"Resource":"*","Condition":${block}}`)

describe('what refuses a ram document', () => {
  test.each<[name: string, text: string, expected: string[], type?: PolicyType]>([
    ['no JSON', '{', ['JSON_SYNTAX_ERROR']],
    ['nothing', '', ['JSON_SYNTAX_ERROR']],
    ['a comment', '{} // x', ['MISSING_VERSION', 'MISSING_STATEMENT', 'JSON_SYNTAX_ERROR']],
    ['a comma too many', `{"Version":"1","Statement":[],}`, ['MISSING_STATEMENT', 'JSON_SYNTAX_ERROR']],
    ['a control character', '{"Version":"\u0001"}', ['JSON_SYNTAX_ERROR']],
    ['nested too deep', `${'['.repeat(5000)}`, ['JSON_SYNTAX_ERROR']],
    ['no object', '[]', ['DATA_TYPE_MISMATCH']],
    ['nothing in it', '{}', ['MISSING_VERSION', 'MISSING_STATEMENT']],
    ['a number as version', '{"Version":1,"Statement":[]}', ['DATA_TYPE_MISMATCH', 'MISSING_STATEMENT']],
    ['the other language', `{"Version":"5.0","Statement":{${kms},"Resource":"*"}}`, ['INVALID_VERSION']],
    [
      'a second Version',
      `{"Version":"1","Version":"1","Statement":{${kms},"Resource":"*"}}`,
      ['DUPLICATE_MEMBER'],
    ],
    ['an Id', `{"Id":"x","Version":"1","Statement":{${kms},"Resource":"*"}}`, ['INVALID_POLICY_ELEMENT']],
    ['a statement that is a text', ram('"x"'), ['DATA_TYPE_MISMATCH']],
    ['an empty statement', ram('{}'), ['MISSING_EFFECT', 'MISSING_ACTION', 'MISSING_RESOURCE']],
    ['an effect misspelt', ram('{"Effect":"allow","Action":"kms:*","Resource":"*"}'), ['INVALID_EFFECT']],
    ['no action', ram(`{${allow},"Resource":"*"}`), ['MISSING_ACTION']],
    ['both actions', ram(`{${kms},"NotAction":"kms:*","Resource":"*"}`), ['CONFLICTING_ELEMENTS']],
    ['an empty action list', ram(`{${allow},"Action":[],"Resource":"*"}`), ['EMPTY_LIST']],
    [
      'an action that is a number',
      ram(`{${allow},"Action":[1,"kms:*"],"Resource":"*"}`),
      ['DATA_TYPE_MISMATCH'],
    ],
    ['an action without service', ram(`{${allow},"Action":"Encrypt","Resource":"*"}`), ['INVALID_ACTION']],
    ['no resource', ram(`{${kms}}`), ['MISSING_RESOURCE']],
    ['an empty resource', ram(`{${kms},"Resource":""}`), ['INVALID_RESOURCE']],
    ['an empty resource list', ram(`{${kms},"Resource":[]}`), ['EMPTY_LIST']],
    ['NotResource', ram(`{${kms},"NotResource":"*"}`), ['MISSING_RESOURCE', 'INVALID_POLICY_ELEMENT']],
    ['a principal', ram(`{${kms},"Resource":"*","Principal":"*"}`), ['UNSUPPORTED_PRINCIPAL']],
    ['NotPrincipal', ram(`{${kms},"Resource":"*","NotPrincipal":"*"}`), ['UNSUPPORTED_PRINCIPAL']],
    ['an unknown element', ram(`{${kms},"Resource":"*","Priority":1}`), ['INVALID_POLICY_ELEMENT']],
    [
      'seconds for a date that is none in seconds',
      inCondition('{"DateEquals":{"acs:CurrentTime":"1700000000"}}'),
      ['INVALID_DATE'],
    ],
    ...['constructor', '__proto__', 'toString', 'hasOwnProperty'].map((name): [string, string, string[]] => [
      `an element named ${name}`,
      ram(`{${kms},"Resource":"*","${name}":{}}`),
      ['INVALID_POLICY_ELEMENT'],
    ]),
    ['a condition that is a list', inCondition('[]'), ['DATA_TYPE_MISMATCH']],
    ['an unknown operator', inCondition('{"StringMatch":{"acs:Referer":"x"}}'), ['UNKNOWN_OPERATOR']],
    [
      'an operator in another letter case',
      inCondition('{"stringEquals":{"acs:Referer":"x"}}'),
      ['UNKNOWN_OPERATOR'],
    ],
    ['Null', inCondition('{"Null":{"acs:Referer":"true"}}'), ['UNKNOWN_OPERATOR']],
    ['IfExists', inCondition('{"StringEqualsIfExists":{"acs:Referer":"x"}}'), ['UNKNOWN_OPERATOR']],
    ['ForAnyValue', inCondition('{"ForAnyValue:StringEquals":{"acs:Referer":"x"}}'), ['UNKNOWN_OPERATOR']],
    ['an operator without keys', inCondition('{"StringEquals":"x"}'), ['DATA_TYPE_MISMATCH']],
    [
      'a key twice',
      inCondition('{"StringEquals":{"acs:Referer":"x","acs:Referer":"y"}}'),
      ['DUPLICATE_MEMBER'],
    ],
    ['a key without name', inCondition('{"StringEquals":{"":"x"}}'), ['INVALID_CONDITION_KEY']],
    ['no value', inCondition('{"StringEquals":{"acs:Referer":[]}}'), ['EMPTY_LIST']],
    ['a boolean value', inCondition('{"Bool":{"acs:SecureTransport":true}}'), ['DATA_TYPE_MISMATCH']],
    ['no number', inCondition('{"NumericEquals":{"kms:TlsVersion":["1.2","1e3"]}}'), ['INVALID_NUMBER']],
    ['no date', inCondition('{"DateEquals":{"acs:CurrentTime":"2024-02-30"}}'), ['INVALID_DATE']],
    ['no boolean', inCondition('{"Bool":{"acs:SecureTransport":"yes"}}'), ['INVALID_BOOLEAN']],
    ['no address', inCondition('{"IpAddress":{"acs:SourceIp":"10.0.0.0/33"}}'), ['INVALID_ADDRESS']],
    ['no principal in a key policy', ram(`{${kms},"Resource":"*"}`), ['MISSING_PRINCIPAL'], 'key'],
    ['an empty principal', ram(`{${kms},"Resource":"*","Principal":{}}`), ['MISSING_PRINCIPAL'], 'key'],
    ['a text as principal', ram(`{${kms},"Resource":"*","Principal":"me"}`), ['DATA_TYPE_MISMATCH'], 'key'],
    [
      'a foreign member',
      ram(`{${kms},"Resource":"*","Principal":{"AWS":"*"}}`),
      ['INVALID_POLICY_ELEMENT'],
      'key',
    ],
    ['an empty member', ram(`{${kms},"Resource":"*","Principal":{"RAM":[]}}`), ['EMPTY_LIST'], 'key'],
    [
      'a number as principal',
      ram(`{${kms},"Resource":"*","Principal":{"RAM":1}}`),
      ['DATA_TYPE_MISMATCH'],
      'key',
    ],
    [
      'NotAction in a key policy',
      ram(`{${allow},"NotAction":"kms:*","Resource":"*","Principal":"*"}`),
      ['MISSING_ACTION', 'INVALID_POLICY_ELEMENT'],
      'key',
    ],
    [
      'a resource in a key policy',
      ram(`{${kms},"Resource":"acs:kms:*:*:key/a","Principal":"*"}`),
      ['INVALID_RESOURCE'],
      'secret',
    ],
    [
      'another service in a key policy',
      ram(`{${allow},"Action":["oss:*","*"],"Resource":"*","Principal":"*"}`),
      ['INVALID_ACTION', 'INVALID_ACTION'],
      'key',
    ],
    [
      'a Sid with a colon',
      ram(`{"Sid":"a:b",${kms},"Resource":"*","Principal":"*"}`),
      ['INVALID_SID'],
      'key',
    ],
    [
      'a Sid that is a number',
      ram(`{"Sid":1,${kms},"Resource":"*","Principal":"*"}`),
      ['DATA_TYPE_MISMATCH'],
      'key',
    ],
    [
      'a resource in a trust policy',
      ram(`{${allow},"Action":"sts:AssumeRole","Resource":"*","Principal":"*"}`),
      ['INVALID_POLICY_ELEMENT'],
      'trust',
    ],
  ])('%s', (_name, text, expected, type = 'identity') => {
    expect(codes(text, 'ram', type)).toEqual(expected)
    expect(parsePolicy(text, { language: 'ram', type }).document).toBeUndefined()
  })
})

describe('what refuses an iam document', () => {
  const inCondition5 = (block: string) => iam(`{${kps},"Condition":${block}}`)
  test.each<[name: string, text: string, expected: string[], type?: PolicyType]>([
    ['an action of two segments', iam(`{${allow},"Action":["kps:*"]}`), ['INVALID_ACTION']],
    ['a resource of four segments', iam(`{${kps},"Resource":["kps:*:*:SSHKeyPair"]}`), ['INVALID_RESOURCE']],
    [
      'a variable in a condition key',
      inCondition5(`{"StringEquals":{"g:ResourceTag/\${g:UserName}":"a"}}`),
      ['UNSUPPORTED_VARIABLE'],
    ],
    [
      'a variable in a principal',
      iam(
        `{"Effect":"Allow","Action":["sts:agencies:assume"],"Principal":{"IAM":["iam::x:user:\${g:UserName}"]}}`,
      ),
      ['UNSUPPORTED_VARIABLE'],
      'trust',
    ],
    [
      'a variable',
      iam(`{${kps},"Resource":["kps:*:*:SSHKeyPair:\${g:UserName}"]}`),
      ['UNSUPPORTED_VARIABLE'],
    ],
    ['both resources', iam(`{${kps},"Resource":"*","NotResource":"*"}`), ['CONFLICTING_ELEMENTS']],
    ['an empty NotAction', iam(`{${allow},"NotAction":[]}`), ['EMPTY_LIST']],
    ['StringLike', inCondition5('{"StringLike":{"g:UserName":"x"}}'), ['UNKNOWN_OPERATOR']],
    ['NumericEquals', inCondition5('{"NumericEquals":{"g:MFAAge":"1"}}'), ['UNKNOWN_OPERATOR']],
    ['NullIfExists', inCondition5('{"NullIfExists":{"g:MFAAge":"true"}}'), ['UNKNOWN_OPERATOR']],
    ['ForAnyValue:Null', inCondition5('{"ForAnyValue:Null":{"g:MFAAge":"true"}}'), ['UNKNOWN_OPERATOR']],
    ['Null with a text', inCondition5('{"Null":{"g:MFAAge":"maybe"}}'), ['INVALID_BOOLEAN']],
    ['StringStartWith in 5.0', inCondition5('{"StringStartWith":{"g:UserName":"x"}}'), ['UNKNOWN_OPERATOR']],
    [
      'a legacy document as a session policy',
      `{"Version":"1.1","Statement":[{${kps}}]}`,
      ['INVALID_VERSION'],
      'session',
    ],
    [
      'NotAction in an SCP that allows',
      iam(`{${allow},"NotAction":["kps:*:*"]}`),
      ['INVALID_POLICY_ELEMENT'],
      'scp',
    ],
    [
      'a condition in an SCP that allows',
      iam(`{${kps},"Condition":{"Bool":{"g:MFAPresent":"true"}}}`),
      ['INVALID_POLICY_ELEMENT'],
      'scp',
    ],
    [
      'NotResource in an SCP',
      iam('{"Effect":"Deny","Action":["*"],"NotResource":["*"]}'),
      ['INVALID_POLICY_ELEMENT'],
      'scp',
    ],
  ])('%s', (_name, text, expected, type = 'identity') => {
    expect(codes(text, 'iam', type)).toEqual(expected)
  })

  test('what legacy documents may say', () => {
    const text = `{"Version":"1.1","Statement":[{${allow},"Action":["kps:domainKeypairs:*"],"Condition":{"StringStartWith":{"g:UserName":"x"},"StringNotEndWithIfExists":{"g:UserName":"y"}}}]}`
    expect(codes(text, 'iam', 'identity')).toEqual([])
  })
})

test('all findings come at once, in the order of the text, with line and column', () => {
  const text = [
    '{',
    '  "Version": "2",',
    '  "Statement": [{',
    '    "Effect": "Maybe",',
    '    "Action": ["kms:Encrypt", 7],',
    '    "Resource": "*",',
    '    "Condition": {"Numeric": {"a": "b"}}',
    '  }]',
    '}',
  ].join('\n')
  expect(
    errors(text, 'ram', 'identity').map(({ code, line, column, offset, length }) => [
      code,
      line,
      column,
      text.substr(offset, length),
    ]),
  ).toEqual([
    ['INVALID_VERSION', 2, 14, '"2"'],
    ['INVALID_EFFECT', 4, 15, '"Maybe"'],
    ['DATA_TYPE_MISMATCH', 5, 31, '7'],
    ['UNKNOWN_OPERATOR', 7, 19, '"Numeric"'],
  ])
})

describe('length', () => {
  const filled = (language: LanguageName, characters: number, fill: string) => {
    const make = (text: string) =>
      language === 'ram'
        ? ram(`{${kms},"Resource":"acs:${text}"}`)
        : iam(`{${kps},"Resource":"kps:*:*:SSHKeyPair:${text}"}`)
    return make(fill.repeat(characters - make('').length))
  }
  test.each<[LanguageName, PolicyType, number]>([
    ['ram', 'identity', 6144],
    ['ram', 'session', 2048],
    ['ram', 'control', 4096],
    ['iam', 'identity', 6144],
    ['iam', 'scp', 5120],
  ])('%s %s: %i characters', (language, type, size) => {
    expect(codes(filled(language, size, 'é'), language, type)).toEqual([])
    expect(codes(filled(language, size + 1, 'é'), language, type)).toEqual(['POLICY_TOO_LONG'])
  })

  test('key policies are measured in bytes, identity policies in characters', () => {
    const key = (n: number, fill: string) =>
      ram(`{"Sid":"x",${kms},"Resource":"*","Principal":{"Service":"${fill.repeat(n)}"}}`)
    const rest = new TextEncoder().encode(key(0, '')).length
    for (const [fill, bytes] of [
      ['a', 1],
      ['é', 2],
      ['钥', 3],
      ['🔑', 4],
    ] as const) {
      const most = Math.floor((32768 - rest) / bytes)
      expect(codes(key(most, fill), 'ram', 'key')).toEqual([])
      expect(codes(key(most + 1, fill), 'ram', 'key')).toEqual(['POLICY_TOO_LONG'])
    }
  })

  test('iam does not count spacing outside texts; a text far too long is not read at all', () => {
    const spaced = iam(`{${kps}}`).replace('[', `[${' \n\t\r'.repeat(5000)}`)
    expect(codes(spaced, 'iam', 'identity')).toEqual([])
    expect(
      codes(iam(`{${kps},"Resource":"kps:*:*:SSHKeyPair:${' '.repeat(7000)}\\""}`), 'iam', 'identity'),
    ).toEqual(['POLICY_TOO_LONG'])
    expect(codes('['.repeat(1_000_000), 'ram', 'identity')).toEqual(['POLICY_TOO_LONG'])
  })
})

test('a document is a frozen tree with the places of its parts', () => {
  const text = ram(
    `{"Effect":"Deny","Action":["kms:*","kms:Encrypt"],"Resource":"*","Condition":{"Bool":{"acs:SecureTransport":"false"}}}`,
  )
  const { document } = parsePolicy(text, { language: 'ram', type: 'identity' })
  const [statement] = document!.statements
  const at = ({ offset, length }: { offset: number; length: number }) => text.substr(offset, length)
  expect(statement!.action.values.map(at)).toEqual(['"kms:*"', '"kms:Encrypt"'])
  expect(at(statement!.conditions[0]!.key)).toBe('"acs:SecureTransport"')
  expect(at(statement!.span)).toBe(text.slice(text.indexOf('[{') + 1, -2))
  for (const part of [
    document,
    document!.statements,
    statement,
    statement!.action,
    statement!.action.values,
    statement!.conditions[0],
  ]) {
    expect(Object.isFrozen(part)).toBe(true)
  }
})

test('a language has its own policy types', () => {
  expect(() => parsePolicy('{}', { language: 'iam', type: 'key' })).toThrow(
    new TypeError('the language `iam` has no policy type `key`'),
  )
})

test('a Sid of a key policy has 128 characters at most', () => {
  const sid = (length: number) => ram(`{"Sid":"${'x'.repeat(length)}",${kms},"Resource":"*","Principal":"*"}`)
  expect([128, 129].map((length) => codes(sid(length), 'ram', 'key'))).toEqual([[], ['INVALID_SID']])
})

test('a document is read up to four times its limit, so that all findings of it are told', () => {
  const long = (characters: number) => `{"Version":"2"}${' '.repeat(characters - 15)}`
  expect(codes(long(4 * 2048), 'ram', 'session')).toEqual([
    'POLICY_TOO_LONG',
    'MISSING_STATEMENT',
    'INVALID_VERSION',
  ])
  expect(codes(long(4 * 2048 + 1), 'ram', 'session')).toEqual(['POLICY_TOO_LONG'])
})

test('a value that is refused brings no further findings', () => {
  const all = (text: string, language: LanguageName, type: PolicyType) =>
    parsePolicy(text, { language, type }).findings.map(({ code }) => code)
  const encrypt = '"Effect":"Allow","Action":"kms:Encrypt","Resource":"*"'
  expect(
    all(ram(`{${encrypt},"Condition":{"NumericEquals":{"kms:SecretName":"x"}}}`), 'ram', 'identity'),
  ).toEqual(['INVALID_NUMBER'])
  expect(all(iam(`{${kps},"Resource":["kps:x"]}`), 'iam', 'identity')).toEqual(['INVALID_RESOURCE'])
  expect(
    all(iam('{"Effect":"Allow","Action":["sts:agencies:assume"],"Principal":{"IAM":7}}'), 'iam', 'trust'),
  ).toEqual(['DATA_TYPE_MISMATCH'])
})

test('what is read as JSON without a remark is what the runtime reads as JSON', () => {
  const parts = [
    ...'{}[],:"1-.eE+\\/*x \n\t\u00a0\ufeff\u2028\u0000',
    '"a"',
    'true',
    'null',
    '\\u00',
    '"\\q"',
    '"\t"',
    '01',
  ]
  const isJson = (text: string) => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  const text = fc.array(fc.constantFrom(...parts), { maxLength: 6 }).map((list) => list.join(''))
  fc.assert(
    fc.property(fc.oneof(text, fc.json()), (one) => {
      const to = report(one)
      const root = readJson(one, to)
      expect(root !== undefined && to.findings.length === 0).toBe(isJson(one))
      if (!isJson(one)) expect(to.findings.length).toBeGreaterThan(0)
    }),
    { numRuns: 2_000 },
  )
})

test('findings of a long document have their lines, however many there are', () => {
  const lines = Array.from({ length: 700 }, (_, i) => `"x${i}":${i}`)
  const found = errors(`{${lines.join(',\n')}}`, 'ram', 'identity')
  const places = found
    .filter(({ code }) => code === 'INVALID_POLICY_ELEMENT')
    .map(({ line, column, message }) => [line, column, message.split('`')[1]])
  expect(places).toEqual(lines.map((_, i) => [i + 1, i === 0 ? 2 : 1, `x${i}`]))
})

test('what was likely meant is said of the first findings, and of names of a usual length', () => {
  const said = (actions: readonly string[]) =>
    parsePolicy(ram(`{"Effect":"Allow","Action":${JSON.stringify(actions)},"Resource":"*"}`), {
      language: 'ram',
      type: 'identity',
    }).findings.map(({ message }) => message.includes('did you mean'))
  expect(said(Array.from({ length: 25 }, (_, i) => `kms:Encrypt${i}`))).toEqual(
    Array.from({ length: 25 }, (_, i) => i < 20),
  )
  const long = (length: number) => `kms:GenerateDataKeyWithoutPlaintext${'y'.repeat(length - 35)}`
  expect([...said([long(45)]), ...said([long(65)])]).toEqual([true, false])
})

test('what is read without being judged is what is judged, of damaged documents too', () => {
  const whole = [
    ram(`{${kms},"Resource":"*","Condition":{"StringEquals":{"acs:SourceVpc":"v"}}}`),
    iam(`{${kps},"Resource":["*"]}`),
  ]
  const damage = fc.record({
    text: fc.constantFrom(...whole),
    at: fc.nat(150),
    gone: fc.nat(20),
    put: fc.constantFrom('', '"', ',', '}', 'x', '"Sid":"a",', '\u0000'),
  })
  const refused = new Set<boolean>()
  fc.assert(
    fc.property(damage, ({ text, at, gone, put }) => {
      const damaged = text.slice(0, at) + put + text.slice(at + gone)
      for (const language of ['ram', 'iam'] as const) {
        const as = { language, type: 'identity' } as const
        const { document } = parsePolicy(damaged, as)
        expect(readPolicy(damaged, as)).toEqual(document)
        refused.add(document === undefined)
      }
    }),
    { numRuns: 300 },
  )
  expect(refused.size).toBe(2)
  expect(() => readPolicy('{}', { language: 'iam', type: 'key' })).toThrow(TypeError)
})
