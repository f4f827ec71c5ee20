import { parentPort } from 'node:worker_threads'
import { Refusal } from '../../base/problem.ts'
import { jobs } from './jobs.ts'
import type { AnswerMessage, JobMessage } from './messages.ts'
import { portableBytes } from './portable-key.ts'

/* The thread's program: one job after another, each answered once. */

function answer({ id, name, args }: JobMessage): AnswerMessage {
  try {
    const job = jobs[name] as (...args: readonly unknown[]) => unknown
    const value = job(...args)
    return { id, value: value instanceof Uint8Array ? portableBytes(value) : value }
  } catch (error) {
    if (error instanceof Refusal) return { id, problem: error.problem }
    return { id, defect: error instanceof Error ? error.name : typeof error }
  }
}

parentPort?.on('message', (message: JobMessage) => parentPort?.postMessage(answer(message)))
