import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commands } from './commands.ts'
import { wantsColour } from './io.ts'
import { shownCommands } from './surface/tables.ts'
import { keyward } from './testing/io.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-output-'))
  const policy = { Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }] }
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const person = { answers: [] }
const run = (line: string, more: object = {}) => keyward(line.split(' '), { folder, ...more })

test.each([
  'policy check policy.json',
  'policy explain --as acs:ram::1:user/ann --action kms:Decrypt --identity policy.json',
  'policy reference kms:Decrypt',
])('`%s` is JSON or text as it is asked, whoever reads', async (line) => {
  for (const around of [{}, { person }]) {
    const { out } = await run(`${line} --output json`, around)
    expect(() => JSON.parse(out)).not.toThrow()
    const text = (await run(`${line} --output text`, around)).out
    expect(() => JSON.parse(text)).toThrow()
    expect(text).not.toBe('')
  }
})

test('every command with an answer takes it, and none with an answer in one form alone', async () => {
  for (const { name, flags } of await shownCommands(commands)) {
    const names = flags.map((flag) => flag.name)
    if (names.includes('json') || names.includes('format')) expect(names, name).toContain('output')
  }
})

test.each([
  ['policy check policy.json --output yaml', '`--output json` or `--output text`'],
  ['policy check policy.json --output json --format sarif', 'give one of them'],
  ['policy reference kms:Decrypt --json --output text', 'say different things'],
])('`%s` is refused', async (line, says) => {
  expect(await run(line)).toMatchObject({ exitCode: 2, out: '', err: expect.stringContaining(says) })
})

test('what is mistyped names the command that helps', async () => {
  for (const line of ['policy check --frmat x', 'serve --lissten x', 'apply --prnue', 'audit verify --x']) {
    const { exitCode, err } = await run(line)
    expect(exitCode).toBe(2)
    expect(err).toMatch(/more with: keyward help (policy check|serve|apply|audit verify)$/)
  }
})

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ TERM: 'dumb' }, true, false],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
])('with %j and a person who reads: %s, colours: %s', (environment, reads, colours) => {
  expect(wantsColour({ environment, person: { reads, watches: false, answers: false } })).toBe(colours)
})
