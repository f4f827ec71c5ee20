import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
// @ts-expect-error plain JavaScript, for a Node that cannot read TypeScript
import { otherNode } from '../scripts/other-nodes.mjs'
import { installedPackages } from './testing/built.ts'
import { npmUnder } from './testing/npm.ts'
import { readAddress } from './testing/process.ts'

// The packages, built and packed as `npm publish` would send them, installed by npm into an empty folder.
const root = join(import.meta.dirname, '..')
const run = promisify(execFile)
const nodes = [
  { name: 'the pinned Node', node: process.execPath },
  { name: 'Node 24', node: otherNode(24) as string },
]
const withoutSettings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|KEYWARD_|NODE_OPTIONS$)/i.test(name)),
)

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-package-'))
  await installedPackages(folder)
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(nodes)('on $name', ({ name, node }) => {
  const there = existsSync(node)

  test.skipIf(!there)('npx finds the command, in the version of its package', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8'))
    const { stdout } = await npmUnder(node, ['exec', '--offline', '--', 'keyward', '--version'], folder)
    const { stdout: nodeVersion } = await run(node, ['--version'])
    expect(stdout).toBe(`keyward ${version} (Node ${nodeVersion.trim().slice(1)})\n`)
  })

  test.skipIf(!there)('the service starts, takes the example world and decides by it', async () => {
    const bin = join(folder, 'node_modules/keyward/bin/keyward.mjs')
    const around = { cwd: folder, env: { ...withoutSettings, KEYWARD_DATA: join(folder, `data of ${name}`) } }
    const npx = (words: readonly string[]) =>
      run(node, [bin, ...words], around).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
      )
    const child = execFile(node, [bin, 'serve', '--listen', '127.0.0.1:0'], around)
    try {
      let log = ''
      child.stderr!.on('data', (text) => {
        log += text
      })
      const url = await readAddress(child)
      writeFileSync(join(folder, 'world.yaml'), (await npx(['example'])).stdout)
      expect(await npx(['apply', 'world.yaml'])).toMatchObject({ code: 0 })
      const made = await npx(['call', 'kms', 'CreateKey', '--as', 'alice', '--get', 'KeyMetadata.KeyId'])
      expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/) })
      expect(await npx(['call', 'kms', 'CreateKey', '--as', 'bob'])).toMatchObject({ code: 3 })
      // Made in a thread, whose program lies in a file of its own.
      const rsa = ['call', 'kms', 'CreateKey', 'KeySpec=RSA_2048', 'KeyUsage=SIGN/VERIFY']
      expect(await npx(rsa)).toMatchObject({ code: 0 })

      for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGHUP'] as const) child.kill(signal)
      while (!log.includes('reload')) await new Promise((resolve) => setTimeout(resolve, 20))
      expect((await fetch(`${url}/readyz`)).status).toBe(200)
      expect(log).not.toContain('ebugger')
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
  })
})

test('a Node that is too old is told so in a plain sentence', async () => {
  const older =
    "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})"
  const bin = join(folder, 'node_modules/keyward/bin/keyward.mjs')
  const line = ['--import', older, bin, 'serve']
  const failure = await run(process.execPath, line, { cwd: folder }).catch((error) => error)
  expect(failure).toMatchObject({ code: 1, stdout: '' })
  expect(failure.stderr).toMatch(/^keyward needs Node 24 or newer; this is Node 20\.20\.2\.\n/)
})

test.skipIf(!existsSync(otherNode(18)))('Node 18 says so itself', async () => {
  const bin = join(folder, 'node_modules/keyward/bin/keyward.mjs')
  const failure = await run(otherNode(18), [bin, 'serve'], { cwd: folder }).catch((error) => error)
  expect(failure).toMatchObject({ code: 1, stdout: '' })
  expect(failure.stderr).toMatch(/^keyward needs Node 24 or newer; this is Node 18\.\d+\.\d+\.\nInstall /)
})

test.each(['keyward', '@keyward/server', '@keyward/policy', '@keyward/testing'])(
  '%s carries its code, types, source maps, page and licence, and neither tests nor sources',
  (name) => {
    const place = join(folder, 'node_modules', name)
    const files = readdirSync(place, { recursive: true }).map(String)
    const own = files.filter((file) => !file.startsWith('node_modules'))
    expect(own).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
    expect(own.some((file) => /^lib\/.*\.d\.ts$/.test(file))).toBe(true)
    const unwanted = own.filter((file) => /\.test\.|(^|\/)(testing|cases)\/|(?<!\.d)\.ts$/.test(file))
    expect(unwanted).toEqual([])
    for (const file of own.filter((one) => /^lib\/.*\.js$/.test(one)))
      expect(own, `${file} has a source map`).toContain(`${file}.map`)
    const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'))
    expect(manifest).toMatchObject({
      license: 'Apache-2.0',
      repository: { type: 'git', directory: expect.stringMatching(/^packages\//) },
      keywords: expect.arrayContaining(['ram', 'iam']),
      files: expect.arrayContaining(['lib']),
    })
    // The page of a package is read alone, on the page of the registry.
    const links = [...readFileSync(join(place, 'README.md'), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)\)/g)]
    for (const [, link = ''] of links) expect(own, `README.md of ${name} names ${link}`).toContain(link)
  },
)

test('every program of a thread lies where the file that starts it looks', () => {
  const lib = join(folder, 'node_modules/@keyward/server/lib')
  const files = readdirSync(lib).filter((file) => file.endsWith('.js'))
  const named = files.flatMap((file) =>
    [...readFileSync(join(lib, file), 'utf8').matchAll(/new URL\([^;]*?"\.\/([\w-]+\.js)"/g)].map(
      (one) => one[1]!,
    ),
  )
  expect(named.length).toBeGreaterThanOrEqual(4)
  for (const file of named) expect(files).toContain(file)
})

test('the example on the page of @keyward/testing is a test that passes, by import and by require', async () => {
  const page = readFileSync(join(folder, 'node_modules/@keyward/testing/README.md'), 'utf8')
  const example = /```js\n(.*?)```/s.exec(page)![1]!
  writeFileSync(join(folder, 'example.test.mjs'), example)
  const required = example
    .replace(/^import (.*) from '(.*)'$/gm, "const $1 = require('$2')")
    .replace('const keyward = await', 'let keyward\nbefore(async () => { keyward = await')
    .replace(/(startKeyward\(\))(.*)$/m, '$1 })$2')
    .replace('{ after, beforeEach, test }', '{ after, before, beforeEach, test }')
  writeFileSync(join(folder, 'example.test.cjs'), required)
  const node = existsSync(otherNode(24)) ? otherNode(24) : process.execPath
  const around = { cwd: folder, env: withoutSettings }
  const { stdout } = await run(node, ['--test', 'example.test.mjs', 'example.test.cjs'], around)
  expect(stdout).toMatch(/pass 2\n/)
  expect(stdout).toMatch(/fail 0\n/)
}, 60_000)

test('npm knows the manual page, and the command prints the same', async () => {
  const place = join(folder, 'node_modules/keyward')
  expect(JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')).man).toEqual(['./man/keyward.1'])
  const { stdout } = await run(process.execPath, [join(place, 'bin/keyward.mjs'), 'manual'], { cwd: folder })
  expect(readFileSync(join(place, 'man/keyward.1'), 'utf8')).toBe(stdout)
})
