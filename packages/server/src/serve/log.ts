import { pino } from 'pino'
import type { LogLevel } from './settings.ts'

/** The service's log: JSON lines on standard error. Callers give it fixed texts and known fields, never input. */
export type Log = Pick<ReturnType<typeof pino>, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>

export function createLog(level: LogLevel): Log {
  const destination = pino.destination({ dest: 2, sync: true })
  // Nobody reads any more (`2>&1 | head`, a closed terminal): the service goes on without its log.
  destination.on('error', () => {})
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
}
