import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonFault } from './json-fault.ts'
import { parsePolicy } from './parse.ts'

const good = `{
  "Version": "1",
  "Statement": [
    {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*"}
  ]
}`
const messages = (text: string) =>
  parsePolicy(text, { language: 'ram', type: 'identity' }).findings.map(
    ({ line, column, message }) => `${line}:${column} ${message}`,
  )

test('the text that the others are made of is without findings', () => {
  expect(messages(good)).toEqual([])
})

describe('one cause is one finding, in words, where it stands first', () => {
  test.each<[name: string, text: string, expected: string]>([
    [
      'no-break spaces',
      good.replaceAll('  ', '\u00a0 '),
      '2:1 not JSON: a no-break space (U+00A0) stands between the elements, 5 times; JSON takes plain spaces there',
    ],
    [
      'ideographic spaces',
      good.replaceAll(': ', ':\u3000'),
      '2:13 not JSON: an ideographic space (U+3000) stands between the elements, 5 times; JSON takes plain spaces there',
    ],
    [
      'a byte order mark',
      `\ufeff${good}`,
      '1:1 not JSON: the text begins with a byte order mark (U+FEFF); save it as UTF-8 without one',
    ],
    [
      'a zero-width space',
      good.replace('["', '[\u200b"'),
      '4:36 not JSON: a zero-width space (U+200B) stands between the elements; take it out',
    ],
    [
      'typographic quotes',
      good.replaceAll(/"([^"]*)"/g, '\u201c$1\u201d'),
      '2:3 not JSON: a typographic quote `\u201c` (U+201C) stands here, 20 times; JSON takes the plain one, `"`',
    ],
    [
      'a typographic quote that closes what a plain one opens',
      good.replace('"Effect"', '"Effect\u201d'),
      '4:13 not JSON: a typographic quote `\u201d` (U+201D) stands here; JSON takes the plain one, `"`',
    ],
    [
      'a plain quote that closes what a typographic one opens',
      good.replace('"Effect"', '\u201eEffect"'),
      '4:6 not JSON: a typographic quote `\u201e` (U+201E) stands here; JSON takes the plain one, `"`',
    ],
    [
      'single quotes',
      good.replaceAll('"', "'"),
      '2:3 not JSON: a text stands in `\'`, 20 times; JSON takes double quotes, `"`',
    ],
    [
      'full-width commas',
      good.replaceAll(',', '\uff0c'),
      '2:17 not JSON: a full-width `\uff0c` (U+FF0C) stands here, 4 times; JSON takes `,`',
    ],
    [
      'full-width brackets',
      good.replace('[\n', '\uff3b\n').replace('\n  ]', '\n  \uff3d'),
      '3:16 not JSON: a full-width `\uff3b` (U+FF3B) stands here, 2 times; JSON takes `[`',
    ],
    [
      'commas before closing brackets',
      good.replace('"*"}', '"*",}').replace('\n  ]', ',\n  ]'),
      '4:82 not JSON: a comma stands before a closing bracket, 2 times; JSON takes none there',
    ],
    ['a comment', `// mine\n${good}`, '1:1 not JSON: a comment stands here; JSON has none'],
    ['a comment that does not end', `${good} /* mine`, '6:3 not JSON: a comment stands here; JSON has none'],
    [
      'comments of two kinds',
      good.replace('[\n', '[ # mine\n').replace('}\n', '} /* " */\n'),
      '3:18 not JSON: a comment stands here, 2 times; JSON has none',
    ],
    ['a comma that is missing', good.replace('"1",', '"1"'), '3:3 not JSON: `,` is expected'],
    ['a colon that is missing', good.replace('"Effect":', '"Effect"'), '4:15 not JSON: `:` is expected'],
    ['a word without quotes', good.replace('"*"', 'all'), '4:79 not JSON: a value is expected, not `all`'],
    [
      'a value of another language',
      good.replace('"*"', 'None'),
      '4:79 not JSON: a value is expected, not `None`; JSON writes `null`',
    ],
    [
      'a quote that is missing',
      good.replace('"1"', '"1'),
      '2:17 not JSON: the line ends inside a text; a closing quote is missing, or the line break is to be written `\\n`',
    ],
    [
      'a tab in a text',
      good.replace('"1"', '"1\t"'),
      '2:16 not JSON: a control character (U+0009) stands in a text',
    ],
    [
      'a backslash',
      good.replace('"*"', '"\\*"'),
      '4:80 not JSON: `\\*` means nothing in a text; a backslash is `\\\\`',
    ],
    ['a bracket of the wrong kind', good.replace('\n  ]', '\n  }'), '5:3 not JSON: `]` is expected, not `}`'],
    ['a bracket that is missing', good.slice(0, -1), '5:4 not JSON: `}` is expected, but the text ends here'],
    ['two documents', `${good}${good}`, '6:2 not JSON: the document has ended before this'],
    ['nothing', '', '1:1 not JSON: a value is expected, but the text ends here'],
    [
      'an element in lower case',
      good.replace('Version', 'version'),
      '2:3 `version` is no element of a policy; did you mean `Version`?',
    ],
    [
      'an element with a blank',
      good.replace('Effect', 'Effect '),
      '4:6 `Effect ` is no element of a statement of this policy type; did you mean `Effect`?',
    ],
    [
      'an element that is misspelt',
      good.replace('Resource', 'Ressource'),
      '4:67 `Ressource` is no element of a statement of this policy type; did you mean `Resource`?',
    ],
  ])('%s', (_, text, expected) => {
    expect(messages(text)).toEqual([expected])
  })
})

test('two causes are two findings, and what else is wrong is found as well', () => {
  const text = `\ufeff${good.replaceAll('  ', '\u00a0 ').replace('kms:Encrypt', 'kms:Encrypr')}`
  expect(messages(text).map((message) => message.split(/[(;]/)[0])).toEqual([
    '1:1 not JSON: the text begins with a byte order mark ',
    '2:1 not JSON: a no-break space ',
    '4:36 no known action is `kms:Encrypr`',
  ])
})

test('characters inside a text are no fault of the JSON', () => {
  const text = good.replace(
    '"Resource"',
    '"Condition": {"StringEquals": {"acs:UserAgent": "\u201cx\u201d, // #\uff0c"}}, "Resource"',
  )
  expect(messages(text)).toEqual([])
  expect(messages(`\ufeff${text}`)).toHaveLength(1)
})

test('a fault is found where, and only where, the runtime finds a text to be no JSON', () => {
  const parts = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '\\',
    '1',
    '-',
    '.5',
    'e3',
    '01',
    'true',
    'nul',
    ' ',
    '\n',
    '"\\u00e9"',
    '"\\q"',
    '\u00a0',
    "'",
    '/**/',
  ]
  const texts = fc.oneof(
    fc.array(fc.constantFrom(...parts), { maxLength: 7 }).map((list) => list.join('')),
    fc.json(),
    fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...parts)).map(([json, at, part]) => {
      const place = at % (json.length + 1)
      return json.slice(0, place) + part + json.slice(place + 1)
    }),
  )
  const runtime = (text: string) => {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
  fc.assert(
    fc.property(texts, (text) => {
      const fault = jsonFault(text)
      expect(fault === undefined).toBe(runtime(text))
      if (fault) expect(fault.offset + fault.length).toBeLessThanOrEqual(text.length)
    }),
    { numRuns: 3_000 },
  )
})

test('of several causes those before the first fault are named with it, and what a quote may have caused is not', () => {
  const broken = good.replace('"Allow", "A', '"Allow" "A')
  const fault = '4:24 not JSON: `,` is expected'
  const space = 'an ideographic space (U+3000) stands between the elements; JSON takes plain spaces there'
  const quote =
    '2:3 not JSON: a typographic quote `\u201c` (U+201C) stands here; JSON takes the plain one, `"`'
  expect(messages(broken)).toEqual([fault])
  expect(messages(broken.replace('"Version": ', '"Version":\u3000'))).toEqual([
    `2:13 not JSON: ${space}`,
    fault,
  ])
  expect(messages(broken.replace('"Resource"', '\u201cResource"'))).toEqual([fault])
  expect(messages(broken.replace('"Version"', '\u201cVersion"'))).toEqual([quote])
})

test('a text that nests too deep is refused at its first sign', () => {
  const deep = parsePolicy(`${'['.repeat(33)}${']'.repeat(33)}`, { language: 'ram', type: 'identity' })
  expect(deep.findings).toMatchObject([{ code: 'JSON_SYNTAX_ERROR', offset: 0, length: 1 }])
})
