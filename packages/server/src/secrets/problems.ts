import type { Bare } from '../base/problem.ts'

/** What can go wrong with secrets (reference: alibaba-kms.md A.2, A.3, D). */
export interface SecretProblems {
  /** The secret, or the version that was asked for. */
  SecretNotFound: Bare
  /** The name, or the version with another value. */
  SecretExists: Bare
  /** It is planned to be deleted. */
  SecretInDeletion: Bare
  /** It is not planned to be deleted, so there is nothing to restore. */
  SecretNotInDeletion: Bare
  /** A stage is not where the call says, or cannot go. */
  StageMismatch: { readonly detail?: string }
  /** What a managed secret belongs to is not known here: an instance, a host, a user. */
  SecretTargetNotFound: { readonly detail: string }
  /** It is known, but what was to be done there does not work. */
  SecretTargetFailed: { readonly detail: string }
  /** A rotation of it is not at its end. */
  SecretRotating: Bare
  /** The account has no role that lets the service manage access keys, or that role does not trust the service. */
  ServiceRoleMissing: { readonly name: string }
}

declare module '../base/problem.ts' {
  interface Problems extends SecretProblems {}
}
