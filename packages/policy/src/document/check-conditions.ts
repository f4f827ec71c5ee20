import type { Dialect, Effect, LanguageDefinition } from '../language/types.ts'
import { conditionKeyName } from '../service/catalogue.ts'
import type { ActionInfo, ConditionKeyInfo } from '../service/types.ts'
import type { Scene } from './check.ts'
import type { Condition, Statement } from './model.ts'

/** Warns of condition keys that are unknown, out of place, or compared in a way that surprises. */
export function checkConditions(
  scene: Scene,
  statement: Statement,
  actions: readonly ActionInfo[] | undefined,
): void {
  for (const condition of statement.conditions) {
    const info = scene.language.catalogue.conditionKey(condition.key.value)
    if (!info) {
      scene.to.add(
        'UNKNOWN_CONDITION_KEY',
        condition.key,
        `no known condition key is \`${condition.key.value}\`${scene.to.meant(condition.key.value, keysOf(scene))}`,
      )
      continue
    }
    checkSuffix(scene, condition, info)
    checkAccepted(scene, statement, condition, info)
    checkCarried(scene, statement, condition, info, actions)
    checkComparison(scene, condition, info)
    checkPresence(scene, statement, condition, info)
  }
}

function keysOf({ language }: Scene): readonly string[] {
  const { globalKeys, services } = language.catalogue
  return [...globalKeys, ...services.flatMap((service) => service.conditionKeys)].map(({ name }) => name)
}

function checkSuffix({ to }: Scene, { key }: Condition, { name, suffix }: ConditionKeyInfo) {
  const bare = conditionKeyName(key.value).length
  const rest = key.value.slice(bare)
  if (rest !== '' && !suffix) to.add('UNKNOWN_CONDITION_KEY', key, `nothing follows \`${name}\``)
  else if (rest !== '' && rest[0] !== suffix!.separator) {
    to.add('UNKNOWN_CONDITION_KEY', key, `a name follows \`${name}\` after \`${suffix!.separator}\``)
  } else if (rest.length < 2 && suffix && !suffix.optional) {
    to.add('UNKNOWN_CONDITION_KEY', key, `a name follows \`${name}${suffix.separator}\``)
  }
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
  info: ConditionKeyInfo,
  actions: readonly ActionInfo[] | undefined,
) {
  if (!actions) return
  const { key } = condition
  const without = actions.filter((action) => !language.catalogue.carries(action.name, key.value))
  if (without.length === 0) return
  if (without.length < actions.length) {
    const names = without.map((action) => `\`${action.name}\``)
    const list =
      names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
    to.add('KEY_PARTLY_CARRIED', key, `\`${info.name}\` counts as absent for ${list}`)
    return
  }
  to.add('KEY_NOT_CARRIED', key, `no action of the statement carries \`${info.name}\`: it counts as absent`)
  if (!metWhenAbsent(language, dialect, condition, effect.value)) {
    to.add('NEVER_MATCHES', key, `the ${effect.value} never applies, since this condition is never met`)
  }
}

function checkComparison(
  { to, dialect }: Scene,
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
  if (comparison.kind !== 'string' || comparison.wildcards) return
  for (const value of values) {
    if (!/[*?]/.test(value.value)) continue
    to.add(
      'PLAIN_WILDCARD',
      value,
      `\`${operator.value}\` takes \`*\` and \`?\` as plain characters in \`${key.value}\``,
    )
  }
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
  if (metWhenAbsent(language, dialect, condition, effect.value) && !ifExists) {
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
