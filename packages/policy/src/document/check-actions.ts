import type { ActionInfo, ServiceInfo } from '../service/types.ts'
import type { Scene } from './check.ts'
import type { Located, Statement } from './model.ts'

/** The known actions that a statement takes in. */
export interface ActionsTaken {
  /** By the value that takes them in; values that may mean others too are not here. */
  readonly byValue: ReadonlyMap<Located<string>, readonly ActionInfo[]>
  /** Whether these are all: nothing that the catalogue does not know can be meant as well. */
  readonly complete: boolean
}

/** Warns of actions that nothing knows, and tells which ones a statement takes in. */
export function checkActions(scene: Scene, statement: Statement): ActionsTaken {
  const { language, to, rules, misspelt } = scene
  const { negated, values } = statement.action
  let complete = !negated
  const byValue = new Map<Located<string>, readonly ActionInfo[]>()
  for (const value of values) {
    if (language.action.fault(value.value)) continue
    const found = actionsMeant(scene, value)
    if (found.length === 0 || reachesFurther(scene, value.value, found)) complete = false
    else byValue.set(value, found)
    const meant = language.catalogue.action(value.value)
    if (!misspelt.has(value) && rules.changedBy !== undefined && meant?.decided === 'alone') {
      to.add('IDLE_ACTION', value, `\`${value.value}\` is decided before there is a policy of this type`)
    }
  }
  if (values.length === 0) {
    to.add('NEVER_MATCHES', statement.action.span, 'without an action the statement matches nothing')
  } else if (negated && values.some(({ value }) => /^\*(:\*:\*)?$/.test(value))) {
    to.add(
      'NEVER_MATCHES',
      statement.action.span,
      'this leaves out every action, so that the statement matches nothing',
    )
  }
  return { byValue, complete }
}

/** Whether a value may also mean actions that are not in the catalogue. */
function reachesFurther({ language }: Scene, value: string, found: readonly ActionInfo[]): boolean {
  if (!/[*?]/.test(value)) return false
  const [service] = value.split(':')
  if (service === undefined || /[*?]/.test(service)) return true
  return found.some((action) => serviceOf(language.catalogue.services, action).missing !== undefined)
}

export function serviceOf(services: readonly ServiceInfo[], action: ActionInfo): ServiceInfo {
  return services.find((one) => one.actions.includes(action))!
}

/** Known actions that one value takes in; warns when there are none. */
function actionsMeant(scene: Scene, value: Located<string>): readonly ActionInfo[] {
  const { language, dialect, to, misspelt } = scene
  const { catalogue } = language
  const pattern = language.action.compile(value.value)
  const all = catalogue.services.flatMap((service) => service.actions)
  const named = (action: ActionInfo): readonly string[] => {
    if (dialect.names === 'own') return [action.name]
    if (dialect.names === 'aliases') return action.aliases
    return pattern.exact === undefined ? [action.name] : [action.name, ...action.aliases]
  }
  const found = all.filter((action) => named(action).some((name) => pattern.hits(name.toLowerCase())))
  if (found.length > 0 || misspelt.has(value)) return found
  const free = catalogue.services.flatMap((service) => service.free ?? [])
  if (free.some((name) => pattern.hits(name.toLowerCase()))) {
    to.add('FREE_ACTION', value, `\`${value.value}\` needs no permission, and no policy forbids it`)
    return []
  }
  const code = value.value.split(':')[0]!.toLowerCase()
  // Any service may be meant, also those that nothing here knows.
  if (/[*?]/.test(code)) return []
  const service = catalogue.service(code)
  if (!service) {
    to.add('UNKNOWN_SERVICE', value, `nothing is known of the service \`${value.value.split(':')[0]}\``)
    return []
  }
  sayUnknown(scene, value, service, all.flatMap(named))
  return []
}

/** Warns of an action that its service has not, where the catalogue can tell. */
function sayUnknown(
  { language, dialect, to }: Scene,
  value: Located<string>,
  service: ServiceInfo,
  names: readonly string[],
) {
  const { catalogue } = language
  const carriers = catalogue.actionsNamed(value.value)
  if (carriers.length === 0) {
    if (service.missing !== undefined) return
    const likely = /[*?]/.test(value.value) ? '' : to.meant(value.value, names)
    to.add('UNKNOWN_ACTION', value, `no known action is \`${value.value}\`${likely}`)
  } else if (dialect.names === 'own') {
    // An earlier name of one action may be the name of another that is not here.
    if (service.missing !== undefined && carriers.some(({ name }) => typeOf(name) === typeOf(value.value)))
      return
    const list = carriers.map((action) => `\`${action.name}\``).join(', ')
    to.add(
      'LEGACY_ACTION',
      value,
      `\`${value.value}\` is a legacy name that means nothing here; the action is ${list}`,
    )
  } else {
    const aliases = catalogue.action(value.value)!.aliases.map((alias) => `\`${alias}\``)
    const instead =
      aliases.length > 0
        ? `, where this action is called ${aliases.join(', ')}`
        : ', which has no name for this action'
    to.add('UNKNOWN_ACTION', value, `\`${value.value}\` means nothing in a legacy policy${instead}`)
  }
}

/** `service:type` of an action's name. */
function typeOf(name: string): string {
  return name.split(':').slice(0, 2).join(':').toLowerCase()
}
