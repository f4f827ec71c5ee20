import { expect, test } from 'vitest'
import { surveyJson } from './json-survey.ts'

test.each<[text: string, deepest: number, most: number | undefined, colons: number | undefined]>([
  ['{"a":{"b":[1,2]},"c":":"}', 3, undefined, 3],
  ['{"a":{"b":[1,2]},"c":":"}', 2, undefined, undefined],
  // A sign in a string is none, nor is a quote behind a backslash its end.
  ['["[[[{{{,,,:::\\"[[[,,,:::"]', 1, 2, 0],
  // What stands beside is no deeper; what is no bracket leaves the depth as it is.
  ['[[],[],{},{}]', 2, undefined, 0],
  ['[1,[2,[3]]]', 3, undefined, 0],
  ['[1,[2,[3]]]', 2, undefined, undefined],
  // Of values, as many as there are commas and brackets.
  ['[1,2,3]', 1, 4, 0],
  ['[1,2,3]', 1, 3, undefined],
  ['[[],{}]', 2, 5, 0],
  ['[[],{}]', 2, 4, undefined],
  ['[[[]]]', 3, 4, 0],
  ['[[[]]]', 3, 3, undefined],
  ['', 0, 0, 0],
])('%s, %s deep and %s values at most: %s', (text, deepest, most, colons) => {
  expect(surveyJson(text, deepest, most)).toBe(colons)
})
