import { Worker } from 'node:worker_threads'

/**
 * What is done with the log in a thread of its own, since each syncs.
 * `copy`: writes what is in the log now into the database, while others write on. `reuse`: writes all of it into the
 * database, so that the log begins anew in the file that is there; `cut`: the same, and cuts the file to nothing; both are
 * false when a reader needs what is in the log. `begin`: writes the first page of a log that begins anew.
 */
export type LogAct = 'copy' | 'reuse' | 'cut' | 'begin'

export interface LogThread {
  ask(act: LogAct): Promise<boolean>
  close(): Promise<void>
}

export type LogAnswer =
  | { readonly done: boolean }
  | { readonly failed: { readonly message: string; readonly errcode?: number } }

/** In the repository a thread runs TypeScript by type stripping; a published package has JavaScript in its place. */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './log-thread-program.ts' : './log-thread-program.js',
  import.meta.url,
)

/** Starts it. It does not keep the process alive, but for an act that is under way. */
export function startLogThread(path: string): LogThread {
  const worker = new Worker(PROGRAM, { execArgv: [], workerData: path })
  worker.unref()
  const asked: { resolve(done: boolean): void; reject(error: unknown): void }[] = []
  worker.on('message', (answer: LogAnswer) => {
    const one = asked.shift()
    if (asked.length === 0) worker.unref()
    if ('done' in answer) one?.resolve(answer.done)
    else one?.reject(Object.assign(new Error(answer.failed.message), answer.failed))
  })
  let ended = false
  const end = (error: unknown) => {
    ended = true
    for (const one of asked.splice(0)) one.reject(error)
  }
  worker.on('error', end)
  worker.on('exit', () => end(new Error('the thread of the log ended')))
  const ask = (act: LogAct | 'close') =>
    new Promise<boolean>((resolve, reject) => {
      if (ended) return reject(new Error('the thread of the log ended'))
      worker.ref()
      asked.push({ resolve, reject })
      worker.postMessage(act)
    })
  return {
    ask,
    async close() {
      // Its connections are closed by itself: the last one to close the database is the writer's.
      await ask('close').catch(() => {})
      await worker.terminate()
    },
  }
}
