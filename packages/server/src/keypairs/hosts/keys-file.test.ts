import { lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { byPassword, foreignLines, hostForTest, lineOf, newKey, runJob } from './testing/jobs.ts'
import { noSshd } from './testing/sshd.ts'

describe.skipIf(noSshd)('authorized_keys', () => {
  it('stays a link, ends its last line, is for its owner alone, and nothing is left beside it', async () => {
    const on = await hostForTest()
    const real = `${on.home}/keys-of-mine`
    writeFileSync(real, foreignLines.trimEnd(), { mode: 0o644 })
    symlinkSync(real, on.keysFile)
    const key = await newKey()
    expect((await runJob(on, byPassword(on), { add: lineOf(key), passwords: 'keep' })).outcome).toEqual({
      ok: true,
    })
    expect(lstatSync(on.keysFile).isSymbolicLink()).toBe(true)
    expect(readFileSync(real, 'utf8')).toBe(`${foreignLines}${lineOf(key)}\n`)
    expect(statSync(real).mode & 0o777).toBe(0o600)
    expect(readdirSync(on.home).filter((name) => name.includes('keyward'))).toEqual([])
  })
})
