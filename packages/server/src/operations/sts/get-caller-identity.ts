import { Type } from 'typebox'
import { readOperation } from '../../pipeline/operation.ts'

/** Tells callers who they are. Needs no permission (reference: alibaba-ram.md G.2). */
export const getCallerIdentity = readOperation({
  name: 'sts:GetCallerIdentity',
  summary: 'Show who calls',
  effect: 'read',
  authorization: 'none',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    IdentityType: Type.String(),
    AccountId: Type.String(),
    /** Of an account and of a user. */
    UserId: Type.Optional(Type.String()),
    /** Of a session. */
    RoleId: Type.Optional(Type.String()),
    PrincipalId: Type.String(),
    Arn: Type.String(),
  }),
  resolve: () => undefined,
  checks: () => [],
  work({ caller }) {
    const { account, arn, kind, ramId, session } = caller
    const who = { AccountId: account.uid, Arn: arn }
    if (session)
      return {
        IdentityType: 'AssumedRoleUser',
        ...who,
        RoleId: ramId,
        PrincipalId: `${ramId}:${session.name}`,
      }
    return {
      IdentityType: kind === 'root' ? 'Account' : 'RAMUser',
      ...who,
      UserId: ramId,
      PrincipalId: ramId,
    }
  },
  example: {},
})
