import { type Static, Type } from 'typebox'
import { Secret } from '../../base/secret.ts'
import { findRole } from '../../identity/assumable.ts'
import { nameField } from '../../identity/fields.ts'
import { NAME_RULES } from '../../identity/limits.ts'
import { readOperation } from '../../pipeline/operation.ts'
import {
  assumeCheck,
  durationOf,
  judgeSession,
  openSession,
  type RoleTarget,
  type SessionRequest,
  wireTime,
} from './session-request.ts'

const closed = { additionalProperties: false }
const assume_role = Type.Object(
  {
    agency_name: nameField('agency name', NAME_RULES.role),
    domain_id: Type.Optional(Type.String({ pattern: '^[0-9a-f]{32}$' })),
    domain_name: Type.Optional(nameField('account name', NAME_RULES.account)),
    duration_seconds: Type.Optional(Type.Integer()),
    session_user: Type.Optional(Type.Object({ name: Type.String() }, closed)),
  },
  closed,
)
const input = Type.Object(
  {
    auth: Type.Object(
      {
        identity: Type.Object(
          { methods: Type.Array(Type.Literal('assume_role'), { minItems: 1, maxItems: 1 }), assume_role },
          closed,
        ),
      },
      closed,
    ),
  },
  closed,
)

/** Seconds of a session that asks for nothing: the older call gives less than the newer. */
const SHORT = 900

/**
 * Opens a session of an agency as clients did before version 5; decided as `AssumeAgency` is. Only agencies without a path
 * can be named so.
 */
export const createTemporaryAccessKey = readOperation({
  name: 'sts:CreateTemporaryAccessKeyByAgency',
  summary: 'Open a session of an agency, by the older call',
  effect: 'read',
  uses: true,
  input,
  output: Type.Object({
    credential: Type.Object({
      access: Type.String(),
      secret: Secret(Type.String()),
      securitytoken: Secret(Type.String()),
      expires_at: Type.String(),
    }),
  }),
  async resolve(scope, { auth }): Promise<RoleTarget> {
    const { agency_name, domain_id, domain_name } = auth.identity.assume_role
    judgeSession(sessionOf(auth), 'iam')
    const { account } = scope.caller
    const named = domain_name === account.name ? account.domainId : domain_name
    const domain = domain_id ?? named ?? account.domainId
    const by = domain_id === undefined && domain === domain_name ? ('name' as const) : ('domain_id' as const)
    const found = await findRole(scope.cache, by, domain, agency_name)
    const role = found?.path === '' ? found : undefined
    const domainId = role?.account.domainId ?? domain
    return {
      resource: `iam::${domainId}:agency:${agency_name}`,
      owner: domainId === account.domainId ? account.uid : (role?.account.uid ?? domain),
      role,
    }
  },
  checks(scope, { auth }, target) {
    const session = sessionOf(auth)
    return [
      assumeCheck(scope, 'iam', 'sts:agencies:assume', target, {
        'sts:AgencySessionName': session.name,
        'sts:DurationTimes': String(durationOf(session)),
      }),
    ]
  },
  work(scope, { auth }, target) {
    const { key, expiresAt } = openSession(scope, 'iam', target, sessionOf(auth))
    const { id: access, secret, token: securitytoken } = key
    return { credential: { access, secret, securitytoken, expires_at: wireTime(expiresAt) } }
  },
  example: {
    auth: {
      identity: {
        methods: ['assume_role'],
        assume_role: { agency_name: '{identity.name}', duration_seconds: 3600 },
      },
    },
  },
})

function sessionOf({ identity }: Static<typeof input>['auth']): SessionRequest {
  const { duration_seconds = SHORT, session_user } = identity.assume_role
  return { name: session_user?.name ?? 'session', duration: duration_seconds }
}
