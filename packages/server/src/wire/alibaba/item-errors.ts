import type { Problem } from '../../base/problem.ts'
import type { RpcBinding } from './binding.ts'
import { answerProblem, type ProblemContext } from './problems.ts'

/** An output whose `Errors` hold what went wrong with one item each, in this vendor's words. */
export function withItemErrors(
  { itemErrors }: RpcBinding,
  output: Readonly<Record<string, unknown>>,
  context: ProblemContext,
): Readonly<Record<string, unknown>> {
  if (!itemErrors) return output
  const errors = output.Errors as readonly { readonly Problem: Problem }[]
  return {
    ...output,
    Errors: errors.map(({ Problem, ...item }) => {
      const { code, message, status } = answerProblem(Problem, context)
      return { ...item, Code: code, HttpStatus: status, Message: message }
    }),
  }
}
