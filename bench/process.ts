import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A server under measurement, in a process of its own. */
export interface Server {
  readonly port: number
  /** CPU seconds that the process has used. */
  cpu(): number
  stop(): Promise<void>
}

/** What `keyward` is launched with (packages/cli/bin/keyward.mjs); the floor gets the same. */
const FLAGS = ['--max-semi-space-size=64']

/** Starts a program that prints one line with its URL when it is ready, on the first processor where that can be set. */
export async function startServer(file: string, args: readonly string[], pinned: boolean): Promise<Server> {
  const node = process.execPath
  const line = [...FLAGS, file, ...args]
  const child = pinned
    ? spawn('taskset', ['-c', '0', node, ...line], { stdio: ['ignore', 'pipe', 'inherit'] })
    : spawn(node, line, { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await portOf(child)
  return {
    port,
    cpu: () => cpuSeconds(child.pid as number),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let seen = ''
    child.stdout?.on('data', (chunk) => {
      seen += chunk
      const url = /http:\/\/[^\s/]+:(\d+)/.exec(seen)
      if (url) resolve(Number(url[1]))
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
}

/** User and system time of a process, in seconds (Linux: 100 ticks a second). */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return Number.NaN
  }
}
