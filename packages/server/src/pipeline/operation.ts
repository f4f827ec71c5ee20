import type { CompiledPolicies, DecisionRequest, LanguageName } from '@keyward/policy'
import type { Static, TObject } from 'typebox'
import type { Problem, ProblemCode } from '../base/problem.ts'
import type { Caller } from '../identity/principal.ts'
import type { VersionedTable } from '../store/schema/index.ts'
import type { Touched, WriteHandle } from '../store/store.ts'
import type { CheckScope, ResolveScope, Scope, StateScope, WriteScope } from './scope.ts'

/**
 * The facts of one check: values of condition keys, by the name the catalogue gives them. A function is called only
 * when a policy looks at the key. An absent key is left out, never empty.
 */
export type Facts = Readonly<Record<string, FactValue | (() => FactValue | undefined) | undefined>>
export type FactValue = string | readonly string[]

/** One decision that a call needs: what the engine is asked, but for the caller and the condition keys that it brings. */
export interface Check extends Pick<DecisionRequest, 'act' | 'action' | 'resource'> {
  readonly language: LanguageName
  /** Uid of the account that owns the resource. */
  readonly owner: string
  /** The compiled key or secret policy of the resource, where it has one. */
  readonly resourcePolicy?: CompiledPolicies
  readonly facts: Facts
  /**
   * By whose policies it is decided where that is not the caller: the session of a role of the account by which the service
   * acts. The caller's own checks stand beside it.
   */
  readonly as?: Caller
  /**
   * The item of a batch that it is for, where the wire reports by item: then a denial refuses this item alone, and the call
   * only where it leaves none. Of calls that read.
   */
  readonly item?: number
  /** Tags that the resource has, and those that the request sets: condition keys of both languages. */
  readonly resourceTags?: ReadonlyMap<string, string>
  readonly requestTags?: ReadonlyMap<string, string>
  /**
   * The same check if there were no such entity: under the name that the caller wrote, with what the request alone says.
   * A refused caller is told how it would have ended, so that no refusal shows what exists or what a name stands for; the
   * audit keeps the check itself. Left out where `resource` is the caller's name and nothing of the entity is looked at.
   */
  readonly asMissing?: Pick<Check, 'resource' | 'owner' | 'facts' | 'resourcePolicy'>
}

/** Items of a call that were denied, by their number, and why. */
export type DeniedItems = ReadonlyMap<number, Problem>

/** A row that was decided on. The write happens only if `version` is still the row's. */
export interface DecidedRow {
  readonly table: VersionedTable
  readonly id: string
  readonly version: number
}

/** An input by its members: data, no function. */
export type Example = Readonly<Record<string, unknown>> & { readonly call?: never }

interface OperationBase<I extends TObject, T> {
  /** `kms:Encrypt`, `kps:CreateKeypair`: unique, used in the audit, the docs and the tests. */
  readonly name: string
  readonly summary: string
  /** Every field that holds a secret is marked with {@link Secret}. */
  readonly input: I
  readonly output: TObject
  /** `none` only for the closed list that a test spells out. */
  readonly authorization?: 'none'
  /**
   * An act of the service itself: no wire serves it, nobody else may call it, and the system layer decides it
   * (system-layer.ts). What the clock asks for is one, and what is asked for once, such as telling of a restored backup.
   */
  readonly by?: 'service'
  /** Its success is a use of the keys, secrets and roles that its checks name: when each was last used is noted. */
  readonly uses?: true
  /** The problem that every allowed call ends with: the wire has this call, and this service has no such entity. */
  readonly refuses?: ProblemCode
  /**
   * For a `resolve` that costs much: checks of which at least one must allow before it is called, else the call is denied
   * by the first of them. Whatever `checks` can list must be among them for a call that could still be allowed.
   */
  first?(scope: ResolveScope, input: Static<I>): readonly Check[] | Promise<readonly Check[]>
  /** Finds the targets. A missing target is data, not an error: it is decided by its name first. */
  resolve(scope: ResolveScope, input: Static<I>): T | Promise<T>
  /** Pure: the decisions that the call needs, all of which must allow. */
  checks(scope: CheckScope, input: Static<I>, targets: T): readonly Check[]
  /**
   * Raises what the state of the targets forbids. Comes after the decision and before any work; a call that is only to be
   * decided ends here.
   */
  state?(scope: StateScope, input: Static<I>, targets: T): void
  /**
   * An input that succeeds. `{keyId}` in a text is an entity of the world in which the tests call it
   * (operations/testing/example-world.ts).
   */
  readonly example: Example
}

/** Changes nothing. `work` receives only decided targets and resolves no name again. */
export interface ReadOperation<I extends TObject, T, O> extends OperationBase<I, T> {
  readonly effect: 'read'
  /** `denied`: the items that it must leave out, where its checks name items. */
  work(scope: Scope, input: Static<I>, targets: T, denied: DeniedItems): O | Promise<O>
}

/** Changes something. Key generation, random values and slow crypto belong in `prepare`, never in `work`. */
export interface WriteOperation<I extends TObject, T, P, O> extends OperationBase<I, T> {
  readonly effect: 'write'
  /** Rows whose versions must still hold when `work` commits. */
  decided(targets: T): readonly DecidedRow[]
  /** What of decisions or keys the write changes. */
  touches(scope: CheckScope, input: Static<I>, targets: T): readonly Touched[]
  /**
   * True where `resolve` and `prepare` cost little and read nothing but through their scope. They can then be run again
   * within the transaction, with a scope that reads through it, where a target moved after it was decided on.
   */
  readonly quick?: true
  /** See `WriteOptions.long`. */
  readonly long?: true
  prepare(scope: Scope, input: Static<I>, targets: T): P | Promise<P>
  /** Replayable: awaits nothing but `tx`. */
  work(tx: WriteHandle, scope: WriteScope, input: Static<I>, targets: T, prepared: P): Promise<O>
  /** Once the work is durable. Whatever it throws, the call has succeeded. */
  committed?(prepared: P): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: the table holds operations of every type; each is checked where it is defined
export type Operation = ReadOperation<any, any, any> | WriteOperation<any, any, any, any>

export function readOperation<I extends TObject, T, O>(o: ReadOperation<I, T, O>): ReadOperation<I, T, O> {
  return Object.freeze(o)
}

export function writeOperation<I extends TObject, T, P, O>(
  o: WriteOperation<I, T, P, O>,
): WriteOperation<I, T, P, O> {
  return Object.freeze(o)
}
