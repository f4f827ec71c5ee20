import { normalizeConditionKey } from '@keyward/policy'
import type { Check, FactValue, Scope } from './operation.ts'

type GlobalFact = (scope: Scope, check: Check) => FactValue | undefined

/**
 * Global condition keys that the service can know, by language (reference: alibaba-ram.md C.1, huawei-iam.md F). One
 * that it cannot know is absent, never empty. `kms:TlsVersion` stands here because every authorized KMS call has it.
 */
export const globalFacts: Readonly<Record<string, GlobalFact>> = {
  'acs:CurrentTime': currentTime,
  'acs:SecureTransport': secureTransport,
  'acs:SourceIp': sourceAddress,
  'acs:UserAgent': ({ connection }) => connection.userAgent,
  'acs:Referer': ({ connection }) => connection.referer,
  'acs:PrincipalARN': ({ caller }) => (caller.kind === 'root' ? undefined : caller.arn),
  'kms:TlsVersion': ({ connection }) => connection.tlsVersion,
  'g:CurrentTime': currentTime,
  'g:SecureTransport': secureTransport,
  'g:SourceIp': sourceAddress,
  'g:UserAgent': ({ connection }) => connection.userAgent,
  'g:Referer': ({ connection }) => connection.referer,
  'g:RequestedRegion': ({ regions }) => regions.huawei,
  'g:DomainId': ({ caller }) => caller.account.domainId,
  'g:DomainName': ({ caller }) => caller.account.name,
  'g:PrincipalAccount': ({ caller }) => caller.account.domainId,
  'g:PrincipalUrn': ({ caller }) => caller.urn,
  'g:PrincipalId': ({ caller }) => caller.iamId,
  'g:PrincipalIsRootUser': ({ caller }) => String(caller.kind === 'root'),
  'g:UserName': ({ caller }) => (caller.kind === 'user' ? caller.name : undefined),
  'g:UserId': ({ caller }) => (caller.kind === 'user' ? caller.iamId : undefined),
  'g:MFAPresent': () => 'false',
}

let byNormalForm: ReadonlyMap<string, GlobalFact> | undefined

/** The value of a global condition key, given its normal form. */
export function globalFact(scope: Scope, check: Check, key: string): FactValue | undefined {
  byNormalForm ??= new Map(
    Object.entries(globalFacts).map(([name, fact]) => [normalizeConditionKey(name), fact]),
  )
  return byNormalForm.get(key)?.(scope, check)
}

function currentTime({ connection }: Scope): string {
  return new Date(connection.receivedAt).toISOString()
}

function secureTransport({ connection }: Scope): string {
  return String(connection.tlsVersion !== '0')
}

function sourceAddress({ connection }: Scope): string {
  return connection.sourceAddress
}
