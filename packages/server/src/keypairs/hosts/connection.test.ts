import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { algorithmNames } from '../algorithms.ts'
import { writePublicLine } from '../formats/public-line.ts'
import { generateKey } from '../generate.ts'
import { acceptsKey, type HostAddress, type Login, logIn, offeredMethods } from './connection.ts'
import { openSession } from './session.ts'
import { noSshd, startHost, type TestHost } from './testing/sshd.ts'

describe.skipIf(noSshd)(`an ssh host ${noSshd ?? ''}`, () => {
  let host: TestHost
  beforeAll(async () => {
    host = await startHost()
  })
  afterAll(() => host?.stop())

  const password = (): Login => ({ kind: 'password', password: host.password })
  const reason = (address: HostAddress, login: Login) =>
    logIn(address, login).then(
      (client) => {
        client.end()
        return 'in'
      },
      (error) => error.code,
    )

  it('lets the password in, and no other', async () => {
    expect(await reason(host.address, password())).toBe('in')
    expect(await reason(host.address, { kind: 'password', password: 'wrong' })).toBe('LoginRefused')
  })

  it.each(algorithmNames.filter((name) => !/3072|4096/.test(name)))(
    'lets a %s key in once it is there, and knows it before',
    async (algorithm) => {
      const key = await generateKey(algorithm)
      host.setKeys('')
      expect(await acceptsKey(host.address, key.public)).toBe(false)
      expect(await reason(host.address, { kind: 'key', key })).toBe('LoginRefused')
      host.setKeys(`${writePublicLine(key.public, 'x')}\n`)
      expect(await acceptsKey(host.address, key.public)).toBe(true)
      expect(await reason(host.address, { kind: 'key', key })).toBe('in')
    },
  )

  it('with another host key is refused before anything secret is sent', async () => {
    const other = (await generateKey('SSH_ED25519')).public.blob
    expect(await reason({ ...host.address, hostKey: other }, password())).toBe('HostKeyChanged')
    const otherType = (await generateKey('ECDSA_SHA2_NISTP256')).public.blob
    expect(await reason({ ...host.address, hostKey: otherType }, password())).toBe('HostKeyChanged')
  })

  it('that is not there, or is no ssh server, is told apart', async () => {
    expect(await reason({ ...host.address, port: 1 }, password())).toBe('HostUnreachable')
  })

  it('tells what it offers', async () => {
    expect(await offeredMethods(host.address)).toContain('password')
  })

  it('runs scripts with input, output, errors and codes', async () => {
    const session = await openSession(host.address, password())
    const input = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256))
    const ran = await session.run('cat; echo oops >&2; exit 7', input)
    expect(ran.code).toBe(7)
    expect(ran.output.equals(input)).toBe(true)
    expect(ran.errors).toBe('oops\n')
    expect((await session.run('printf %s "$HOME"')).output.toString()).toBe(host.home)
    expect((await session.runAsRoot('id -u')).output.toString().trim()).toBe('0')
    expect((await session.run('kill -9 $$')).code).not.toBe(0)
    // The parent of the login shell is sshd's process for this connection.
    await expect(session.run('kill -9 $(cut -d " " -f 4 /proc/$PPID/stat)')).rejects.toMatchObject({
      code: 'ConnectionLost',
    })
    session.close()
  })
})
