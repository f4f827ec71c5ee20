/** Limits how long each of a row of promises may take, one after the other, with one timer. */
export interface Stopwatch {
  limit<T>(work: Promise<T>): Promise<T>
  stop(): void
}

/** A body that awaits something else than its handle would stop every write. */
export function createStopwatch(milliseconds: number): Stopwatch {
  let reject: ((error: Error) => void) | undefined
  let timer: NodeJS.Timeout | undefined
  const passed = () =>
    reject?.(new Error('a transaction body took too long: it must await nothing but its handle'))
  return {
    limit<T>(work: Promise<T>) {
      if (timer) timer.refresh()
      else timer = setTimeout(passed, milliseconds)
      return new Promise<T>((resolve, no) => {
        reject = no
        work.then(resolve, no)
      })
    },
    stop: () => clearTimeout(timer),
  }
}
