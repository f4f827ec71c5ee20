import type { Generated } from 'kysely'

/**
 * Tables of accounts, users, groups, roles, access keys and policies. Times are milliseconds since the epoch.
 *
 * `version` of a row grows by one with every change of it. The version of an ACCOUNT grows with every change of anything
 * in its directory: a write is conditional on it.
 *
 * `declared_by` is `file` for what an apply file declared, and `api` for what a call made: a prune takes away only the former.
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
    /** When it was closed; 0: it is open. A closed account has no name, and nothing of it can be called. */
    closed_at: number
    declared_by: string
    version: number
  }
  /** Accounts that were closed: what they were, until their end and after it. */
  account_closures: {
    /** Uid of the account. */
    id: string
    /** The organization that closed it. */
    organization_id: string
    /** The name that it had. */
    name: string
    /** Where it stood, and what was attached to it and said of it there. */
    folder_id: string
    /** JSON array of the ids of policies. */
    attached: string
    description: string
    /** JSON object of texts. */
    tags: string
    joined_at: number
    closed_at: number
    /** When its window ends: until then it can be opened again. */
    ends_at: number
    /** When the last of it was destroyed; 0: not yet. */
    destroyed_at: number
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
    mobile_phone: string
    email: string
    /** 1 or 0: with 0 no access key of it signs. */
    enabled: number
    /** JSON object of texts. */
    tags: string
    created_at: number
    updated_at: number
    declared_by: string
    version: number
  }
  user_groups: {
    /** 32 hex digits; also the group's id on the Huawei wire. */
    id: string
    account_uid: string
    name: string
    description: string
    created_at: number
    updated_at: number
    declared_by: string
    version: number
  }
  group_members: {
    group_id: string
    user_id: string
    account_uid: string
    created_at: number
    declared_by: string
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
    /** JSON object of texts. */
    tags: string
    /** Parts that each end with `/`, before the name in its URN; empty for most. */
    path: string
    /** The service whose role it is, which no organization limits; empty for all others. */
    service: string
    created_at: number
    updated_at: number
    declared_by: string
    version: number
  }
  policies: {
    /** 32 hex digits; also the policy's id on the Huawei wire. */
    id: string
    account_uid: string
    /** `ram` or `iam`; names are unique per account and language. */
    language: string
    name: string
    /** Parts that each end with `/`, before the name in its URN; empty for most. */
    path: string
    /** JSON text of the default version, as it was set. */
    document: string
    description: string
    /** JSON object of texts. */
    tags: string
    default_version: number
    /** Number of the newest version that there ever was: none is given twice. */
    latest_version: number
    created_at: number
    updated_at: number
    declared_by: string
    version: number
  }
  /** All versions of policies, the default one too. */
  policy_versions: {
    policy_id: string
    /** Counts from 1. */
    number: number
    document: string
    created_at: number
  }
  policy_attachments: {
    /** A row of `policies`, or `system/LANGUAGE/NAME` for a built-in policy. */
    policy_id: string
    /** `user`, `group` or `role`. */
    target_kind: string
    target_id: string
    account_uid: string
    created_at: number
    declared_by: string
    version: number
  }
  access_keys: {
    /** The id that signatures name: unique in the directory. */
    id: string
    account_uid: string
    /** Null: a key of the account's root identity. */
    user_id: string | null
    /** The secret, sealed under the keyring, bound to account, owner and id: see identity/access-keys.ts. */
    sealed_secret: Uint8Array
    /** `active` or `inactive`. */
    status: string
    /** Name that a declared world gave to a key it asked to generate; null for others. Unique per owner. */
    label: string | null
    created_at: number
    declared_by: string
    version: number
  }
  /** When access keys were last used, some time late: see identity/last-used.ts. */
  access_key_uses: {
    /** Of the access key; that of a deleted one may stay. */
    id: string
    used_at: number
  }
  /** That a user may sign in to a console. There is none yet, so no password is kept. */
  login_profiles: {
    user_id: string
    account_uid: string
    /** 1 or 0. */
    reset_required: number
    mfa_required: number
    created_at: number
    version: number
  }
  /** What an account says of passwords and sign-in; of no effect as long as there is no console. */
  account_settings: {
    account_uid: string
    /** `password-policy`, `security-preference` */
    name: string
    /** JSON object: what was set. */
    value: string
  }
  /** The other name that an account gives itself. */
  account_aliases: {
    account_uid: string
    /** Unique in the directory. */
    alias: string
  }
  /** One row, `number` 1, once there is an organization. */
  organizations: {
    number: number
    /** 10 letters and digits: with a prefix, the id of the organization (`o-`) or resource directory (`rd-`). */
    id: string
    /** Uid of the account that no policy of the organization binds. */
    management_uid: string
    /** 1 or 0: whether control policies, and service control policies, are switched on. Off, none is attached to anything. */
    ram_enabled: number
    iam_enabled: number
    /** 1 or 0: whether the calls of a resource directory may delete members. */
    deletion_enabled: Generated<number>
    created_at: number
    /** Grows with every change of anything in the organization: a write is conditional on it. */
    version: number
  }
  /** The root of the organization, and the folders (organizational units) below it. */
  organization_folders: {
    /** 10 letters and digits: with a prefix, the id of a root (`r-`), a folder (`fd-`) or an organizational unit (`ou-`). */
    id: string
    /** Empty: the root. */
    parent_id: string
    /** Unique below its parent; empty for the root. */
    name: string
    /** JSON object of texts. */
    tags: string
    created_at: number
    declared_by: string
    version: number
  }
  /** Where in the organization an account stands. */
  organization_members: {
    account_uid: string
    folder_id: string
    /** `created`: it was made as a member; `invited`: it was there before. */
    joined: string
    description: string
    /** JSON object of texts. */
    tags: string
    /** When it was asked whether the account may be deleted; 0: never. */
    checked_at: Generated<number>
    created_at: number
    updated_at: number
    declared_by: string
    version: number
  }
  /** Control policies (`ram`) and service control policies (`iam`). */
  organization_policies: {
    id: string
    /** `ram` or `iam`; names are unique per language. */
    language: string
    name: string
    /** JSON text as it was set. */
    document: string
    description: string
    /** JSON object of texts. */
    tags: string
    created_at: number
    updated_at: number
    declared_by: string
    version: number
  }
  organization_attachments: {
    /** A folder's id, or an account's uid. */
    target_id: string
    /** A row of `organization_policies`, or `system/LANGUAGE/NAME` for a built-in policy. */
    policy_id: string
    language: string
    created_at: number
  }
  /** Invitations of accounts into the organization. */
  organization_handshakes: {
    /** 10 letters and digits; with a prefix, the id of a handshake (`h-`). */
    id: string
    /** The account that is invited. */
    account_uid: string
    /** Where it will stand. */
    folder_id: string
    /** `pending`, `accepted`, `declined`, `cancelled`; a pending one ends by its age. */
    status: string
    note: string
    created_at: number
    updated_at: number
  }
  /** That an account acts as administrator of the organization for a service. */
  organization_delegations: {
    account_uid: string
    service: string
    created_at: number
  }
  /** Services that may act in the organization. */
  organization_services: {
    service: string
    created_at: number
  }
  /** Networks whose calls count as coming from a VPC. */
  networks: {
    /** In the form that the world was declared in: `10.1.0.0/16`. */
    cidr: string
    vpc_id: string
    /** Empty: not through an endpoint. */
    endpoint_id: string
    created_at: number
    version: number
  }
}
