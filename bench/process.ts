import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server under measurement, in a process of its own. */
export interface Server {
  readonly port: number
  /** CPU seconds that the process has used. */
  cpu(): number
  /** Milliseconds from its start to its line. */
  readonly startedIn: number
  /** Megabytes that it has in memory. */
  memory(): number
  /** The same of its JavaScript heap alone, after a collection; for one that was started with {@link HEAP_FLAGS}. */
  heap(): Promise<number>
  stop(): Promise<void>
}

/** What `keyward` is launched with (packages/cli/bin/keyward.mjs); the floor gets the same. */
const FLAGS = ['--max-semi-space-size=64']

/** Starts a program that prints one line with its URL when it is ready, on the first processor where that can be set. */
export async function startServer(
  file: string,
  args: readonly string[],
  pinned: boolean,
  nodeFlags: readonly string[] = [],
): Promise<Server> {
  const node = process.execPath
  const line = [...FLAGS, ...nodeFlags, file, ...args]
  const began = performance.now()
  const child = pinned
    ? spawn('taskset', ['-c', '0', node, ...line], { stdio: ['ignore', 'pipe', 'inherit'] })
    : spawn(node, line, { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await portOf(child)
  const startedIn = performance.now() - began
  return {
    port,
    startedIn,
    memory: () => residentMegabytes(child.pid as number),
    heap: () => heapMegabytes(child.pid as number),
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

/** Has the process tell its heap when it is asked (heap.mjs). */
export const HEAP_FLAGS = ['--expose-gc', `--import=${new URL('heap.mjs', import.meta.url).pathname}`]

async function heapMegabytes(pid: number): Promise<number> {
  const file = join(tmpdir(), `keyward-bench-heap-${pid}`)
  process.kill(pid, 'SIGUSR2')
  for (let left = 100; left > 0; left -= 1) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    if (!existsSync(file)) continue
    const bytes = Number(readFileSync(file, 'utf8'))
    rmSync(file)
    return bytes / 1e6
  }
  throw new Error('the server said nothing of its heap')
}

/** Linux only. */
function residentMegabytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000
  } catch {
    return Number.NaN
  }
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

/** User and system time of a process and its children, of those that ended too. */
export function cpuOfChildren(pid: number): number {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      const own = Number(fields[11]) + Number(fields[12])
      if (Number(name) === pid) ticks += own + Number(fields[13]) + Number(fields[14])
      else if (Number(fields[1]) === pid) ticks += own
    } catch {
      // It ended meanwhile: its time is the parent's now.
    }
  }
  return ticks / 100
}
