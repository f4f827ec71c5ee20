import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export interface StartOptions {
  /** A world file (YAML or JSON) by its path, or the world itself as an object; the example world by default. */
  readonly world?: string | object
  /** What time it is for the service: now or later. Signatures go by the real time. */
  readonly clock?: Date | string
  /** Whether a denial is printed to standard error, with its reason, when it happens; true by default. */
  readonly printDenials?: boolean
}

/** A key that signs calls on either wire, and whose it is. */
export interface KeywardKey {
  readonly accountUid: string
  readonly domainId: string
  readonly projectId: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

/** A call that was denied, and why. */
export interface Denial {
  readonly time: string
  readonly requestId: string
  readonly who: string
  readonly action: string
  readonly resource: string
  readonly reason: string
  /** All of it in words, with the statement that came nearest to allowing it. */
  readonly text: string
}

export interface Keyward {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** `127.0.0.1:PORT`, as the SDKs of Alibaba Cloud take an endpoint (with the protocol `http`). */
  readonly host: string
  /** Keys by the name of their user; `root` is that of the account. */
  readonly keys: Readonly<Record<string, KeywardKey>>
  /** What a program needs in its environment, for a test that starts one. */
  readonly variables: Readonly<Record<string, string>>
  /** Brings back the state and the time of the start, at the same address with the same keys. */
  reset(): Promise<void>
  /** Moves the clock by a time such as `8d` or `1h30m`, and waits for what was due. Resolves with the time then. */
  advance(duration: string): Promise<Date>
  /** What was denied since the start or the last reset. */
  denials(): Promise<readonly Denial[]>
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

interface Started {
  readonly url: string
  readonly profiles: Record<string, KeywardKey>
  readonly control: string
  readonly variables: Record<string, string>
}

/** The longest step of the clock in one call. */
const STEP_MS = 300 * 86_400_000

/**
 * Starts a service for a test, and resolves when it is ready. It runs in a process of its own, which ends with this one;
 * nothing of it is left behind.
 */
export async function startKeyward(options: StartOptions = {}): Promise<Keyward> {
  assertLater(options.clock)
  const bin = createRequire(import.meta.url).resolve('keyward/bin/keyward.mjs')
  const world = worldFile(options.world)
  const words = ['dev', '--json', '--parent', String(process.pid)]
  if (world.path !== undefined) words.push('--world', world.path)
  if (options.printDenials === false) words.push('--quiet')
  const environment = Object.entries(process.env).filter(([name]) => !/^(KEYWARD_|NODE_OPTIONS$)/.test(name))
  const child = spawn(process.execPath, [bin, ...words], {
    env: Object.fromEntries(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  let said = ''
  let complained = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained += text
    process.stderr.write(text)
  })
  const started = await new Promise<Started>((resolveStarted, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('\n')) resolveStarted(JSON.parse(said) as Started)
    })
    child.once('error', reject)
    ended.then(([code]) =>
      reject(new Error(`keyward did not start (exit code ${code}): ${complained.trim()}`)),
    )
  }).finally(world.remove)
  // A test runner need not wait for a service that nobody stopped.
  child.unref()
  for (const stream of [child.stdout, child.stderr]) (stream as unknown as { unref(): void }).unref()

  async function control(method: string, path: string): Promise<unknown> {
    const answer = await fetch(`${started.control}${path}`, { method })
    const content = (await answer.json()) as { error?: string }
    if (!answer.ok) throw new Error(content.error ?? `keyward answered ${answer.status}`)
    return content
  }
  async function advance(duration: string): Promise<Date> {
    const { now } = (await control('POST', `/clock?advance=${encodeURIComponent(duration)}`)) as {
      now: string
    }
    return new Date(now)
  }
  async function toStart(): Promise<void> {
    if (options.clock === undefined) return
    for (let left = new Date(options.clock).getTime() - Date.now(); left > 0; left -= STEP_MS)
      await advance(`${Math.round(Math.min(left, STEP_MS))}ms`)
  }
  async function stop(): Promise<void> {
    child.kill('SIGTERM')
    await ended
  }

  try {
    await toStart()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: started.url,
    host: new URL(started.url).host,
    keys: started.profiles,
    variables: started.variables,
    async reset() {
      await control('POST', '/reset')
      await toStart()
    },
    advance,
    denials: async () => (await control('GET', '/denials')) as readonly Denial[],
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function assertLater(clock: Date | string | undefined): void {
  if (clock === undefined) return
  const time = new Date(clock).getTime()
  if (Number.isNaN(time)) throw new Error(`\`${clock}\` is not a time such as 2030-01-31T12:00:00Z`)
  if (time < Date.now() - 60_000)
    throw new Error('the clock of a service only moves forward: give a time to come')
}

/** The file of a world; one that is given as an object is written for as long as it takes to read it. */
function worldFile(world: StartOptions['world']): { path?: string; remove: () => void } {
  if (world === undefined) return { remove: () => {} }
  if (typeof world === 'string') return { path: resolve(world), remove: () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'keyward-world-'))
  const path = join(folder, 'world.json')
  writeFileSync(path, JSON.stringify(world))
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
