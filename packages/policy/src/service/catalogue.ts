import { boundedMap } from '../decide/bounded.ts'
import type { PolicyType } from '../decide/types.ts'
import type { ActionInfo, ConditionKeyInfo, ServiceInfo, SystemPolicy } from './types.ts'

/** What is known about the services of one language. Every question about an action or a key is asked here. */
export interface Catalogue {
  readonly services: readonly ServiceInfo[]
  readonly globalKeys: readonly ConditionKeyInfo[]
  readonly systemPolicies: readonly SystemPolicy[]
  /** How many actions there are; {@link ActionName} numbers them from 0. */
  readonly actionCount: number
  /** An action's name as decisions use it. */
  actionName(name: string): ActionName
  /** An action by its name, in any letter case. */
  action(name: string): ActionInfo | undefined
  /** Actions that have this name or carry it as an alias; none when the name is unknown. */
  actionsNamed(name: string): readonly ActionInfo[]
  service(code: string): ServiceInfo | undefined
  /** A condition key by its name, with or without suffix, in any letter case. */
  conditionKey(name: string): ConditionKeyInfo | undefined
  /**
   * Whether a request for the action may carry the key; one that it does not carry counts as absent. Global keys go
   * with every action, also those that the catalogue does not know. An action that it does not know carries every
   * service key that it does not know either.
   */
  carries(action: string, key: string): boolean
  /** {@link carries} for one key; undefined: every action carries it. */
  carriers(key: string): ((action: ActionName) => boolean) | undefined
  /** Whether policies of this type accept the key. Unknown keys are accepted. */
  accepts(type: PolicyType, key: string): boolean
}

/** The name of an action, prepared for decisions. */
export interface ActionName {
  /** In lower case. */
  readonly name: string
  /** Its number in the catalogue; -1 for an action that the catalogue does not know. */
  readonly number: number
  /** Whether a resource policy can grant it to another account. */
  readonly crossAccount: boolean
  /** How policies bear on it: see {@link ActionInfo.decided}; `freely`: not at all. */
  readonly decided: 'freely' | 'as usual' | NonNullable<ActionInfo['decided']>
}

/** Normal forms of short keys; services ask for the same few again and again. */
const normalForms = boundedMap<string, string>(1024)
const longestRemembered = 80

/** Normal form of a condition key: its name in lower case, a tag or context name after it kept as it is. */
export function normalizeConditionKey(key: string): string {
  const known = normalForms.get(key)
  if (known !== undefined) return known
  const end = nameEnd(key)
  const normal = end < 0 ? key.toLowerCase() : key.slice(0, end).toLowerCase() + key.slice(end)
  if (key.length <= longestRemembered) normalForms.set(key, normal)
  return normal
}

/** The key without the tag or context name that follows it: everything before the first `/` or the second `:`. */
export function conditionKeyName(key: string): string {
  const end = nameEnd(key)
  return (end < 0 ? key : key.slice(0, end)).toLowerCase()
}

/** The service of an action or key, with the colon. */
function prefixOf(name: string): string {
  return name.slice(0, name.indexOf(':') + 1).toLowerCase()
}

/** An action that the catalogue does not know. */
function stranger(name: string): ActionName {
  return { name, number: -1, crossAccount: false, decided: 'as usual' }
}

function nameEnd(key: string): number {
  const slash = key.indexOf('/')
  const first = key.indexOf(':')
  const second = first < 0 ? -1 : key.indexOf(':', first + 1)
  return slash < 0 ? second : second < 0 ? slash : Math.min(slash, second)
}

export function catalogue(
  services: readonly ServiceInfo[],
  globalKeys: readonly ConditionKeyInfo[],
  systemPolicies: readonly SystemPolicy[],
): Catalogue {
  const actions = new Map<string, ActionInfo>()
  const named = new Map<string, ActionInfo[]>()
  const codes = new Map<string, ServiceInfo>()
  const keys = new Map<string, ConditionKeyInfo>()
  const carriers = new Map<string, boolean[]>()
  for (const key of globalKeys) keys.set(key.name.toLowerCase(), key)
  for (const service of services) {
    codes.set(service.code, service)
    for (const key of service.conditionKeys) {
      keys.set(key.name.toLowerCase(), key)
      carriers.set(key.name.toLowerCase(), [])
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
    for (const key of action.conditionKeys) carriers.get(key.toLowerCase())![actions.size - 1] = true
  }
  // As the vendor spells it and in lower case; any other spelling is folded first.
  const names = new Map<string, ActionName>()
  for (const [number, [name, action]] of [...actions].entries()) {
    const { crossAccount, decided = 'as usual' } = action
    const known = Object.freeze<ActionName>({ name, number, crossAccount, decided })
    names.set(name, known).set(action.name, known)
  }
  for (const free of services.flatMap((service) => service.free ?? [])) {
    names.set(free.toLowerCase(), { ...stranger(free.toLowerCase()), decided: 'freely' })
  }

  function actionName(name: string): ActionName {
    const known = names.get(name)
    if (known !== undefined) return known
    const lower = name.toLowerCase()
    return names.get(lower) ?? stranger(lower)
  }

  const strangers = (action: ActionName) => action.number < 0
  const globalPrefixes = new Set(globalKeys.map(({ name }) => prefixOf(name)))

  function carriersOf(key: string): ((action: ActionName) => boolean) | undefined {
    const name = conditionKeyName(key)
    const info = keys.get(name)
    if (info === undefined) return globalPrefixes.has(prefixOf(name)) ? undefined : strangers
    if (info.global) return undefined
    const carried = carriers.get(info.name.toLowerCase())!
    if (!info.everyCall) return ({ number }) => carried[number] === true
    const prefix = prefixOf(name)
    return (action) =>
      carried[action.number] === true || (strangers(action) && action.name.startsWith(prefix))
  }

  return Object.freeze<Catalogue>({
    services,
    globalKeys,
    systemPolicies,
    actionCount: actions.size,
    actionName,
    action: (name) => actions.get(name.toLowerCase()),
    actionsNamed: (name) => named.get(name.toLowerCase()) ?? [],
    service: (code) => codes.get(code),
    conditionKey: (name) => keys.get(conditionKeyName(name)),
    carriers: carriersOf,
    carries: (action, key) => carriersOf(key)?.(actionName(action)) ?? true,
    accepts: (type, key) => keys.get(conditionKeyName(key))?.policyTypes?.includes(type) ?? true,
  })
}
