import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { cpuOf } from '../../../../test/cpu.ts'
import { MAX_WORLD_TEXT } from '../identity/world/source.ts'
import { readWorldFile } from './world-file.ts'

let folder: string
const policy = '{\n  "Version": "1", "Statement": [{"Sid": "a \\"quoted\\" — word"}]\n}\n'
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-world-'))
  writeFileSync(join(folder, 'policy.json'), policy)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function read(text: string) {
  const path = join(folder, 'world.yaml')
  writeFileSync(path, text)
  return readWorldFile(path)
}

test.each([
  [
    'block style',
    'accounts:\n  - policies:\n      - name: a\n        file: policy.json # the keys\n        language: ram\n      - {name: b}\n',
    4,
  ],
  [
    'file first',
    'accounts:\n  - policies:\n      - file: ./policy.json\n        name: a\n        language: ram\n      - name: b\n',
    3,
  ],
  [
    'JSON',
    '{"accounts": [{"policies": [\n{"file":"policy.json","name":"a","language":"ram"},{"name":"b"}]}]}',
    2,
  ],
])('a policy file takes the place of its name, on the same line: %s', (_, text, line) => {
  const world = read(text)
  const [first, second] = parse(world.text).accounts[0].policies
  expect(first).toEqual({ name: 'a', language: 'ram', document: policy })
  expect(second).toEqual({ name: 'b' })
  expect(world.text.split('\n')).toHaveLength(text.split('\n').length)
  expect([...world.policyFiles]).toEqual([[line, join(folder, 'policy.json')]])
})

test.each([
  ['no policies', 'accounts:\n  - name: main\n'],
  ['a document beside', 'accounts:\n  - policies:\n      - document: {}\n        file: policy.json\n'],
  ['a `file` elsewhere', 'file: policy.json\naccounts:\n  - file: policy.json\n'],
  ['a `file` that is no text', 'accounts:\n  - policies:\n      - file: [policy.json]\n'],
  ['bad syntax', 'accounts: [\n  - file: policy.json\n'],
  ['nothing', ''],
])('%s is left to the service as it is', (_, text) => {
  expect(read(text).text).toBe(text)
})

test('a policy file that is not there is named with the line that names it', () => {
  expect(() => read('accounts:\n  - policies:\n      - file: none.json\n')).toThrow(
    /^policy file `.*none\.json`, named in .*world\.yaml:3, cannot be read: ENOENT$/,
  )
})

test('a file longer than the service takes is refused before it is parsed, and one with its policies after', () => {
  const most = '#'.repeat(MAX_WORLD_TEXT)
  expect(read(most).text).toBe(most)
  expect(() => read(`${most}#`)).toThrow(/^world file `.*world\.yaml` is longer than 3 MiB$/)
  const named = 'accounts:\n  - policies:\n      - file: policy.json\n'
  expect(() => read(named + most.slice(named.length))).toThrow(
    /^world file `.*world\.yaml` is longer than 3 MiB with the policy files that it names$/,
  )
})

test('a file of many members is read in time that grows with its length alone', async () => {
  const run = (members: number) => {
    const text = `accounts:\n${Array.from({ length: members }, (_, i) => `k${i}: 1\n`).join('')}`
    expect(read(text).text).toBe(text)
  }
  const few = await cpuOf(() => run(10_000))
  // Four times as many; looking for twins by comparing every two members would take sixteen times as long.
  expect(await cpuOf(() => run(40_000))).toBeLessThan(10 * few)
}, 30_000)
