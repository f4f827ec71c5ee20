import { parentPort, workerData } from 'node:worker_threads'
import { type Problem, Refusal } from '../../base/problem.ts'
import { type DeclaredWorld, readWorld } from './declared.ts'

/* The program of a thread that reads one world: its text comes as `workerData`, one answer goes back. */

export type ReadAnswer =
  | { readonly world: DeclaredWorld }
  | { readonly problem: Problem }
  /** Something thrown that is no refusal: its name alone, since its text may speak of the file. */
  | { readonly defect: string }

function answer(text: string): ReadAnswer {
  try {
    return { world: readWorld(text) }
  } catch (error) {
    if (error instanceof Refusal) return { problem: error.problem }
    return { defect: error instanceof Error ? error.name : typeof error }
  }
}

parentPort?.postMessage(answer(String(workerData)))
