import { createServer, type Server } from 'node:net'
import { sha256Fingerprint } from '@keyward/server/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noSshd, startHost, type TestHost } from '../../server/src/keypairs/hosts/testing/sshd.ts'
import { bar } from './keypair-rotate.ts'
import { keyward, type Surroundings } from './testing/io.ts'
import { type RunningService, startService } from './testing/service.ts'

// Hosts and rotations as a person works with them, against a service in a process of its own and a real sshd.

let service: RunningService
let host: TestHost
let silent: Server
beforeAll(async () => {
  if (noSshd) return
  service = await startService()
  host = await startHost()
  silent = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
})
afterAll(async () => {
  silent?.close()
  await host?.stop()
  await service?.remove()
})

const run = (words: readonly string[], around: Surroundings = {}) =>
  keyward(words, { folder: service.folder, environment: { NO_COLOR: '1' }, ...around })
const answering = (...answers: string[]): Surroundings => ({ person: { answers } })
const at = (port = host.address.port) => [
  '--address',
  '127.0.0.1',
  '--port',
  String(port),
  '--sshd-config',
  host.config,
  '--reload',
  host.setup.reload ?? '',
]

describe.skipIf(noSshd)('keyward host', () => {
  const fingerprint = () => sha256Fingerprint(host.address.hostKey)

  test('add shows the key that the host shows, and pins it when a person says yes', async () => {
    const no = await run(['host', 'add', 'web-01', ...at()], answering('n'))
    expect([no.exitCode, no.err]).toEqual([1, expect.stringContaining(fingerprint())])
    expect((await run(['host', 'show', 'web-01'])).exitCode).toBe(1)
    const yes = await run(['host', 'add', 'web-01', ...at()], answering('y'))
    expect([yes.exitCode, yes.out]).toEqual([0, expect.stringContaining('registered web-01')])
    const shown = JSON.parse((await run(['host', 'show', 'web-01'])).out)
    expect(shown).toMatchObject({ HostId: 'web-01', HostKeyFingerprint: fingerprint(), KeypairName: '' })
  })

  test('add says which users secrets may manage, keeps them, and takes all off', async () => {
    const add = (...more: string[]) =>
      run(['host', 'add', 'web-03', ...at(), '--host-key', fingerprint(), ...more])
    const users = async () => JSON.parse((await run(['host', 'show', 'web-03'])).out).SecretUsers
    expect((await add('--secret-user', 'shop', '--secret-user', 'app')).exitCode).toBe(0)
    expect(await users()).toEqual(['app', 'shop'])
    expect((await add()).exitCode).toBe(0)
    expect(await users()).toEqual(['app', 'shop'])
    expect((await add('--secret-user', '')).exitCode).toBe(0)
    expect(await users()).toEqual([])
    expect((await run(['host', 'remove', 'web-03'])).exitCode).toBe(0)
  })

  test('add asks nobody when the key is given: as a fingerprint, a line or a file', async () => {
    const unasked = await run(['host', 'add', 'web-02', ...at()])
    expect([unasked.exitCode, unasked.err]).toEqual([2, expect.stringContaining('--host-key')])
    const right = await run(['host', 'add', 'web-02', ...at(), '--host-key', fingerprint()])
    expect(right.exitCode).toBe(0)
    const other = `SHA256:${'A'.repeat(43)}`
    const wrong = await run(['host', 'add', 'web-02', ...at(), '--host-key', other])
    expect([wrong.exitCode, wrong.err]).toEqual([1, expect.stringContaining('shows the host key')])
    const line = JSON.parse(right.out).Host.HostKey
    expect((await run(['host', 'add', 'web-02', ...at(), '--host-key', line])).exitCode).toBe(0)
    expect((await run(['host', 'add', 'web-02', ...at(), '--host-key', 'nonsense'])).exitCode).toBe(2)
  })

  test('add says that nothing answers', async () => {
    const { port } = silent.address() as { port: number }
    for (const dead of [port, 1]) {
      const ran = await run(['host', 'add', 'web-03', ...at(dead)], answering('y'))
      expect([ran.exitCode, ran.err]).toEqual([1, expect.stringContaining('no ssh server shows its key')])
    }
  })

  test('check compares the record with the host, and says what it would do', async () => {
    const same = await run(['host', 'check', 'web-01'], { person: { answers: [] } })
    expect([same.exitCode, same.out]).toEqual([0, expect.stringContaining('web-01 is as recorded')])
    expect(same.out).toContain('--settle would: change nothing')
    const dead = ['host', 'add', 'web-04', ...at(1), '--host-key', fingerprint()]
    const line = JSON.parse((await run(['host', 'show', 'web-01'])).out).HostKey
    expect((await run([...dead.slice(0, -1), line])).exitCode).toBe(0)
    const unseen = await run(['host', 'check', 'web-04', '--settle'])
    expect([unseen.exitCode, JSON.parse(unseen.out).State]).toEqual([1, 'Unknown'])
    expect((await run(['host', 'remove', 'web-04', '--yes'])).exitCode).toBe(0)
    expect((await run(['host', 'check', 'nowhere'])).exitCode).toBe(1)
  })

  test('list and remove', async () => {
    expect((await run(['host', 'list'], answering())).out).toMatch(
      /^web-01 {2}\w+@127\.0\.0\.1:\d+ {2}on {2}-\nweb-02/,
    )
    expect((await run(['host', 'remove', 'web-02'])).out).toBe('removed web-02')
    expect(JSON.parse((await run(['host', 'list'])).out)).toHaveLength(1)
    expect((await run(['host', 'remove', 'web-02'])).exitCode).toBe(1)
  })
})

describe.skipIf(noSshd)('keyward keypair rotate', () => {
  test('replaces the key on the hosts of a pair, and names those that kept theirs', async () => {
    const words = 'call kps create name=web algorithm=SSH_ED25519'.split(' ')
    await run([...words, 'key_protection={"encryption":{"type":"default"}}'])
    const bind = ['keypair', 'bind', 'web', '--host', 'web-01', '--wait']
    const unable = await run(bind)
    expect([unable.exitCode, unable.err]).toEqual([2, expect.stringContaining('`--password-file FILE`')])
    const refused = await run(bind, answering('not-the-password'))
    expect([refused.exitCode, refused.err]).toEqual([1, expect.stringContaining('LoginRefused')])
    expect(refused.err).not.toContain('not-the-password')
    const bound = await run(bind, answering(host.password))
    expect([bound.exitCode, bound.out]).toEqual([0, 'web lets in on web-01'])
    const before = host.keys()
    const done = await run(['keypair', 'rotate', 'web'], answering())
    expect([done.exitCode, done.out]).toEqual([
      0,
      expect.stringMatching(/^1 of 1 hosts let web in by SSH_ED25519 SHA256:\S+ now$/),
    ])
    expect(host.keys()).not.toBe(before)
    host.setKeys('')
    const failed = await run(['keypair', 'rotate', 'web'], answering())
    expect(failed.exitCode).toBe(1)
    expect(failed.out).toContain('1 kept the key that they had:')
    expect(failed.out).toMatch(/ {2}web-01 {2}.*\(LoginRefused\)/)
    expect(failed.out).toContain('keyward keypair rotate web --retry')
    expect((await run(['keypair', 'rotate', 'none'])).exitCode).toBe(1)
    const deleted = await run(['call', 'kps', 'DeleteKeypair', 'keypair_name=web'])
    expect([deleted.exitCode, deleted.err]).toEqual([1, expect.stringContaining('is bound to one server')])
    const twice = await run([
      'call',
      'kps',
      'AssociateKeypair',
      'name=web',
      'id=none',
      'auth.type=password',
      `auth.key=${host.password}`,
    ])
    expect([twice.exitCode, twice.err]).toEqual([1, expect.stringContaining('not done: none:')])
    const unasked = await run(['host', 'remove', 'web-01'])
    expect([unasked.exitCode, unasked.err]).toEqual([2, expect.stringContaining('`--yes`')])
    expect((await run(['host', 'show', 'web-01'])).exitCode).toBe(0)
  })
})

describe.skipIf(noSshd)('keyward keypair rotate of a pair that no host knows', () => {
  test('replaces the private key only for who agrees', async () => {
    const words = 'call kps create name=alone algorithm=SSH_ED25519'.split(' ')
    await run([...words, 'key_protection={"encryption":{"type":"default"}}'])
    const key = async () => (await run(['call', 'kps', 'ExportPrivateKey', 'name=alone'])).out
    const before = await key()
    const unasked = await run(['keypair', 'rotate', 'alone'])
    expect([unasked.exitCode, unasked.err]).toEqual([
      1,
      expect.stringContaining('for good; agree with `--yes`'),
    ])
    const no = await run(['keypair', 'rotate', 'alone'], answering('n'))
    expect([no.exitCode, no.err]).toEqual([1, expect.stringContaining('nothing was changed')])
    expect(await key()).toBe(before)
    expect((await run(['keypair', 'rotate', 'alone'], answering('y'))).exitCode).toBe(0)
    const after = await key()
    expect(after).not.toBe(before)
    expect((await run(['keypair', 'rotate', 'alone', '--yes'])).exitCode).toBe(0)
    expect(await key()).not.toBe(after)
  })
})

test('the progress bar fits its line', () => {
  const progress = { RotationId: 'r', Succeeded: 3, Failed: 1, Total: 8, Tasks: [] }
  expect(bar(progress, 110)).toBe(`[${'#'.repeat(20)}${'.'.repeat(20)}] 4 of 8 hosts, 1 failed`)
  expect(bar(progress, 20).length).toBeLessThanOrEqual(30)
  expect(bar({ RotationId: 'r', Succeeded: 0, Failed: 0, Total: 0, Tasks: [] }, 60)).toContain('0 of 0')
})
