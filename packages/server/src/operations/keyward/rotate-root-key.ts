import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readOperator } from '../../identity/queries.ts'
import { writeOperation } from '../../pipeline/operation.ts'

/**
 * Puts a new root key in the place of the present one: the keyring is sealed under it, in one row, and nothing else
 * changes. The operator's account alone may: the root key is the whole service's.
 */
export const rotateRootKey = writeOperation({
  name: 'keyward:RotateRootKey',
  summary: 'Put a new root key in the place of the present one; afterwards the old one opens nothing',
  effect: 'write',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    /** Tells the new root key from others and reveals nothing of it. */
    CheckValue: Type.String(),
    /** Where it lies, on the machine of the process that was asked. */
    File: Type.String(),
  }),
  resolve: (scope) => readOperator(scope.store.read),
  checks: (_scope, _input, operator) => [
    {
      language: 'ram',
      action: 'keyward:RotateRootKey',
      resource: `acs:keyward:*:${operator.id}:root-key`,
      owner: operator.id,
      facts: {},
    },
  ],
  decided: () => [],
  touches: () => [],
  prepare({ rootKeyRotation }) {
    if (!rootKeyRotation) throw refuse({ code: 'UnsupportedOperation' })
    return rootKeyRotation.prepare()
  },
  async work(tx, _scope, _input, _operator, prepared) {
    await prepared.write(tx)
    return { CheckValue: prepared.checkValue, File: prepared.file }
  },
  committed: (prepared) => prepared.settle(),
  example: {},
})
