/**
 * Tables of accounts, users, groups, roles, access keys and policies. Times are milliseconds since the epoch.
 *
 * `version` of a row grows by one with every change of it. The version of an ACCOUNT grows with every change of anything
 * in its directory: a write is conditional on it.
 */
export interface IdentityTables {
  /** One row, whose number is always 1: made with the first world, whose account is the operator. */
  directory: {
    number: number
    operator_uid: string
    created_at: number
  }
  accounts: {
    /** 16 digits: the uid of the account. */
    id: string
    /** 32 hex digits, unique. */
    domain_id: string
    /** 32 hex digits, unique. */
    project_id: string
    /** Unique in the directory, compared exactly. */
    name: string
    created_at: number
    version: number
  }
  users: {
    /** 32 hex digits; also the user's id on the Huawei wire. */
    id: string
    account_uid: string
    /** Unique in the account, compared exactly. */
    name: string
    /** 18 digits, unique in the account: the user's id on the Alibaba wire. */
    ram_id: string
    display_name: string
    description: string
    created_at: number
    version: number
  }
  user_groups: {
    /** 32 hex digits; also the group's id on the Huawei wire. */
    id: string
    account_uid: string
    name: string
    description: string
    created_at: number
    version: number
  }
  group_members: {
    group_id: string
    user_id: string
    account_uid: string
    created_at: number
    version: number
  }
  /** Roles of the Alibaba wire and agencies of the Huawei wire: one thing with a trust document per language. */
  roles: {
    /** 32 hex digits; also the agency's id on the Huawei wire. */
    id: string
    account_uid: string
    name: string
    /** 18 digits: the role's id on the Alibaba wire. */
    ram_id: string
    description: string
    /** JSON text as it was set; empty: nobody may assume the role through that wire. */
    trust_ram: string
    trust_iam: string
    /** Seconds. */
    max_session: number
    created_at: number
    version: number
  }
  policies: {
    /** 32 hex digits; also the policy's id on the Huawei wire. */
    id: string
    account_uid: string
    /** `ram` or `iam`; names are unique per account and language. */
    language: string
    name: string
    /** JSON text as it was set. */
    document: string
    description: string
    created_at: number
    version: number
  }
  policy_attachments: {
    policy_id: string
    /** `user`, `group` or `role`. */
    target_kind: string
    target_id: string
    account_uid: string
    created_at: number
    version: number
  }
  access_keys: {
    /** The id that signatures name: unique in the directory. */
    id: string
    account_uid: string
    /** Null: a key of the account's root identity. */
    user_id: string | null
    /** The secret under the root key, bound to account, owner and id: see identity/access-keys.ts. */
    sealed_secret: Uint8Array
    /** `active` or `inactive`. */
    status: string
    /** Name that a declared world gave to a key it asked to generate; null for others. Unique per owner. */
    label: string | null
    created_at: number
    version: number
  }
}
