import type { Bare } from '../base/problem.ts'

/** What can go wrong with keys (reference: alibaba-kms.md A.2, A.3). */
export interface KmsProblems {
  KeyNotFound: Bare
  AliasNotFound: Bare
  KeyStateRejects: { readonly state: 'Disabled' | 'PendingDeletion' | 'PendingImport' | 'Unavailable' }
  /** The call exists for such keys, but not for this one or not now. */
  OperationRejected: { readonly detail?: string }
  /** The key's state cannot change so from where it is. */
  StateModifiedFailed: { readonly detail?: string }
  KeyVersionNotFound: Bare
  AliasExists: Bare
  UnsupportedAlias: Bare
  UnsupportedOrigin: Bare
  InvalidImportToken: Bare
  ExpiredImportToken: Bare
  InstanceNotFound: Bare
  ServiceOpened: Bare
  InvalidTagKey: Bare
  InvalidTagValue: Bare
  DuplicateTagKey: Bare
  ResourceIdNotFound: Bare
  PolicyNotFound: Bare
}

declare module '../base/problem.ts' {
  interface Problems extends KmsProblems {}
}
