import type { Problem } from '../../base/problem.ts'
import type { JobName } from './jobs.ts'

/*
 * What passes between the pool and a worker. A worker does its jobs in the order in which it is sent them and answers
 * each once.
 */

export interface JobMessage {
  readonly id: number
  readonly name: JobName
  readonly args: readonly unknown[]
}

export type AnswerMessage =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly problem: Problem }
  /** A defect. Its text stays in the worker: it may speak of key material. */
  | { readonly id: number; readonly defect: string }
