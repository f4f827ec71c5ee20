import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** How often to look whether the parent is still there, in milliseconds. */
const LOOK = 250

/** One process as `/proc` or `ps` tells it. */
export interface Seen {
  readonly parent: number
  readonly command: string
}

/**
 * The process that a throw-away service belongs to: what started it, past the helpers in between. `$(...)` of a shell
 * may fork a copy of the shell, npx puts npm and a shell there, and the command itself may be its own launcher.
 */
export function findParent(pid = process.ppid, look: (pid: number) => Seen | undefined = seen): number {
  const self = look(pid)
  if (self === undefined || self.parent <= 1) return pid
  const above = look(self.parent)
  const isCopy = above !== undefined && above.command === self.command
  const isHelper =
    /^(\S*\/)?(node\s+\S*\/)?(npm|npx)(-cli\.js)?\s/.test(self.command) ||
    /^(\S*\/)?sh -c keyward\b/.test(self.command) ||
    /keyward(\.mjs)? dev\b/.test(self.command)
  return isCopy || isHelper ? findParent(self.parent, look) : pid
}

/** Calls back once the process is gone. */
export function watchParent(pid: number, gone: () => void): { close(): void } {
  const timer = setInterval(() => {
    try {
      process.kill(pid, 0)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') return
      clearInterval(timer)
      gone()
    }
  }, LOOK)
  timer.unref()
  return { close: () => clearInterval(timer) }
}

function seen(pid: number): Seen | undefined {
  try {
    if (existsSync('/proc/self/stat')) {
      const parent = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1])
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return { parent, command }
    }
    const line = execFileSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    const [, parent = '', command = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    return { parent: Number(parent), command }
  } catch {
    return undefined
  }
}
