import { Type } from 'typebox'
import { QUOTAS, TEXT_LIMITS } from '../../identity/limits.ts'
import { countOf, countPolicies } from '../../identity/rows.ts'
import { Input } from './fields.ts'
import { iamRead } from './record.ts'

const number = Type.Integer()
const { iamAttached } = QUOTAS

/** Counts what the account has. There are no identity providers and no MFA devices. */
export const getAccountSummary = iamRead({
  name: 'GetAccountSummary',
  action: ':getAccountSummaryV5',
  summary: 'Count the identities of the account, and tell its quotas',
  input: Input({}),
  output: Type.Object({
    attached_policies_per_agency_quota: number,
    attached_policies_per_group_quota: number,
    attached_policies_per_user_quota: number,
    policies_quota: number,
    policy_size_quota: number,
    versions_per_policy_quota: number,
    policies: number,
    agencies: number,
    agencies_quota: number,
    users: number,
    users_quota: number,
    groups: number,
    groups_quota: number,
    root_user_mfa_enabled: number,
    saml_provider: number,
    saml_provider_quota: number,
    oidc_provider: number,
    oidc_provider_quota: number,
  }),
  on: [],
  also: () => ['*'],
  async work({ caller, store }) {
    const { uid } = caller.account
    return {
      attached_policies_per_agency_quota: iamAttached,
      attached_policies_per_group_quota: iamAttached,
      attached_policies_per_user_quota: iamAttached,
      policies_quota: QUOTAS.policiesPerAccount,
      policy_size_quota: TEXT_LIMITS.document,
      versions_per_policy_quota: QUOTAS.versionsPerPolicy,
      policies: await countPolicies(store.read, uid, 'iam'),
      agencies: await countOf(store.read, 'roles', uid),
      agencies_quota: QUOTAS.rolesPerAccount,
      users: await countOf(store.read, 'users', uid),
      users_quota: QUOTAS.usersPerAccount,
      groups: await countOf(store.read, 'user_groups', uid),
      groups_quota: QUOTAS.groupsPerAccount,
      root_user_mfa_enabled: 0,
      saml_provider: 0,
      saml_provider_quota: 0,
      oidc_provider: 0,
      oidc_provider_quota: 0,
    }
  },
  example: {},
})
