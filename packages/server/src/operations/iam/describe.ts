import { readTags, type Tags } from '../../base/tags.ts'
import { builtInHexId } from '../../identity/built-in.ts'
import type { FoundPolicy, GroupRow, RoleRow } from '../../identity/named.ts'
import { type VersionRow, versionId } from '../../identity/policies.ts'
import type { Account } from '../../identity/principal.ts'
import type { UserTarget } from './record.ts'

// How IAM shows the entities of a directory (reference: huawei-iam.md I.2, D.2).

/** `2026-11-29T07:49:11.582Z` */
export function dateText(milliseconds: number): string {
  return new Date(Number(milliseconds)).toISOString()
}

/** Built-in policies are as old as the version of the API. */
const BUILT_IN_DATE = '2023-01-01T00:00:00.000Z'

export function userUrn({ domainId }: Account, { name, root }: Pick<UserTarget, 'name' | 'root'>): string {
  return root ? `iam::${domainId}:root` : `iam::${domainId}:user:${name}`
}

export function groupUrn({ domainId }: Account, name: string): string {
  return `iam::${domainId}:group:${name}`
}

export function agencyUrn(
  { domainId }: Account,
  { name, path = '' }: { readonly name: string; readonly path?: string | undefined },
): string {
  return `iam::${domainId}:agency:${path}${name}`
}

export function policyUrn(
  { domainId }: Account,
  {
    name,
    row,
    builtIn,
  }: Pick<FoundPolicy, 'builtIn' | 'name'> & { readonly row?: { readonly path: string } },
): string {
  return builtIn ? `iam::system:policy:${name}` : `iam::${domainId}:policy:${row?.path ?? ''}${name}`
}

/** A policy's id on this wire. */
export function policyIdOf({ id, builtIn }: FoundPolicy): string {
  return builtIn ? builtInHexId('iam', builtIn.name) : id
}

export function describeUser(account: Account, row: UserTarget) {
  return {
    user_id: row.id,
    user_name: row.name,
    urn: userUrn(account, row),
    is_root_user: row.root === true,
    enabled: Number(row.enabled) === 1,
    description: row.description,
    created_at: dateText(row.created_at),
  }
}

export function describeGroup(account: Account, row: GroupRow) {
  return {
    group_id: row.id,
    group_name: row.name,
    urn: groupUrn(account, row.name),
    description: row.description,
    created_at: dateText(row.created_at),
  }
}

/** What an agency trusts stands in its trust policy; `trust_domain_...` is how agencies before version 5 said it. */
export function describeAgency(account: Account, row: RoleRow) {
  return {
    agency_id: row.id,
    agency_name: row.name,
    path: row.path,
    urn: agencyUrn(account, row),
    trust_policy: row.trust_iam,
    trust_domain_id: '',
    trust_domain_name: '',
    max_session_duration: Number(row.max_session),
    description: row.description,
    created_at: dateText(row.created_at),
  }
}

export function describePolicy(account: Account, policy: FoundPolicy, attachments: number) {
  const { name, row, builtIn } = policy
  return {
    policy_type: row ? 'custom' : 'system',
    policy_name: name,
    policy_id: policyIdOf(policy),
    urn: policyUrn(account, policy),
    path: row?.path ?? '',
    default_version_id: versionId(Number(row?.default_version ?? 1)),
    attachment_count: attachments,
    description: row?.description ?? builtIn?.description ?? '',
    created_at: row ? dateText(row.created_at) : BUILT_IN_DATE,
    updated_at: row ? dateText(row.updated_at) : BUILT_IN_DATE,
  }
}

/** A built-in policy has one version and no row of it. */
export function describeVersion({ row, builtIn }: FoundPolicy, version: VersionRow | undefined) {
  const number = Number(version?.number ?? 1)
  return {
    document: version?.document ?? builtIn?.document ?? '',
    version_id: versionId(number),
    is_default: row ? number === Number(row.default_version) : true,
    created_at: version ? dateText(version.created_at) : BUILT_IN_DATE,
  }
}

export function describeTags(tags: Tags | string) {
  const map = typeof tags === 'string' ? readTags(tags) : tags
  return [...map].map(([tag_key, tag_value]) => ({ tag_key, tag_value }))
}
