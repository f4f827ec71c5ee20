import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningService, startService } from '../packages/cli/src/testing/service.ts'
import { type Done, runSteps, stepsOf } from './testing/page.ts'

/** Runs every command in a block `sh` of these pages, in its order, beside a service. */
const root = join(import.meta.dirname, '..')
const howTo = readdirSync(join(root, 'docs/how-to')).map((name) => `docs/how-to/${name}`)
const pages = ['docs/tutorial.md', ...howTo].flatMap((page) => {
  const steps = stepsOf(readFileSync(join(root, page), 'utf8'))
  return steps.length === 1 && steps[0]!.command === '' ? [] : [{ page, steps }]
})

const services: RunningService[] = []
const results = new Map<string, readonly Done[]>()

async function begin(...flags: string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-page-'))
  symlinkSync(join(root, 'examples'), join(folder, 'examples'))
  services.push(await startService(flags, folder))
  return folder
}

beforeAll(async () => {
  // The tutorial begins with nothing; how-to pages take the example for granted, and can share a service.
  const [fresh, shared] = [await begin(), await begin('--apply', 'examples/world.yaml')]
  for (const { page, steps } of pages)
    results.set(page, await runSteps(steps, page.includes('how-to') ? shared : fresh))
}, 240_000)
afterAll(async () => {
  for (const service of services) await service.remove()
})

describe.each(pages)('$page', ({ page, steps }) => {
  test.each(steps.map((step, i) => [step.command.split('\n')[0]!, step, i] as const))(
    '%s',
    (_, { says }, i) => {
      const { code, out, err } = results.get(page)![i]!
      if (says?.startsWith('denied')) {
        expect(err).toContain(says)
        expect(code).toBe(3)
      } else {
        expect(code, err).toBe(0)
        if (says) expect(out).toBe(says)
      }
    },
  )
})

test('the program for Node of the page of clients lists the users', async () => {
  const page = readFileSync(join(root, 'docs/how-to/clients.md'), 'utf8')
  const [program = ''] = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, text]) => text)
  const service = services[1]!
  const file = join(service.folder, 'list-users.mjs')
  const modules = join(service.folder, 'node_modules')
  if (!existsSync(modules)) symlinkSync(join(root, 'node_modules'), modules)
  const { accessKeyId, accessKeySecret, domainId } = JSON.parse(
    readFileSync(join(service.data, 'root-credentials.json'), 'utf8'),
  )
  const keys = { KEY_ID: accessKeyId, KEY_SECRET: accessKeySecret, DOMAIN_ID: domainId }
  writeFileSync(file, program.replaceAll('7700', new URL(service.url).port))
  const env = { ...process.env, ...keys }
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env })
  expect(stdout).toContain('alice')
})

test('the tutorial goes from a key to a denied call and to a policy test', () => {
  const commands = stepsOf(readFileSync(join(root, 'docs/tutorial.md'), 'utf8')).map(({ command }) => command)
  for (const part of ['CreateKey', 'apply', '--why', 'policy test'])
    expect(commands.filter((command) => command.includes(part)).length, part).toBeGreaterThan(0)
})

const all = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)
test.each([...all, 'README.md'])('%s names only files that are there', (page) => {
  const text = readFileSync(join(root, page), 'utf8')
  for (const [, file = ''] of text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g))
    expect(existsSync(join(root, page, '..', file)), file).toBe(true)
})
