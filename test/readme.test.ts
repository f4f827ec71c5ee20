import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningService, startService } from '../packages/cli/src/testing/service.ts'

/**
 * Runs what the README tells a person to type, in its order, against a started service. A line `# denied...` after a
 * command says that it is refused with these words and exit code 3; any other comment line is what it prints.
 */
const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text)

interface Step {
  readonly command: string
  readonly says: string | undefined
}

const steps: Step[] = []
for (const line of blocks('sh').join('').trim().split('\n')) {
  if (line.startsWith('# ')) steps.push({ ...steps.pop()!, says: line.slice(2) })
  else steps.push({ command: line, says: undefined })
}

let service: RunningService
const done: { code: number; out: string; err: string }[] = []

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-readme-'))
  for (const name of ['node_modules', 'examples', 'package.json', 'packages'])
    symlinkSync(join(root, name), join(folder, name))
  service = await startService([], folder)
  // Braces keep variables for the lines that follow.
  const script = steps
    .map(({ command }, i) => `{ ${command}\n} >${i}.out 2>${i}.err; echo $? >${i}.code`)
    .join('\n')
  writeFileSync(join(folder, 'readme.sh'), script)
  await promisify(execFile)('bash', ['readme.sh'], {
    cwd: folder,
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
  })
  const read = (i: number, kind: string) => readFileSync(join(folder, `${i}.${kind}`), 'utf8').trim()
  for (const i of steps.keys())
    done.push({ code: Number(read(i, 'code')), out: read(i, 'out'), err: read(i, 'err') })
}, 240_000)
afterAll(() => service?.remove())

describe('README', () => {
  test('has commands that are allowed and commands that are denied', () => {
    expect(steps.filter(({ says }) => says?.startsWith('denied')).length).toBeGreaterThanOrEqual(2)
    expect(steps.length).toBeGreaterThanOrEqual(7)
    expect(blocks('js').length).toBeGreaterThanOrEqual(1)
  })

  test.each(steps.map((step, i) => [step.command, step, i] as const))('%s', (_, { says }, i) => {
    const { code, out, err } = done[i]!
    if (says?.startsWith('denied')) {
      expect(err).toContain(says)
      expect(code).toBe(3)
    } else {
      expect(code, err).toBe(0)
      if (says) expect(out).toBe(says)
    }
  })

  test.each(blocks('js').map((block) => [block]))('the SDK example makes a key', async (block) => {
    const port = new URL(service.url).port
    writeFileSync(join(service.folder, 'example.mjs'), block.replaceAll('7700', port))
    const { stdout } = await promisify(execFile)(process.execPath, ['example.mjs'], { cwd: service.folder })
    expect(stdout.trim()).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('names only files that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)]
    expect(links.length).toBeGreaterThan(5)
    for (const [, file = ''] of links) expect(readFileSync(join(root, file)).length, file).toBeGreaterThan(0)
  })
})
