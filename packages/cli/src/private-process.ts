import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { url as debuggerUrl } from 'node:inspector'

/** Options of Node under which keys would leave the memory of a server: by a debugger, a dump or a trace. */
const OPENING =
  /(?:^|[\s"'])(--(?:inspect(?:-brk|-wait)?|heapsnapshot-signal|heapsnapshot-near-heap-limit|heap-prof|report-on-signal|tls-keylog|trace-tls|experimental-network-inspection|abort-on-uncaught-exception))(?=[\s="']|$)/

/** Why a server must not run in this process, as a sentence; undefined when it may. */
export function openToOthers(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  options: readonly string[] = process.execArgv,
): string | undefined {
  const sources: [where: string, text: string][] = [
    ['the command line of Node', options.join(' ')],
    ['NODE_OPTIONS', environment.NODE_OPTIONS ?? ''],
  ]
  for (const [where, text] of sources) {
    const option = OPENING.exec(text.replaceAll('_', '-'))?.[1]
    if (option !== undefined) {
      return `\`${option}\` in ${where} would show the keys in this process to others: start the service without it`
    }
  }
  if (environment.NODE_DEBUG)
    return 'NODE_DEBUG would write requests, with what is secret in them, to standard error: start the service without it'
  if (debuggerUrl() !== undefined)
    return 'a debugger is open in this process, and would show its keys to others: start the service without it'
  return undefined
}

/**
 * Keeps the memory of this process, and of every one that it starts, out of what a crash leaves behind. On Linux no core
 * dump is written, by their limit, and none that is written all the same holds memory; elsewhere `ulimit -c 0` does it. A
 * report of Node, where one is asked for, comes without the environment, which may
 * hold the password of the database.
 */
export function keepMemoryPrivate(): void {
  process.report.excludeEnv = true
  if (process.platform !== 'linux') return
  limitDumps()
  try {
    writeFileSync('/proc/self/coredump_filter', '0')
  } catch {
    // Without /proc, or in a sandbox that forbids it, the limit of the service manager holds alone.
  }
}

/** The limit of this process, which those that it starts inherit. For good: nothing without privileges raises it again. */
function limitDumps(): void {
  try {
    if (/^Max core file size +0 +0 /m.test(readFileSync('/proc/self/limits', 'utf8'))) return
    execFileSync('prlimit', ['--pid', String(process.pid), '--core=0:0'], { stdio: 'ignore' })
  } catch {
    // Without util-linux, or in a sandbox: the filter keeps memory out, and the service manager may limit.
  }
}
