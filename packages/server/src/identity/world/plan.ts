import { createHash } from 'node:crypto'
import type { Turns } from '../../base/turns.ts'
import {
  type Entity,
  type EntityKind,
  entityKey,
  entityTitle,
  type FieldValue,
  holds,
  type StoredEntity,
} from './entities.ts'
import { KINDS } from './kinds.ts'

export type Change =
  | { readonly change: 'create'; readonly entity: Entity }
  | {
      readonly change: 'update'
      readonly entity: Entity
      readonly stored: StoredEntity
      /** Names of the fields that differ, in the kind's order. */
      readonly differing: readonly string[]
    }
  | { readonly change: 'delete'; readonly entity: StoredEntity }

/** What an apply would do, in the order in which it does it, and what it leaves alone. */
export interface WorldPlan {
  readonly changes: readonly Change[]
  /** In the directory, not in the file, and not pruned. */
  readonly kept: readonly StoredEntity[]
}

export interface PlanOptions {
  /**
   * Delete what files declared and this one does not name, inside the accounts that it names. Accounts are never deleted,
   * nor is what a call of the API made, or what such an entity hangs on.
   */
  readonly prune?: boolean
  /** Kinds of which a prune deletes what calls of the API made, too. */
  readonly pruneMade?: ReadonlySet<EntityKind>
  /** Entities that a prune leaves alone all the same: keys of {@link entityKey}. */
  readonly protect?: ReadonlySet<string>
}

/**
 * The difference between what is and what was declared: pure, and empty exactly when every declared entity is there with
 * every declared field (and, with `prune`, nothing else).
 */
export function* planWorld(
  current: readonly StoredEntity[],
  declared: readonly Entity[],
  options: PlanOptions = {},
): Turns<WorldPlan> {
  const stored = yield* byKey(current)
  const wanted = yield* byKey(declared)
  const declaredOf = Map.groupBy(declared, ({ kind }) => kind)
  const currentOf = Map.groupBy(current, ({ kind }) => kind)
  const changes: Change[] = []
  for (const kind of KINDS) {
    for (const entity of declaredOf.get(kind.name) ?? []) {
      yield
      const there = stored.get(entityKey(entity))
      if (!there) changes.push({ change: 'create', entity })
      else {
        const differing = kind.fields.filter((f) => differs(entity.fields[f], there.fields[f]))
        // From now on it is the file's: a later prune may take it away.
        if (there.declaredBy === 'api') differing.push(DECLARED_BY)
        if (differing.length > 0) changes.push({ change: 'update', entity, stored: there, differing })
      }
    }
  }
  const kept: StoredEntity[] = []
  const held = new Set(options.protect)
  // What hangs on an entity goes before it, or, where it stays, keeps it.
  for (const kind of [...KINDS].reverse()) {
    for (const entity of deepestFirst(currentOf.get(kind.name) ?? [])) {
      yield
      const isWanted = wanted.has(entityKey(entity))
      const isTheirs = entity.declaredBy === 'api' && !options.pruneMade?.has(kind.name)
      if (!isWanted && options.prune && !isTheirs && kind.prunable(entity) && !held.has(entityKey(entity))) {
        changes.push({ change: 'delete', entity })
      } else {
        if (!isWanted) kept.push(entity)
        const fields = { ...entity.fields, ...wanted.get(entityKey(entity))?.fields }
        for (const key of holds({ ...entity, fields })) held.add(key)
      }
    }
  }
  return { changes, kept }
}

/** Entities by {@link entityKey}. */
export function* byKey<T extends Entity>(entities: readonly T[]): Turns<Map<string, T>> {
  const found = new Map<string, T>()
  for (const entity of entities) {
    found.set(entityKey(entity), entity)
    yield
  }
  return found
}

/** How a preview says that an entity, until now made by a call, becomes the file's. */
export const DECLARED_BY = 'declared by'

/** A folder comes after those in it. */
function deepestFirst(entities: StoredEntity[]): StoredEntity[] {
  return entities[0]?.kind === 'folder'
    ? entities.toSorted((a, b) => b.name.length - a.name.length)
    : entities
}

function differs(wanted: FieldValue | undefined, there: FieldValue | undefined): boolean {
  return wanted !== undefined && wanted !== there
}

/** `+ user alice`, `~ ram policy UseKeys: document`, `- user bob` */
export function changeLine(change: Change, accountName: string): string {
  const title = entityTitle(change.entity, accountName)
  switch (change.change) {
    case 'create':
      return `+ ${title}`
    case 'update':
      return `~ ${title}: ${change.differing.join(', ')}`
    case 'delete':
      return `- ${title}`
  }
}

/**
 * A digest of what a plan does: an apply that carries the one of its preview does exactly what was previewed or nothing.
 * `accountOf` names accounts by something that both plans share: a new account has another uid in each.
 */
export function* planDigest(plan: WorldPlan, accountOf: (uid: string) => string): Turns<string> {
  const digest = createHash('sha256')
  for (const { change, entity } of plan.changes) {
    const key = entityKey({ ...entity, account: accountOf(entity.account) })
    digest.update(JSON.stringify([change, key, change === 'delete' ? {} : entity.fields]))
    yield
  }
  return digest.digest('hex').slice(0, 32)
}
