import { Worker } from 'node:worker_threads'
import { asUnavailable } from '../errors.ts'
import type { FileAnswer, FileJob, FileLine } from './thread-jobs.ts'

/** In the repository a thread runs TypeScript by type stripping; a published package has JavaScript in its place. */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './thread-program.ts' : './thread-program.js',
  import.meta.url,
)

export interface RunningJob {
  /** What the job found. Rejects with the store's own words, or when the thread was ended. */
  readonly done: Promise<readonly FileLine[]>
  /** Ends the thread at the next statement. */
  stop(): Promise<void>
}

/** Does one job in a thread of its own, which does not keep the process alive unless `hold` says so. */
export function startFileJob(job: FileJob, how: { readonly hold: boolean }): RunningJob {
  const worker = new Worker(PROGRAM, { execArgv: [], workerData: job })
  if (!how.hold) worker.unref()
  const done = new Promise<readonly FileLine[]>((resolve, reject) => {
    worker.once('message', (answer: FileAnswer) => {
      if ('lines' in answer) resolve(answer.lines)
      else reject(asUnavailable(answer.failed, job.path) ?? new Error(answer.failed.message))
    })
    worker.once('error', (error) => reject(error))
    worker.once('exit', () => reject(new Error('the thread ended before its work was done')))
  })
  done.catch(() => {})
  return { done, stop: async () => void (await worker.terminate()) }
}
