import { type CallObserver, newCallWatch } from '../base/call-watch.ts'
import type { Log } from './log.ts'

/** Those who are told of every call, as one. Undefined where nobody is: then no call is measured. */
export function observerOf(
  observers: readonly (CallObserver | undefined)[],
  tracer: CallObserver | undefined,
): CallObserver | undefined {
  const all = observers.filter((one) => one !== undefined)
  if (all.length === 0) return tracer
  return {
    begin: (source, parent) => tracer?.begin(source, parent) ?? newCallWatch(source),
    end(watch, status) {
      for (const one of all) one.end(watch, status)
      tracer?.end(watch, status)
    },
    ...(tracer?.answerHeader ? { answerHeader: tracer.answerHeader } : {}),
  }
}

/** A line in the log for every call that came over a wire. INVARIANT: no URL, no name and no value of a call. */
export function accessLog(log: Pick<Log, 'info'>): CallObserver {
  return {
    begin: (source) => newCallWatch(source),
    end({ source, begun, operation, outcome, requestId, denied }, status) {
      if (status === 0) return
      const milliseconds = Math.round((performance.now() - begun) * 1000) / 1000
      log.info(
        {
          wire: source,
          // Absent where the request had no caller, or named nothing that is served.
          ...(operation === '' ? {} : { operation }),
          ...(outcome === '' ? {} : { outcome }),
          ...(denied ? { denied } : {}),
          status,
          milliseconds,
          requestId,
        },
        'call',
      )
    },
  }
}
