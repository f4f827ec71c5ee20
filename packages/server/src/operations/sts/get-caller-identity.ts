import { Type } from 'typebox'
import { readOperation } from '../../pipeline/operation.ts'

/** Tells callers who they are. Needs no permission (reference: alibaba-ram.md G.2). */
export const getCallerIdentity = readOperation({
  name: 'sts:GetCallerIdentity',
  summary: 'Show who calls',
  effect: 'read',
  binding: { wire: 'alibaba', product: 'Sts', version: '2015-04-01', action: 'GetCallerIdentity' },
  authorization: 'none',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    IdentityType: Type.String(),
    AccountId: Type.String(),
    UserId: Type.String(),
    PrincipalId: Type.String(),
    Arn: Type.String(),
  }),
  resolve: () => undefined,
  checks: () => [],
  work: ({ caller }) => ({
    IdentityType: caller.kind === 'root' ? 'Account' : 'RAMUser',
    AccountId: caller.account.uid,
    UserId: caller.ramId,
    PrincipalId: caller.ramId,
    Arn: caller.arn,
  }),
  example: () => ({}),
})
