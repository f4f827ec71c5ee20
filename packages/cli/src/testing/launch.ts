import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { type Credential, callOver } from '../../../server/test/service.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const bin = join(root, 'packages/cli/bin/keyward.mjs')

/** Ways in which a person starts the service. `launcher` leaves a process before it, as an old Node does. */
export const ways = {
  program: [process.execPath, join(root, 'packages/cli/src/main.ts'), 'serve'],
  replaced: [process.execPath, bin, 'serve'],
  launcher: [process.execPath, bin, 'serve'],
  npm: ['npm', 'start', '--'],
  npx: ['npx', 'keyward', 'serve'],
  terminal: [process.execPath, bin, 'serve'],
} as const

/** A service in a process group of its own, started in one of these ways. */
export interface Launched {
  readonly child: ChildProcess
  readonly url: string
  readonly data: string
  log(): string
  /** A call that takes long: a large RSA key. */
  slowCall(): Promise<number>
  /** Resolves when nothing listens at the address any more. */
  gone(): Promise<void>
  /** The exit code. */
  ended(): Promise<number | null>
}

const folders: string[] = []
const groups: number[] = []

export async function launch(
  way: keyof typeof ways,
  flags: readonly string[] = [],
  options: SpawnOptions = {},
): Promise<Launched> {
  const data = join(mkdtempSync(join(tmpdir(), 'keyward-launch-')), 'data')
  folders.push(join(data, '..'))
  const asked = [...ways[way], '--listen', '127.0.0.1:0', '--data', data, ...flags]
  const [program, ...line] = way === 'terminal' ? ['script', '-qfec', asked.join(' '), '/dev/null'] : asked
  const environment = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|KEYWARD_|NODE_OPTIONS)/.test(name),
  )
  const child = spawn(program as string, line, {
    cwd: root,
    detached: true,
    // A channel keeps the launcher from giving its process away.
    stdio: [
      way === 'terminal' ? 'pipe' : 'ignore',
      'pipe',
      'pipe',
      ...(way === 'launcher' ? (['ipc'] as const) : []),
    ],
    ...options,
    env: { ...Object.fromEntries(environment), ...options.env },
  })
  groups.push(child.pid as number)
  let log = ''
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    log += text
  })
  const ended = once(child, 'close').then(() => child.exitCode)
  const url = await Promise.race([
    addressIn(child),
    ended.then((code) => Promise.reject(new Error(`ended with ${code}: ${log}`))),
  ])
  const holder = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as Credential
  return {
    child,
    url,
    data,
    log: () => log,
    slowCall: async () =>
      (await callOver(url, holder, 'kms:CreateKey', { KeySpec: 'RSA_4096', KeyUsage: 'SIGN/VERIFY' })).status,
    async gone() {
      while (await answers(url)) await delay(50)
    },
    ended: () => ended,
  }
}

export async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    () => true,
    () => false,
  )
}

async function addressIn(child: ChildProcess): Promise<string> {
  for await (const line of createInterface(child.stdout!)) {
    const found = /https?:\/\/\S+/.exec(line)?.[0]
    if (found) return found
  }
  return new Promise(() => {})
}

/** Ends what is left of everything launched, and takes its files away. */
export function cleanUp(): void {
  for (const group of groups.splice(0)) {
    try {
      process.kill(-group, 'SIGKILL')
    } catch {
      // Nobody is left.
    }
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}
