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
