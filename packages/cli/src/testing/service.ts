import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A `keyward serve` of its own process, in a folder of its own. */
export interface RunningService {
  readonly folder: string
  readonly data: string
  /** The line that it printed when it was ready. */
  readonly url: string
  /** Everything that it wrote to standard error so far. */
  log(): string
  signal(signal: NodeJS.Signals): void
  /** Asks it to stop; answers its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  remove(): Promise<void>
}

const main = join(import.meta.dirname, '..', 'main.ts')

/** Starts a service and waits until it is ready. Rejects with what it said when it ends before. */
export async function startService(
  flags: readonly string[] = [],
  folder = mkdtempSync(join(tmpdir(), 'keyward-cli-')),
): Promise<RunningService> {
  const anywhere = flags.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']
  const argv = [main, 'serve', ...anywhere, ...flags]
  const child: ChildProcess = spawn(process.execPath, argv, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: withoutSettings(process.env),
  })
  let log = ''
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    log += text
  })
  const ended = once(child, 'close')
  const first = once(createInterface(child.stdout!), 'line')
  const url = await Promise.race([
    first.then(([line]) => String(line)),
    ended.then(([code]) => Promise.reject(new Error(`serve ended with ${code}: ${log}`))),
  ])
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    await ended
    return child.exitCode
  }
  return {
    folder,
    data: join(folder, 'data'),
    url,
    log: () => log,
    signal: (signal) => void child.kill(signal),
    stop,
    async remove() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('KEYWARD_')))
}
