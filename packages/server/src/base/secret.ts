import type { TSchema } from 'typebox'

/** The schema annotation that marks a field whose value never leaves through a log, audit entry, error or metric. */
export const SECRET = 'x-keyward-secret'

/** Marks a schema as secret: its value appears in the answer it exists for and nowhere else. */
export function Secret<T extends TSchema>(schema: T): T {
  return { ...schema, [SECRET]: true }
}

export function isSecret(schema: object): boolean {
  return (schema as Record<string, unknown>)[SECRET] === true
}

/** The annotation of a field that audit entries show as keyed digests only: encryption contexts. */
export const DIGESTED = 'x-keyward-digested'

/** Marks an object of texts whose values are written down as keyed digests, never in clear. */
export function Digested<T extends TSchema>(schema: T): T {
  return { ...schema, [DIGESTED]: true }
}

export function isDigested(schema: object): boolean {
  return (schema as Record<string, unknown>)[DIGESTED] === true
}
