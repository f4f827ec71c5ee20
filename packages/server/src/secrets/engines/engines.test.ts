import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Engine, EngineFailure, setPassword } from './engine.ts'
import { engineOf } from './load.ts'
import { freePort, type TestServer } from './testing/server.ts'
import { testEngines } from './testing/servers.ts'

describe.each(testEngines)('$name', (kind) => {
  describe.skipIf(kind.missing)('on a real server', () => {
    const { administrator, oddNames } = kind
    let server: TestServer
    let engine: Engine
    const app = { name: 'app', password: 'first-password' }
    beforeAll(async () => {
      engine = await engineOf(kind.name)
      server = await kind.start()
      for (const name of ['app', ...oddNames]) await kind.makeAccount(server, { ...app, name })
    })
    afterAll(() => server?.close())

    it('sets a password that then lets in, alone', async () => {
      await engine.logIn(server.at, app)
      await engine.inspect(server.at, administrator, ['app'])
      const next = { name: 'app', password: 'second.PASSWORD-2!@#%^*_+=' }
      await setPassword(engine, server.at, administrator, next)
      await engine.logIn(server.at, next)
      expect(await codeOf(engine.logIn(server.at, app))).toBe('LoginRefused')
      // Again, as after a crash.
      await setPassword(engine, server.at, administrator, next)
      await engine.logIn(server.at, next)
      await setPassword(engine, server.at, administrator, app)
    })

    it.each(oddNames)('manages the account `%s` and no other', async (name) => {
      const next = { name, password: 'odd-password' }
      await setPassword(engine, server.at, administrator, next)
      await engine.logIn(server.at, next)
      await engine.logIn(server.at, app)
      await engine.logIn(server.at, administrator)
    })

    it('makes no account, and says in words what is in the way', async () => {
      const ghost = { name: 'ghost', password: 'ghost-password' }
      for (const work of [
        () => engine.inspect(server.at, administrator, ['app', 'ghost']),
        () => setPassword(engine, server.at, administrator, ghost),
      ]) {
        expect(await codeOf(work())).toBe('AccountMissing')
      }
      expect(await codeOf(engine.logIn(server.at, ghost))).toBe('LoginRefused')
      const wrong = { ...administrator, password: 'wrong-password' }
      expect(await codeOf(engine.inspect(server.at, wrong, []))).toBe('AdministratorRefused')
      const nowhere = { ...server.at, port: await freePort() }
      expect(await codeOf(engine.inspect(nowhere, administrator, []))).toBe('TargetUnreachable')
      expect(await codeOf(engine.logIn(nowhere, app))).toBe('TargetUnreachable')
      const encrypted = { ...server.at, tls: 'on' as const, patience: 1000 }
      expect(await codeOf(engine.logIn(encrypted, app))).toBe('TargetUnreachable')
    })

    it('shows its log no password', async () => {
      const secret = 'CANARY-of-a-password'
      await setPassword(engine, server.at, administrator, { name: 'app', password: secret })
      await engine.logIn(server.at, { name: 'app', password: secret })
      await setPassword(engine, server.at, administrator, app)
      const log = server.log()
      expect(log.length).toBeGreaterThan(100)
      expect(log).not.toContain(secret)
      expect(log).not.toContain(administrator.password)
    })

    it('keeps the password over a restart of the server', async () => {
      const kept = { name: 'app', password: 'kept-password' }
      await setPassword(engine, server.at, administrator, kept)
      await server.stop()
      expect(await codeOf(engine.logIn(server.at, kept))).toBe('TargetUnreachable')
      await server.start()
      await engine.logIn(server.at, kept)
    })
  })
})

/** Code of the failure; the message never holds a password. */
async function codeOf(work: Promise<void>): Promise<string> {
  try {
    await work
    return 'no failure'
  } catch (error) {
    if (!(error instanceof EngineFailure)) throw error
    expect(error.message).not.toMatch(/-password/)
    return error.code
  }
}
