import type { WorldFinding } from '../problems.ts'
import { type Path, type Place, pathText, type Source } from './source.ts'

/** A place in the file, as mistakes name it. */
export interface SourceLocation extends Place {
  /** `accounts[0].users[2]` */
  readonly path: string
}

/** Mistakes that are reported of one file: of a file that is wrong throughout, the first are enough. */
export const MAX_FINDINGS = 500

/** What reading gathers on its way. */
export interface Reader {
  readonly source: Source
  readonly mistakes: WorldFinding[]
  readonly warnings: WorldFinding[]
  /** Access keys by id: unique in the whole directory. */
  readonly keyIds: Map<string, Path>
  mistake(path: Path, message: string): void
  location(path: Path): SourceLocation
}

export function createReader(source: Source): Reader {
  const mistakes: WorldFinding[] = []
  return {
    source,
    mistakes,
    warnings: [],
    keyIds: new Map(),
    mistake: (path, message) => mistakes.push(findingAt(path, source.place(path), message)),
    location: (path) => ({ path: pathText(path), ...source.place(path) }),
  }
}

/** Where the first of two twins stands. */
export function firstOn(reader: Reader, path: Path): string {
  return `first on line ${reader.source.place(path).line}`
}

export function findingAt(path: Path, place: Place, message: string): WorldFinding {
  return { path: pathText(path), ...place, message }
}

/** In the order of the file, and not more than can be read. */
export function inOrder(findings: readonly WorldFinding[]): WorldFinding[] {
  const sorted = findings.toSorted(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
  if (sorted.length <= MAX_FINDINGS) return sorted
  const more = { ...sorted[MAX_FINDINGS]!, message: `and ${sorted.length - MAX_FINDINGS} more from here on` }
  return [...sorted.slice(0, MAX_FINDINGS), more]
}
