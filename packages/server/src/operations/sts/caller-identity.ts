import { Type } from 'typebox'
import { readOperation } from '../../pipeline/operation.ts'

/** Tells callers who they are, on the Huawei wire. Needs no permission (reference: huawei-iam.md I.2). */
export const callerIdentity = readOperation({
  name: 'sts:CallerIdentity',
  summary: 'Show who calls',
  effect: 'read',
  authorization: 'none',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    account_id: Type.String(),
    principal_urn: Type.String(),
    principal_id: Type.String(),
  }),
  resolve: () => undefined,
  checks: () => [],
  work: ({ caller }) => ({
    account_id: caller.account.domainId,
    principal_urn: caller.urn,
    principal_id: caller.session ? `${caller.iamId}:${caller.session.name}` : caller.iamId,
  }),
  example: {},
})
