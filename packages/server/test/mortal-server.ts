import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RootCredentials } from '../src/serve/credentials.ts'
import { callOver, type WireAnswer } from './service.ts'

const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname

/** A server in a process of its own, which dies by kill -9 and starts again on the same folder. */
export interface MortalServer {
  readonly data: string
  readonly url: string
  readonly root: RootCredentials
  /** The process that runs. */
  readonly child: ChildProcess | undefined
  start(): Promise<void>
  kill(): Promise<void>
  /** As the root. */
  call(operation: string, input: object): Promise<WireAnswer>
  /** Ends it, and takes the folder away. */
  close(): void
}

/** `flags`: of `keyward serve`, beside its folder and a free port. */
export function mortalServer(flags: readonly string[] = []): MortalServer {
  const data = mkdtempSync(join(tmpdir(), 'keyward-mortal-'))
  let child: ChildProcess | undefined
  let url = ''
  const rootOf = () =>
    JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as RootCredentials
  return {
    data,
    get url() {
      return url
    },
    get root() {
      return rootOf()
    },
    get child() {
      return child
    },
    async start() {
      const args = ['serve', '--listen', '127.0.0.1:0', '--data', data, '--log-level', 'fatal', ...flags]
      const started = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
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
    call: (operation, input) => callOver(url, rootOf(), operation, input as Record<string, unknown>),
    close() {
      child?.kill('SIGKILL')
      rmSync(data, { recursive: true, force: true })
    },
  }
}
