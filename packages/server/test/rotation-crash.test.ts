import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { engineOf } from '../src/secrets/engines/load.ts'
import { freePort, type TestServer } from '../src/secrets/engines/testing/server.ts'
import { testEngines } from '../src/secrets/engines/testing/servers.ts'
import type { Value } from '../src/secrets/rotation/place.ts'
import { secretKit } from './rotation-kit.ts'
import { callOver } from './service.ts'

// kill -9 of the server at each step of a rotation on a real database. What the next server answers first lets in.

const kind = testEngines[0]!
const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname
const data = mkdtempSync(join(tmpdir(), 'keyward-rotation-crash-'))
let child: ChildProcess | undefined
let database: TestServer | undefined
let gate: Gate | undefined
afterAll(async () => {
  child?.kill('SIGKILL')
  gate?.close()
  await database?.close()
  rmSync(data, { recursive: true, force: true })
})

async function start() {
  const flags = ['--listen', '127.0.0.1:0', '--data', data, '--log-level', 'fatal', '--test-clock']
  child = spawn(process.execPath, [CLI, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = child.stdout as NonNullable<ChildProcess['stdout']>
  const url = await new Promise<string>((resolve, reject) => {
    output.once('data', (line) => resolve(String(line).trim()))
    child?.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8'))
  const call = (who: never, name: string, input: Record<string, unknown>) => callOver(url, who, name, input)
  return { call, root }
}

async function killHard(): Promise<void> {
  const gone = new Promise((resolve) => child?.once('exit', resolve))
  child?.kill('SIGKILL')
  await gone
}

/** Stands before the database. Of the connections that come after `hold`, it keeps the one of that number waiting. */
interface Gate {
  readonly port: number
  hold(number: number): Promise<void>
  open(): void
  close(): void
}

async function gateBefore(port: number): Promise<Gate> {
  let left = 0
  let caught = () => {}
  const own = await freePort()
  const server: Server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    left -= 1
    if (left === 0) return caught()
    const other = connect(port, '127.0.0.1')
    other.on('error', () => socket.destroy())
    socket.on('close', () => other.destroy())
    other.on('close', () => socket.destroy())
    socket.pipe(other).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(own, '127.0.0.1', resolve))
  return {
    port: own,
    hold: (number) =>
      new Promise((resolve) => {
        left = number
        caught = resolve
      }),
    open: () => {
      left = 0
    },
    close: () => void server.close(),
  }
}

/** The state that the journal of the one rotation is in; undefined: it is at its end. */
function journalState(): string | undefined {
  const db = new DatabaseSync(join(data, 'keyward.db'), { readOnly: true })
  try {
    return (db.prepare('select state from secret_rotations').get() as { state: string } | undefined)?.state
  } finally {
    db.close()
  }
}

describe.skipIf(kind.missing)('kill -9', () => {
  // The connections of a rotation: the call looks, the rotation looks, sets, proves.
  it('in any step of a rotation, and ACSCurrent works when the next server answers', async () => {
    const engine = await engineOf(kind.name)
    database = await kind.start()
    gate = await gateBefore(database.at.port)
    const at = database.at
    await kind.makeAccount(database, { name: 'shop', password: 'first-password' })
    let server = await start()
    const put = await server.call(server.root as never, 'keyward:PutTarget', {
      TargetId: 'db',
      Engine: kind.name,
      Address: '127.0.0.1',
      Port: gate.port,
      Tls: 'off',
      Administrator: kind.administrator.name,
      AdministratorPassword: kind.administrator.password,
      Accounts: ['shop'],
    })
    expect(put.status).toBe(200)
    const created = await secretKit(server as never, 'shop/db').call('CreateSecret', {
      VersionId: 'v0',
      SecretType: 'Rds',
      SecretData: '{"Accounts":[{"AccountName":"shop","AccountPassword":"first-password"}]}',
      ExtendedConfig: { SecretSubType: 'SingleUser', DBInstanceId: 'db' },
    })
    expect(created.body.Code).toBeUndefined()
    const logIn = ({ AccountName = '', AccountPassword = '' }: Value) =>
      engine.logIn(at, { name: AccountName, password: AccountPassword })

    const steps = [
      ['looks before it sets', 2, 'stored'],
      ['sets', 3, 'setting'],
      ['proves', 4, 'setting'],
    ] as const
    for (const [step, connection, state] of steps) {
      const before = (await secretKit(server as never, 'shop/db').value()) as Value
      const reached = gate.hold(connection)
      const call = secretKit(server as never, 'shop/db')
        .rotate(`while it ${step}`.replaceAll(' ', '-'))
        .catch(() => {})
      await reached
      expect([step, journalState()]).toEqual([step, state])
      await killHard()
      await call
      gate.open()
      server = await start()
      const kit = secretKit(server as never, 'shop/db')
      const current = (await kit.value()) as Value
      await logIn(current)
      // It goes on to its end by itself.
      for (let left = 200; journalState() !== undefined && left > 0; left -= 1) {
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      const after = (await kit.value()) as Value
      await logIn(after)
      expect([step, after.AccountPassword === before.AccountPassword]).toEqual([step, false])
      expect(await kit.value('ACSPrevious')).toEqual(before)
      await expect(logIn(before)).rejects.toThrow()
    }
    await secretKit(server as never, 'shop/db').rotate('last')
    await killHard()
    server = await start()
    await logIn((await secretKit(server as never, 'shop/db').value()) as Value)
  }, 90_000)
})
