import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifyAudit } from '../../src/audit/verify.ts'
import type { RootCredentials } from '../../src/serve/credentials.ts'
import { readKeyring } from '../../src/serve/keyring/open.ts'
import { openStore } from '../../src/store/open.ts'
import { flattenParameters, signAcs3 } from '../../src/wire/alibaba/sign.ts'

const WRITERS = 12
/** A life ends some milliseconds after so many acknowledged writes, both at random: so it writes on a slow machine too. */
const MOST_WRITES = 80
const LONGEST_PAUSE = 30
/** And after so many milliseconds however few there were. */
const LONGEST_LIFE = 20_000
/** Acknowledged requests that are sent once more after a restart. */
const REPLAYED = 10

/** So often every key is read; after the other lives those that a life has written. */
const WHOLE = 5

export interface SeriesOptions {
  /** What `keyward` runs. */
  readonly program: string
  /** Address of an empty PostgreSQL; undefined: SQLite. */
  readonly database: string | undefined
  readonly cycles: number
  readonly goOn: () => boolean
}

export interface SeriesDone {
  readonly cycles: number
  readonly acknowledged: number
  readonly unknown: number
  /** Writes and looks that a server on a busy machine refused as too slow; what a refused write did is not known. */
  readonly refused: number
  readonly replays: number
}

type Signed = ReturnType<typeof signAcs3>

/** A key, and the descriptions that it may have: the acknowledged one, and those that were sent after it. */
interface Written {
  readonly requests: Signed[]
  may: string[]
}

/**
 * Lives of one server. After each: every acknowledged write is there, no acknowledged request counts again, and the audit
 * verifies. Throws where that is not so.
 */
export async function runSeries({ program, database, cycles, goOn }: SeriesOptions): Promise<SeriesDone> {
  const data = mkdtempSync(join(tmpdir(), 'keyward-kills-'))
  const keys = new Map<string, Written>()
  const sums = { cycles: 0, acknowledged: 0, unknown: 0, refused: 0, replays: 0 }
  let server: Running | undefined
  let root: RootCredentials | undefined
  let count = 0

  const sign = (action: string, input: Record<string, unknown>) => {
    root ??= JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as RootCredentials
    return signAcs3({
      ...root,
      method: 'POST',
      host: 'keyward.test',
      action,
      version: '2016-01-20',
      query: {},
      form: flattenParameters(input),
      nonce: randomUUID(),
    })
  }
  const send = (signed: Signed) => sendTo(server!.port, signed)

  async function writer(): Promise<void> {
    let own: string | undefined
    for (;;) {
      count += 1
      const Description = `${count}`
      const known = own === undefined ? undefined : keys.get(own)
      const signed =
        known === undefined
          ? sign('CreateKey', { Description })
          : sign('UpdateKeyDescription', { KeyId: own, Description })
      known?.may.push(Description)
      const answer = await send(signed).catch(() => undefined)
      if (!answer) {
        sums.unknown += 1
        return
      }
      if (answer.status === 503) {
        sums.refused += 1
        continue
      }
      if (answer.status !== 200) throw new Error(`a write was refused: ${JSON.stringify(answer)}`)
      sums.acknowledged += 1
      if (known) known.may = [Description]
      const KeyId: string = own ?? answer.body.KeyMetadata.KeyId
      if (!known) keys.set(KeyId, { requests: [], may: [Description] })
      keys.get(KeyId)!.requests.push(signed)
      // A new key every few writes.
      own = count % 5 === 0 ? undefined : KeyId
    }
  }

  /** A look is made again where a server refuses it as too slow. */
  async function ask(signing: () => Signed): Promise<Awaited<ReturnType<typeof sendTo>>> {
    for (let left = 20; ; left -= 1) {
      const answer = await send(signing())
      if (answer.status !== 503 || left === 0) return answer
      sums.refused += 1
      await sleep(250)
    }
  }

  async function check(whole: boolean): Promise<void> {
    for (const [KeyId, { may, requests }] of keys) {
      // What was not written since the last look has no acknowledged request, and one description.
      if (!whole && requests.length === 0 && may.length === 1) continue
      const { status, body } = await ask(() => sign('DescribeKey', { KeyId }))
      const found = body?.KeyMetadata?.Description
      if (status !== 200 || !may.includes(found)) {
        throw new Error(`${KeyId} is not as it was acknowledged: ${status} \`${found}\`, not of ${may}`)
      }
      may.splice(0, may.length, found)
    }
    const all = [...keys.values()].flatMap(({ requests }) => requests.splice(0))
    for (const signed of all.sort(() => Math.random() - 0.5).slice(0, REPLAYED)) {
      const { status, body } = await ask(() => signed)
      if (status !== 400 || body?.Code !== 'SignatureNonceUsed')
        throw new Error(`a replay counted: ${status}`)
      sums.replays += 1
    }
  }

  async function momentToKill(): Promise<void> {
    const writes = sums.acknowledged + Math.floor(Math.random() * MOST_WRITES)
    const late = performance.now() + LONGEST_LIFE
    while (sums.acknowledged < writes && performance.now() < late) await sleep(2)
    await sleep(Math.random() * LONGEST_PAUSE)
  }

  try {
    while (sums.cycles < cycles && goOn()) {
      server = await start(program, data, database)
      await check(sums.cycles % WHOLE === 0)
      const writers = Promise.all(Array.from({ length: WRITERS }, writer))
      await Promise.race([writers, momentToKill()])
      await killed(server.child)
      await writers
      sums.cycles += 1
      await verify(data, database)
    }
    if (sums.cycles > 0) {
      server = await start(program, data, database)
      await check(true)
    }
    if (server) await killed(server.child)
    rmSync(data, { recursive: true, force: true })
    return sums
  } catch (error) {
    if (server) await killed(server.child)
    throw new Error(
      `after ${sums.cycles} lives in ${data}${database === undefined ? '' : ` and ${database}`}`,
      {
        cause: error,
      },
    )
  }
}

/** On a machine with too much to do PostgreSQL may not answer in time; any other failed start is a finding. */
async function start(program: string, data: string, database: string | undefined): Promise<Running> {
  for (let left = 5; ; left -= 1) {
    const started = await tryStart(program, data, database)
    if ('port' in started) return started
    const { code, said } = started
    if (left === 0 || !said.includes('the database does not answer'))
      throw new Error(`the server ended with ${code}: ${said}`)
    await sleep(2000)
  }
}

interface Running {
  readonly child: ChildProcess
  readonly port: number
}

async function tryStart(
  program: string,
  data: string,
  database: string | undefined,
): Promise<Running | { readonly code: number | null; readonly said: string }> {
  const args = ['serve', '--listen', '127.0.0.1:0', '--data', data, '--log-level', 'fatal']
  if (database !== undefined) args.push('--database', database)
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  return new Promise((resolve) => {
    child.stdout.once('data', (line) => resolve({ child, port: Number(new URL(String(line).trim()).port) }))
    child.once('close', (code) => resolve({ code, said }))
  })
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

async function verify(data: string, database: string | undefined): Promise<void> {
  const store = await openStore(database ?? `sqlite:${join(data, 'keyward.db')}`, { readOnly: true })
  try {
    const { intact, findings } = await verifyAudit(
      store,
      await readKeyring(store.read, join(data, 'root.key')),
    )
    if (!intact) throw new Error(`the audit does not verify: ${JSON.stringify(findings)}`)
  } finally {
    await store.close()
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the answers of a few calls
function sendTo(port: number, signed: Signed): Promise<{ readonly status: number; readonly body: any }> {
  return new Promise((resolve, reject) => {
    const { target: path, headers, body } = signed
    const sent = request(
      { hostname: '127.0.0.1', port, path, method: 'POST', headers: { ...headers, host: 'keyward.test' } },
      (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
