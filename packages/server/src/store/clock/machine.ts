import { readFileSync } from 'node:fs'
import { hostname, uptime } from 'node:os'

/** The clock of the machine that nobody sets. */
export interface Machine {
  /** Milliseconds since the machine started; sleep counts. */
  uptime(): number
  /** Names this run of the machine. */
  readonly boot: string
}

export const thisMachine: Machine = Object.freeze({ uptime: () => uptime() * 1000, boot: bootOf() })

/** Linux gives every run a name. Elsewhere an uptime that went back is another run of the same host. */
function bootOf(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return hostname()
  }
}
