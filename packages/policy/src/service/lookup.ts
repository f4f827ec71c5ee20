import type { LanguageName, PolicyType } from '../decide/types.ts'
import { languages } from '../language/index.ts'
import type { ActionInfo, ConditionKeyInfo, ServiceInfo, SystemPolicy } from './types.ts'

/** What is known of an action, by its name in any letter case; undefined when nothing is. */
export function actionInfo(language: LanguageName, name: string): ActionInfo | undefined {
  return languages[language].catalogue.action(name)
}

/** Whether everyone may make a call who can sign it: no policy bears on it. */
export function needsNoPermission(language: LanguageName, name: string): boolean {
  return languages[language].catalogue.actionName(name).decided === 'freely'
}

/** The actions that a name means: its own, or those that carry it as an alias. */
export function actionsNamed(language: LanguageName, name: string): readonly ActionInfo[] {
  return languages[language].catalogue.actionsNamed(name)
}

/** What is known of a condition key, with or without the tag or context name that follows it. */
export function conditionKeyInfo(language: LanguageName, name: string): ConditionKeyInfo | undefined {
  return languages[language].catalogue.conditionKey(name)
}

/** Every service of a language, with its actions, resource types and condition keys. */
export function services(language: LanguageName): readonly ServiceInfo[] {
  return languages[language].catalogue.services
}

/** The condition keys that every action carries. */
export function globalConditionKeys(language: LanguageName): readonly ConditionKeyInfo[] {
  return languages[language].catalogue.globalKeys
}

/** Whether a request for the action may carry the key: the one answer that decisions, simulators and cases share. */
export function carriesConditionKey(language: LanguageName, action: string, key: string): boolean {
  return languages[language].catalogue.carries(action, key)
}

/** Built-in policies of a language. */
export function systemPolicies(language: LanguageName): readonly SystemPolicy[] {
  return languages[language].catalogue.systemPolicies
}

/** A built-in policy by its name. */
export function systemPolicy(language: LanguageName, name: string): SystemPolicy | undefined {
  return systemPolicies(language).find((policy) => policy.name === name)
}

/** One policy type of a language, for tools that complete or describe documents. */
export interface PolicyTypeInfo {
  readonly type: PolicyType
  readonly versions: readonly string[]
  /** Elements of a statement beside Effect, Action and Condition. */
  readonly elements: readonly { readonly name: string; readonly required: boolean }[]
  /** Largest size of a document, and what it counts. */
  readonly limit: {
    readonly size: number
    readonly unit: 'characters' | 'bytes'
    readonly spacing: 'counted' | 'ignored'
  }
  /** Members that a `Principal` may have. */
  readonly principalMembers: readonly string[]
}

export interface LanguageInfo {
  readonly name: LanguageName
  readonly policyTypes: readonly PolicyTypeInfo[]
  /** Operators by version, as documents spell them, without qualifier and suffix. */
  readonly operators: Readonly<Record<string, readonly string[]>>
  readonly qualifiers: readonly string[]
  /** Whether operators take the suffix `IfExists`. */
  readonly ifExists: boolean
}

/** What documents of a language may hold. */
export function languageInfo(name: LanguageName): LanguageInfo {
  const language = languages[name]
  const [dialect] = language.dialects.values()
  return {
    name,
    policyTypes: [...language.policyTypes].map(([type, { versions, elements, limit, principals }]) => ({
      type,
      versions,
      elements: Object.entries(elements).map(([element, presence]) => ({
        name: element,
        required: presence === 'required',
      })),
      limit,
      principalMembers: principals?.members ?? [],
    })),
    operators: Object.fromEntries(
      [...language.dialects].map(([version, { operators }]) => [version, [...operators.keys()]]),
    ),
    qualifiers: dialect!.qualifiers,
    ifExists: dialect!.ifExists,
  }
}
