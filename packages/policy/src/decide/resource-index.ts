import type { LanguageDefinition } from '../language/types.ts'
import type { Glob } from '../match/glob.ts'
import { segmentsHit } from '../match/name.ts'
import { boundedMap } from './bounded.ts'
import type { Question } from './question.ts'
import { type CompiledStatement, resourceHits, restHolds } from './statement.ts'
import { type TextIndex, textIndex } from './text-index.ts'

/** Statements for one action and one effect, by resource. */
export interface ResourceIndex {
  /** A statement that takes the resource in and whose rest holds. */
  find(question: Question): CompiledStatement | undefined
}

interface Group {
  readonly segments: readonly Glob[]
  readonly tails: TextIndex
}

/** How many heads (service, region, account) an index remembers. */
const rememberedHeads = 64

/**
 * Patterns of five segments are grouped by their first four, of which there are few, and indexed by the fifth; the others
 * are indexed whole. `crossesColons`: see {@link ../match/name.ts wholeResource}.
 */
export function resourceIndex(
  statements: readonly CompiledStatement[],
  rules: LanguageDefinition['resource'],
): ResourceIndex {
  const always: CompiledStatement[] = []
  const complements: CompiledStatement[] = []
  const segmented: CompiledStatement[] = []
  const whole = textIndex()
  const groups = new Map<string, Group>()
  const heads = boundedMap<string, readonly TextIndex[]>(rememberedHeads)

  for (const statement of statements) {
    const { resources } = statement
    if (
      resources === undefined ||
      (!resources.negated && resources.patterns.some((p) => p.whole?.kind === 'any'))
    ) {
      always.push(statement)
    } else if (resources.negated) complements.push(statement)
    else {
      for (const pattern of resources.patterns) {
        if (pattern.head === undefined) whole.add(pattern.whole!, statement)
        else {
          const group = groups.get(pattern.head.source) ?? {
            segments: pattern.head.segments,
            tails: textIndex(),
          }
          groups.set(pattern.head.source, group)
          group.tails.add(pattern.tail!, statement)
        }
      }
      if (resources.patterns.some((pattern) => pattern.head)) segmented.push(statement)
    }
  }
  const anyWhole = statements.some((s) => !s.resources?.negated && s.resources?.patterns.some((p) => !p.head))

  function groupsFor(head: string): readonly TextIndex[] {
    const segments = rules.segments(head)
    const found = [...groups.values()].filter((g) => segmentsHit(g.segments, segments)).map((g) => g.tails)
    heads.set(head, found)
    return found
  }

  function find(question: Question): CompiledStatement | undefined {
    for (let i = 0; i < always.length; i++) if (restHolds(always[i]!, question)) return always[i]
    const name = question.resource
    if (anyWhole) {
      const found = whole.find(name.text, question)
      if (found !== undefined) return found
    }
    if (name.head !== undefined && groups.size > 0) {
      if (rules.crossesColons && name.colonInTail) {
        for (const s of segmented) if (resourceHits(s, name) && restHolds(s, question)) return s
      } else {
        const indexes = heads.get(name.head) ?? groupsFor(name.head)
        for (let i = 0; i < indexes.length; i++) {
          const found = indexes[i]!.find(name.tail, question)
          if (found !== undefined) return found
        }
      }
    }
    for (const s of complements) if (resourceHits(s, name) && restHolds(s, question)) return s
    return undefined
  }

  return Object.freeze({ find })
}
