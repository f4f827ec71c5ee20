import { type Clause, compileClause } from '../condition/clause.ts'
import type { PolicyDocument, Statement } from '../document/model.ts'
import type { Dialect, Effect, LanguageDefinition } from '../language/types.ts'
import type { ActionPattern, ResourcePattern } from '../match/name.ts'
import { everyone, type PrincipalMatcher } from '../match/principal.ts'
import type { ResourceName } from '../match/resource-name.ts'
import type { Question } from './question.ts'

/** A compiled statement: what decisions and explanations both run. */
export interface CompiledStatement {
  readonly effect: Effect
  /** Name of the policy it stands in. */
  readonly policy: string
  /** Sid, or `#` and its number from 0. */
  readonly name: string
  readonly source: Statement
  readonly dialect: Dialect
  readonly actions: { readonly negated: boolean; readonly patterns: readonly ActionPattern[] }
  /** Absent: every resource. */
  readonly resources?: { readonly negated: boolean; readonly patterns: readonly ResourcePattern[] }
  /** Absent: everyone. */
  readonly principal?: PrincipalMatcher
  readonly clauses: readonly Clause[]
  /** A condition key that the policy type does not accept, in a statement that allows: it never matches. */
  readonly refusedKey?: string
}

export function compileStatement(
  language: LanguageDefinition,
  policy: string,
  document: PolicyDocument,
  source: Statement,
): CompiledStatement {
  const dialect = language.dialects.get(document.version)!
  const rules = language.policyTypes.get(document.type)!
  const effect = source.effect.value
  const matchers = source.principal?.members.flatMap(({ member, values }) =>
    member === '*'
      ? [everyone]
      : values.map((value) => rules.principals!.compile(member, value.value) ?? nobody),
  )
  const refused = source.conditions.find(({ key }) => !language.catalogue.accepts(document.type, key.value))
  return Object.freeze<CompiledStatement>({
    effect,
    policy,
    name: source.sid?.value ? source.sid.value : `#${source.index}`,
    source,
    dialect,
    actions: {
      negated: source.action.negated,
      patterns: source.action.values.map((value) => language.action.compile(value.value)),
    },
    ...(source.resource && {
      resources: {
        negated: source.resource.negated,
        patterns: source.resource.values.map((value) => language.resource.compile(value.value)),
      },
    }),
    ...(matchers && { principal: source.principal!.negated ? noneOf(matchers) : anyOf(matchers) }),
    clauses: source.conditions.map((condition) => compileClause(language, dialect, effect, condition)),
    ...(refused && effect === 'Allow' && { refusedKey: refused.key.value }),
  })
}

const nobody: PrincipalMatcher = () => false

function anyOf(matchers: readonly PrincipalMatcher[]): PrincipalMatcher {
  if (matchers.length === 1) return matchers[0]!
  return (caller, owner) => matchers.some((matcher) => matcher(caller, owner))
}

function noneOf(matchers: readonly PrincipalMatcher[]): PrincipalMatcher {
  return (caller, owner) => !matchers.some((matcher) => matcher(caller, owner))
}

/** The names under which documents of a dialect may mean an action: its own, or its earlier ones. In lower case. */
export function namesOf(language: LanguageDefinition, dialect: Dialect, action: string): readonly string[] {
  if (dialect.names !== 'aliases') return [action]
  return language.catalogue.action(action)?.aliases.map((alias) => alias.toLowerCase()) ?? [action]
}

/** The actions that a name without wildcards means in a dialect. In lower case. */
export function actionsOf(language: LanguageDefinition, dialect: Dialect, name: string): readonly string[] {
  const { catalogue } = language
  if (dialect.names === 'own') return [name]
  const carriers = catalogue.actionsNamed(name).map((action) => action.name.toLowerCase())
  if (dialect.names === 'own and aliases') return [...new Set([name, ...carriers])]
  const known = catalogue.action(name)
  const bearers = carriers.filter((action) => namesOf(language, dialect, action).includes(name))
  return known ? bearers : [...new Set([name, ...bearers])]
}

/** Whether Action or NotAction takes the action in. */
export function actionHits(
  language: LanguageDefinition,
  statement: CompiledStatement,
  action: string,
): boolean {
  const { negated, patterns } = statement.actions
  const names = namesOf(language, statement.dialect, action)
  if (names.length === 0) return false
  const hit = patterns.some(({ exact, hits }) =>
    exact === undefined ? names.some(hits) : actionsOf(language, statement.dialect, exact).includes(action),
  )
  return hit !== negated
}

export function resourceHits(statement: CompiledStatement, name: ResourceName): boolean {
  const { resources } = statement
  return (
    resources === undefined || resources.patterns.some((pattern) => pattern.hits(name)) !== resources.negated
  )
}

/** Whether what the index does not look at holds as well: the caller and the conditions. */
export function restHolds(statement: CompiledStatement, question: Question): boolean {
  if (statement.principal !== undefined && !statement.principal(question.principal, question.owner))
    return false
  for (const clause of statement.clauses) if (!clause.met(question)) return false
  return true
}
