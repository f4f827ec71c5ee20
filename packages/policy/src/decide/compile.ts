import type { PolicyDocument } from '../document/model.ts'
import { languages } from '../language/index.ts'
import type { LanguageDefinition } from '../language/types.ts'
import type { ActionName } from '../service/catalogue.ts'
import { boundedMap } from './bounded.ts'
import type { Question } from './question.ts'
import { type ResourceIndex, resourceIndex, search } from './resource-index.ts'
import { actionHits, actionsOf, type CompiledStatement, compileStatement } from './statement.ts'
import type { CompiledPolicies, LanguageName } from './types.ts'

/** A document under the name by which decisions report it. */
export interface NamedPolicy {
  readonly name: string
  readonly document: PolicyDocument
}

/** The engine's own view of {@link CompiledPolicies}. */
export interface CompiledSet extends CompiledPolicies {
  readonly all: readonly CompiledStatement[]
  /** What the set says of a request: a Deny if one applies, else an Allow if one does, else nothing. */
  deciding(question: Question): CompiledStatement | undefined
  /** Whether a Deny bears on the action at all. */
  mayDeny(action: ActionName): boolean
}

/** How many actions that no catalogue knows a set remembers the statements of. */
const rememberedStrangers = 64

/**
 * Compiles the policies of one layer, or of one level of it, into one index. Statements that name an action are found by
 * that name; those with a wildcard or `NotAction` are sorted out once an action, the first time it is asked for.
 *
 * @throws TypeError when a document is of the other language.
 */
export function compilePolicies(name: LanguageName, policies: readonly NamedPolicy[]): CompiledPolicies {
  const language = languages[name]
  const all = policies.flatMap(({ name: policy, document }) => {
    if (document.language !== name)
      throw new TypeError(`policy \`${policy}\` is not of the language \`${name}\``)
    return document.statements.map((statement) => compileStatement(language, policy, document, statement))
  })
  return compiledSet(language, all)
}

function compiledSet(language: LanguageDefinition, all: readonly CompiledStatement[]): CompiledSet {
  const exact = new Map<string, CompiledStatement[]>()
  const wild: CompiledStatement[] = []
  for (const statement of all) {
    if (statement.refusedKey !== undefined) continue
    const { negated, patterns } = statement.actions
    if (negated || patterns.some((pattern) => pattern.exact === undefined)) {
      wild.push(statement)
      continue
    }
    for (const action of new Set(patterns.flatMap((p) => actionsOf(language, statement.dialect, p.exact!)))) {
      const known = exact.get(action)
      if (known) known.push(statement)
      else exact.set(action, [statement])
    }
  }
  /** By the number of the action in the catalogue; the others by name. */
  const known: (ResourceIndex | undefined)[] = new Array<undefined>(language.catalogue.actionCount).fill(
    undefined,
  )
  const strangers = boundedMap<string, ResourceIndex>(rememberedStrangers)

  function sortOut({ name, number }: ActionName): ResourceIndex {
    const bearing = [...(exact.get(name) ?? []), ...wild.filter((s) => actionHits(language, s, name))]
    const index = resourceIndex(bearing, language.resource)
    if (number >= 0) known[number] = index
    else strangers.set(name, index)
    return index
  }

  function indexOf(action: ActionName): ResourceIndex {
    const index = action.number >= 0 ? known[action.number] : strangers.get(action.name)
    return index ?? sortOut(action)
  }

  return Object.freeze<CompiledSet>({
    language: language.name,
    statements: all.length,
    all,
    deciding: (question) => search(indexOf(question.action), question),
    mayDeny: (action) => indexOf(action).denies,
  })
}
