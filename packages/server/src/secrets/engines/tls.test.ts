import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePair, openssl } from '../../serve/testing/certificates.ts'
import { type Engine, type EngineAddress, EngineFailure, setPassword } from './engine.ts'
import { engineOf } from './load.ts'
import type { TestServer, TestTls } from './testing/server.ts'
import { testEngines } from './testing/servers.ts'

// Databases that are reached over TLS, with a certificate of an authority that an operator made.

const folder = mkdtempSync(join(tmpdir(), 'keyward-engine-tls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An authority, and a certificate that it gave to a name. */
function authority(name: string, host: string): TestTls {
  const { cert: ca } = makePair(folder, name, 'p256')
  const server = `${name}-server`
  openssl(folder, `genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${server}.key`)
  openssl(
    folder,
    `req -new -key ${server}.key -subj /CN=${server} -addext subjectAltName=${host} -out ${server}.csr`,
  )
  openssl(
    folder,
    `x509 -req -in ${server}.csr -CA ${name}.crt -CAkey ${name}.key -CAcreateserial -copy_extensions copy -days 9 -out ${server}.crt`,
  )
  return {
    cert: join(folder, `${server}.crt`),
    key: join(folder, `${server}.key`),
    ca: readFileSync(ca, 'utf8'),
  }
}

const own = authority('own', 'DNS:localhost')
const other = authority('other', 'DNS:localhost')
const elsewhere = authority('elsewhere', 'DNS:db.example.net')

describe.each(testEngines)('$name over TLS', (kind) => {
  describe.skipIf(kind.missing)('on a real server', () => {
    const app = { name: 'app', password: 'first-password' }
    let engine: Engine
    let server: TestServer
    let stranger: TestServer
    beforeAll(async () => {
      engine = await engineOf(kind.name)
      ;[server, stranger] = await Promise.all([kind.start(own), kind.start(elsewhere)])
      await kind.makeAccount(server, app)
    }, 60_000)
    afterAll(async () => {
      await server?.close()
      await stranger?.close()
    })

    const at = (of: TestServer, ca: string, host = 'localhost'): EngineAddress => ({
      ...of.at,
      host,
      tls: 'on',
      ca,
    })
    const failure = async (address: EngineAddress) => {
      const error = await engine.logIn(address, app).catch((thrown: unknown) => thrown)
      return error instanceof EngineFailure ? error.code : error
    }

    it('sets a password and logs in, where the authority is the one that the target names', async () => {
      const next = { name: 'app', password: 'second-password' }
      await setPassword(engine, at(server, own.ca), kind.administrator, next)
      await engine.logIn(at(server, own.ca), next)
      await setPassword(engine, at(server, own.ca), kind.administrator, app)
    })

    it('says nothing to a server whose certificate another authority gave', async () => {
      const before = server.log()
      expect(await failure(at(server, other.ca))).toBe('TargetUnreachable')
      // Those of the machine do not know it either.
      expect(await failure(at(server, ''))).toBe('TargetUnreachable')
      // No login was begun.
      expect(server.log().slice(before.length)).not.toMatch(/authenticated|Connect\tapp/)
    })

    it('says nothing to a server whose certificate is of another name', async () => {
      expect(await failure(at(stranger, elsewhere.ca))).toBe('TargetUnreachable')
    })

    it('refuses a connection without TLS, in words that say so where it has its own for that', async () => {
      const plain = { ...at(server, ''), host: '127.0.0.1', tls: 'off' as const }
      const refused = [
        await engine.logIn(plain, app).catch((thrown: EngineFailure) => thrown),
        await engine.inspect(plain, kind.administrator, ['app']).catch((thrown: EngineFailure) => thrown),
      ]
      // MariaDB answers as to a wrong password.
      const codes = {
        postgresql: ['TargetRefused', 'TargetRefused'],
        mariadb: ['LoginRefused', 'AdministratorRefused'],
        redis: ['TargetUnreachable', 'TargetUnreachable'],
      } as Record<string, string[]>
      expect(refused.map((one) => one?.code)).toEqual(codes[kind.name])
      if (kind.name === 'postgresql') expect(refused[0]?.message).toContain('not without TLS')
      // It was about the connection alone.
      await engine.logIn(at(server, own.ca), app)
    })

    it('holds a certificate for `localhost` against no number', async () => {
      expect(await failure(at(server, own.ca, '127.0.0.1'))).not.toBe(undefined)
    })
  })
})
