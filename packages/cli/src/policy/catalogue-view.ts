import {
  type ActionInfo,
  actionsNamed,
  type ConditionKeyInfo,
  conditionKeyInfo,
  globalConditionKeys,
  type LanguageName,
  languageInfo,
  type ResourceType,
  type ServiceInfo,
  type SystemPolicy,
  services,
  systemPolicies,
} from '@keyward/policy'

/** Something that the catalogue knows under a name. */
export type Entry =
  | {
      readonly kind: 'action'
      readonly language: LanguageName
      readonly action: ActionInfo
      readonly resources: readonly (ResourceType & { readonly required: boolean })[]
    }
  | {
      readonly kind: 'condition key'
      readonly language: LanguageName
      readonly key: ConditionKeyInfo
      /** Actions whose requests may carry it; empty for a global key, which goes with every action. */
      readonly actions: readonly string[]
    }
  | { readonly kind: 'built-in policy'; readonly language: LanguageName; readonly policy: SystemPolicy }

export function actionEntry(language: LanguageName, action: ActionInfo): Entry & { kind: 'action' } {
  const service = services(language).find(({ actions }) => actions.includes(action))!
  const resources = action.resources.map(({ type, required }) => ({
    ...service.resourceTypes.find(({ name }) => name === type)!,
    required,
  }))
  return { kind: 'action', language, action, resources }
}

export function keyEntry(language: LanguageName, key: ConditionKeyInfo): Entry & { kind: 'condition key' } {
  return { kind: 'condition key', language, key, actions: key.global ? [] : carriers(language, key) }
}

/** Names of the actions that carry a service's key. */
export function carriers(language: LanguageName, { name }: ConditionKeyInfo): readonly string[] {
  return services(language)
    .flatMap(({ actions }) => actions)
    .filter(({ conditionKeys }) => conditionKeys.includes(name))
    .map((action) => action.name)
}

/** A key with what follows it: `kms:tag/<name>`, `kms:EncryptionContext:<name>`. */
export function keySpelling({ name, suffix }: ConditionKeyInfo): string {
  if (!suffix) return name
  const long = `${name}${suffix.separator}<name>`
  return suffix.optional ? `${long} or ${name}` : long
}

/** Policy types that accept a key; undefined: all. */
export function acceptedBy(language: LanguageName, { policyTypes }: ConditionKeyInfo): string | undefined {
  if (!policyTypes) return undefined
  const all = languageInfo(language).policyTypes.map(({ type }) => type)
  return all.filter((type) => policyTypes.includes(type)).join(', ')
}

/**
 * Everything that a name means: an action (also by an earlier name, a pattern such as `kms:*Key`, or an API operation
 * that is checked for it), a condition key with or without the name that follows it, a service, a built-in policy. In any
 * letter case.
 */
export function lookUp(language: LanguageName, name: string): readonly Entry[] {
  const lower = name.toLowerCase()
  const all = services(language)
  const service = all.find(({ code }) => code === lower)
  if (service) return serviceEntries(language, service)
  const key = conditionKeyInfo(language, name)
  const policies = systemPolicies(language).filter((policy) => policy.name.toLowerCase() === lower)
  const hits = /[*?]/.test(name) ? globber(lower) : undefined
  const named = new Set(actionsNamed(language, name))
  const actions = all
    .flatMap((one) => one.actions)
    .filter(
      (action) =>
        named.has(action) ||
        hits?.(action.name.toLowerCase()) ||
        action.operations.some((operation) => operation.toLowerCase() === lower),
    )
  return [
    ...actions.map((action) => actionEntry(language, action)),
    ...(key ? [keyEntry(language, key)] : []),
    ...policies.map((policy) => ({ kind: 'built-in policy', language, policy }) as const),
  ]
}

function serviceEntries(language: LanguageName, service: ServiceInfo): readonly Entry[] {
  return [
    ...service.actions.map((action) => actionEntry(language, action)),
    ...service.conditionKeys.map((key) => keyEntry(language, key)),
  ]
}

/** Patterns of a person at a terminal: `*` crosses colons, so that `kps:*` finds `kps::getTask`. */
function globber(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`)
  return (name) => expression.test(name)
}

/** All names of a language, for did-you-mean. */
export function knownNames(language: LanguageName): readonly string[] {
  const all = services(language)
  return [
    ...all.map(({ code }) => code),
    ...all.flatMap(({ actions }) =>
      actions.flatMap(({ name, aliases, operations }) => [name, ...aliases, ...operations]),
    ),
    ...all.flatMap(({ conditionKeys }) => conditionKeys.map(({ name }) => name)),
    ...globalConditionKeys(language).map(({ name }) => name),
    ...systemPolicies(language).map(({ name }) => name),
  ]
}
