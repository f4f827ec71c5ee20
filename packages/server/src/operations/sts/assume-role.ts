import { type Static, Type } from 'typebox'
import { Secret } from '../../base/secret.ts'
import { findRole } from '../../identity/assumable.ts'
import { readOperation } from '../../pipeline/operation.ts'
import {
  assumeCheck,
  invalid,
  judgeSession,
  openSession,
  type RoleTarget,
  type SessionRequest,
  wireTime,
} from './session-request.ts'

const Text = Type.Optional(Type.String())

const input = Type.Object(
  {
    RoleArn: Type.String(),
    RoleSessionName: Type.String(),
    DurationSeconds: Type.Optional(Type.Integer()),
    Policy: Text,
    ExternalId: Text,
    SourceIdentity: Text,
  },
  { additionalProperties: false },
)

const ROLE_ARN = /^acs:ram::([0-9]{16}):role\/([A-Za-z0-9._-]{1,64})$/

/**
 * Opens a session of a role (reference: alibaba-ram.md G.2, D.3). The session is in its token alone: nothing is written
 * but the audit entry.
 */
export const assumeRole = readOperation({
  name: 'sts:AssumeRole',
  summary: 'Open a session of a role',
  effect: 'read',
  uses: true,
  input,
  output: Type.Object({
    AssumedRoleUser: Type.Object({ Arn: Type.String(), AssumedRoleId: Type.String() }),
    Credentials: Type.Object({
      AccessKeyId: Type.String(),
      AccessKeySecret: Secret(Type.String()),
      SecurityToken: Secret(Type.String()),
      Expiration: Type.String(),
    }),
    SourceIdentity: Text,
  }),
  async resolve(scope, request): Promise<RoleTarget> {
    const [arn, owner = '', name = ''] = ROLE_ARN.exec(request.RoleArn) ?? []
    if (arn === undefined) throw invalid('RoleArn', 'The parameter RoleArn is wrongly formed.')
    judgeSession(sessionOf(request), 'ram')
    // Policies name a role with `*` for its region (reference: alibaba-ram A.6).
    const resource = `acs:ram:*:${owner}:role/${name}`
    return { resource, owner, role: await findRole(scope.cache, 'id', owner, name) }
  },
  checks: (scope, { ExternalId }, target) => [
    assumeCheck(scope, 'ram', 'sts:AssumeRole', target, { 'sts:ExternalId': ExternalId }),
  ],
  work(scope, request, target) {
    const { role, key, expiresAt, sourceIdentity } = openSession(scope, 'ram', target, sessionOf(request))
    const session = request.RoleSessionName
    return {
      AssumedRoleUser: {
        Arn: `acs:ram::${role.account.uid}:role/${role.name}/${session}`,
        AssumedRoleId: `${role.ramId}:${session}`,
      },
      Credentials: {
        AccessKeyId: key.id,
        AccessKeySecret: key.secret,
        SecurityToken: key.token,
        Expiration: wireTime(expiresAt),
      },
      ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
    }
  },
  example: { RoleArn: '{identity.roleArn}', RoleSessionName: 'example' },
})

function sessionOf(request: Static<typeof input>): SessionRequest {
  return {
    name: request.RoleSessionName,
    duration: request.DurationSeconds,
    externalId: request.ExternalId,
    sourceIdentity: request.SourceIdentity,
    policy: request.Policy,
  }
}
