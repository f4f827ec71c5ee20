import { parentPort, workerData } from 'node:worker_threads'
import { type FileJob, runFileJob } from './thread-jobs.ts'

/* The thread's program: one job, then its end. */
parentPort?.postMessage(runFileJob(workerData as FileJob))
