/**
 * Everything that can go wrong on purpose, as one typed union. An operation raises a problem; one table per wire
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
  /** What the decision looked at, sealed by the service: for those who may decode it. Never of a foreign entity. */
  readonly diagnostic?: string
}

/**
 * What each problem carries besides its code: those that any operation can meet. A domain adds its own beside its code
 * (`kms/problems.ts` and its like), so that a new domain changes nothing here.
 */
export interface Problems {
  // the request
  MissingParameter: { readonly name: string }
  /** `rule`: which rule for texts the value breaks, where it is one of these. */
  InvalidParameter: { readonly name: string; readonly detail?: string; readonly rule?: 'chars' | 'length' }
  RequestTooLarge: Bare
  // the decision
  AccessDenied: { readonly denial: Denial }
  ProjectMismatch: Bare
  // the service
  Overloaded: Bare
  Unavailable: { readonly detail: string }
  Internal: Bare
  NonceUsed: Bare
  // of several domains
  UnsupportedOperation: { readonly detail?: string }
  InvalidKeyMaterial: Bare
  MalformedPolicy: { readonly detail: string }
  LimitExceeded: { readonly what: string }
}

/** A problem that carries nothing. */
export type Bare = Readonly<Record<never, never>>

export type ProblemOf<C extends ProblemCode> = { readonly code: C } & Problems[C]
export type Problem = { [C in ProblemCode]: ProblemOf<C> }[ProblemCode]

export type ProblemCode = keyof Problems

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
