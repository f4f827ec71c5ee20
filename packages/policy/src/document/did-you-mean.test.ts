import { expect, test } from 'vitest'
import { didYouMean, suggest } from './did-you-mean.ts'

test.each<[word: string, known: string[], expected: string | undefined]>([
  ['kms:Encrypt', ['kms:Encrypt'], 'kms:Encrypt'],
  ['KMS:ENCRYPT', ['kms:Decrypt', 'kms:Encrypt'], 'kms:Encrypt'],
  ['kms:Encryt', ['kms:Decrypt', 'kms:Encrypt'], 'kms:Encrypt'],
  ['kms:Encryypt', ['kms:Encrypt'], 'kms:Encrypt'],
  ['kms:Encrupt', ['kms:Encrypt'], 'kms:Encrypt'],
  ['kms:Encrpyt', ['kms:Encrypt', 'kms:Encrpxx'], 'kms:Encrypt'],
  ['ab', ['ba'], 'ba'],
  ['ba', ['abc'], undefined],
  ['a', ['b'], 'b'],
  ['a', ['bc'], undefined],
  ['abc', ['abx'], 'abx'],
  ['abc', ['axy'], undefined],
  ['abcdef', ['abcdxy'], 'abcdxy'],
  ['abcdef', ['abcxyz'], undefined],
  ['', ['a'], 'a'],
  ['abc', [], undefined],
  ['ab', ['xa'], undefined],
  ['ab', ['bx'], undefined],
  ['first', ['fixst', 'fiyst'], 'fixst'],
])('%j among %j', (word, known, expected) => {
  expect(suggest(word, known)).toBe(expected)
})

test('a suggestion stands behind a message, or nothing does', () => {
  expect(didYouMean('lissten', ['listen'])).toBe('; did you mean `listen`?')
  expect(didYouMean('other', ['listen'])).toBe('')
})
