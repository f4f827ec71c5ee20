import type { Found } from '../condition/clause.ts'
import type { Effect, LanguageDefinition } from '../language/types.ts'
import type { CompiledSet } from './compile.ts'
import type { Question } from './question.ts'
import { actionHits, type CompiledStatement, namesOf, resourceHits } from './statement.ts'
import type { ContextValue, DecidingLayer } from './types.ts'

/** Where a statement stands. */
export interface Place {
  readonly layer: Exclude<DecidingLayer, 'system' | 'root' | 'none'>
  /** Level of the organization, the root of the tree is 0. */
  readonly level?: number
  readonly organizationOf?: 'owner' | 'caller'
}

/** An element of a statement that keeps it from applying, with what it wants and what the request has. */
export type Failure =
  | {
      readonly element: 'action' | 'resource'
      /** `NotAction` and `NotResource`: the request is one of those it leaves out. */
      readonly negated: boolean
      readonly wanted: readonly string[]
      readonly actual: readonly string[]
    }
  | {
      readonly element: 'principal'
      /** `NotPrincipal`: the caller is one of those it leaves out. */
      readonly negated: boolean
      readonly wanted: readonly string[]
      readonly actual: string
    }
  | {
      readonly element: 'condition'
      readonly operator: string
      readonly key: string
      readonly wanted: readonly string[]
      /** Undefined when the request does not carry the key, or its action does not. */
      readonly actual: ContextValue | undefined
      readonly found: Found
    }
  | {
      /** The policy type does not accept the key, and the statement allows. */
      readonly element: 'policy type'
      readonly key: string
    }

/** What became of one statement. */
export interface StatementAccount extends Place {
  readonly policy: string
  readonly statement: string
  readonly effect: Effect
  readonly applied: boolean
  /** Every element that fails, in the order in which they are looked at; the first is why it did not apply. */
  readonly failures: readonly Failure[]
}

/** Every element of a statement that keeps it from applying. */
function failuresOf(
  language: LanguageDefinition,
  statement: CompiledStatement,
  question: Question,
): readonly Failure[] {
  const failures: Failure[] = []
  const { source } = statement
  const texts = (values: readonly { readonly value: string }[]) => values.map(({ value }) => value)
  if (!actionHits(language, statement, question.action.name)) {
    const { negated, values } = source.action
    const actual = namesOf(language, statement.dialect, question.action.name)
    failures.push({ element: 'action', negated, wanted: texts(values), actual })
  }
  if (!resourceHits(statement, question.resource)) {
    const { negated, values } = source.resource!
    failures.push({ element: 'resource', negated, wanted: texts(values), actual: [question.resource.text] })
  }
  if (statement.principal && !statement.principal(question.principal, question.owner)) {
    const { negated, members } = source.principal!
    const wanted = members.flatMap(({ values }) => texts(values))
    failures.push({ element: 'principal', negated, wanted, actual: question.principal.id })
  }
  if (statement.refusedKey !== undefined) failures.push({ element: 'policy type', key: statement.refusedKey })
  for (const clause of statement.clauses) {
    if (clause.met(question)) continue
    const { operator, key, values } = clause.condition
    failures.push({
      element: 'condition',
      operator: operator.value,
      key: key.value,
      wanted: texts(values),
      actual: clause.actual(question),
      found: clause.found(question),
    })
  }
  return failures
}

/** An account of every statement of a set. */
export function accountOf(
  language: LanguageDefinition,
  set: CompiledSet,
  question: Question,
  place: Place,
): readonly StatementAccount[] {
  return set.all.map((statement) => {
    const failures = failuresOf(language, statement, question)
    const { policy, name, effect } = statement
    return { ...place, policy, statement: name, effect, applied: failures.length === 0, failures }
  })
}

/** Far to near: how much would have to change for a statement that fails in one element only. */
const distance: Readonly<Record<Failure['element'], number>> = {
  condition: 0,
  'policy type': 1,
  resource: 2,
  principal: 3,
  action: 4,
}

/** Statements that would have allowed but for one element, nearest first. */
export function nearMisses(accounts: readonly StatementAccount[]): readonly StatementAccount[] {
  return accounts
    .filter(({ effect, failures }) => effect === 'Allow' && failures.length === 1)
    .sort((a, b) => distance[a.failures[0]!.element] - distance[b.failures[0]!.element])
}
