import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
// @ts-expect-error plain JavaScript, for a Node that cannot read TypeScript
import { installState } from '../scripts/install.mjs'

interface Entry {
  readonly version?: string
  readonly integrity?: string
  readonly dev?: boolean
  readonly optional?: boolean
  readonly os?: readonly string[]
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-install-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function lay(locked: Record<string, Entry>, present?: Record<string, Entry>) {
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...locked } }))
  if (!present) return
  for (const path of Object.keys(present)) mkdirSync(join(folder, path), { recursive: true })
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: present }))
}
const state = (scope: 'serving' | 'everything') => installState(scope, folder)

const a = { version: '1.0.0', integrity: 'sha512-a' }
const tool = { version: '1.0.0', integrity: 'sha512-t', dev: true }

test('a fresh clone has nothing', () => {
  lay({ 'node_modules/a': a })
  expect(state('serving')).toEqual({ complete: false, development: false })
})

test('what serving needs is enough to serve, and not to test', () => {
  lay({ 'node_modules/a': a, 'node_modules/tool': tool }, { 'node_modules/a': a })
  expect(state('serving')).toEqual({ complete: true, development: false })
  expect(state('everything').complete).toBe(false)
})

test('a development install is enough for both, and is known as one', () => {
  const all = { 'node_modules/a': a, 'node_modules/tool': tool }
  lay(all, all)
  expect(state('serving')).toEqual({ complete: true, development: true })
  expect(state('everything')).toEqual({ complete: true, development: true })
})

test.each([
  ['another version', { version: '1.0.1', integrity: 'sha512-a' }],
  ['other content', { version: '1.0.0', integrity: 'sha512-b' }],
])('%s than the locked one is not it', (_, found) => {
  lay({ 'node_modules/a': a }, { 'node_modules/a': found })
  expect(state('serving').complete).toBe(false)
})

test('a package that was deleted by hand is missing', () => {
  lay({ 'node_modules/a': a }, { 'node_modules/a': a })
  rmSync(join(folder, 'node_modules/a'), { recursive: true })
  expect(state('serving').complete).toBe(false)
})

test('an optional package is needed on its own platform alone', () => {
  const optional = { ...a, optional: true }
  const elsewhere = process.platform === 'linux' ? 'darwin' : 'linux'
  lay({ 'node_modules/a': { ...optional, os: [elsewhere] } }, {})
  expect(state('serving').complete).toBe(true)
  lay({ 'node_modules/a': { ...optional, os: [process.platform] } }, {})
  expect(state('serving').complete).toBe(false)
})
