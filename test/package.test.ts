import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Builds the packages, packs them as `npm publish` would, lays them out as an install would, and runs the command.
const root = join(import.meta.dirname, '..')
const run = promisify(execFile)
let folder: string
let bin: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-package-'))
  await run(process.execPath, [join(root, 'scripts/build.mjs'), join(folder, 'dist')])
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@keyward'), { recursive: true })
  const targets = { cli: 'keyward', server: '@keyward/server', policy: '@keyward/policy' }
  const install = async ([name, target]: [string, string]) => {
    const pack = ['pack', '--silent', '--pack-destination', folder]
    const { stdout } = await run('npm', pack, { cwd: join(folder, 'dist', name) })
    mkdirSync(join(modules, target), { recursive: true })
    await run('tar', [
      '-xzf',
      join(folder, stdout.trim()),
      '-C',
      join(modules, target),
      '--strip-components=1',
    ])
  }
  await Promise.all(Object.entries(targets).map(install))
  for (const [name, target] of Object.entries(targets)) {
    const own = join(root, 'packages', name, 'node_modules')
    if (existsSync(own)) symlinkSync(own, join(modules, target, 'node_modules'))
  }
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!existsSync(join(modules, name))) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  bin = join(modules, 'keyward/bin/keyward.mjs')
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the packed command runs away from the checkout', async () => {
  const { stdout } = await run(process.execPath, [bin, '--version'], { cwd: folder })
  const { version } = JSON.parse(readFileSync(join(root, 'packages/cli/package.json'), 'utf8'))
  expect(stdout).toBe(`keyward ${version} (Node ${process.versions.node})\n`)
  expect((await run(process.execPath, [bin, 'help', 'call'], { cwd: folder })).stdout).toContain(
    'kms Encrypt',
  )
})

test('the packed service starts and answers', async () => {
  const child = execFile(
    process.execPath,
    [bin, 'serve', '--listen', '127.0.0.1:0', '--data', join(folder, 'data')],
    { cwd: folder },
  )
  try {
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout!.once('data', (text) => resolve(String(text).trim()))
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)))
    })
    let log = ''
    child.stderr!.on('data', (text) => {
      log += text
    })
    for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGHUP'] as const) child.kill(signal)
    while (!log.includes('reload')) await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect(log).not.toContain('ebugger')
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  } finally {
    child.kill('SIGKILL')
  }
})

test('a Node that is too old is told so in a plain sentence', async () => {
  const older =
    "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})"
  const failure = await run(process.execPath, ['--import', older, bin, 'serve'], { cwd: folder }).catch(
    (error) => error,
  )
  expect(failure).toMatchObject({ code: 1, stdout: '' })
  expect(failure.stderr).toMatch(/^keyward needs Node 24 or newer; this is Node 20\.20\.2\.\n/)
})

test('a package carries its code, types and licence, and neither tests nor sources', () => {
  for (const name of ['keyward', '@keyward/server', '@keyward/policy']) {
    const files = readdirSync(join(folder, 'node_modules', name), { recursive: true })
      .map(String)
      .filter((file) => !file.startsWith('node_modules'))
    expect(files).toContain('LICENSE')
    expect(files.some((file) => /^lib\/.*\.d\.ts$/.test(file))).toBe(true)
    const unwanted = files.filter((file) => /\.test\.|(^|\/)(testing|cases)\/|(?<!\.d)\.ts$/.test(file))
    expect(unwanted).toEqual([])
  }
})
