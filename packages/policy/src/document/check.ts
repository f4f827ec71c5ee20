import type { Dialect, LanguageDefinition, PolicyTypeRules } from '../language/types.ts'
import type { ActionInfo } from '../service/types.ts'
import { checkConditions } from './check-conditions.ts'
import type { Located, PolicyDocument, Statement } from './model.ts'
import { resourceFits } from './resource-type.ts'
import type { Report } from './syntax.ts'

/** What a statement is judged with. */
export interface Scene {
  readonly document: PolicyDocument
  readonly language: LanguageDefinition
  readonly dialect: Dialect
  readonly rules: PolicyTypeRules
  readonly to: Report
}

/** What the clouds accept and an author should know: warnings and suggestions, from the catalogue. */
export function checkDocument(document: PolicyDocument, language: LanguageDefinition, to: Report): void {
  const dialect = language.dialects.get(document.version)!
  const rules = language.policyTypes.get(document.type)!
  const scene: Scene = { document, language, dialect, rules, to }
  for (const statement of document.statements) {
    const actions = checkActions(scene, statement)
    checkResources(scene, statement, actions)
    checkServices(scene, statement)
    checkAllow(scene, statement)
    checkConditions(scene, statement, actions)
    checkLockOut(scene, statement)
  }
}

/**
 * Warns of actions that nothing knows.
 *
 * @returns the known actions that the statement takes in; undefined when it may take in others as well.
 */
function checkActions(scene: Scene, statement: Statement): readonly ActionInfo[] | undefined {
  const { language, to, rules } = scene
  const { negated, values } = statement.action
  let complete = !negated
  const taken = new Set<ActionInfo>()
  for (const value of values) {
    if (language.action.fault(value.value)) continue
    const found = actionsMeant(scene, value)
    for (const action of found) taken.add(action)
    if (found.length === 0) complete = false
    const meant = language.catalogue.action(value.value)
    if (rules.changedBy !== undefined && meant?.decided === 'alone') {
      to.add('IDLE_ACTION', value, `\`${value.value}\` is decided before there is a policy of this type`)
    }
  }
  if (values.length === 0)
    to.add('NEVER_MATCHES', statement.action.span, 'without an action the statement matches nothing')
  return complete ? [...taken] : undefined
}

/** Known actions that one value takes in; warns when there are none. */
function actionsMeant({ language, dialect, to }: Scene, value: Located<string>): readonly ActionInfo[] {
  const { catalogue } = language
  const pattern = language.action.compile(value.value)
  const all = catalogue.services.flatMap((service) => service.actions)
  const named = (action: ActionInfo): readonly string[] => {
    if (dialect.names === 'own') return [action.name]
    if (dialect.names === 'aliases') return action.aliases
    return pattern.exact === undefined ? [action.name] : [action.name, ...action.aliases]
  }
  const found = all.filter((action) => named(action).some((name) => pattern.hits(name.toLowerCase())))
  if (found.length > 0) return found
  const free = catalogue.services.flatMap((service) => service.free ?? [])
  if (free.some((name) => pattern.hits(name.toLowerCase()))) {
    to.add('FREE_ACTION', value, `\`${value.value}\` needs no permission, and no policy forbids it`)
    return []
  }
  const service = value.value.split(':')[0]!
  if (!/[*?]/.test(service) && !catalogue.service(service.toLowerCase())) {
    to.add('UNKNOWN_SERVICE', value, `nothing is known of the service \`${service}\``)
    return []
  }
  const elsewhere = catalogue.actionsNamed(value.value).map((action) => `\`${action.name}\``)
  if (elsewhere.length === 0) {
    const likely = pattern.exact === undefined ? '' : to.meant(value.value, all.flatMap(named))
    to.add('UNKNOWN_ACTION', value, `no known action is \`${value.value}\`${likely}`)
  } else if (dialect.names === 'own') {
    to.add(
      'LEGACY_ACTION',
      value,
      `a legacy name that means nothing here; the action is ${elsewhere.join(', ')}`,
    )
  } else {
    const aliases = catalogue.action(value.value)!.aliases.map((alias) => `\`${alias}\``)
    to.add('UNKNOWN_ACTION', value, `legacy policies call this action ${aliases.join(', ') || 'nothing'}`)
  }
  return []
}

/** Warns of resources of a type that no action of the statement takes. */
function checkResources(
  { language, rules, to }: Scene,
  statement: Statement,
  actions: readonly ActionInfo[] | undefined,
) {
  const { resource } = statement
  if (!resource || resource.negated || !actions || actions.length === 0) return
  // Where a resource can only be one thing, whatever else stands there is refused already.
  if (rules.onlyResource?.allowOnly === false) return
  const well = resource.values.filter((value) => !language.resource.fault(value.value))
  const fitting = well.filter((value) => resourceFits(language, actions, value.value))
  for (const value of well) {
    if (fitting.includes(value)) continue
    to.add('RESOURCE_TYPE_MISMATCH', value, `no action of the statement works on \`${value.value}\``)
  }
  if (well.length > 0 && fitting.length === 0) {
    to.add('NEVER_MATCHES', resource.span, 'no action of the statement works on any of these resources')
  }
}

/** Warns of resources whose service is not written as the cloud wants it; legacy documents write it in any case. */
function checkServices({ language, dialect, to }: Scene, { resource }: Statement) {
  if (!language.resource.plainService || dialect.names !== 'own') return
  for (const value of resource?.values ?? []) {
    const service = value.value.split(':')[0]!
    if (value.value === '*' || /^[a-z0-9-]+$/.test(service)) continue
    to.add(
      'SERVICE_NOT_PLAIN',
      value,
      `a service is written in lower case and without wildcards, not \`${service}\``,
    )
  }
}

/** Warns of a statement that allows less than everything, where only a statement for everything may allow. */
function checkAllow({ rules, to }: Scene, { effect, action, resource }: Statement) {
  if (!rules.allowsEverythingOnly || effect.value !== 'Allow') return
  const every = (list: Statement['action'] | undefined) =>
    list?.values.every(({ value }) => value === '*') ?? true
  if (!action.negated && every(action) && every(resource)) return
  to.add(
    'ALLOW_NOT_SUPPORTED',
    effect,
    'the cloud takes no Allow here any more but that of everything; write a Deny',
  )
}

/** Warns of a statement that denies, under no condition, everyone of an account to change the policy again. */
function checkLockOut({ language, rules, to }: Scene, statement: Statement): void {
  const { action, conditions, effect, principal } = statement
  const { changedBy } = rules
  if (changedBy === undefined || effect.value !== 'Deny' || conditions.length > 0) return
  const name = changedBy.toLowerCase()
  const named = action.values.some(
    ({ value }) => !language.action.fault(value) && language.action.compile(value).hits(name),
  )
  const everyone = principal?.members.some(({ values }) =>
    values.some(({ value }) => /^\*$|:\*$/.test(value)),
  )
  if (named !== action.negated && everyone) {
    to.add(
      'LOCKS_OUT',
      effect,
      `this denies \`${changedBy}\` to everyone: only the root of the account can change the policy back`,
    )
  }
}
