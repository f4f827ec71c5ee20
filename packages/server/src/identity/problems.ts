import type { Bare } from '../base/problem.ts'

/** What can go wrong with sessions, declared worlds, and the entities of a directory. */
export interface IdentityProblems {
  RoleNotFound: Bare
  /** A parameter of a call that opens a session; `name` says which rule it breaks. */
  InvalidSession: { readonly name: SessionParameter; readonly detail: string }
  InvalidWorld: { readonly findings: readonly WorldFinding[] }
  IdentityNotFound: { readonly entity: IdentityEntity }
  IdentityExists: { readonly entity: IdentityEntity }
  /** What is to be deleted still has something, or is still used by something. */
  IdentityInUse: { readonly entity: IdentityEntity; readonly holds: IdentityHold }
  IdentityQuota: { readonly entity: IdentityEntity; readonly limit: number }
  /** A role that is a service's own: only an apply of the operator changes it. */
  ServiceRoleLocked: Bare
  /** What the organization is, or what it holds, does not let a call be done. */
  OrganizationRejects: { readonly reason: OrganizationReason; readonly detail?: string }
  /** A diagnostic message: no such text, of no refusal of the caller's account, or too old. */
  UndecodableMessage: { readonly reason: 'expired' | 'foreign' | 'garbage' }
  /** A built-in policy: nobody changes it. */
  SystemPolicyLocked: Bare
}

/**
 * `member-kind`: not for the management account, or not for one that was made as a member. `type-disabled`: the kind of
 * policy is switched off. `handshake-state`: an invitation that has ended. `built-in`: a policy that nobody changes.
 * `other-parent`: the account is not where the call says. `placed`: the operator's file has put the account here.
 * Of the closing of a member: `blocked`, by what it holds, which `detail` lists; `closed` already; `delegate`: it is a delegated
 * administrator; `deletion-off`: not switched on; `not-checked`: nobody has asked; `not-created`: only members made here.
 * `nothing-new`: a change of an account that says nothing. `other-kind`: a member stays what it is, made here or invited.
 * `management-delegated`, `not-delegated`, `delegated`: of delegated administrators. `service-off`: not a trusted service.
 */
export type OrganizationReason =
  | 'blocked'
  | 'built-in'
  | 'closed'
  | 'delegate'
  | 'delegated'
  | 'deletion-off'
  | 'handshake-state'
  | 'management-delegated'
  | 'member-kind'
  | 'not-checked'
  | 'not-created'
  | 'not-delegated'
  | 'nothing-new'
  | 'other-kind'
  | 'other-parent'
  | 'placed'
  | 'service-off'
  | 'type-disabled'

/** What a problem of the directory is about. `user-group`: that a user is in a group; `user-policy`: that it has a policy. */
export type IdentityEntity =
  | 'user'
  | 'group'
  | 'role'
  | 'policy'
  | 'policy-version'
  | 'access-key'
  | 'login-profile'
  | 'mfa-device'
  | 'saml-provider'
  | 'oidc-provider'
  | 'access-key-policy'
  | 'user-group'
  | 'user-policy'
  | 'group-policy'
  | 'role-policy'
  | 'account-alias'
  | 'organization'
  | 'organization-of-account'
  | 'folder'
  | 'account'
  | 'organization-policy'
  | 'target-policy'
  | 'folder-level'
  | 'target'
  | 'handshake'
  | 'member'
  | 'delegated-administrator'
  | 'service'

export type IdentityHold =
  | 'access-key'
  | 'account'
  | 'default-version'
  | 'folder'
  | 'group'
  | 'login-profile'
  | 'policy'
  | 'role'
  | 'target'
  | 'user'
  | 'version'

/** What can be wrong with the opening of a session, in the words of the Alibaba wire. */
export type SessionParameter =
  | 'RoleArn'
  | 'RoleSessionName'
  | 'DurationSeconds'
  | 'ExternalId'
  | 'SourceIdentity'
  | 'MfaDevice'
  | 'Tags'
  | 'PolicyGrammar'
  | 'PolicySize'

/** One mistake in an apply file, with its place. Line and column count from 1. */
export interface WorldFinding {
  readonly path: string
  readonly line?: number
  readonly column?: number
  readonly message: string
}

declare module '../base/problem.ts' {
  interface Problems extends IdentityProblems {}
}
