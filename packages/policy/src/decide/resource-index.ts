import type { LanguageDefinition } from '../language/types.ts'
import type { Glob } from '../match/glob.ts'
import { segmentsHit } from '../match/name.ts'
import type { NameHead } from '../match/resource-name.ts'
import type { Question } from './question.ts'
import { type CompiledStatement, resourceHits, restHolds } from './statement.ts'
import { denies, searchText, type TextIndex, type TextPattern, textIndex } from './text-index.ts'

interface Group {
  readonly segments: readonly Glob[]
  readonly tails: TextIndex
}

interface KnownHead {
  readonly head: NameHead
  readonly tails: readonly TextIndex[]
}

/** Statements that bear on one action, by resource. */
export interface ResourceIndex {
  readonly rules: LanguageDefinition['resource']
  /** Whether one of the statements is a Deny. */
  readonly denies: boolean
  /** A statement that applies to every request: a Deny if there is one. */
  readonly certain: CompiledStatement | undefined
  /** Whether `certain` is all there is to say. */
  readonly settled: boolean
  /** Every resource, but conditions or a principal. Here and below: denies first. */
  readonly always: readonly CompiledStatement[]
  /** Patterns that are not of five segments. */
  readonly whole: TextIndex | undefined
  /** Patterns of five segments, by the first four. */
  readonly groups: readonly Group[]
  /** The same statements in a row, for names that have to be matched whole. */
  readonly segmented: readonly CompiledStatement[]
  /** `NotResource`. */
  readonly complements: readonly CompiledStatement[]
  /** What groups a head belongs to, by the last bits of its number. */
  readonly heads: (KnownHead | undefined)[]
}

/** How many heads (service, region, account) an index remembers; a power of two. */
const rememberedHeads = 16

/**
 * Patterns of five segments are grouped by their first four, of which there are few, and indexed by the fifth; the others
 * are indexed whole. {@link ../match/name.ts wholeResource} says why that decides alike.
 */
export function resourceIndex(
  statements: readonly CompiledStatement[],
  rules: LanguageDefinition['resource'],
): ResourceIndex {
  const always: CompiledStatement[] = []
  const complements: CompiledStatement[] = []
  const segmented: CompiledStatement[] = []
  const whole: TextPattern[] = []
  const groups = new Map<string, { readonly segments: readonly Glob[]; readonly tails: TextPattern[] }>()
  const inOrder = [
    ...statements.filter((s) => s.effect === 'Deny'),
    ...statements.filter((s) => s.effect === 'Allow'),
  ]

  for (const statement of inOrder) {
    const { resources } = statement
    if (resources === undefined) always.push(statement)
    else if (resources.negated) complements.push(statement)
    else if (resources.patterns.some((pattern) => pattern.whole?.kind === 'any')) always.push(statement)
    else {
      for (const { head, tail, whole: glob } of resources.patterns) {
        if (head === undefined) {
          whole.push([glob!, statement])
          continue
        }
        const group = groups.get(head.source) ?? { segments: head.segments, tails: [] }
        groups.set(head.source, group)
        group.tails.push([tail!, statement])
      }
      if (resources.patterns.some((pattern) => pattern.head)) segmented.push(statement)
    }
  }
  const certain = always.find(({ principal, clauses }) => principal === undefined && clauses.length === 0)
  return {
    rules,
    denies: statements.some(({ effect }) => effect === 'Deny'),
    certain,
    settled:
      statements.length === 0 ||
      denies(certain) ||
      (certain !== undefined && statements.every(({ effect }) => effect === 'Allow')),
    always,
    whole: whole.length > 0 ? textIndex(whole) : undefined,
    groups: [...groups.values()].map(({ segments, tails }) => ({ segments, tails: textIndex(tails) })),
    segmented,
    complements,
    heads: new Array<undefined>(groups.size > 0 ? rememberedHeads : 0).fill(undefined),
  }
}

/**
 * What the statements say of a request: a Deny if one applies, else an Allow if one does. Each part is searched beside
 * what is known already, and says the same again where that denies.
 */
export function search(index: ResourceIndex, question: Question): CompiledStatement | undefined {
  if (index.settled) return index.certain
  let said = holding(index.always, question, index.certain, false)
  const name = question.resource
  if (index.whole !== undefined) said = searchText(index.whole, name.text, question, said)
  if (index.groups.length > 0 && name.head !== undefined) {
    said =
      name.colonInTail && index.rules.crossesColons
        ? holding(index.segmented, question, said, true)
        : searchGroups(index, name.head, name.tail, question, said)
  }
  return holding(index.complements, question, said, true)
}

function searchGroups(
  index: ResourceIndex,
  head: NameHead,
  tail: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  const remembered = index.heads[head.number & (rememberedHeads - 1)]
  const tails =
    remembered !== undefined && remembered.head === head ? remembered.tails : tailsFor(index, head)
  let said = known
  for (let i = 0; i < tails.length; i++) said = searchText(tails[i]!, tail, question, said)
  return said
}

function tailsFor(index: ResourceIndex, head: NameHead): readonly TextIndex[] {
  const segments = index.rules.segments(head.text)
  const tails = index.groups
    .filter((group) => segmentsHit(group.segments, segments))
    .map((group) => group.tails)
  index.heads[head.number & (rememberedHeads - 1)] = { head, tails }
  return tails
}

/** The same for statements one after the other. INVARIANT: denies come first. */
function holding(
  statements: readonly CompiledStatement[],
  question: Question,
  known: CompiledStatement | undefined,
  matchResource: boolean,
): CompiledStatement | undefined {
  for (let i = 0; i < statements.length; i++) {
    const statement = statements[i]!
    if (known !== undefined && (statement.effect === 'Allow' || denies(known))) return known
    if (matchResource && !resourceHits(statement, question.resource)) continue
    if (restHolds(statement, question)) return statement
  }
  return known
}
