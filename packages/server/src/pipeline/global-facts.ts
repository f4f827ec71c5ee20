import { normalizeConditionKey } from '@keyward/policy'
import type { Surroundings } from '../identity/gather.ts'
import type { Network } from '../identity/networks.ts'
import { positionPath } from '../identity/positions.ts'
import type { Check, FactValue } from './operation.ts'
import type { Scope } from './scope.ts'

/** What a global condition key is read from. */
interface Scene {
  readonly scope: Scope
  readonly check: Check
  /** Absent where a directory is not asked. */
  readonly around: Surroundings | undefined
}

type GlobalFact = (scene: Scene) => FactValue | undefined

/**
 * Global condition keys that the service can know, by language (reference: alibaba-ram.md C.1, huawei-iam.md F). One
 * that it cannot know is absent, never empty. `kms:TlsVersion` stands here because every authorized KMS call has it.
 *
 * Left out, because there is no such entity here: resource groups, enterprise projects, the age of a second
 * factor, calls by services. `acs:MFAPresent` and `g:MFAPresent` are absent for calls that an access key signed, and all are.
 */
const globalFacts: Readonly<Record<string, GlobalFact>> = {
  'acs:CurrentTime': currentTime,
  'acs:SecureTransport': secureTransport,
  'acs:SourceIp': publicAddress,
  'acs:SourceVpc': (scene) => networkOf(scene)?.vpc,
  'acs:VpcSourceIp': vpcAddress,
  'acs:UserAgent': ({ scope }) => scope.connection.userAgent,
  'acs:Referer': ({ scope }) => scope.connection.referer,
  'acs:AccessId': ({ scope }) => scope.caller.accessKeyId,
  // Control policies name the role of a session, not the session.
  'acs:PrincipalARN': ({ scope: { caller } }) =>
    caller.kind === 'root' ? undefined : (caller.session?.roleArn ?? caller.arn),
  'acs:PrincipalRDId': ({ around }) => prefixed('rd-', around?.position.organization?.id),
  'acs:PrincipalRDPath': ({ scope, around }) =>
    around && positionPath(around.position, scope.caller.account, 'ram'),
  'acs:SourceIdentity': ({ scope }) => scope.caller.session?.sourceIdentity,
  'kms:TlsVersion': ({ scope }) => scope.connection.tlsVersion,
  'g:CurrentTime': currentTime,
  'g:SecureTransport': secureTransport,
  'g:SourceIp': publicAddress,
  'g:SourceVpc': (scene) => networkOf(scene)?.vpc,
  'g:SourceVpce': (scene) => networkOf(scene)?.endpoint,
  'g:VpcSourceIp': vpcAddress,
  'g:UserAgent': ({ scope }) => scope.connection.userAgent,
  'g:Referer': ({ scope }) => scope.connection.referer,
  'g:RequestedRegion': ({ scope }) => scope.regions.huawei,
  'g:ViaService': () => 'false',
  'g:DomainId': ({ scope }) => scope.caller.account.domainId,
  'g:DomainName': ({ scope }) => scope.caller.account.name,
  'g:PrincipalAccount': ({ scope }) => scope.caller.account.domainId,
  'g:PrincipalUrn': ({ scope }) => scope.caller.urn,
  'g:PrincipalId': ({ scope: { caller } }) =>
    caller.session ? `${caller.iamId}:${caller.session.name}` : caller.iamId,
  'g:PrincipalIsRootUser': ({ scope }) => String(scope.caller.kind === 'root'),
  'g:PrincipalOrgId': ({ around }) => prefixed('o-', around?.position.organization?.id),
  'g:PrincipalOrgPath': ({ scope, around }) =>
    around && positionPath(around.position, scope.caller.account, 'iam'),
  'g:PrincipalOrgManagementAccountId': ({ around }) => around?.position.organization?.management.domainId,
  'g:ResourceOrgId': ({ around }) => prefixed('o-', around?.ownerPosition.organization?.id),
  'g:UserName': ({ scope: { caller } }) => (caller.kind === 'user' ? caller.name : undefined),
  'g:UserId': ({ scope: { caller } }) => (caller.kind === 'user' ? caller.iamId : undefined),
  'g:TokenIssueTime': ({ scope: { caller } }) =>
    caller.session && new Date(caller.session.issuedAt).toISOString(),
  'g:SourceIdentity': ({ scope }) => scope.caller.session?.sourceIdentity,
  'g:TagKeys': ({ check }) => (check.requestTags?.size ? [...check.requestTags.keys()] : undefined),
}

/** Keys that a tag's key follows, after a `/`. */
const taggedFacts: Readonly<Record<string, (scene: Scene, tag: string) => string | undefined>> = {
  'acs:ResourceTag': resourceTag,
  'acs:RequestTag': requestTag,
  'g:ResourceTag': resourceTag,
  'g:RequestTag': requestTag,
  'g:PrincipalTag': ({ scope: { caller } }, tag) => caller.tags?.get(tag),
}

const byNormalForm = new Map(
  Object.entries(globalFacts).map(([name, fact]) => [normalizeConditionKey(name), fact]),
)
const taggedByNormalForm = new Map(
  Object.entries(taggedFacts).map(([name, fact]) => [normalizeConditionKey(name), fact]),
)

/** The value of a global condition key, given its normal form. */
export function globalFact(
  scope: Scope,
  check: Check,
  around: Surroundings | undefined,
  key: string,
): FactValue | undefined {
  const slash = key.indexOf('/')
  if (slash < 0) return byNormalForm.get(key)?.({ scope, check, around })
  return taggedByNormalForm.get(key.slice(0, slash))?.({ scope, check, around }, key.slice(slash + 1))
}

function currentTime({ scope }: Scene): string {
  return new Date(scope.connection.receivedAt).toISOString()
}

function secureTransport({ scope }: Scene): string {
  return String(scope.connection.tlsVersion !== '0')
}

function networkOf({ scope, around }: Scene): Network | undefined {
  return around?.networks?.find(scope.connection.sourceAddress)
}

/** A call through a VPC has no public address. */
function publicAddress(scene: Scene): string | undefined {
  return networkOf(scene) ? undefined : scene.scope.connection.sourceAddress
}

function vpcAddress(scene: Scene): string | undefined {
  return networkOf(scene) ? scene.scope.connection.sourceAddress : undefined
}

function resourceTag({ check }: Scene, tag: string): string | undefined {
  return check.resourceTags?.get(tag)
}

function requestTag({ check }: Scene, tag: string): string | undefined {
  return check.requestTags?.get(tag)
}

function prefixed(prefix: string, id: string | undefined): string | undefined {
  return id === undefined ? undefined : prefix + id
}
