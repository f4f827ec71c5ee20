import type { Question } from '../decide/question.ts'
import type { ContextValue } from '../decide/types.ts'
import type { Condition } from '../document/model.ts'
import type { Dialect, Effect, LanguageDefinition, Operator } from '../language/types.ts'
import { normalizeConditionKey } from '../service/catalogue.ts'
import type { ValueTest } from './types.ts'

/** What a condition found in the request, for the explanation. */
export type Found = 'value' | 'unreadable' | 'absent' | 'not carried'

/** One key under one operator, compiled. */
export interface Clause {
  readonly condition: Condition
  /** Normal form. */
  readonly key: string
  /** The value that the engine compares: nothing when the action does not carry the key. */
  actual(question: Question): ContextValue | undefined
  met(question: Question): boolean
  found(question: Question): Found
}

/** Compiles a condition for statements of the given effect. INVARIANT: the condition passed the parser. */
export function compileClause(
  language: LanguageDefinition,
  dialect: Dialect,
  effect: Effect,
  condition: Condition,
): Clause {
  const operator = dialect.operators.get(condition.base)!
  const key = normalizeConditionKey(condition.key.value)
  const carriers = language.catalogue.carriers(key)
  const actual: Clause['actual'] =
    carriers === undefined
      ? (question) => present(question.context.get(key))
      : ({ action, context }) => (carriers(action) ? present(context.get(key)) : undefined)
  const compared = comparing(language, condition, operator)
  const judge = judgement(language, effect, condition, operator, compared)
  return Object.freeze<Clause>({
    condition,
    key,
    actual,
    met: (question) => judge(actual(question)),
    found(question) {
      const value = actual(question)
      if (value === undefined)
        return present(question.context.get(key)) === undefined ? 'absent' : 'not carried'
      const values = typeof value === 'string' ? [value] : value
      return operator.comparison.kind !== 'presence' && values.some((one) => compared(one) === undefined)
        ? 'unreadable'
        : 'value'
    },
  })
}

/** An empty list is no value. */
function present(value: ContextValue | undefined): ContextValue | undefined {
  return value !== undefined && value.length === 0 && typeof value !== 'string' ? undefined : value
}

function comparing(language: LanguageDefinition, condition: Condition, operator: Operator): ValueTest {
  const info = language.catalogue.conditionKey(condition.key.value)
  const wanted = condition.values.map((value) => value.value)
  const { comparison } = operator
  const compared = comparison.compile(wanted, { unixSeconds: info?.unixSeconds === true })
  if (info?.sameValues) return spelled(compared, info.sameValues)
  return comparison.kind === 'string' && !comparison.wildcards ? compared : remembering(compared)
}

/** Requests bring the same address, version or agent again and again: what it came to is kept, for the last one. */
function remembering(test: ValueTest): ValueTest {
  let last: string | undefined
  let fitted: boolean | undefined
  return (value) => {
    if (value !== last) {
      fitted = test(value)
      last = value
    }
    return fitted
  }
}

type Judgement = (value: ContextValue | undefined) => boolean

function judgement(
  language: LanguageDefinition,
  effect: Effect,
  condition: Condition,
  operator: Operator,
  test: ValueTest,
): Judgement {
  const rules = language.conditions
  if (operator.comparison.kind === 'presence') {
    return (value) => test(value === undefined ? 'true' : 'false') === true
  }
  const sign = operator.negated ? 'negated' : 'positive'
  const onNothing = condition.qualifier ? rules.qualifiedAbsent[condition.qualifier] : rules.absent[sign]
  const absent = condition.ifExists || onNothing[effect]
  const unreadable = rules.unreadable[effect]
  const all = condition.qualifier
    ? condition.qualifier === 'ForAllValues'
    : rules.several[sign][effect] === 'all'
  const { negated } = operator
  return (value) => {
    if (value === undefined) return absent
    if (typeof value === 'string') {
      const fits = test(value)
      return fits === undefined ? unreadable : fits !== negated
    }
    // One value that cannot be read spoils the whole list.
    let found = all
    for (const one of value) {
      const fits = test(one)
      if (fits === undefined) return unreadable
      if ((fits !== negated) !== all) found = !all
    }
    return found
  }
}

/** A value that has several spellings fits when one of them does. */
function spelled(test: ValueTest, groups: readonly (readonly string[])[]): ValueTest {
  return (value) => {
    const spellings = groups.find((group) => group.includes(value))
    return spellings ? spellings.some((spelling) => test(spelling) === true) : test(value)
  }
}
