import { lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { offeredMethods } from './connection.ts'
import { byKey, byPassword, foreignLines, hostForTest, lineOf, newKey, runJob } from './testing/jobs.ts'
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

/** Behaves as sudo does where it matters here: -n never asks, -S reads the password's line and not one byte more. */
const sudo = `#!/bin/sh
ask=yes
while [ "$1" != /bin/sh ]; do
  case "$1" in -n) ask=no ;; -k) forget=yes ;; -p) shift ;; esac
  shift
done
[ $ask = yes ] && [ "$forget" = yes ] || { echo 'sudo: a password is required' >&2; exit 1; }
read -r line
[ "$line" = PASSWORD ] || { echo 'sudo: sorry' >&2; exit 1; }
exec "$@"
`

describe.skipIf(noSshd)('a login user who is not root', () => {
  const user = 'deploy'
  it('switches password login by sudo, with the password', async () => {
    const on = await hostForTest({ user, sudo })
    const key = await newKey()
    const { outcome } = await runJob(on, byPassword(on), { add: lineOf(key), passwords: 'off' })
    expect(outcome).toEqual({ ok: true })
    expect(await offeredMethods(on.address)).toEqual(['publickey'])
  })

  it('or without one; else is told so', async () => {
    const [key, other] = [await newKey(), await newKey()]
    const free = await hostForTest({ user, sudo: '#!/bin/sh\nshift\nexec "$@"\n' })
    free.setKeys(`${lineOf(key)}\n`)
    const job = { add: lineOf(other), passwords: 'off' } as const
    expect((await runJob(free, byKey(key), job)).outcome).toEqual({ ok: true })
    const asking = await hostForTest({ user, sudo })
    asking.setKeys(`${lineOf(key)}\n`)
    expect((await runJob(asking, byKey(key), job)).outcome).toMatchObject({ code: 'SudoRefused', left: [] })
    expect(asking.keys()).toBe(`${lineOf(key)}\n`)
  })

  it('needs none for keys alone', async () => {
    const on = await hostForTest({ user, sudo: '#!/bin/sh\nexit 1\n' })
    const key = await newKey()
    expect((await runJob(on, byPassword(on), { add: lineOf(key), passwords: 'keep' })).outcome).toEqual({
      ok: true,
    })
  })
})
