import { describe, expect, it, onTestFinished } from 'vitest'
import { offeredMethods } from './connection.ts'
import { byKey, byPassword, canLogIn, foreignLines, lineOf, newKey, runJob } from './testing/jobs.ts'
import { noMachine, startMachine, type TestUser } from './testing/machine.ts'

const machine = async (users: readonly TestUser[], config: readonly string[] = [], dropIns = {}) => {
  const made = await startMachine(users, config, dropIns)
  onTestFinished(() => made.stop())
  return made
}
const root: TestUser = { name: 'root', uid: 0 }
const alice: TestUser = { name: 'alice', uid: 4001 }

describe.skipIf(noMachine)(`to take the last key away ${noMachine ?? ''}`, () => {
  it.each([
    ['root under prohibit-password', root, ['PermitRootLogin prohibit-password'], /PermitRootLogin/],
    [
      'root under without-password in a Match section',
      root,
      ['PermitRootLogin yes', 'Match User root', 'PermitRootLogin without-password'],
      /PermitRootLogin/,
    ],
    [
      'root by another name',
      { name: 'toor', uid: 0 },
      ['PermitRootLogin prohibit-password'],
      /PermitRootLogin/,
    ],
    ['a locked password', { ...alice, password: 'locked', sudo: 'free' }, [], /locked/],
    ['a locked password, without sudo', { ...alice, password: 'locked' }, [], /locked/],
    ['an expired password', { ...alice, password: 'expired', sudo: 'free' }, [], /expired/],
    ['an expired password, without sudo', { ...alice, password: 'expired' }, [], /expired/],
    [
      'AuthenticationMethods',
      { ...alice, sudo: 'free' },
      ['AuthenticationMethods publickey password,publickey'],
      /AuthenticationMethods/,
    ],
    [
      'AuthenticationMethods, without sudo',
      alice,
      ['AuthenticationMethods publickey password,publickey'],
      /AuthenticationMethods/,
    ],
    [
      'a Match section',
      { ...alice, sudo: 'free' },
      ['Match User alice', 'PasswordAuthentication no'],
      /PasswordAuthentication/,
    ],
  ] as const)('is refused in words with %s', async (_what, user, config, why) => {
    const on = (await machine([user], config)).as(user.name)
    const key = await newKey()
    on.setKeys(`${lineOf(key)}\n`)
    const job = { remove: lineOf(key), passwords: 'on' } as const
    const { outcome } = await runJob(on, byKey(key), job)
    expect(outcome).toMatchObject({
      ok: false,
      code: 'NoOtherWayIn',
      message: expect.stringMatching(why),
      left: [],
    })
    expect(on.keys()).toBe(`${lineOf(key)}\n`)
    expect(await canLogIn(on, byKey(key))).toBe(true)
    const shut = await runJob(on, byKey(key), { ...job, allowLockout: true })
    if (!config.join().includes('PasswordAuthentication')) expect(shut.outcome).toEqual({ ok: true })
  })
})
