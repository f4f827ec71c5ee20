import { expect, test } from 'vitest'
import { guessKind } from './guess.ts'

const guess = (document: unknown) => {
  const kind = guessKind(typeof document === 'string' ? document : JSON.stringify(document))
  return kind && `${kind.language} ${kind.type}`
}
const action = (Action: unknown, more: object = {}) => ({ Statement: [{ Action, ...more }] })
const someone = { Principal: '*' }

test.each<[name: string, document: unknown, expected: string | undefined]>([
  ['no JSON', '{', undefined],
  ['no object', [], undefined],
  ['nothing', {}, 'ram identity'],
  ['version 1', { Version: '1', ...action('a:b:c') }, 'ram identity'],
  ['version 5.0', { Version: '5.0', ...action('kms:Encrypt') }, 'iam identity'],
  ['version 1.1', { Version: '1.1' }, 'iam identity'],
  ['no version, actions of two parts', action('kms:Encrypt'), 'ram identity'],
  ['no version, actions of three parts', action(['*', 'kps:*:*']), 'iam identity'],
  ['no version, what it leaves out has three parts', { Statement: { NotAction: 'kps:*:*' } }, 'iam identity'],
  ['a version that is a number', { Version: 1, ...action('kps:*:*') }, 'iam identity'],
  ['statements that are none', { Version: '1', Statement: [null, 7, 'x', { ...someone }] }, 'ram key'],
  ['a statement that is none', { Version: '1', Statement: null }, 'ram identity'],
  ['a key policy', { Version: '1', ...action('kms:*', someone) }, 'ram key'],
  ['a secret policy', { Version: '1', ...action(['kms:GetSecretValue'], someone) }, 'ram secret'],
  ['a trust policy', { Version: '1', ...action('STS:AssumeRole', someone) }, 'ram trust'],
  [
    'what only looks like sts',
    { Version: '1', ...action('kms:x', someone), ...action('xsts:a', someone) },
    'ram key',
  ],
  [
    'a trust policy of the other language',
    { Version: '5.0', ...action(['sts:agencies:assume'], someone) },
    'iam trust',
  ],
  ['any principal there', { Version: '5.0', ...action(['kms:*:*'], someone) }, 'iam trust'],
])('%s', (_, document, expected) => {
  expect(guess(document)).toBe(expected)
})
