import { Worker } from 'node:worker_threads'
import { createGate } from '../../base/gate.ts'
import { refuse } from '../../base/problem.ts'
import { type DeclaredWorld, readWorld } from './declared.ts'
import type { ReadAnswer } from './reading-thread.ts'

/** A file so short that reading it on the event loop holds nobody up: a few milliseconds. */
export const SHORT_WORLD = 8 * 1024
/** How long a file may take, in milliseconds: one of 3 MiB takes some five seconds on a machine with nothing else to do. */
const PATIENCE = 45_000
/** Memory of a thread that reads, in MiB. */
const MEMORY = 1024

const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './reading-thread.ts' : './reading-thread.js',
  import.meta.url,
)

/** One long file at a time: applies are rare, and a thread is not small. */
const gate = createGate(1, 16)

/**
 * Reads a world as `readWorld` does, a long one in a thread of its own: a file is read before its sender is known to be
 * allowed what it says, and must not hold up every other call. Raises `InvalidWorld` also for a file that takes too much time
 * or memory, `Overloaded` when too many wait.
 */
export async function readWorldAside(text: string, patience = PATIENCE): Promise<DeclaredWorld> {
  if (text.length <= SHORT_WORLD) return readWorld(text)
  return gate.pass(async () => {
    const answer = await readInThread(text, patience)
    if ('world' in answer) return answer.world
    if ('problem' in answer) throw refuse(answer.problem)
    throw new Error(`reading a world failed in its thread: ${answer.defect}`)
  })
}

async function readInThread(text: string, patience: number): Promise<ReadAnswer> {
  const { promise, resolve } = Promise.withResolvers<ReadAnswer>()
  const tooMuch = (what: string) => {
    const finding = { path: '', line: 1, column: 1, message: `the file takes too much ${what} to read` }
    resolve({ problem: { code: 'InvalidWorld', findings: [finding] } })
  }
  const worker = new Worker(PROGRAM, {
    execArgv: [],
    workerData: text,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY },
  })
  const timer = setTimeout(tooMuch, patience, 'time')
  worker.on('message', resolve)
  worker.on('error', (error: Error & { code?: unknown }) => {
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') tooMuch('memory')
    else resolve({ defect: error.name })
  })
  worker.on('exit', () => resolve({ defect: 'no answer' }))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
