import { writeFileSync } from 'node:fs'
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
 * Keeps the memory of this process out of what a crash leaves behind. Linux writes no memory into a core dump then;
 * elsewhere `ulimit -c 0` does. A report of Node, where one is asked for, comes without the environment, which may
 * hold the password of the database.
 */
export function keepMemoryPrivate(): void {
  process.report.excludeEnv = true
  if (process.platform !== 'linux') return
  try {
    writeFileSync('/proc/self/coredump_filter', '0')
  } catch {
    // Without /proc, or in a sandbox that forbids it, the limit of the service manager holds alone.
  }
}
