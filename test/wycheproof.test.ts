import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
// @ts-expect-error plain JavaScript, for a Node that cannot read TypeScript
import { getVectors, source } from '../scripts/wycheproof.mjs'

const files: Record<string, string> = { 'a_test.json': '{"a": 1}', 'b_test.json': '{"b": 2}' }
const sha256 = Object.fromEntries(
  Object.entries(files).map(([name, text]) => [name, createHash('sha256').update(text).digest('hex')]),
)
let asked: string[] = []
const server = createServer((request, response) => {
  const name = request.url!.slice(1)
  asked.push(name)
  response.writeHead(files[name] === undefined ? 404 : 200).end(files[name])
})
let folder: string
let base: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-wycheproof-'))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

test('what is missing or was changed is fetched, and nothing else', async () => {
  expect(await getVectors(folder, { sha256, base })).toBe(2)
  expect(readFileSync(join(folder, 'b_test.json'), 'utf8')).toBe(files['b_test.json'])
  asked = []
  writeFileSync(join(folder, 'a_test.json'), 'cut off')
  expect(await getVectors(folder, { sha256, base })).toBe(1)
  expect(asked).toEqual(['a_test.json'])
})

test('a file with another hash is not kept, nor one that is not there', async () => {
  const other = { 'c_test.json': '0'.repeat(64) }
  await expect(getVectors(folder, { sha256: other, base })).rejects.toThrow('answers 404')
  files['c_test.json'] = 'something else'
  await expect(getVectors(folder, { sha256: other, base })).rejects.toThrow('not the file that was expected')
  expect(existsSync(join(folder, 'c_test.json'))).toBe(false)
})

test('the source names one revision and every file that the tests count', () => {
  expect(source.revision).toMatch(/^[0-9a-f]{40}$/)
  const coverage = JSON.parse(
    readFileSync(join(import.meta.dirname, '../packages/server/cases/wycheproof/coverage.json'), 'utf8'),
  )
  expect(Object.keys(source.sha256).toSorted()).toEqual(Object.keys(coverage).toSorted())
})
