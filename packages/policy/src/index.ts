import type { Finding } from './document/findings.ts'
import type { CompiledPolicies, Decision, DecisionRequest, LanguageName, PolicyLayers, PolicyType } from './decide/types.ts'

export type * from './decide/types.ts'
export type * from './document/findings.ts'

/** A parsed document: frozen, with source spans. */
export interface PolicyDocument {
  readonly language: LanguageName
  readonly type: PolicyType
}

/** `document` is there unless a finding is an error. */
export interface ParsedPolicy {
  readonly document?: PolicyDocument
  readonly findings: readonly Finding[]
}

export interface NamedPolicy {
  readonly name: string
  readonly document: PolicyDocument
}

export function parsePolicy(_text: string, _as: { language: LanguageName; type: PolicyType }): ParsedPolicy {
  throw new Error('not built yet')
}

export function compilePolicies(_language: LanguageName, _policies: readonly NamedPolicy[]): CompiledPolicies {
  throw new Error('not built yet')
}

export function decide(_language: LanguageName, _request: DecisionRequest, _layers: PolicyLayers): Decision {
  throw new Error('not built yet')
}

/** Normal form of a condition key: the name in lower case, a tag or context name after it kept as it is. */
export function normalizeConditionKey(_key: string): string {
  throw new Error('not built yet')
}
