import type { Bare } from '../base/problem.ts'

/** What can go wrong with sessions and declared worlds. */
export interface IdentityProblems {
  RoleNotFound: Bare
  /** A parameter of a call that opens a session; `name` says which rule it breaks. */
  InvalidSession: { readonly name: SessionParameter; readonly detail: string }
  InvalidWorld: { readonly findings: readonly WorldFinding[] }
}

/** What can be wrong with the opening of a session, in the words of the Alibaba wire. */
export type SessionParameter =
  | 'RoleArn'
  | 'RoleSessionName'
  | 'DurationSeconds'
  | 'ExternalId'
  | 'SourceIdentity'
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
