import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePair, openssl } from '../../serve/testing/certificates.ts'
import { type Engine, type EngineAddress, EngineFailure, setPassword } from './engine.ts'
import { engineOf } from './load.ts'
import type { TestServer } from './testing/server.ts'
import { type TestTls, testEngines } from './testing/servers.ts'

// Databases that are reached over TLS, with a certificate of an authority that an operator made.

const folder = mkdtempSync(join(tmpdir(), 'keyward-engine-tls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An authority, and a certificate that it gave to a name. */
function authority(name: string, host: string): TestTls & { readonly ca: string } {
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

describe.each(testEngines.filter(({ name }) => name !== 'redis'))('$name over TLS', (kind) => {
  describe.skipIf(kind.missing)('on a real server', () => {
    const app = { name: 'app', password: 'first-password' }
    let engine: Engine
    let server: TestServer
    let stranger: TestServer
    beforeAll(async () => {
      engine = await engineOf(kind.name)
      server = await kind.start(own)
      stranger = await kind.start(elsewhere)
      for (const one of [server, stranger]) await kind.makeAccount(one, app)
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

    it('holds a certificate for `localhost` against no number', async () => {
      expect(await failure(at(server, own.ca, '127.0.0.1'))).not.toBe(undefined)
    })
  })
})
