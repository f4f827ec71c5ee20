import type { LanguageName, PolicyType } from '../decide/types.ts'
import type { Effect, Qualifier } from '../language/types.ts'

/** Where something stands in the text: offset and length in UTF-16 units. */
export interface Span {
  readonly offset: number
  readonly length: number
}

export interface Located<T> extends Span {
  readonly value: T
}

/** `Action` or `NotAction`, `Resource` or `NotResource`. */
export interface ValueList {
  readonly negated: boolean
  /** `{"uri": [...]}` of legacy documents: paths, not names. */
  readonly paths?: boolean
  readonly values: readonly Located<string>[]
  readonly span: Span
}

/** One member of a `Principal`; the member `*` stands for `"Principal": "*"`. */
export interface PrincipalMember {
  readonly member: string
  readonly values: readonly Located<string>[]
}

/** One key under one operator. */
export interface Condition {
  /** As written: `ForAnyValue:StringEqualsIfExists`. */
  readonly operator: Located<string>
  /** The operator without qualifier and suffix. */
  readonly base: string
  readonly qualifier?: Qualifier
  readonly ifExists: boolean
  readonly key: Located<string>
  readonly values: readonly Located<string>[]
}

export interface Statement {
  /** Number in the document, from 0. */
  readonly index: number
  readonly span: Span
  readonly sid?: Located<string>
  readonly effect: Located<Effect>
  readonly action: ValueList
  /** Absent: every resource. */
  readonly resource?: ValueList
  readonly principal?: {
    /** `NotPrincipal`: everyone but these. */
    readonly negated: boolean
    readonly span: Span
    readonly members: readonly PrincipalMember[]
  }
  readonly conditions: readonly Condition[]
}

/** A parsed document without errors: a frozen tree with source spans. */
export interface PolicyDocument {
  readonly language: LanguageName
  readonly type: PolicyType
  readonly version: string
  readonly statements: readonly Statement[]
}
