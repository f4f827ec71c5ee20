import { type Static, Type } from 'typebox'
import { type Problem, Refusal } from '../../base/problem.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { Input } from '../kms/fields.ts'
import {
  resolveValue,
  SecretValue,
  showValue,
  type ValueRequest,
  type ValueTarget,
  valueChecks,
  valueInput,
} from './get-secret-value.ts'

/** Values that one call reads at most (reference: alibaba-kms.md D). */
const MOST = 20

/**
 * Reads the values of several secrets (reference: alibaba-kms.md D). Each is decided by itself; what the caller cannot have,
 * and is denied, is told beside the values of the others. A call of which every secret is denied is denied. The wire turns
 * each `Problem` into its own words.
 */
export const batchGetSecretValue = readOperation({
  name: 'kms:BatchGetSecretValue',
  summary: 'Read the values of several secrets',
  effect: 'read',
  uses: true,
  input: Input({ SecretsList: Type.Array(Input(valueInput), { minItems: 1, maxItems: MOST }) }),
  output: Type.Object({
    SecretValues: Type.Array(SecretValue),
    Errors: Type.Array(Type.Object({ SecretName: Type.String(), Problem: Type.Unknown() })),
  }),
  resolve: (scope, { SecretsList }) =>
    Promise.all(SecretsList.map(async (input) => ({ input, target: await resolveValue(scope, input) }))),
  checks: (_scope, _input, targets: readonly { input: ValueRequest; target: ValueTarget }[]) =>
    targets.flatMap(({ input, target }, item) =>
      valueChecks(input, target).map((check) => ({ ...check, item })),
    ),
  async work(scope, _input, targets, denied) {
    const SecretValues: Static<typeof SecretValue>[] = []
    const Errors: { SecretName: string; Problem: Problem }[] = []
    for (const [item, { input, target }] of targets.entries()) {
      const problem = denied.get(item)
      if (problem) {
        Errors.push({ SecretName: input.SecretName, Problem: problem })
        continue
      }
      try {
        SecretValues.push(await showValue(scope, input, target))
      } catch (error) {
        if (!(error instanceof Refusal) || concernsAll(error.problem)) throw error
        Errors.push({ SecretName: input.SecretName, Problem: error.problem })
      }
    }
    return { SecretValues, Errors }
  },
  example: {
    SecretsList: [{ SecretName: '{secrets.secretName}' }, { SecretName: '{secrets.keyedName}' }],
  },
})

/** No matter of one secret. */
function concernsAll({ code }: Problem): boolean {
  return code === 'Unavailable' || code === 'Overloaded' || code === 'Internal'
}
