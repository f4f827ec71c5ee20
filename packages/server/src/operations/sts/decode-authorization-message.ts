import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { openOwn } from '../ram/own-diagnosis.ts'

/** Opens the message of a refusal, of this wire or the other (reference: huawei-iam.md I.2, I.5). */
export const decodeAuthorizationMessage = readOperation({
  name: 'sts:DecodeAuthorizationMessage',
  summary: 'Show why a call was refused',
  effect: 'read',
  input: Type.Object(
    { encoded_message: Type.String({ minLength: 1, maxLength: 10_240 }) },
    { additionalProperties: false },
  ),
  output: Type.Object({ decoded_message: Type.String() }),
  resolve: () => undefined,
  checks: ({ caller }) => [
    {
      language: 'iam',
      action: 'sts::decodeAuthorizationMessage',
      resource: '*',
      owner: caller.account.uid,
      facts: {},
    },
  ],
  work(scope, { encoded_message }) {
    const diagnosis = openOwn(scope, encoded_message)
    if (!diagnosis) throw refuse({ code: 'InvalidParameter', name: 'encoded_message' })
    const { account, caller, conditions, reason, layer, ...rest } = diagnosis
    return {
      decoded_message: JSON.stringify({
        allowed: false,
        explicit_deny: reason === 'ExplicitDeny',
        denied_by: layer,
        account_id: account.domainId,
        principal: { urn: caller.urn, type: caller.kind },
        ...rest,
        conditions: Object.fromEntries(conditions.map(({ key, values }) => [key, values])),
      }),
    }
  },
  example: { encoded_message: '{identity.diagnosticMessage}' },
})
