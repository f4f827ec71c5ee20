import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { moveFile, openDraft, publishFile, writeFileWhole } from './files.ts'

const folder = mkdtempSync(join(tmpdir(), 'keyward-files-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'secret')
const text = () => readFileSync(file, 'utf8')

it('writes a file for its owner alone, also in the place of another, and over what a dead process left', () => {
  writeFileSync(`${file}.draft`, 'half', { mode: 0o644 })
  writeFileWhole(file, 'one')
  writeFileWhole(file, 'two')
  expect(text()).toBe('two')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  writeFileWhole(file, 'three', 0o644)
  expect(statSync(file).mode & 0o777).toBe(0o644)
  expect(readdirSync(folder)).toEqual(['secret'])
})

it('keeps a draft apart until it takes its place, which only `replace` may take from another', () => {
  const [first, second, third] = [openDraft(file), openDraft(file), openDraft(file)]
  for (const [i, draft] of [first, second, third].entries()) draft.write(`draft ${i}`)
  expect(text()).toBe('three')
  expect(() => first.publish()).toThrow('EEXIST')
  second.replace()
  third.discard()
  expect(text()).toBe('draft 1')
  expect(readdirSync(folder)).toEqual(['secret'])
})

it('gives finished files other names', () => {
  const other = join(folder, 'other')
  writeFileWhole(other, 'other')
  expect(() => publishFile(other, file)).toThrow('EEXIST')
  moveFile(other, file)
  expect(text()).toBe('other')
  rmSync(file)
  writeFileWhole(other, 'new')
  publishFile(other, file)
  expect(readdirSync(folder)).toEqual(['secret'])
})
