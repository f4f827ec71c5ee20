import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { offeredMethods } from './connection.ts'
import { byKey, byPassword, canLogIn, lineOf, newKey, runJob } from './testing/jobs.ts'
import { noMachine, startMachine, type TestMachine, type TestUser } from './testing/machine.ts'

const users: readonly TestUser[] = [
  { name: 'free', uid: 4001, sudo: 'free' },
  { name: 'asked', uid: 4002, sudo: 'password' },
  { name: 'plain', uid: 4003 },
  { name: 'toor', uid: 0 },
]

describe.skipIf(noMachine)(`root is asked for ${noMachine ?? ''}`, () => {
  let machine: TestMachine
  beforeAll(async () => {
    machine = await startMachine(users, ['PermitRootLogin yes'])
  })
  afterAll(() => machine?.stop())

  const bind = async (name: string, passwords: 'keep' | 'off', config: readonly string[] = []) => {
    await machine.configure(['PermitRootLogin yes', ...config])
    const on = machine.as(name)
    on.setKeys('')
    const key = await newKey()
    const { outcome } = await runJob(on, byPassword(on), { add: lineOf(key), passwords })
    const unbind = (more: object = {}) =>
      runJob(on, byKey(key), { remove: lineOf(key), passwords: 'on', ...more })
    return { on, key, outcome, unbind }
  }

  it('by sudo without a password, and there is a way back', async () => {
    const { on, outcome, unbind } = await bind('free', 'off')
    expect(outcome).toEqual({ ok: true })
    expect(await offeredMethods(on.address)).toEqual(['publickey'])
    expect((await unbind()).outcome).toEqual({ ok: true })
    expect(await canLogIn(on, byPassword(on))).toBe(true)
  })

  it('not of uid 0 by another name', async () => {
    const { on, outcome, unbind } = await bind('toor', 'off')
    expect(outcome).toEqual({ ok: true })
    expect((await unbind()).outcome).toEqual({ ok: true })
    expect(await canLogIn(on, byPassword(on))).toBe(true)
  })

  it('not where sudo wants a password: what is switched off could not be switched on again', async () => {
    const { on, outcome } = await bind('asked', 'off')
    expect(outcome).toMatchObject({ ok: false, code: 'NoWayBack', left: [] })
    expect(on.keys()).toBe('')
    expect(readFileSync(on.config, 'utf8')).not.toContain('keyward: password')
    const kept = await bind('asked', 'keep')
    expect(kept.outcome).toEqual({ ok: true })
    expect((await kept.unbind()).outcome).toEqual({ ok: true })
  })

  it('not where nothing changes', async () => {
    const { on, key, outcome, unbind } = await bind('plain', 'keep')
    expect(outcome).toEqual({ ok: true })
    expect((await unbind()).outcome).toEqual({ ok: true })
    expect([await canLogIn(on, byKey(key)), await canLogIn(on, byPassword(on))]).toEqual([false, true])
    const again = await bind('plain', 'off')
    expect(again.outcome).toMatchObject({ code: 'SudoRefused', left: [] })
  })

  it('not where another way in makes it needless', async () => {
    await machine.configure(['PasswordAuthentication no', 'KbdInteractiveAuthentication no'])
    const on = machine.as('plain')
    const [ours, other] = [await newKey(), await newKey()]
    on.setKeys(`${lineOf(ours)}\n`)
    const job = { remove: lineOf(ours), passwords: 'on' } as const
    expect((await runJob(on, byKey(ours), job)).outcome).toMatchObject({ code: 'SudoRefused', left: [] })
    on.setKeys(`${lineOf(ours)}\ncommand="ls" ${lineOf(other)}\n`)
    expect((await runJob(on, byKey(ours), job)).outcome).toMatchObject({ code: 'SudoRefused', left: [] })
    on.setKeys(`${lineOf(ours)}\nno-pty ${lineOf(other)}\n`)
    expect((await runJob(on, byKey(ours), job)).outcome).toEqual({ ok: true })
    on.setKeys(`${lineOf(ours)}\n`)
    expect((await runJob(on, byKey(ours), { ...job, allowLockout: true })).outcome).toEqual({ ok: true })
    expect(on.keys()).toBe('')
  })

  it('and sudo says itself why it refuses', async () => {
    const rules = readFileSync(machine.etc('sudoers'), 'utf8')
    const { writeFileSync } = await import('node:fs')
    writeFileSync(machine.etc('sudoers'), `Defaults requiretty\n${rules}`)
    const { outcome } = await bind('free', 'off')
    writeFileSync(machine.etc('sudoers'), rules)
    expect(outcome).toMatchObject({ code: 'SudoRefused', message: /must have a tty/ })
  })
})
