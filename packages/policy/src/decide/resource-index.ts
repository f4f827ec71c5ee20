import type { LanguageDefinition } from '../language/types.ts'
import type { Glob } from '../match/glob.ts'
import { segmentsHit } from '../match/name.ts'
import { type BoundedMap, boundedMap } from './bounded.ts'
import type { Question } from './question.ts'
import { type CompiledStatement, resourceHits, restHolds } from './statement.ts'
import { addText, denies, sealText, searchText, type TextIndex, textIndex } from './text-index.ts'

interface Group {
  readonly segments: readonly Glob[]
  readonly tails: TextIndex
}

/** Statements that bear on one action, by resource. */
export interface ResourceIndex {
  readonly rules: LanguageDefinition['resource']
  /** A statement that applies to every request: a Deny if there is one. */
  readonly certain: CompiledStatement | undefined
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
  /** What groups a head belongs to. */
  readonly heads: BoundedMap<string, readonly TextIndex[]>
}

/** How many heads (service, region, account) an index remembers. */
const rememberedHeads = 64

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
  const groups = new Map<string, Group>()
  let whole: TextIndex | undefined
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
          whole ??= textIndex()
          addText(whole, glob!, statement)
          continue
        }
        const group = groups.get(head.source) ?? { segments: head.segments, tails: textIndex() }
        groups.set(head.source, group)
        addText(group.tails, tail!, statement)
      }
      if (resources.patterns.some((pattern) => pattern.head)) segmented.push(statement)
    }
  }
  if (whole) sealText(whole)
  for (const group of groups.values()) sealText(group.tails)
  return {
    rules,
    certain: always.find((statement) => statement.principal === undefined && statement.clauses.length === 0),
    always,
    whole,
    groups: [...groups.values()],
    segmented,
    complements,
    heads: boundedMap(rememberedHeads),
  }
}

/** What the statements say of a request: a Deny if one applies, else an Allow if one does. */
export function search(index: ResourceIndex, question: Question): CompiledStatement | undefined {
  let said = index.certain
  if (denies(said)) return said
  if (index.always.length > 0) {
    said = holding(index.always, question, said, false)
    if (denies(said)) return said
  }
  const name = question.resource
  if (index.whole !== undefined) {
    said = searchText(index.whole, name.text, question, said)
    if (denies(said)) return said
  }
  if (index.groups.length > 0 && name.head !== undefined) {
    said =
      name.colonInTail && index.rules.crossesColons
        ? holding(index.segmented, question, said, true)
        : searchGroups(index, name.head, name.tail, question, said)
    if (denies(said)) return said
  }
  return index.complements.length === 0 ? said : holding(index.complements, question, said, true)
}

function searchGroups(
  index: ResourceIndex,
  head: string,
  tail: string,
  question: Question,
  known: CompiledStatement | undefined,
): CompiledStatement | undefined {
  const tails = index.heads.get(head) ?? tailsFor(index, head)
  let said = known
  for (let i = 0; i < tails.length; i++) {
    said = searchText(tails[i]!, tail, question, said)
    if (denies(said)) return said
  }
  return said
}

function tailsFor(index: ResourceIndex, head: string): readonly TextIndex[] {
  const segments = index.rules.segments(head)
  const found = index.groups
    .filter((group) => segmentsHit(group.segments, segments))
    .map((group) => group.tails)
  index.heads.set(head, found)
  return found
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
    if (known !== undefined && statement.effect === 'Allow') return known
    if (matchResource && !resourceHits(statement, question.resource)) continue
    if (restHolds(statement, question)) return statement
  }
  return known
}
