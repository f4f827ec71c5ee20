import { readFileSync } from 'node:fs'
import type { Difference } from './judge.ts'

/** Differences of one reason: what is said of each call, or of `*`, every call of a product. */
interface Listed {
  readonly why: string
  readonly of: Readonly<Record<string, readonly Difference[]>>
}

/** Every difference from the models that is there on purpose. */
export const listed = JSON.parse(
  readFileSync(new URL('../../cases/conformance-differences.json', import.meta.url), 'utf8'),
) as readonly Listed[]

/** What is listed of a call. */
export function listedOf(name: string): ReadonlySet<Difference> {
  return new Set(listed.flatMap(({ of }) => of[name] ?? []))
}
