import { type Static, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { Secret } from '../../base/secret.ts'
import { NO_TAGS, tagsOf } from '../../base/tags.ts'
import { findRole, missingPolicies } from '../../identity/assumable.ts'
import { QUOTAS, SESSION_POLICY } from '../../identity/limits.ts'
import { type Facts, readOperation } from '../../pipeline/operation.ts'
import { tag_key, tag_value } from '../iam/fields.ts'
import {
  assumeCheck,
  durationOf,
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
    agency_urn: Type.String(),
    agency_session_name: Type.String(),
    duration_seconds: Type.Optional(Type.Integer()),
    external_id: Text,
    policy: Text,
    /** Policies of the agency's account that cut the session as well. */
    policy_ids: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9a-f]{32}$' }), { maxItems: SESSION_POLICY.ids }),
    ),
    source_identity: Text,
    serial_number: Text,
    token_code: Text,
    tags: Type.Optional(
      Type.Array(
        Type.Object({ key: tag_key, value: Type.Optional(tag_value) }, { additionalProperties: false }),
        { maxItems: QUOTAS.tags },
      ),
    ),
    transitive_tag_keys: Type.Optional(Type.Array(tag_key, { maxItems: QUOTAS.tags })),
  },
  { additionalProperties: false },
)

const AGENCY_URN = /^iam::([0-9a-f]{32}):agency:((?:[A-Za-z0-9_+=.@-]+\/)*)([A-Za-z0-9._-]{1,64})$/

/**
 * Opens a session of an agency (reference: huawei-iam.md I.2, G.5). There are no MFA devices: a request with one is refused.
 */
export const assumeAgency = readOperation({
  name: 'sts:AssumeAgency',
  summary: 'Open a session of an agency',
  effect: 'read',
  uses: true,
  input,
  output: Type.Object({
    credentials: Type.Object({
      access_key_id: Type.String(),
      secret_access_key: Secret(Type.String()),
      security_token: Secret(Type.String()),
      expiration: Type.String(),
    }),
    assumed_agency: Type.Object({ urn: Type.String(), id: Type.String() }),
    source_identity: Text,
  }),
  async resolve(scope, request): Promise<RoleTarget> {
    const [resource, domain = '', path = '', name = ''] = AGENCY_URN.exec(request.agency_urn) ?? []
    if (resource === undefined) throw invalid('RoleArn', 'The agency URN is invalid.')
    if (request.serial_number !== undefined || request.token_code !== undefined)
      throw invalid('MfaDevice', 'There is no MFA device of this serial number.')
    judgeSession(sessionOf(request), 'iam')
    const { account } = scope.caller
    const found = await findRole(scope.cache, 'domain_id', domain, name)
    const role = found?.path === path ? found : undefined
    return {
      resource,
      owner: domain === account.domainId ? account.uid : (role?.account.uid ?? domain),
      role,
    }
  },
  checks(scope, request, target) {
    const { tags = [], source_identity, transitive_tag_keys = [] } = request
    const facts: Facts = {
      'sts:ExternalId': request.external_id,
      'sts:SourceIdentity': request.source_identity,
      'sts:AgencySessionName': request.agency_session_name,
      'sts:DurationTimes': String(durationOf(sessionOf(request))),
      ...(transitive_tag_keys.length > 0 && { 'sts:TransitiveTagKeys': transitive_tag_keys }),
    }
    const requestTags = sessionOf(request).tags ?? NO_TAGS
    const check = (action: string) => ({
      ...assumeCheck(scope, 'iam', action, target, facts),
      requestTags,
    })
    return [
      check('sts:agencies:assume'),
      ...(source_identity === undefined ? [] : [check('sts::setSourceIdentity')]),
      ...(tags.length + transitive_tag_keys.length === 0 ? [] : [check('sts::tagSession')]),
    ]
  },
  async work(scope, request, target) {
    const { role, key, expiresAt, sourceIdentity } = openSession(scope, 'iam', target, sessionOf(request))
    const missing = await missingPolicies(scope.store.read, role.account.uid, 'iam', request.policy_ids ?? [])
    if (missing.length > 0)
      throw refuse({
        code: 'InvalidParameter',
        name: 'policy_ids',
        detail: `There is no policy ${missing[0]}.`,
      })
    const session = request.agency_session_name
    return {
      credentials: {
        access_key_id: key.id,
        secret_access_key: key.secret,
        security_token: key.token,
        expiration: wireTime(expiresAt),
      },
      assumed_agency: {
        urn: `sts::${role.account.domainId}:assumed-agency:${role.name}/${session}`,
        id: `${role.id}:${session}`,
      },
      ...(sourceIdentity === undefined ? {} : { source_identity: sourceIdentity }),
    }
  },
  example: { agency_urn: '{identity.agencyUrn}', agency_session_name: 'example' },
})

function sessionOf(request: Static<typeof input>): SessionRequest {
  return {
    name: request.agency_session_name,
    duration: request.duration_seconds,
    externalId: request.external_id,
    sourceIdentity: request.source_identity,
    policy: request.policy,
    policyIds: request.policy_ids,
    tags: request.tags && tagsOf(request.tags.map(({ key: Key, value: Value = '' }) => ({ Key, Value }))),
    transitiveTags: request.transitive_tag_keys,
  }
}
