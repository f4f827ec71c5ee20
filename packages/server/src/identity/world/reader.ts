import type { WorldFinding } from '../../base/problem.ts'
import { type Path, type Place, pathText, type Source } from './source.ts'

/** What reading gathers on its way. */
export interface Reader {
  readonly source: Source
  readonly mistakes: WorldFinding[]
  readonly warnings: WorldFinding[]
  /** Access keys by id: unique in the whole directory. */
  readonly keyIds: Map<string, Path>
  mistake(path: Path, message: string): void
}

export function createReader(source: Source): Reader {
  const mistakes: WorldFinding[] = []
  return {
    source,
    mistakes,
    warnings: [],
    keyIds: new Map(),
    mistake: (path, message) => mistakes.push(findingAt(path, source.place(path), message)),
  }
}

/** Where the first of two twins stands. */
export function firstOn(reader: Reader, path: Path): string {
  return `first on line ${reader.source.place(path).line}`
}

export function findingAt(path: Path, place: Place, message: string): WorldFinding {
  return { path: pathText(path), ...place, message }
}

export function inOrder(findings: WorldFinding[]): WorldFinding[] {
  return findings.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}
