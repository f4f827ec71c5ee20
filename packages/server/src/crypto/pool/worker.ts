import { parentPort } from 'node:worker_threads'
import { Refusal } from '../../base/problem.ts'
import { jobs } from './jobs.ts'
import type { AnswerMessage, JobMessage } from './messages.ts'
import { bytesIn, portableBytes, wipe } from './portable-key.ts'

/* The thread's program: one job after another, each answered once. */

export function answer({ id, name, args }: JobMessage): AnswerMessage {
  try {
    const job = jobs[name] as (...args: readonly unknown[]) => unknown
    const value = job(...args)
    if (!(value instanceof Uint8Array)) return { id, value }
    const portable = portableBytes(value)
    value.fill(0)
    return { id, value: portable }
  } catch (error) {
    if (error instanceof Refusal) return { id, problem: error.problem }
    return { id, defect: error instanceof Error ? error.name : typeof error }
  } finally {
    wipe(args)
  }
}

parentPort?.on('message', (message: JobMessage) => {
  const answered = answer(message)
  const moved = 'value' in answered ? bytesIn([answered.value]) : []
  parentPort?.postMessage(
    answered,
    moved.map(({ buffer }) => buffer),
  )
})
