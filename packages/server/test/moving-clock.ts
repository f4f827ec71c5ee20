import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RootCredentials } from '../src/serve/credentials.ts'
import { flattenParameters, signAcs3 } from '../src/wire/alibaba/sign.ts'

// Servers whose wall clock tests set while they run, with Debian's faketime. Their monotonic clock and the uptime of the
// machine stay what they are, as on a machine whose wall clock is set.

const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000

function findLibrary(): string | undefined {
  const root = '/usr/lib'
  return readdirSync(root)
    .map((name) => join(root, name, 'faketime', 'libfaketimeMT.so.1'))
    .find((file) => existsSync(file))
}

const library = findLibrary()
/** True, with a word on standard error, where faketime is missing; where `CI` is `true` that is an error. */
export const noFaketime = library === undefined
if (noFaketime) {
  const sentence = 'faketime is not installed: see scripts for the packages that the tests use'
  if (process.env.CI === 'true') throw new Error(sentence)
  console.warn(`${sentence}; its tests are skipped`)
}

/** A request that is signed and can be sent again. */
export interface Signed {
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers
  readonly body: any
}

export interface MovingServer {
  readonly data: string
  /** Sets its wall clock so far away from the true time, also while it runs. */
  jump(milliseconds: number): void
  start(): Promise<void>
  /** kill -9. */
  kill(): Promise<void>
  /** Signs by this server's wall clock, or by one that is so far away from the true time. */
  sign(action: string, input?: object, offset?: number): Signed
  send(signed: Signed): Promise<Answer>
  call(action: string, input?: object): Promise<Answer>
  /** What the readiness path says once it says what is asked for. */
  untilDoubted(doubted: boolean): Promise<void>
  close(): Promise<void>
}

export interface MovingServerOptions {
  readonly database?: string | undefined
  readonly flags?: readonly string[]
  /** The server whose root key and credentials this one shares. */
  readonly like?: MovingServer
}

export function movingServer({ database, flags = [], like }: MovingServerOptions = {}): MovingServer {
  const data = mkdtempSync(join(tmpdir(), 'keyward-clock-'))
  const clockFile = join(data, 'clock')
  let offset = 0
  let child: ChildProcess | undefined
  let url = ''
  if (like) writeFileSync(join(data, 'root.key'), readFileSync(join(like.data, 'root.key')), { mode: 0o600 })

  function jump(milliseconds: number): void {
    offset = milliseconds
    // In one step: the library reads the file at every look at the clock.
    writeFileSync(`${clockFile}.new`, `${milliseconds < 0 ? '' : '+'}${milliseconds / 1000}\n`)
    renameSync(`${clockFile}.new`, clockFile)
  }
  jump(0)

  const rootOf = () =>
    JSON.parse(readFileSync(join(like?.data ?? data, 'root-credentials.json'), 'utf8')) as RootCredentials

  function sign(name: string, input: object = {}, of = offset): Signed {
    const [product = '', action = ''] = name.split(':')
    return signAcs3({
      ...rootOf(),
      method: 'POST',
      host: new URL(url).host,
      action,
      version: product === 'kms' ? '2016-01-20' : '2026-11-01',
      query: {},
      form: flattenParameters(input as Record<string, unknown>),
      time: Date.now() + of,
      nonce: randomUUID(),
    }) as Signed
  }

  /** fetch sets its own Host: this sends the one that is signed. */
  function send({ target, headers, body }: Signed): Promise<Answer> {
    const { hostname, port } = new URL(url)
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path: target, method: 'POST', headers }, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  return {
    data,
    jump,
    sign,
    send,
    call: (action, input) => send(sign(action, input)),
    async start() {
      const args = ['serve', '--listen', '127.0.0.1:0', '--data', data, '--log-level', 'silent', ...flags]
      if (database !== undefined) args.push('--database', database)
      const env = {
        ...process.env,
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: clockFile,
        FAKETIME_NO_CACHE: '1',
        DONT_FAKE_MONOTONIC: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      }
      const started = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env })
      child = started
      url = await new Promise((resolve, reject) => {
        started.stdout.once('data', (line) => resolve(String(line).trim()))
        started.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
      })
    },
    async kill() {
      if (child?.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child?.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    },
    async untilDoubted(doubted) {
      for (let left = 400; left > 0; left -= 1) {
        const answer = await fetch(`${url}/readyz`)
        const text = await answer.text()
        if (answer.status === 200 && text.includes('the clock is in doubt') === doubted) return
        await sleep(50)
      }
      throw new Error(`the clock is ${doubted ? 'not in doubt' : 'still in doubt'}`)
    },
    async close() {
      child?.kill('SIGKILL')
      rmSync(data, { recursive: true, force: true })
    },
  }
}
