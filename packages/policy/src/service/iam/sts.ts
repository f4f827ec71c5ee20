import { action, conditionKey } from '../build.ts'
import type { ServiceInfo } from '../types.ts'

const resources = [{ type: 'agency', required: true }]
const conditionKeys = [
  'sts:ExternalId',
  'sts:SourceIdentity',
  'sts:TransitiveTagKeys',
  'sts:AgencySessionName',
  'sts:DurationTimes',
  'sts:ServiceName',
]

/** Security Token Service, as trust policies of agencies use it (reference: huawei-iam D.8, F, G.5). */
export const sts: ServiceInfo = Object.freeze<ServiceInfo>({
  code: 'sts',
  title: 'Security Token Service',
  actions: [
    action('sts:agencies:assume', 'Write', 'Open a session of an agency.', {
      crossAccount: true,
      decided: 'assumption',
      resources,
      conditionKeys,
    }),
    action('sts::setSourceIdentity', 'Write', 'Set the source identity of a session.', {
      crossAccount: true,
      decided: 'assumption',
      resources,
      conditionKeys,
    }),
    action('sts::tagSession', 'Write', 'Set tags of a session.', {
      crossAccount: true,
      decided: 'assumption',
      resources,
      conditionKeys,
    }),
    action('sts::decodeAuthorizationMessage', 'Read', 'Decode the message of a refusal.'),
  ],
  resourceTypes: [{ name: 'agency', template: 'iam::{account}:agency:{name}' }],
  conditionKeys: [
    conditionKey('sts:ExternalId', 'string', 'External id of the request.'),
    conditionKey('sts:SourceIdentity', 'string', 'Source identity of the request.'),
    conditionKey('sts:TransitiveTagKeys', 'string', 'Tags that sessions hand on.', { multiValued: true }),
    conditionKey('sts:AgencySessionName', 'string', 'Name of the session.'),
    conditionKey('sts:DurationTimes', 'number', 'Duration of the session.'),
    conditionKey('sts:ServiceName', 'string', 'Service that asks.'),
  ],
  // Assuming by a token of an identity provider, for one.
  missing: 'actions',
})
