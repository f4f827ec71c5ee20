import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { keyward, type Surroundings } from '../../testing/io.ts'

/** A folder with files, gone after the tests of this file, and `keyward policy` run in it. */
export function policyFolder(files: Readonly<Record<string, string | object>>) {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-policy-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const write = (name: string, content: string | object) =>
    writeFileSync(
      join(folder, name),
      typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content, null, 2),
    )
  for (const [name, content] of Object.entries(files)) write(name, content)
  return {
    folder,
    write,
    /** The line is cut at spaces; words that hold some are given apart. */
    policy: (line: string, around: Surroundings = {}, ...words: string[]) =>
      keyward(['policy', ...line.split(' '), ...words], { folder, ...around }),
  }
}

/** A person at a terminal, with the colours taken out of what is shown. */
export const atTerminal = { person: { answers: [] }, environment: { NO_COLOR: '1' } } as const

export const allow = (action: string | string[], more: object = {}) => ({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: action, Resource: '*', ...more }],
})
