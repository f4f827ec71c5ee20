import type { PolicyType } from '../decide/types.ts'
import type { ActionInfo, ConditionKeyInfo, ServiceInfo, SystemPolicy } from './types.ts'

/** What is known about the services of one language. Every question about an action or a key is asked here. */
export interface Catalogue {
  readonly services: readonly ServiceInfo[]
  readonly globalKeys: readonly ConditionKeyInfo[]
  readonly systemPolicies: readonly SystemPolicy[]
  /** An action by its name, in any letter case. */
  action(name: string): ActionInfo | undefined
  /** Actions that have this name or carry it as an alias; none when the name is unknown. */
  actionsNamed(name: string): readonly ActionInfo[]
  service(code: string): ServiceInfo | undefined
  /** A condition key by its name, with or without suffix, in any letter case. */
  conditionKey(name: string): ConditionKeyInfo | undefined
  /**
   * Whether a request for the action may carry the key; one that it does not carry counts as absent. Global keys go
   * with every action. An action that the catalogue does not know carries every key that it does not know either.
   * Both names in normal form: lower case, the key with its suffix.
   */
  carries(action: string, key: string): boolean
  /** Actions (lower case) that carry the key (normal form); undefined: all of them. */
  carriers(key: string): { has(action: string): boolean } | undefined
  /** Whether policies of this type accept the key. Unknown keys are accepted. */
  accepts(type: PolicyType, key: string): boolean
}

/** Normal form of a condition key: its name in lower case, a tag or context name after it kept as it is. */
export function normalizeConditionKey(key: string): string {
  const end = nameEnd(key)
  return end < 0 ? key.toLowerCase() : key.slice(0, end).toLowerCase() + key.slice(end)
}

/** The key without the tag or context name that follows it: everything before the first `/` or the second `:`. */
export function conditionKeyName(key: string): string {
  const end = nameEnd(key)
  return (end < 0 ? key : key.slice(0, end)).toLowerCase()
}

function nameEnd(key: string): number {
  const slash = key.indexOf('/')
  const first = key.indexOf(':')
  const second = first < 0 ? -1 : key.indexOf(':', first + 1)
  return slash < 0 ? second : second < 0 ? slash : Math.min(slash, second)
}

const everything = Object.freeze({ has: () => true })

export function catalogue(
  services: readonly ServiceInfo[],
  globalKeys: readonly ConditionKeyInfo[],
  systemPolicies: readonly SystemPolicy[],
): Catalogue {
  const actions = new Map<string, ActionInfo>()
  const named = new Map<string, ActionInfo[]>()
  const codes = new Map<string, ServiceInfo>()
  const keys = new Map<string, ConditionKeyInfo>()
  const carriers = new Map<string, Set<string>>()
  for (const key of globalKeys) keys.set(key.name.toLowerCase(), key)
  for (const service of services) {
    codes.set(service.code, service)
    for (const key of service.conditionKeys) {
      keys.set(key.name.toLowerCase(), key)
      carriers.set(key.name.toLowerCase(), new Set())
    }
  }
  for (const action of services.flatMap((service) => service.actions)) {
    const name = action.name.toLowerCase()
    actions.set(name, action)
    for (const other of new Set([name, ...action.aliases.map((alias) => alias.toLowerCase())])) {
      const known = named.get(other)
      if (known) known.push(action)
      else named.set(other, [action])
    }
    for (const key of action.conditionKeys) carriers.get(key.toLowerCase())!.add(name)
  }
  /** Carried by actions that the catalogue does not know, and by no other. */
  const strangers = Object.freeze({ has: (action: string) => !actions.has(action) })

  function carriersOf(key: string): { has(action: string): boolean } | undefined {
    const info = keys.get(conditionKeyName(key))
    if (info === undefined) return strangers
    return info.global ? undefined : carriers.get(info.name.toLowerCase())!
  }

  return Object.freeze<Catalogue>({
    services,
    globalKeys,
    systemPolicies,
    action: (name) => actions.get(name.toLowerCase()),
    actionsNamed: (name) => named.get(name.toLowerCase()) ?? [],
    service: (code) => codes.get(code),
    conditionKey: (name) => keys.get(conditionKeyName(name)),
    carriers: carriersOf,
    carries: (action, key) => (carriersOf(key) ?? everything).has(action),
    accepts: (type, key) => keys.get(conditionKeyName(key))?.policyTypes?.includes(type) ?? true,
  })
}
