import { globalKey } from '../build.ts'
import type { ConditionKeyInfo } from '../types.ts'

const tagged = { suffix: { separator: '/', optional: false } } as const
const word = { holds: 'word' } as const
const account = { holds: 'account' } as const
const principal = { holds: 'principal' } as const
const secondFactor = {
  neverCarried: 'a second factor is given at a sign-in, never with an access key',
} as const
const legacy = { legacyOnly: true } as const

/** Keys that every action carries (reference: huawei-iam F). */
export const iamGlobalKeys: readonly ConditionKeyInfo[] = [
  globalKey('g:PrincipalUrn', 'string', 'URN of the calling identity or session.', principal),
  globalKey('g:PrincipalAccount', 'string', 'Account of the caller.', account),
  globalKey('g:DomainId', 'string', 'Account of the caller.', account),
  globalKey('g:PrincipalId', 'string', 'Id of the calling identity.', word),
  globalKey('g:PrincipalType', 'string', 'Kind of the calling identity.', word),
  globalKey('g:PrincipalIsRootUser', 'boolean', 'Whether the caller is the root user of its account.'),
  globalKey('g:PrincipalOrgId', 'string', 'Organization of the caller.', word),
  globalKey('g:PrincipalOrgPath', 'string', "Path of the caller's account in its organization."),
  globalKey(
    'g:PrincipalOrgManagementAccountId',
    'string',
    "Management account of the caller's organization.",
    account,
  ),
  globalKey('g:PrincipalTag', 'string', 'Tag of the calling identity or session.', tagged),
  globalKey('g:UserName', 'string', 'Name of the calling user.'),
  globalKey('g:UserId', 'string', 'Id of the calling user.', word),
  globalKey('g:DomainName', 'string', "Name of the caller's account."),
  globalKey('g:MFAPresent', 'boolean', 'Whether the credential was got with a second factor.', secondFactor),
  globalKey('g:MFAAge', 'number', 'Seconds since the second factor was given.', secondFactor),
  globalKey('g:TokenIssueTime', 'date', 'When the temporary credential was issued.'),
  globalKey('g:SourceIdentity', 'string', 'Source identity of the session.'),
  globalKey('g:CurrentTime', 'date', 'When the request came in.'),
  globalKey('g:SourceIp', 'address', 'Address of the caller.'),
  globalKey('g:SourceVpc', 'string', 'VPC that the request came from.', word),
  globalKey('g:SourceVpce', 'string', 'VPC endpoint that the request came through.', word),
  globalKey('g:VpcSourceIp', 'address', 'Address of the caller inside its VPC.'),
  globalKey('g:SecureTransport', 'boolean', 'Whether the request came over TLS.'),
  globalKey('g:UserAgent', 'string', 'User agent of the client.'),
  globalKey('g:Referer', 'string', 'Referer of the request.'),
  globalKey('g:RequestedRegion', 'string', 'Region that the request is for.', word),
  globalKey('g:CalledVia', 'string', 'Services that called on behalf of the caller.', { multiValued: true }),
  globalKey('g:CalledViaFirst', 'string', 'First service that called on behalf of the caller.', word),
  globalKey('g:CalledViaLast', 'string', 'Last service that called on behalf of the caller.', word),
  globalKey('g:ViaService', 'boolean', 'Whether a service called on behalf of the caller.'),
  globalKey('g:SourceAccount', 'string', 'Account on whose behalf a service calls.', account),
  globalKey('g:SourceUrn', 'string', 'Resource on whose behalf a service calls.'),
  globalKey('g:ResourceTag', 'string', 'Tag of the resource.', tagged),
  globalKey('g:RequestTag', 'string', 'Tag in the request.', tagged),
  globalKey('g:TagKeys', 'string', 'Names of the tags in the request.', { multiValued: true }),
  globalKey('g:EnterpriseProjectId', 'string', 'Enterprise project of the resource.', word),
  globalKey('g:ResourceOrgId', 'string', "Organization of the resource's account.", word),
  globalKey('g:ProjectName', 'string', 'Name of the project.', legacy),
  globalKey('g:ServiceName', 'string', 'Name of the calling service.', legacy),
]
