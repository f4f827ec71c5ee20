import type { FoundPolicy, GroupRow, RoleRow, UserRow } from '../../identity/named.ts'
import { type VersionRow, versionId } from '../../identity/policies.ts'
import type { Account } from '../../identity/principal.ts'

// How RAM shows the entities of a directory (reference: alibaba-ram.md G.1).

/** `2015-05-01T00:00:00Z` */
export function dateText(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}

/** Built-in policies are as old as the version of the API. */
const BUILT_IN_DATE = '2015-05-01T00:00:00Z'

export function describeUser(row: UserRow) {
  return {
    UserId: row.ram_id,
    UserName: row.name,
    DisplayName: row.display_name,
    MobilePhone: row.mobile_phone,
    Email: row.email,
    Comments: row.description,
    CreateDate: dateText(Number(row.created_at)),
    UpdateDate: dateText(Number(row.updated_at)),
  }
}

export function describeGroup(row: GroupRow) {
  return {
    GroupId: row.id,
    GroupName: row.name,
    Comments: row.description,
    CreateDate: dateText(Number(row.created_at)),
    UpdateDate: dateText(Number(row.updated_at)),
  }
}

export function roleArn(account: Account, name: string): string {
  return `acs:ram::${account.uid}:role/${name}`
}

export function describeRole(account: Account, row: RoleRow) {
  return {
    RoleId: row.ram_id,
    RoleName: row.name,
    Arn: roleArn(account, row.name),
    Description: row.description,
    MaxSessionDuration: Number(row.max_session),
    CreateDate: dateText(Number(row.created_at)),
    UpdateDate: dateText(Number(row.updated_at)),
  }
}

export function describeRoleWithTrust(account: Account, row: RoleRow) {
  return { ...describeRole(account, row), AssumeRolePolicyDocument: row.trust_ram }
}

export function describePolicy({ name, row, builtIn }: FoundPolicy) {
  return {
    PolicyName: name,
    PolicyType: row ? 'Custom' : 'System',
    Description: row?.description ?? builtIn?.description ?? '',
    DefaultVersion: versionId(Number(row?.default_version ?? 1)),
    CreateDate: row ? dateText(Number(row.created_at)) : BUILT_IN_DATE,
    UpdateDate: row ? dateText(Number(row.updated_at)) : BUILT_IN_DATE,
  }
}

/** The versions of a policy, the newest first. A built-in one has one. */
export function describeVersion({ row, builtIn }: FoundPolicy, version: VersionRow | undefined) {
  const number = Number(version?.number ?? 1)
  return {
    VersionId: versionId(number),
    IsDefaultVersion: row ? number === Number(row.default_version) : true,
    PolicyDocument: version?.document ?? builtIn?.document ?? '',
    CreateDate: version ? dateText(Number(version.created_at)) : BUILT_IN_DATE,
  }
}
