import { expect, test } from 'vitest'
import { caseMemo, decide, type PolicyCase, prepareCase } from '../index.ts'

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
