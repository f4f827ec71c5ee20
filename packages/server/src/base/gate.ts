import { refuse } from './problem.ts'

/** Lets a few tasks run at once and a few more wait: whoever waits longest is next. */
export interface Gate {
  /** Runs a task when its turn comes. Rejects with `Overloaded` when too many wait, `Unavailable` once closed. */
  pass<T>(task: () => Promise<T>): Promise<T>
  /** Refuses those that wait and any more; resolves when those that run are done. */
  close(): Promise<void>
}

/** `width` tasks at once; `queue` more may wait, any number when absent. */
export function createGate(width: number, queue = Number.POSITIVE_INFINITY): Gate {
  const waiting: PromiseWithResolvers<void>[] = []
  const emptied = Promise.withResolvers<void>()
  let inside = 0
  let closed = false

  const closing = () => refuse({ code: 'Unavailable', detail: 'the service is closing' })

  async function enter(): Promise<void> {
    if (closed) throw closing()
    if (inside >= width) {
      if (waiting.length >= queue) throw refuse({ code: 'Overloaded' })
      const turn = Promise.withResolvers<void>()
      waiting.push(turn)
      // Whoever leaves hands over its place: `inside` stays as it is.
      return turn.promise
    }
    inside++
  }

  function leave(): void {
    const next = waiting.shift()
    if (next === undefined) inside--
    else next.resolve()
    if (closed && inside === 0) emptied.resolve()
  }

  return Object.freeze({
    async pass<T>(task: () => Promise<T>): Promise<T> {
      await enter()
      try {
        return await task()
      } finally {
        leave()
      }
    },
    async close() {
      closed = true
      for (const turn of waiting.splice(0)) turn.reject(closing())
      if (inside === 0) emptied.resolve()
      await emptied.promise
    },
  })
}
