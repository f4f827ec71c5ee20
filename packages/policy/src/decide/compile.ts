import type { PolicyDocument } from '../document/model.ts'
import { languages } from '../language/index.ts'
import type { LanguageDefinition } from '../language/types.ts'
import { boundedMap } from './bounded.ts'
import { type ResourceIndex, resourceIndex } from './resource-index.ts'
import { actionHits, actionsOf, type CompiledStatement, compileStatement } from './statement.ts'
import type { CompiledPolicies, LanguageName } from './types.ts'

/** A document under the name by which decisions report it. */
export interface NamedPolicy {
  readonly name: string
  readonly document: PolicyDocument
}

/** What one set of policies says about one action. */
export interface ActionIndex {
  readonly denies?: ResourceIndex
  readonly allows?: ResourceIndex
}

/** The engine's own view of {@link CompiledPolicies}. */
export interface CompiledSet extends CompiledPolicies {
  readonly all: readonly CompiledStatement[]
  /** The statements that bear on an action (lower case). */
  forAction(action: string): ActionIndex
}

/** How many actions a set remembers the statements of. */
const rememberedActions = 256

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
  const known = boundedMap<string, ActionIndex>(rememberedActions)

  function sortOut(action: string): ActionIndex {
    const bearing = [...(exact.get(action) ?? []), ...wild.filter((s) => actionHits(language, s, action))]
    const denies = bearing.filter((s) => s.effect === 'Deny')
    const allows = bearing.filter((s) => s.effect === 'Allow')
    const index: ActionIndex = {
      ...(denies.length > 0 && { denies: resourceIndex(denies, language.resource) }),
      ...(allows.length > 0 && { allows: resourceIndex(allows, language.resource) }),
    }
    known.set(action, index)
    return index
  }

  return Object.freeze<CompiledSet>({
    language: language.name,
    statements: all.length,
    all,
    forAction: (action) => known.get(action) ?? sortOut(action),
  })
}
