/**
 * Everything that can go wrong on purpose, as one typed union. The domain raises a problem; one table per wire
 * (`wire/<vendor>/problems.ts`) maps its code to status, vendor code and text. Anything else thrown is a defect and
 * becomes the wire's internal failure.
 */

/** What a refused call may be told, and what the audit records. */
export interface Denial {
  readonly action: string
  readonly resource: string
  readonly reason: 'ExplicitDeny' | 'ImplicitDeny'
  /** The layer that decided. */
  readonly layer: 'organization' | 'session' | 'identity' | 'resource' | 'trust'
  /** The policy and statement that decided, for an explicit denial. */
  readonly policy?: string
  readonly statement?: string
  /** True when the resource belongs to another account than the caller: it must look as if it were missing. */
  readonly foreign: boolean
  /** What the decision looked at, sealed by the service: for those who may decode it. Never of a foreign thing. */
  readonly diagnostic?: string
}

export type Problem =
  // the request
  | { readonly code: 'UnknownOperation'; readonly name: string }
  | { readonly code: 'MissingParameter'; readonly name: string }
  | { readonly code: 'InvalidParameter'; readonly name: string; readonly detail?: string }
  | { readonly code: 'RequestTooLarge' }
  // the decision
  | { readonly code: 'AccessDenied'; readonly denial: Denial }
  | { readonly code: 'ProjectMismatch' }
  | { readonly code: 'DryRun'; readonly result: 'Succeeded' | 'Invalid' | 'Denied'; readonly denial?: Denial }
  // the service
  | { readonly code: 'Overloaded' }
  | { readonly code: 'Unavailable'; readonly detail: string }
  | { readonly code: 'Internal' }
  // keys
  | { readonly code: 'KeyNotFound' }
  | { readonly code: 'AliasNotFound' }
  | {
      readonly code: 'KeyStateRejects'
      readonly state: 'Disabled' | 'PendingDeletion' | 'PendingImport' | 'Unavailable'
    }
  | { readonly code: 'UnsupportedOperation'; readonly detail?: string }
  /** The call exists for such keys, but not for this one or not now. */
  | { readonly code: 'OperationRejected'; readonly detail?: string }
  /** The key's state cannot change so from where it is. */
  | { readonly code: 'StateModifiedFailed'; readonly detail?: string }
  | { readonly code: 'KeyVersionNotFound' }
  | { readonly code: 'AliasExists' }
  | { readonly code: 'UnsupportedAlias' }
  | { readonly code: 'UnsupportedOrigin' }
  | { readonly code: 'InvalidKeyMaterial' }
  | { readonly code: 'InvalidImportToken' }
  | { readonly code: 'ExpiredImportToken' }
  | { readonly code: 'InstanceNotFound' }
  | { readonly code: 'ServiceOpened' }
  | { readonly code: 'InvalidTagKey' }
  | { readonly code: 'InvalidTagValue' }
  | { readonly code: 'DuplicateTagKey' }
  | { readonly code: 'ResourceIdNotFound' }
  | { readonly code: 'PolicyNotFound' }
  | { readonly code: 'MalformedPolicy'; readonly detail: string }
  | { readonly code: 'LimitExceeded'; readonly what: string }
  // key pairs
  | { readonly code: 'KeypairNotFound'; readonly name: string }
  | { readonly code: 'KeypairExists'; readonly name: string }
  /** The pair has no private key in custody. */
  | { readonly code: 'PrivateKeyNotFound'; readonly name: string }
  /** The pair cannot go while hosts let its key in. */
  | { readonly code: 'KeypairBound'; readonly name: string; readonly hosts: number }
  /** Hosts let in an earlier key of the pair only: what is in custody of it has to stay. */
  | { readonly code: 'KeypairBehind'; readonly name: string; readonly hosts: number }
  /** A rotation of a pair that no host knows would only replace its private key. */
  | { readonly code: 'KeypairNotBound'; readonly name: string }
  | { readonly code: 'TaskNotFound' }
  | { readonly code: 'HostNotFound'; readonly id: string }
  /** A task is working on the host, or waits for it. */
  | { readonly code: 'HostBusy'; readonly id: string }
  // sessions and identities
  | { readonly code: 'RoleNotFound' }
  /** A parameter of a call that opens a session; `reason` says which rule it breaks. */
  | { readonly code: 'InvalidSession'; readonly name: SessionParameter; readonly detail: string }
  // callers
  | { readonly code: 'NonceUsed' }
  // declared worlds
  | { readonly code: 'InvalidWorld'; readonly findings: readonly WorldFinding[] }

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

export type ProblemCode = Problem['code']

/** The one error class of the service: it carries a {@link Problem} from where it is found to the wire. */
export class Refusal extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.code)
    this.name = 'Refusal'
    this.problem = problem
  }
}

/** Builds the error to throw for a problem: `throw refuse({ code: 'KeyNotFound' })`. */
export function refuse(problem: Problem): Refusal {
  return new Refusal(problem)
}
