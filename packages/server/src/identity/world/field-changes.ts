import type { Entity } from './entities.ts'
import { KINDS } from './kinds.ts'
import { type Change, DECLARED_BY } from './plan.ts'

/** One field of a change, as texts. Absent: there is nothing before, or after; a secret has neither. */
export interface FieldChange {
  readonly name: string
  readonly before?: string
  readonly after?: string
}

/** Fields whose values stay inside: a plan holds only a digest of them, and not even that is for others. */
const SECRET: ReadonlySet<string> = new Set(['password', 'secret'])

/** What a change does field by field: all fields of an entity that comes or goes, those that differ of one that stays. */
export function changedFields(change: Change): FieldChange[] {
  switch (change.change) {
    case 'create':
      return written(change.entity).map((name) => field(name, undefined, change.entity))
    case 'delete':
      return written(change.entity).map((name) => field(name, change.entity, undefined))
    case 'update':
      return change.differing.map((name) =>
        name === DECLARED_BY
          ? { name, before: 'api', after: 'file' }
          : field(name, change.stored, change.entity),
      )
  }
}

/** The fields of an entity that say something, in the order of its kind. */
function written({ kind, fields }: Entity): string[] {
  const known = KINDS.find(({ name }) => name === kind)!.fields
  return known.filter((name) => ![undefined, '', '{}'].includes(fields[name] as string | undefined))
}

function field(name: string, before: Entity | undefined, after: Entity | undefined): FieldChange {
  if (SECRET.has(name)) return { name }
  return {
    name,
    ...(before && { before: String(before.fields[name] ?? '') }),
    ...(after && { after: String(after.fields[name] ?? '') }),
  }
}
