import { chownSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateKey } from '../generate.ts'
import { byKey, byPassword, lineOf, newKey, runJob } from './testing/jobs.ts'
import { noMachine, startMachine, type TestMachine, type TestUser } from './testing/machine.ts'
import type { TestHost } from './testing/sshd.ts'

const alice: TestUser = { name: 'alice', uid: 4001 }

describe.skipIf(noMachine)(`a bind that fails names its cause ${noMachine ?? ''}`, () => {
  let machine: TestMachine
  beforeAll(async () => {
    machine = await startMachine([alice])
  })
  afterAll(() => machine?.stop())

  const bind = async (
    config: readonly string[],
    spoil: (on: TestHost) => void = () => {},
    algorithm: 'SSH_RSA_2048' | 'SSH_ED25519' = 'SSH_ED25519',
    user: TestUser = alice,
  ) => {
    machine.setUsers([user])
    await machine.configure(config)
    const on = machine.as('alice')
    rmSync(on.home, { recursive: true })
    mkdirSync(on.home)
    chownSync(on.home, 4001, 4001)
    spoil(on)
    const key = await generateKey(algorithm)
    const { outcome } = await runJob(
      on,
      byPassword(on),
      { add: lineOf(key), passwords: 'keep' },
      { retryPause: 20 },
    )
    return { on, outcome }
  }
  const own = (path: string) => chownSync(path, 4001, 4001)

  it.each([
    ['no password login', ['PasswordAuthentication no'], 'LoginRefused', /offers no password login/],
    [
      'two proofs wanted',
      ['AuthenticationMethods publickey,password'],
      'LoginRefused',
      /offers no password login/,
    ],
    [
      'no Ed25519',
      ['PubkeyAcceptedAlgorithms rsa-sha2-512'],
      'KeyNotInForce',
      /PubkeyAcceptedAlgorithms leaves/,
    ],
    ['no keys', ['PubkeyAuthentication no'], 'KeyNotInForce', /PubkeyAuthentication is `no`/],
    [
      'a key that is half of it',
      ['AuthenticationMethods password publickey,password'],
      'KeyNotInForce',
      /lets nobody in by it: AuthenticationMethods/,
    ],
    ['keys elsewhere', ['AuthorizedKeysFile /etc/ssh/keys/%u'], 'KeyNotInForce', /AuthorizedKeysFile is/],
  ] as const)('%s', async (_what, config, code, message) => {
    const { on, outcome } = await bind(config)
    expect(outcome).toMatchObject({ ok: false, code, message: expect.stringMatching(message), left: [] })
    expect(existsSync(`${on.home}/.ssh`)).toBe(false)
  })

  it('a key that is too short', async () => {
    const { outcome } = await bind(['RequiredRSASize 3072'], undefined, 'SSH_RSA_2048')
    expect(outcome).toMatchObject({
      code: 'KeyNotInForce',
      message: expect.stringMatching(/RequiredRSASize/),
    })
  })

  it.each([
    ['~/.ssh is a file', (on: TestHost) => writeFileSync(`${on.home}/.ssh`, ''), /not a folder/],
    [
      '~/.ssh is of another',
      (on: TestHost) => mkdirSync(`${on.home}/.ssh`, { mode: 0o700 }),
      /Permission denied/,
    ],
    [
      'authorized_keys is of another',
      (on: TestHost) => {
        on.setKeys('')
        chownSync(on.keysFile, 0, 0)
      },
      /Permission denied/,
    ],
    [
      'authorized_keys is a link to nowhere',
      (on: TestHost) => {
        mkdirSync(`${on.home}/.ssh`)
        own(`${on.home}/.ssh`)
        symlinkSync('/nowhere/at/all', on.keysFile)
      },
      /link to a folder that is not there/,
    ],
  ])('%s', async (_what, spoil, message) => {
    const { outcome } = await bind([], spoil)
    expect(outcome).toMatchObject({
      code: 'KeysNotWritable',
      message: expect.stringMatching(message),
      left: [],
    })
  })

  it('a file that is too large to be read, without trying again', async () => {
    const { outcome } = await bind([], (on) => on.setKeys(`${'#'.repeat(99)}\n`.repeat(13_000)))
    expect(outcome).toMatchObject({ code: 'KeysTooLarge', left: [] })
  })

  it('a password that must be changed', async () => {
    const { outcome } = await bind(['UsePAM yes'], undefined, undefined, { ...alice, password: 'expired' })
    expect(outcome).toMatchObject({ code: 'LoginRefused', message: expect.stringMatching(/expired/) })
  })

  it.each([
    ['reads a line', 'read x\n'],
    ['reads all', 'cat >/dev/null\n'],
    ['starts another shell', 'exec /bin/sh\n'],
    ['ends', 'exit 0\n'],
  ])('a start-up file that %s', async (_what, text) => {
    const bash: TestUser = { ...alice, shell: '/bin/bash' }
    const spoil = (on: TestHost) => {
      writeFileSync(`${on.home}/.bashrc`, text)
      own(`${on.home}/.bashrc`)
    }
    const { on, outcome } = await bind([], spoil, undefined, bash)
    expect(outcome).toMatchObject({
      code: 'HostUnsupported',
      message: expect.stringMatching(/start-up files/),
    })
    expect(existsSync(`${on.home}/.ssh`)).toBe(false)
  })

  it('and a start-up file that prints does no harm', async () => {
    const bash: TestUser = { ...alice, shell: '/bin/bash' }
    const { outcome } = await bind(
      [],
      (on) => writeFileSync(`${on.home}/.bashrc`, 'echo hello; echo there >&2\n'),
      undefined,
      bash,
    )
    expect(outcome).toEqual({ ok: true })
  })

  it('one try is enough to be refused where sshd allows one', async () => {
    machine.setUsers([{ ...alice, sudo: 'free' }])
    await machine.configure(['MaxAuthTries 1'])
    const on = machine.as('alice')
    on.setKeys('')
    const key = await newKey()
    expect((await runJob(on, byPassword(on), { add: lineOf(key), passwords: 'off' })).outcome).toEqual({
      ok: true,
    })
    expect((await runJob(on, byKey(key), { remove: lineOf(key), passwords: 'on' })).outcome).toEqual({
      ok: true,
    })
    const wrong = await runJob(
      on,
      { kind: 'password', password: 'x' },
      { add: lineOf(key), passwords: 'keep' },
    )
    expect(wrong.outcome).toMatchObject({ code: 'LoginRefused' })
  })
})
