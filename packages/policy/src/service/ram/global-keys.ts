import { globalKey } from '../build.ts'
import type { ConditionKeyInfo } from '../types.ts'

const word = { holds: 'word' } as const
const tagged = { suffix: { separator: '/', optional: false } } as const

/** Keys that every action carries (reference: alibaba-ram C.1). */
export const ramGlobalKeys: readonly ConditionKeyInfo[] = [
  globalKey('acs:CurrentTime', 'date', 'When the request came in.'),
  globalKey('acs:SecureTransport', 'boolean', 'Whether the request came over TLS.'),
  globalKey('acs:SourceIp', 'address', 'Address of the caller on the public network.'),
  globalKey('acs:VpcSourceIp', 'address', 'Address of the caller inside its VPC.'),
  globalKey('acs:SourceVpc', 'string', 'VPC that the request came from.', word),
  globalKey('acs:MFAPresent', 'boolean', 'Whether the caller signed in with a second factor.', {
    neverCarried: 'a second factor is given at a sign-in, never with an access key',
  }),
  globalKey('acs:PrincipalARN', 'string', 'ARN of the calling identity.', { holds: 'principal' }),
  globalKey('acs:PrincipalRDId', 'string', 'Resource directory of the caller.', word),
  globalKey('acs:PrincipalRDPath', 'string', "Path of the caller's account in its resource directory."),
  globalKey('acs:RequestTag', 'string', 'Tag in the request.', tagged),
  globalKey('acs:ResourceTag', 'string', 'Tag of the resource.', tagged),
  globalKey('acs:SessionTag', 'string', 'Tag of the session.', tagged),
  globalKey('acs:ResourceGroupId', 'string', 'Resource group of the resource.', word),
  globalKey('acs:UserAgent', 'string', 'User agent of the client.'),
  globalKey('acs:Referer', 'string', 'Referer of the request.'),
  globalKey('acs:AccessId', 'string', 'Access key id of the caller.', word),
  globalKey('acs:SourceIdentity', 'string', 'Source identity of the session.'),
]
