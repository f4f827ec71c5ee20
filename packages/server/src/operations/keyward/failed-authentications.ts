import { Type } from 'typebox'
import type { CountedFailures } from '../../audit/failures.ts'
import { Refusal } from '../../base/problem.ts'
import type { RunAct } from '../../pipeline/act.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { actCheck } from '../../pipeline/system-layer.ts'

/** Changes nothing: its audit entry is what it is for. Of no account, since nobody was authenticated. */
export const countFailedAuthentications = readOperation({
  name: 'keyward:FailedAuthentications',
  summary: 'Write down how many requests were not authenticated, by kind, with a sample',
  effect: 'read',
  by: 'service',
  input: Type.Object({
    total: Type.Integer(),
    codes: Type.Record(Type.String(), Type.Integer()),
    sample: Type.Array(
      Type.Object({
        requestId: Type.String(),
        code: Type.String(),
        source: Type.String(),
        accessKeyId: Type.Optional(Type.String()),
      }),
    ),
  }),
  output: Type.Object({}),
  resolve: () => undefined,
  checks: (scope, { total }) => [actCheck(scope, 'keyward:FailedAuthentications', '*', total > 0)],
  work: () => ({}),
  example: { total: 1, codes: { 'alibaba: SignatureDoesNotMatch': 1 }, sample: [] },
})

/** How the counter writes its entry. */
export function failureWriter(run: RunAct): (counted: CountedFailures) => Promise<void> {
  return async ({ total, codes, sample }) => {
    const answer = await run({
      operation: countFailedAuthentications,
      account: '',
      input: { total, codes, sample },
    })
    if (!answer.ok) throw new Refusal(answer.problem)
  }
}
