import type { Static, TObject } from 'typebox'
import type { ProblemCode } from '../../base/problem.ts'
import { type Example, readOperation } from '../../pipeline/operation.ts'
import type { Scope } from '../../pipeline/scope.ts'

/** A call on the caller's account as a whole: it names no resource, and is decided on `*`. */
export interface AccountCall<I extends TObject, O> {
  readonly action: string
  readonly summary: string
  readonly input: I
  readonly output: TObject
  readonly refuses?: ProblemCode
  work(scope: Scope, input: Static<I>): O | Promise<O>
  readonly example: Example
}

export function accountCall<I extends TObject, O>(call: AccountCall<I, O>) {
  return readOperation({
    name: `kms:${call.action}`,
    summary: call.summary,
    effect: 'read',
    input: call.input,
    output: call.output,
    ...(call.refuses ? { refuses: call.refuses } : {}),
    resolve: () => undefined,
    checks: ({ caller }) => [
      {
        language: 'ram',
        action: `kms:${call.action}`,
        resource: '*',
        owner: caller.account.uid,
        facts: {},
      },
    ],
    work: (scope, input) => call.work(scope, input),
    example: call.example,
  })
}
