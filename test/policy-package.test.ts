import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
// @ts-expect-error plain JavaScript, for a Node that cannot read TypeScript
import { otherNode } from '../scripts/other-nodes.mjs'
import { installedPackages } from './testing/built.ts'

// The policy engine as others get it: the example of its page, compiled, run on each Node and in a browser.
const root = join(import.meta.dirname, '..')
const run = promisify(execFile)
const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-policy-package-'))
  await installedPackages(folder)
  const page = readFileSync(join(folder, 'node_modules/@keyward/policy/README.md'), 'utf8')
  writeFileSync(join(folder, 'example.ts'), /```ts\n(.*?)```/s.exec(page)![1]!)
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the example of its page compiles, strictly and without types of Node, and says what it decides', async () => {
  const options = {
    target: 'es2022',
    lib: ['es2022', 'dom'],
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    types: [],
  }
  const config = { compilerOptions: options, files: ['example.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules/@typescript/native/bin/tsc')
  const compiled = await run(process.execPath, [tsc, '-p', folder], { cwd: folder }).catch((error) => error)
  expect(compiled.stdout).toBe('')
  for (const node of [process.execPath, otherNode(24), otherNode(18)].filter(existsSync)) {
    const { stdout } = await run(node, ['example.js'], { cwd: folder })
    expect(stdout, node).toBe('true Allowed\ntrue\n')
  }
})

test('its page says the oldest Node that it runs on, and npm the same', () => {
  const manifest = JSON.parse(readFileSync(join(folder, 'node_modules/@keyward/policy/package.json'), 'utf8'))
  expect(manifest).toMatchObject({ engines: { node: '>=18' }, sideEffects: false })
})

test('its schemas can be imported by name', async () => {
  writeFileSync(
    join(folder, 'schema.mjs'),
    "import schema from '@keyward/policy/schemas/ram-identity.schema.json' with { type: 'json' }; console.log(typeof schema)",
  )
  expect((await run(process.execPath, ['schema.mjs'], { cwd: folder })).stdout).toBe('object\n')
})

/** One script for a browser, with nothing of Node in it: esbuild fails on an import of `node:fs`. */
async function bundle(entry: string): Promise<string> {
  const stdin = { contents: entry, resolveDir: folder, loader: 'ts' } as const
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}

test('it bundles for a browser, and leaves out what is not used', async () => {
  const none = await bundle(
    "import { didYouMean } from '@keyward/policy'; console.log(didYouMean('a', ['ab']))",
  )
  const all = await bundle(readFileSync(join(folder, 'example.ts'), 'utf8'))
  expect(none.length).toBeLessThan(5000)
  expect(all.length).toBeGreaterThan(100_000)
})

test.skipIf(!browser && process.env.CI !== 'true')(
  'it decides in Chromium (Debian package chromium)',
  async () => {
    const script = await bundle(readFileSync(join(folder, 'example.ts'), 'utf8'))
    const running = await chromium.launch({ executablePath: browser!, args: ['--no-sandbox'] })
    try {
      const page = await running.newPage()
      const said: string[] = []
      page.on('console', (message) => said.push(message.text()))
      page.on('pageerror', (error) => said.push(String(error)))
      await page.setContent('<!doctype html><title>policy</title>')
      await page.addScriptTag({ content: script })
      expect(said).toEqual(['true Allowed', 'true'])
    } finally {
      await running.close()
    }
  },
)
