import type { Comparison } from '../condition/types.ts'
import type { Dialect, Effect, LanguageDefinition } from '../language/types.ts'
import { conditionKeyName } from '../service/catalogue.ts'
import type { ActionInfo, ConditionKeyInfo } from '../service/types.ts'
import type { Scene } from './check.ts'
import type { ActionsTaken } from './check-actions.ts'
import type { Condition, Statement } from './model.ts'
import { suffixFault } from './suffix.ts'
import type { Report } from './syntax.ts'

/** Warns of condition keys that are unknown, out of place, or compared in a way that surprises. */
export function checkConditions(scene: Scene, statement: Statement, taken: ActionsTaken): void {
  const actions = taken.complete ? [...new Set([...taken.byValue.values()].flat())] : undefined
  for (const condition of statement.conditions) {
    const info = scene.language.catalogue.conditionKey(condition.key.value)
    if (!info) {
      checkUnknown(scene, statement, condition, actions)
      continue
    }
    if (!scene.misspelt.has(condition.key)) checkSuffix(scene, condition, info)
    checkAccepted(scene, statement, condition, info)
    checkCarried(scene, statement, condition, info.name, actions)
    checkNeverCarried(scene, statement, condition, info)
    checkComparison(scene, condition, info)
    checkPresence(scene, statement, condition, info)
  }
}

/** A key that the catalogue does not know: a mistake where it knows all keys of that service, else perhaps none. */
function checkUnknown(
  scene: Scene,
  statement: Statement,
  condition: Condition,
  actions: readonly ActionInfo[] | undefined,
) {
  const { language, to, misspelt } = scene
  const { key } = condition
  // An empty key is told by the reader.
  if (misspelt.has(key) || key.value === '') return
  const { catalogue } = language
  const prefix = key.value.split(':')[0]!.toLowerCase()
  const service = catalogue.service(prefix)
  const globals = new Set(catalogue.globalKeys.map(({ name }) => name.split(':')[0]))
  if (globals.has(prefix) || !key.value.includes(':') || (service && service.missing === undefined)) {
    const known = [...catalogue.globalKeys, ...catalogue.services.flatMap((one) => one.conditionKeys)]
    const meant = to.meant(
      key.value,
      known.map(({ name }) => name),
    )
    to.add('UNKNOWN_CONDITION_KEY', key, `no known condition key is \`${key.value}\`${meant}`)
    return
  }
  // What a service carries that is known in part cannot be told; that another service does not carry its keys, can.
  const own = (action: ActionInfo) => action.name.toLowerCase().startsWith(`${prefix}:`)
  checkCarried(scene, statement, condition, key.value, actions?.some(own) ? undefined : actions)
}

function checkSuffix({ to }: Scene, { key }: Condition, info: ConditionKeyInfo) {
  const fault = suffixFault(key.value, info)
  if (fault !== undefined) to.add('UNKNOWN_CONDITION_KEY', key, fault)
}

function checkAccepted(
  { to, document }: Scene,
  { effect }: Statement,
  { key }: Condition,
  info: ConditionKeyInfo,
) {
  if (info.policyTypes && !info.policyTypes.includes(document.type)) {
    to.add('KEY_NOT_ACCEPTED', key, `\`${info.name}\` is not accepted by policies of this type`)
    if (effect.value === 'Allow') {
      to.add('NEVER_MATCHES', key, 'an Allow with a key that its policy type does not accept matches nothing')
    }
  }
  if (info.legacyOnly && document.version !== '1.1') {
    to.add('LEGACY_CONDITION_KEY', key, `\`${info.name}\` is for legacy documents`)
  }
}

function checkCarried(
  { to, language, dialect }: Scene,
  { effect }: Statement,
  condition: Condition,
  name: string,
  actions: readonly ActionInfo[] | undefined,
) {
  if (!actions || actions.length === 0) return
  const { key } = condition
  const without = actions.filter((action) => !language.catalogue.carries(action.name, key.value))
  if (without.length === 0) return
  if (without.length < actions.length) {
    const names = without.map((action) => `\`${action.name}\``)
    const list =
      names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
    to.add('KEY_PARTLY_CARRIED', key, `\`${name}\` counts as absent for ${list}`)
    return
  }
  to.add('KEY_NOT_CARRIED', key, `no action of the statement carries \`${name}\`: it counts as absent`)
  if (!metWhenAbsent(language, dialect, condition, effect.value)) {
    to.add('NEVER_MATCHES', key, `the ${effect.value} never applies, since this condition is never met`)
  }
}

/** A key that is documented, and that no call here can carry. */
function checkNeverCarried(
  { to, language, dialect }: Scene,
  { effect }: Statement,
  condition: Condition,
  { name, neverCarried }: ConditionKeyInfo,
) {
  if (neverCarried === undefined) return
  const { key, base } = condition
  const met = metWhenAbsent(language, dialect, condition, effect.value)
  const negated = [...dialect.operators].some(([, operator]) => operator.comparison.kind === 'presence')
  const instead = negated ? '`BoolIfExists` or `Null` catches' : '`StringNotEquals` with `true` catches'
  const outcome = met
    ? `this condition is always met by them, so that the ${effect.value} does not depend on it`
    : effect.value === 'Deny'
      ? `the Deny never fires for them; ${instead} calls without it`
      : 'the Allow never matches them'
  if (met && dialect.operators.get(base)!.comparison.kind === 'presence') return
  to.add(
    'KEY_NEVER_CARRIED',
    key,
    `calls signed with an access key carry no \`${name}\` (${neverCarried}): ${outcome}`,
  )
}

function checkComparison(
  { to, dialect, misspelt }: Scene,
  { operator, base, key, values }: Condition,
  info: ConditionKeyInfo,
) {
  const { comparison } = dialect.operators.get(base)!
  const free = comparison.kind === 'string' || comparison.kind === 'presence' || info.type === 'string'
  const seconds = info.unixSeconds === true && comparison.kind === 'number'
  if (!free && !seconds && comparison.kind !== info.type) {
    to.add(
      'OPERATOR_TYPE_MISMATCH',
      operator,
      `\`${info.name}\` holds a ${info.type}, which \`${base}\` cannot read`,
    )
  }
  if (comparison.kind !== 'string') return
  // Of a key with a suffix that it does not have, that is said.
  if (conditionKeyName(key.value).length === key.value.length)
    checkValues(
      to,
      comparison,
      values.filter((value) => !misspelt.has(value)),
      info,
    )
  for (const value of values) {
    const impossible = neverHeld(info, value.value, comparison.wildcards === true)
    if (impossible)
      to.add('OPERATOR_TYPE_MISMATCH', value, `\`${operator.value}\` compares texts; ${impossible}`)
  }
  if (comparison.wildcards) return
  for (const value of values) {
    if (!/[*?]/.test(value.value)) continue
    to.add(
      'PLAIN_WILDCARD',
      value,
      `\`${operator.value}\` takes \`*\` and \`?\` as plain characters in \`${key.value}\``,
    )
  }
}

/** Tells of a text that is none of a key's documented values, as the operator compares them. */
function checkValues(
  to: Report,
  comparison: Comparison,
  values: Condition['values'],
  { name, type, values: documented, sameValues = [], openValues }: ConditionKeyInfo,
) {
  if (documented === undefined || openValues || type !== 'string') return
  const known = [...documented, ...sameValues.flat()]
  for (const value of values) {
    const test = comparison.compile([value.value], {})
    if (known.some((one) => test(one) === true)) continue
    const all = documented.map((one) => `\`${one}\``).join(', ')
    to.add('UNKNOWN_VALUE', value, `\`${name}\` has no documented value \`${value.value}\`; there are ${all}`)
  }
}

/** Why a text can never be a value of the key, where its type tells. */
function neverHeld({ name, type }: ConditionKeyInfo, value: string, wildcards: boolean): string | undefined {
  if (wildcards && /[*?]/.test(value)) return undefined
  if (type === 'address' && value.includes('/')) return `\`${name}\` holds one address, never a block of them`
  if (type === 'boolean' && value !== 'true' && value !== 'false')
    return `\`${name}\` holds \`true\` or \`false\``
  return undefined
}

/** Rules of the language for keys that are absent or have several values, where they are easy to miss. */
function checkPresence(
  { to, language, dialect }: Scene,
  { effect }: Statement,
  condition: Condition,
  info: ConditionKeyInfo,
) {
  const { operator, qualifier, ifExists, base, key } = condition
  const { negated, comparison } = dialect.operators.get(base)!
  if (comparison.kind === 'presence') return
  const rules = language.conditions
  if (info.multiValued && !qualifier && dialect.qualifiers.length > 0) {
    const how = rules.several[negated ? 'negated' : 'positive'][effect.value]
    to.add(
      'QUALIFIER_MISSING',
      operator,
      `\`${info.name}\` has several values; without a qualifier ${how === 'all' ? 'all of them have' : 'one of them has'} to fit`,
    )
  }
  if (
    info.neverCarried === undefined &&
    metWhenAbsent(language, dialect, condition, effect.value) &&
    !ifExists
  ) {
    to.add('MET_WHEN_ABSENT', operator, `this condition is met when a request has no \`${key.value}\``)
  }
}

function metWhenAbsent(
  language: LanguageDefinition,
  dialect: Dialect,
  { base, qualifier, ifExists, values }: Condition,
  effect: Effect,
): boolean {
  const { negated, comparison } = dialect.operators.get(base)!
  if (comparison.kind === 'presence') return values.some((value) => value.value.toLowerCase() === 'true')
  const rules = language.conditions
  const onNothing = qualifier
    ? rules.qualifiedAbsent[qualifier]
    : rules.absent[negated ? 'negated' : 'positive']
  return ifExists || onNothing[effect]
}
