import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { refuse } from '../../base/problem.ts'
import type { JobName, Jobs } from './jobs.ts'
import type { AnswerMessage, JobMessage } from './messages.ts'
import { bytesIn, portableArgs, wipe } from './portable-key.ts'

export interface WorkerPoolOptions {
  /** Threads at most; started when there is work for them. All cores but one by default, one at least, eight at most. */
  readonly threads?: number
  /** Jobs that may wait for a thread before more are refused as `Overloaded`. 1024 by default. */
  readonly queue?: number
  /** What the threads run: for tests. */
  readonly program?: URL
}

export interface WorkerPool {
  /**
   * Does a job in a thread, on copies of the bytes that are moved there and wiped after it. Rejects with the job's own refusal; with `Overloaded` when too many wait; with `Unavailable`
   * when the pool is closed or the thread died.
   */
  run<N extends JobName>(name: N, ...args: Parameters<Jobs[N]>): Promise<ReturnType<Jobs[N]>>
  /** Takes no more jobs, finishes those it has, ends the threads. */
  close(): Promise<void>
  /** Jobs that wait, and jobs in threads: for metrics. */
  readonly load: { readonly waiting: number; readonly running: number; readonly threads: number }
}

interface Job {
  readonly message: JobMessage
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Worker
  /** In the order in which they were sent, which is that of the answers. */
  readonly running: Job[]
}

/** One job works while the next waits in the thread, so that it never idles for a turn of our loop. */
const DEPTH = 2

/** In the repository a thread runs TypeScript by type stripping; a published package has JavaScript in its place. */
const PROGRAM = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

/** A few threads for work that takes milliseconds. Starts none before the first job. */
export function createWorkerPool(options: WorkerPoolOptions = {}): WorkerPool {
  const most = options.threads ?? Math.max(1, Math.min(8, availableParallelism() - 1))
  const longest = options.queue ?? 1024
  const threads: Thread[] = []
  const waiting: Job[] = []
  const drained = Promise.withResolvers<void>()
  let closing = false
  let nextId = 0

  /** The least busy thread that can take a job; a new one while there may be more and none is idle. */
  function freeThread(): Thread | undefined {
    let best: Thread | undefined
    for (const thread of threads) {
      if (thread.running.length < (best?.running.length ?? DEPTH)) best = thread
    }
    return best?.running.length !== 0 && threads.length < most ? startThread() : best
  }

  function startThread(): Thread {
    // Without the flags of this process, which need not suit a thread (`--eval`, `--inspect`).
    const thread: Thread = { worker: new Worker(options.program ?? PROGRAM, { execArgv: [] }), running: [] }
    let why = 'ended'
    threads.push(thread)
    thread.worker.on('message', (answer: AnswerMessage) => {
      settle(thread.running.shift()!, answer)
      // An idle thread does not keep the process alive.
      if (thread.running.length === 0) thread.worker.unref()
      feed()
    })
    // An uncaught error is followed by the exit; the listener keeps it from ending the process. Its text is not repeated.
    thread.worker.on('error', (error: Error & { code?: unknown }) => {
      why = `ended by ${error.code ?? error.name}`
    })
    thread.worker.on('exit', () => {
      threads.splice(threads.indexOf(thread), 1)
      for (const job of thread.running.splice(0)) {
        job.reject(refuse({ code: 'Unavailable', detail: `a crypto thread ${why}` }))
      }
      feed()
    })
    return thread
  }

  function feed(): void {
    while (waiting.length > 0) {
      const thread = freeThread()
      if (thread === undefined) return
      const job = waiting.shift()!
      try {
        thread.worker.postMessage(
          job.message,
          bytesIn(job.message.args).map(({ buffer }) => buffer),
        )
      } catch {
        wipe(job.message.args)
        job.reject(new Error(`${job.message.name} could not be sent to a thread`))
        continue
      }
      thread.running.push(job)
      thread.worker.ref()
    }
    if (closing && threads.every(({ running }) => running.length === 0)) drained.resolve()
  }

  return Object.freeze({
    get load() {
      const running = threads.reduce((sum, thread) => sum + thread.running.length, 0)
      return { waiting: waiting.length, running, threads: threads.length }
    },
    run<N extends JobName>(name: N, ...args: Parameters<Jobs[N]>) {
      if (closing || waiting.length >= longest) {
        return Promise.reject(
          refuse(
            closing ? { code: 'Unavailable', detail: 'the service is closing' } : { code: 'Overloaded' },
          ),
        )
      }
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      waiting.push({ message: { id: nextId++, name, args: portableArgs(args) }, resolve, reject })
      feed()
      return promise as Promise<ReturnType<Jobs[N]>>
    },
    async close() {
      closing = true
      feed()
      await drained.promise
      await Promise.all(threads.map(({ worker }) => worker.terminate()))
    },
  })
}

function settle(job: Job, answer: AnswerMessage): void {
  if ('problem' in answer) job.reject(refuse(answer.problem))
  else if ('defect' in answer)
    job.reject(new Error(`${job.message.name} failed in its thread: ${answer.defect}`))
  else job.resolve(answer.value)
}
