import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { byKey, byPassword, canLogIn, lineOf, newKey, runJob } from './testing/jobs.ts'
import { noMachine, startMachine, type TestMachine, type TestUser } from './testing/machine.ts'

const root: TestUser = { name: 'root', uid: 0 }
const alice: TestUser = { name: 'alice', uid: 4001 }
const sudoer: TestUser = { ...alice, sudo: 'free' }
const PROHIBIT = ['PermitRootLogin prohibit-password']
const TWO_STEPS = ['AuthenticationMethods publickey password,publickey']

/** Who, under which settings, and what must be named; sshd offers passwords in each. */
const closed: readonly (readonly [string, TestUser, readonly string[], RegExp])[] = [
  ['root under prohibit-password', root, PROHIBIT, /PermitRootLogin/],
  [
    'root under without-password in a Match section',
    root,
    ['PermitRootLogin yes', 'Match User root', 'PermitRootLogin without-password'],
    /PermitRootLogin/,
  ],
  ['root by another name', { name: 'toor', uid: 0 }, PROHIBIT, /PermitRootLogin/],
  ['a locked password', { ...sudoer, password: 'locked' }, [], /locked/],
  ['a locked password, without sudo', { ...alice, password: 'locked' }, [], /locked/],
  ['no password', { ...sudoer, password: 'none' }, [], /locked/],
  ['an expired password', { ...sudoer, password: 'expired' }, [], /expired/],
  ['an expired password, without sudo', { ...alice, password: 'expired' }, [], /expired/],
  ['AuthenticationMethods', sudoer, TWO_STEPS, /AuthenticationMethods/],
  ['AuthenticationMethods, without sudo', alice, TWO_STEPS, /AuthenticationMethods/],
]

describe.skipIf(noMachine)(`the last key of a user ${noMachine ?? ''}`, () => {
  let machine: TestMachine
  beforeAll(async () => {
    machine = await startMachine([alice])
  })
  afterAll(() => machine?.stop())

  const bound = async (user: TestUser, config: readonly string[], dropIns = {}) => {
    machine.setUsers([user])
    await machine.configure(config, dropIns)
    const on = machine.as(user.name)
    const key = await newKey()
    on.setKeys(`${lineOf(key)}\n`)
    return { on, key, job: { remove: lineOf(key), passwords: 'on' } as const }
  }

  it.each(closed)('stays, in words, with %s', async (_what, user, config, why) => {
    const { on, key, job } = await bound(user, config)
    const message = expect.stringMatching(why)
    const { outcome } = await runJob(on, byKey(key), job)
    expect(outcome).toMatchObject({ ok: false, code: 'NoOtherWayIn', message, left: [] })
    expect(await canLogIn(on, byKey(key))).toBe(true)
  })

  it('goes where the door is to be shut, and only because it was said', async () => {
    const { on, key, job } = await bound(root, PROHIBIT)
    expect((await runJob(on, byKey(key), { ...job, allowLockout: true })).outcome).toEqual({ ok: true })
    expect([on.keys(), await canLogIn(on, byKey(key))]).toEqual(['', false])
  })

  it('goes where a key of someone else lets in, which is asked for', async () => {
    const { on, key, job } = await bound(root, PROHIBIT)
    const other = await newKey()
    on.setKeys(`${lineOf(key)}\nfrom="192.0.2.1" ${lineOf(other)}\n`)
    expect((await runJob(on, byKey(key), job)).outcome).toMatchObject({ code: 'NoOtherWayIn' })
    on.setKeys(`${lineOf(key)}\n${lineOf(other)}\n`)
    expect((await runJob(on, byKey(key), job)).outcome).toEqual({ ok: true })
    expect(await canLogIn(on, byKey(other))).toBe(true)
  })

  it.each([
    ['a user with a password and no sudo', alice, []],
    ['a user with a password and sudo', sudoer, []],
    ['questions that nobody asks until it is switched on', sudoer, ['PasswordAuthentication no']],
    ['root where passwords may', root, ['PermitRootLogin yes']],
    [
      'a Match line over the local port',
      root,
      ['PermitRootLogin yes', 'Match LocalPort PORT', 'PasswordAuthentication yes'],
    ],
    [
      'a Match line over port and user',
      sudoer,
      ['Match LocalPort PORT User alice', 'PasswordAuthentication yes'],
    ],
  ] as const)('goes for %s', async (_what, user, config) => {
    const { on, key, job } = await bound(user, config)
    expect((await runJob(on, byKey(key), job)).outcome).toEqual({ ok: true })
    expect([await canLogIn(on, byPassword(on)), await canLogIn(on, byKey(key))]).toEqual([true, false])
  })

  it('goes under a Match line of a drop-in file', async () => {
    const dropIns = { 'x.conf': 'Match LocalPort 2022 User git\n  PasswordAuthentication no\n' }
    const { on, key, job } = await bound(sudoer, ['PasswordAuthentication no'], dropIns)
    expect((await runJob(on, byKey(key), job)).outcome).toEqual({ ok: true })
    expect(await canLogIn(on, byPassword(on))).toBe(true)
  })

  it('is not taken where settings that are not in force yet would keep the user out', async () => {
    const { on, key, job } = await bound(sudoer, ['PasswordAuthentication no'])
    const { readFileSync, writeFileSync } = await import('node:fs')
    writeFileSync(on.config, `DenyUsers al*\n${readFileSync(on.config, 'utf8')}`)
    const { outcome } = await runJob(on, byKey(key), job)
    expect(outcome).toMatchObject({ ok: false, message: expect.stringMatching(/DenyUsers/), left: [] })
    expect(await canLogIn(on, byKey(key))).toBe(true)
  })
})
