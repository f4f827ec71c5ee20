import type { Problem } from '../../base/problem.ts'
import type { Answer } from '../../pipeline/answer.ts'
import type { ErrorAnswer } from './answer.ts'
import type { RpcBinding } from './binding.ts'
import { answerProblem, type ProblemContext } from './problems.ts'
import { deniedText } from './product-problems.ts'

/** The input of a call, and whether it is only to be decided. */
export interface RunInput {
  readonly input: Record<string, unknown>
  readonly decideOnly: boolean
  readonly problem?: Problem
}

/** Takes `DryRun` out of the input of a call that knows it: operations do not. */
export function takeDryRun({ dryRun }: RpcBinding, read: Record<string, unknown>): RunInput {
  if (!dryRun || read.DryRun === undefined) return { input: read, decideOnly: false }
  const { DryRun, ...input } = read
  if (typeof DryRun === 'boolean') return { input, decideOnly: DryRun }
  return { input, decideOnly: false, problem: { code: 'InvalidParameter', name: 'DryRun' } }
}

/**
 * How a dry run ends: always with an error, whose code says how the call would have ended (reference: alibaba-kms.md
 * A.3). What is neither a success nor a denial nor a bad parameter is told as the call would tell it.
 */
export function answerDryRun(answer: Answer, context: ProblemContext): ErrorAnswer {
  if (answer.ok) {
    const message = 'The request would have succeeded, but DryRun is set.'
    return { status: 400, code: 'DryRunOperationError', message }
  }
  const { problem } = answer
  if (problem.code === 'AccessDenied' && !problem.denial.foreign) {
    const { more } = answerProblem(problem, context)
    const { message } = deniedText(context.product ?? 'Kms', '*')
    return { status: 403, code: 'AccessDeniedError', message, ...(more && { more }) }
  }
  if (problem.code === 'InvalidParameter' || problem.code === 'MissingParameter') {
    return { status: 400, code: 'ValidationError', message: 'The specified parameter is not valid.' }
  }
  return answerProblem(problem, context)
}
