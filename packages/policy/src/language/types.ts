import type { Comparison } from '../condition/types.ts'
import type { LayerSet, Question } from '../decide/question.ts'
import type { Decision, LanguageName, PolicyType, RequestPrincipal } from '../decide/types.ts'
import type { ActionPattern, ResourcePattern } from '../match/name.ts'
import type { PrincipalMatcher } from '../match/principal.ts'
import type { Catalogue } from '../service/catalogue.ts'

export type Effect = 'Allow' | 'Deny'

/** One answer for statements that allow, one for statements that deny. */
export type ByEffect<T> = Readonly<Record<Effect, T>>

/** An operator as documents spell it, without qualifier and suffix. */
export interface Operator {
  readonly comparison: Comparison
  /** Met when no policy value fits. */
  readonly negated: boolean
}

/** What a condition is when the request gives nothing to compare, or more than one value. */
export interface ConditionRules {
  /** The request does not carry the key. */
  readonly absent: { readonly positive: ByEffect<boolean>; readonly negated: ByEffect<boolean> }
  /** `ForAnyValue` and `ForAllValues` on nothing. */
  readonly qualifiedAbsent: Readonly<Record<Qualifier, ByEffect<boolean>>>
  /** The request carries several values and the operator has no qualifier: how many of them have to fit. */
  readonly several: { readonly positive: ByEffect<'any' | 'all'>; readonly negated: ByEffect<'any' | 'all'> }
  /** The request's value cannot be read as the operator's type. */
  readonly unreadable: ByEffect<boolean>
}

export type Qualifier = 'ForAnyValue' | 'ForAllValues'

/** What a `Version` of a language stands for. */
export interface Dialect {
  readonly version: string
  /** By which names documents mean an action: a name without wildcards may be an alias, or aliases are all there is. */
  readonly names: 'own' | 'own and aliases' | 'aliases'
  readonly operators: ReadonlyMap<string, Operator>
  readonly qualifiers: readonly Qualifier[]
  readonly ifExists: boolean
  /** `Resource` may be an object whose member of this name lists paths. */
  readonly resourceObject?: string
}

/** How an element may appear in a statement. */
export type Presence = 'required' | 'optional' | 'tolerated'

export interface PolicyTypeRules {
  readonly versions: readonly string[]
  /** Elements of a statement beside Effect, Action and Condition, which every type has. Others are refused. */
  readonly elements: Readonly<Record<string, Presence>>
  /** Elements that only a Deny may have. */
  readonly denyOnly?: readonly string[]
  readonly limit: {
    readonly size: number
    readonly unit: 'characters' | 'bytes'
    readonly spacing: 'counted' | 'ignored'
  }
  /** The only value that Resource may have; with `allowOnly` in statements that allow. */
  readonly onlyResource?: { readonly value: string; readonly allowOnly: boolean }
  /** How every action starts. */
  readonly actionPrefix?: string
  /** The only statement that may allow by the cloud of today: everything. Others are warned of. */
  readonly allowsEverythingOnly?: boolean
  /** The action that changes a policy of this type: who denies it to everyone locks everyone but root out. */
  readonly changedBy?: string
  readonly sid?: { readonly pattern: RegExp; readonly size: number }
  /** How members of Principal are read, by name; a policy type without it has no principal. */
  readonly principals?: PrincipalRules
}

export interface PrincipalRules {
  readonly members: readonly string[]
  /** Undefined when the value can name nobody. */
  compile(member: string, value: string): PrincipalMatcher | undefined
}

export interface LanguageDefinition {
  readonly name: LanguageName
  readonly dialects: ReadonlyMap<string, Dialect>
  readonly policyTypes: ReadonlyMap<PolicyType, PolicyTypeRules>
  readonly conditions: ConditionRules
  readonly catalogue: Catalogue
  readonly action: {
    compile(source: string): ActionPattern
    /** Undefined when well formed, else what is wrong. */
    fault(source: string): string | undefined
    /** `Action` and `Resource` lists may be empty, and then match nothing. */
    readonly emptyAllowed: boolean
  }
  readonly resource: {
    compile(source: string): ResourcePattern
    fault(source: string): string | undefined
    /** A wildcard may stand for colons, so that a name with more than four needs the whole pattern. */
    readonly crossesColons: boolean
    /** Cuts the first four segments of a name, in the form that patterns are compared in. */
    segments(head: string): readonly string[]
    /** Services of names are lower case without wildcards; what differs is taken, and warned of. */
    readonly plainService: boolean
    /** The account that a name stands in; undefined when it names none. */
    account(name: string): string | undefined
    /** A pattern that every name fits, the form of names in words, and the segment in which the service stands. */
    readonly everyName: string
    readonly form: string
    readonly serviceAt: number
  }
  /** What an account id looks like, wildcards included, and the same in words. */
  readonly accountId: { readonly pattern: RegExp; readonly words: string }
  /** Texts that mean something in no version of the language and would be taken literally. */
  readonly refusedText?: { readonly pattern: RegExp; readonly why: string }
  readonly principal: {
    /** The caller that an ARN or URN names; undefined when it names none. */
    read(id: string): RequestPrincipal | undefined
    /** The account in a value that names a caller, wildcards included; undefined when it has no such form. */
    account(value: string): string | undefined
  }
  /** The policy type of each layer; of a resource's policy, by what is asked. */
  readonly layers: {
    readonly organization: PolicyType
    resource(action: string, resource: string): PolicyType
  }
  /** The order looks at every denial before it looks at any limit. */
  readonly denialsFirst: boolean
  /** The call by which users get policies: who may make it can let others in again. */
  readonly admission: { readonly action: string; resource(account: string, user: string): string }
  /** The evaluation order over the layers. */
  order(question: Question, layers: LayerSet): Decision
}
