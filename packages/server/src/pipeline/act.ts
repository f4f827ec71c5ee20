import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { refuse } from '../base/problem.ts'
import { serviceCaller } from '../identity/callers.ts'
import { JobLost } from '../jobs/job.ts'
import type { Answer, Pipeline, Step } from './answer.ts'
import type { Operation } from './operation.ts'

/** Something that the service does of itself. */
export interface Act {
  readonly operation: Operation
  /** Uid of the account that owns what it is about; empty where that is no account's. */
  readonly account: string
  readonly input: Record<string, unknown>
  /** The step of the job that found it due. */
  readonly step?: Step
}

/**
 * Takes an act through the same pipeline as every call, with the service itself as the caller. Throws {@link JobLost},
 * with nothing done and nothing audited, when another worker has taken the job over.
 */
export type RunAct = (act: Act) => Promise<Answer>

export function runActs({ pipeline, clock }: { readonly pipeline: Pipeline; readonly clock: Clock }): RunAct {
  return ({ operation, account, input, step }) =>
    withStep(step, (fenced) =>
      pipeline({
        operation,
        caller: serviceCaller(account),
        connection: {
          requestId: randomUUID(),
          sourceAddress: '',
          tlsVersion: '0',
          userAgent: undefined,
          referer: undefined,
          receivedAt: clock.now(),
        },
        input,
        step: fenced,
      }),
    )
}

/**
 * Calls the pipeline with the step of a job. A pipeline answers and never throws; to it, a job that was lost is a write
 * that cannot be done now, which it does not audit, and here it becomes {@link JobLost} again.
 */
export async function withStep(
  step: Step | undefined,
  call: (fenced: Step | undefined) => Promise<Answer>,
): Promise<Answer> {
  if (!step) return call(undefined)
  let lost: JobLost | undefined
  const answer = await call((body, how) =>
    step(body, how).catch((error: unknown) => {
      if (!(error instanceof JobLost)) throw error
      lost = error
      throw refuse({ code: 'Overloaded' })
    }),
  )
  if (lost) throw lost
  return answer
}
