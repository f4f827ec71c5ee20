import { compileGlob, type Glob } from './glob.ts'
import { cutName, type ResourceName } from './resource-name.ts'

/** A compiled `Resource` value. */
export interface ResourcePattern {
  readonly source: string
  /** Matches the whole name; for patterns without `head`. */
  readonly whole?: Glob
  /** The four segments before the fourth colon, where the pattern has them, with their text. */
  readonly head?: { readonly source: string; readonly segments: readonly Glob[] }
  readonly tail?: Glob
  hits(name: ResourceName): boolean
}

/** A compiled `Action` value, in lower case. */
export interface ActionPattern {
  readonly source: string
  /** The name itself when the pattern has no wildcard. */
  readonly exact?: string
  hits(name: string): boolean
}

/** A glob over the whole action name; `*` crosses the colon (ram). */
export function wholeAction(source: string): ActionPattern {
  const glob = compileGlob(source.toLowerCase())
  if (glob.kind === 'exact') return { source, exact: glob.source, hits: glob.matches }
  return { source, hits: glob.matches }
}

/** One glob a segment, so that `*` stays inside its segment; a lone `*` is every action (iam). */
export function segmentedAction(source: string): ActionPattern {
  const globs = source.toLowerCase().split(':').map(compileGlob)
  if (globs.length === 1 && globs[0]!.kind === 'any') return { source, hits: () => true }
  if (globs.every((glob) => glob.kind === 'exact')) {
    const exact = source.toLowerCase()
    return { source, exact, hits: (name) => name === exact }
  }
  return { source, hits: (name) => segmentsHit(globs, name.split(':')) }
}

/** Whether each segment matches its glob, and there are as many of the one as of the other. */
export function segmentsHit(globs: readonly Glob[], segments: readonly string[]): boolean {
  return globs.length === segments.length && globs.every((glob, i) => glob.matches(segments[i]!))
}

/**
 * A glob over the whole resource name; `*` crosses `/` and `:` (ram).
 *
 * INVARIANT: `head` and `tail` are set only for a pattern of exactly four colons. Against a name of exactly four colons
 * they decide alike: the pattern's own colons use up the name's, so no wildcard can hold one.
 */
export function wholeResource(source: string): ResourcePattern {
  const own = cutName(source)
  if (own.head === undefined || own.colonInTail) {
    const whole = compileGlob(source)
    return { source, whole, hits: (name) => whole.matches(name.text) }
  }
  const head = headOf(plainSegments(own.head))
  const tail = compileGlob(own.tail)
  // Names of more than four colons are rare: the pattern for them is compiled when one comes.
  let whole: Glob | undefined
  function hits(name: ResourceName): boolean {
    if (name.head !== undefined && !name.colonInTail) {
      return segmentsHit(head.segments, plainSegments(name.head.text)) && tail.matches(name.tail)
    }
    whole ??= compileGlob(source)
    return whole.matches(name.text)
  }
  return { source, head, tail, hits }
}

/** The account in a segment of a name; undefined when it names none: what is everybody's or built in has no account. */
export function accountAt(name: string, index: number): string | undefined {
  const found = name.split(':')[index]
  return found === '' || found === '*' || found === 'system' ? undefined : found
}

/** The segments of a head as they are. */
export function plainSegments(head: string): readonly string[] {
  return head.split(':')
}

/** The segments of a head, the service in lower case: legacy documents write `KMS:*:*:KeyId:...`. */
export function foldedSegments(head: string): readonly string[] {
  const [service, ...rest] = head.split(':')
  return [service!.toLowerCase(), ...rest]
}

/** Four globs and one for the path, which may hold further colons; a lone `*` is every resource (iam). */
export function segmentedResource(source: string): ResourcePattern {
  const own = cutName(source)
  if (own.head === undefined) {
    const whole = compileGlob(source)
    return { source, whole, hits: (name) => whole.matches(name.text) }
  }
  const head = headOf(foldedSegments(own.head))
  const tail = compileGlob(own.tail)
  const hits = (name: ResourceName) =>
    name.head !== undefined &&
    segmentsHit(head.segments, foldedSegments(name.head.text)) &&
    tail.matches(name.tail)
  return { source, head, tail, hits }
}

function headOf(segments: readonly string[]) {
  return { source: segments.join(':'), segments: segments.map(compileGlob) }
}
