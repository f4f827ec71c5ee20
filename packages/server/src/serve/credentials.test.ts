import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { makeDataFolder } from './credentials.ts'

const folder = mkdtempSync(join(tmpdir(), 'keyward-folder-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the data folder', () => {
  it('is made with all that leads to it, for its owner alone, and left alone when it is there', () => {
    const data = join(folder, 'a', 'b', 'c')
    makeDataFolder(data)
    makeDataFolder(data)
    expect(statSync(data).mode & 0o777).toBe(0o700)
  })

  it.skipIf(process.platform !== 'linux')('ends with a sentence where nothing can be made', () => {
    expect(() => makeDataFolder('/proc/keyward/data')).toThrow(/cannot be made.*--data/)
  })
})
