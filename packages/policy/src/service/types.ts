import type { Act, PolicyType } from '../decide/types.ts'

/** What kind of effect an action has, for reading and reporting. */
export type AccessLevel = 'List' | 'Permissions' | 'Read' | 'Tagging' | 'Write'

/** A kind of resource that an action works on. */
export interface ResourceType {
  readonly name: string
  /** As the vendor writes it, with placeholders in braces. */
  readonly template: string
}

export interface ActionInfo {
  /** As the vendor spells it: `kms:Encrypt`, `kps:SSHKeyPair:create`. */
  readonly name: string
  readonly description: string
  readonly access: AccessLevel
  /** Names of {@link ResourceType}; empty: the action knows no resource, and only `*` hits it. */
  readonly resources: readonly { readonly type: string; readonly required: boolean }[]
  /** Names of service keys that a request for this action may carry. Global keys go with every action. */
  readonly conditionKeys: readonly string[]
  /** Other names of this action: earlier ones of legacy policies (iam), names that stand for several actions (ram). */
  readonly aliases: readonly string[]
  /** Further actions that the API may need of the same caller. */
  readonly dependencies: readonly string[]
  /** Whether a resource policy can grant it to another account: use, never management (design, section 5). */
  readonly crossAccount: boolean
  /**
   * `alone`: it makes the resource that a resource policy could be on, so that none bears on it. `assumption`: it
   * opens a session of a role or agency, see {@link Act}.
   */
  readonly decided?: 'alone' | 'assumption'
  /** API operations that this action is checked for. */
  readonly operations: readonly string[]
}

export type KeyType = 'string' | 'number' | 'date' | 'boolean' | 'address'

export interface ConditionKeyInfo {
  /** As the vendor spells it, without a suffix. */
  readonly name: string
  readonly description: string
  readonly type: KeyType
  readonly multiValued: boolean
  /** Names follow it (`kms:tag/Project`, `kms:EncryptionContext:Project`); `optional`: it also stands alone. */
  readonly suffix?: { readonly separator: '/' | ':'; readonly optional: boolean }
  readonly global: boolean
  /** Policy types that accept it; absent: all. */
  readonly policyTypes?: readonly PolicyType[]
  /** Documented values, all that there are unless `openValues` says that accounts choose more. */
  readonly values?: readonly string[]
  readonly openValues?: boolean
  /** Spellings of one value that a condition does not tell apart. */
  readonly sameValues?: readonly (readonly string[])[]
  /** A date that requests write as Unix seconds: date operators then read whole numbers so. */
  readonly unixSeconds?: boolean
  /** Used by legacy documents only. */
  readonly legacyOnly?: boolean
  /** Every call of the service carries it, also one that the catalogue does not know. */
  readonly everyCall?: boolean
  /** What its values are, where they are no free text: an id or a word, an account, a caller. */
  readonly holds?: 'word' | 'account' | 'principal'
  /** No call signed with an access key carries it; these words say why. */
  readonly neverCarried?: string
}

export interface ServiceInfo {
  /** `kms`, `kps`, ...: the part of an action before the first colon. */
  readonly code: string
  readonly title: string
  readonly actions: readonly ActionInfo[]
  /** Operations that everyone may call who can sign a request: no policy bears on them. */
  readonly free?: readonly string[]
  readonly resourceTypes: readonly ResourceType[]
  readonly conditionKeys: readonly ConditionKeyInfo[]
  /**
   * How much of the service is not here. `actions`: it has further actions and keys, and what is here is whole. `all`: of
   * what is here, too, no more is sure than the name. Where the catalogue does not know, documents are not warned of.
   */
  readonly missing?: 'actions' | 'all'
}

/** A built-in policy that accounts attach by name. */
export interface SystemPolicy {
  readonly name: string
  readonly description: string
  readonly type: PolicyType
  /** The document, as JSON. */
  readonly document: string
}
