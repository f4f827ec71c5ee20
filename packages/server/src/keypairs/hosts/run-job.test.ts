import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { generateKey } from '../generate.ts'
import { acceptsKey, type Login, offeredMethods } from './connection.ts'
import type { HostJob } from './job.ts'
import type { HostRun } from './run-job.ts'
import {
  byKey,
  byPassword,
  canLogIn,
  foreignLines,
  hostForTest,
  lineOf,
  newKey,
  runJob,
  sshInto,
} from './testing/jobs.ts'
import { noReadOnlyHome, noSshd, type TestHost } from './testing/sshd.ts'

describe.skipIf(noSshd)(`a job on a real host ${noSshd ?? ''}`, () => {
  it('binds: the key logs in, the password too, lines of others stay', async () => {
    const on = await hostForTest()
    on.setKeys(foreignLines)
    const key = await newKey()
    const { outcome } = await runJob(on, byPassword(on), { add: lineOf(key), passwords: 'keep' })
    expect(outcome).toEqual({ ok: true })
    expect(on.keys()).toBe(`${foreignLines}${lineOf(key)}\n`)
    expect(await canLogIn(on, byKey(key))).toBe(true)
    expect(await canLogIn(on, byPassword(on))).toBe(true)
  })

  it('binds without passwords and unbinds with them again, leaving both files as they were', async () => {
    const on = await hostForTest()
    on.setKeys(foreignLines)
    const config = readFileSync(on.config, 'utf8')
    const key = await newKey()
    const bound = await runJob(on, byPassword(on), { add: lineOf(key), passwords: 'off' }, { newKey: key })
    expect(bound.outcome).toEqual({ ok: true })
    expect(await offeredMethods(on.address)).toEqual(['publickey'])
    expect(await canLogIn(on, byPassword(on))).toBe(false)
    expect(await canLogIn(on, byKey(key))).toBe(true)
    const unbound = await runJob(on, byKey(key), { remove: lineOf(key), passwords: 'on' })
    expect(unbound.outcome).toEqual({ ok: true })
    expect(await canLogIn(on, byKey(key))).toBe(false)
    expect(await canLogIn(on, byPassword(on))).toBe(true)
    expect(readFileSync(on.config, 'utf8')).toBe(config)
    expect(on.keys()).toBe(foreignLines)
  })

  it('unbinds to a password even where the owner had none', async () => {
    const on = await hostForTest({ config: ['PasswordAuthentication no', 'KbdInteractiveAuthentication no'] })
    const key = await newKey()
    on.setKeys(`${lineOf(key)}\n`)
    expect((await runJob(on, byKey(key), { remove: lineOf(key), passwords: 'on' })).outcome).toEqual({
      ok: true,
    })
    expect(await canLogIn(on, byPassword(on))).toBe(true)
  })

  it('replaces: only the new key works', async () => {
    const on = await hostForTest()
    const [old, key] = [await newKey(), await newKey()]
    on.setKeys(`${lineOf(old)}\n${foreignLines}`)
    const { outcome } = await runJob(on, byKey(old), {
      add: lineOf(key),
      remove: lineOf(old),
      passwords: 'keep',
    })
    expect(outcome).toEqual({ ok: true })
    expect(on.keys()).toBe(`${foreignLines}${lineOf(key)}\n`)
    expect(await acceptsKey(on.address, old.public)).toBe(false)
    expect(await canLogIn(on, byKey(key))).toBe(true)
  })

  it('works where there is no .ssh yet', async () => {
    const on = await hostForTest()
    rmSync(`${on.home}/.ssh`, { recursive: true })
    const key = await newKey()
    expect((await runJob(on, byPassword(on), { add: lineOf(key), passwords: 'keep' })).outcome).toEqual({
      ok: true,
    })
    expect(await canLogIn(on, byKey(key))).toBe(true)
  })
})

describe.skipIf(noSshd)('the real ssh', () => {
  it.each(['SSH_RSA_2048', 'ECDSA_SHA2_NISTP521', 'SSH_ED25519'] as const)(
    'gets in with a bound %s key alone',
    async (algorithm) => {
      const on = await hostForTest()
      const [key, other] = [await generateKey(algorithm), await newKey()]
      const job = { add: lineOf(key), passwords: 'off' } as const
      expect((await runJob(on, byPassword(on), job, { newKey: key })).outcome).toEqual({ ok: true })
      expect(await sshInto(on, key, 'echo in')).toBe('in\n')
      await expect(sshInto(on, other, 'echo in')).rejects.toThrow('Permission denied')
    },
  )
})

describe.skipIf(noSshd)('a job that fails changes nothing:', () => {
  const failing = async (
    on: TestHost,
    login: Login,
    job: Omit<HostJob, 'id'>,
    more: Partial<HostRun> = {},
  ) => {
    const before = on.keys()
    const { outcome } = await runJob(on, login, job, more)
    expect(on.keys()).toBe(before)
    return outcome
  }

  it('a wrong password, another host key, a host that is down', async () => {
    const on = await hostForTest()
    on.setKeys(foreignLines)
    const job = { add: lineOf(await newKey()), passwords: 'off' } as const
    expect(await failing(on, { kind: 'password', password: 'no' }, job)).toMatchObject({
      code: 'LoginRefused',
    })
    const hostKey = (await newKey()).public.blob
    const address = { ...on.address, hostKey }
    expect(await failing(on, byPassword(on), job, { host: address })).toMatchObject({
      code: 'HostKeyChanged',
    })
    const down = { ...on.address, port: 1 }
    expect(await failing(on, byPassword(on), job, { host: down })).toMatchObject({ code: 'HostUnreachable' })
  })

  it('an authorized_keys in which the bound line is missing or changed', async () => {
    const on = await hostForTest()
    const [old, key] = [await newKey(), await newKey()]
    const job = { add: lineOf(key), remove: lineOf(old), passwords: 'keep' } as const
    on.setKeys(foreignLines)
    expect(await failing(on, byPassword(on), job)).toMatchObject({ code: 'KeysAltered', message: /missing/ })
    on.setKeys(`no-pty ${lineOf(old)}\n`)
    expect(await failing(on, byPassword(on), job)).toMatchObject({ code: 'KeysAltered', message: /changed/ })
    on.setKeys(`no-pty ${lineOf(key)}\n`)
    expect(await failing(on, byPassword(on), { add: lineOf(key), passwords: 'keep' })).toMatchObject({
      code: 'KeysAltered',
    })
  })

  it('a full disk', async () => {
    // A limit of 0 on the size of files: every write ends as on a full disk.
    const on = await hostForTest({ before: 'ulimit -f 0' })
    const outcome = await failing(on, byPassword(on), { add: lineOf(await newKey()), passwords: 'keep' })
    expect(outcome).toMatchObject({ code: 'KeysNotWritable', left: [] })
  })

  it.skipIf(noReadOnlyHome)(`a read-only home ${noReadOnlyHome ?? ''}`, async () => {
    const on = await hostForTest({ readOnlyHome: true })
    const outcome = await failing(on, byPassword(on), { add: lineOf(await newKey()), passwords: 'keep' })
    expect(outcome).toMatchObject({ code: 'KeysNotWritable', left: [] })
  })

  it('a key that sshd does not look at', async () => {
    const on = await hostForTest({ config: ['AuthorizedKeysFile /nowhere'] })
    const outcome = await failing(on, byPassword(on), { add: lineOf(await newKey()), passwords: 'off' })
    expect(outcome).toMatchObject({ code: 'KeyNotInForce', left: [] })
  })

  it('an old key that another file lets in', async () => {
    const on = await hostForTest({ config: ['AuthorizedKeysFile .ssh/authorized_keys .ssh/more'] })
    const [old, key] = [await newKey(), await newKey()]
    on.setKeys(`${lineOf(old)}\n`)
    writeFileSync(`${on.home}/.ssh/more`, `${lineOf(old)}\n`, { mode: 0o600 })
    const outcome = await failing(on, byKey(old), {
      add: lineOf(key),
      remove: lineOf(old),
      passwords: 'keep',
    })
    expect(outcome).toMatchObject({ code: 'KeyNotInForce', left: [] })
    expect(await canLogIn(on, byKey(old))).toBe(true)
  })

  it('an sshd that refuses its configuration, cannot be reloaded, or has a Match section of its own', async () => {
    const key = await newKey()
    const job = { add: lineOf(key), passwords: 'off' } as const
    const on = await hostForTest()
    appendFileSync(on.config, 'NoSuchKeyword yes\n')
    const broken = readFileSync(on.config, 'utf8')
    expect(await failing(on, byPassword(on), job)).toMatchObject({ code: 'SshdConfigRefused', left: [] })
    expect(readFileSync(on.config, 'utf8')).toBe(broken)
    expect(await canLogIn(on, byPassword(on))).toBe(true)

    const dead = await hostForTest()
    const before = readFileSync(dead.config, 'utf8')
    const sshd = { ...dead.setup, reload: 'echo no such service; false' }
    const outcome = await failing(dead, byPassword(dead), job, { sshd })
    expect(outcome).toMatchObject({ code: 'SshdConfigRefused', message: /no such service/, left: [] })
    expect(readFileSync(dead.config, 'utf8')).toBe(before)

    const matching = await hostForTest()
    appendFileSync(matching.config, `Match User ${matching.address.user}\n  PasswordAuthentication yes\n`)
    const text = readFileSync(matching.config, 'utf8')
    await matching.restart()
    expect(await failing(matching, byPassword(matching), job)).toMatchObject({
      code: 'PasswordLoginNotInForce',
      left: [],
    })
    expect(readFileSync(matching.config, 'utf8')).toBe(text)
    expect(await canLogIn(matching, byPassword(matching))).toBe(true)
  })
})

describe.skipIf(noSshd)('what an earlier job may have left', () => {
  it('is missing from the file, or there besides, and goes', async () => {
    const on = await hostForTest()
    const [old, left, key] = [await newKey(), await newKey(), await newKey()]
    const doubt = { removeMayLack: true, also: [lineOf(left)] }
    on.setKeys(foreignLines)
    const bind = { add: lineOf(key), remove: lineOf(old), passwords: 'keep', doubt } as const
    expect((await runJob(on, byPassword(on), bind)).outcome).toEqual({ ok: true })
    expect(on.keys()).toBe(`${foreignLines}${lineOf(key)}\n`)
    on.setKeys(`${lineOf(left)}\n${lineOf(key)}\n`)
    const unbind = { remove: lineOf(key), passwords: 'on', doubt } as const
    expect((await runJob(on, byPassword(on), unbind)).outcome).toEqual({ ok: true })
    expect(on.keys()).toBe('')
  })

  it('comes back where the job fails, and nothing that was not there', async () => {
    const on = await hostForTest({ config: ['AuthorizedKeysFile .ssh/authorized_keys .ssh/more'] })
    const [old, left] = [await newKey(), await newKey()]
    on.setKeys(`${lineOf(left)}\n`)
    writeFileSync(`${on.home}/.ssh/more`, `${lineOf(old)}\n`, { mode: 0o600 })
    const doubt = { removeMayLack: true, also: [lineOf(left)] }
    const job = { remove: lineOf(old), passwords: 'on', doubt } as const
    expect((await runJob(on, byPassword(on), job)).outcome).toMatchObject({ code: 'KeyNotInForce', left: [] })
    expect(on.keys()).toBe(`${lineOf(left)}\n`)
  })
})
