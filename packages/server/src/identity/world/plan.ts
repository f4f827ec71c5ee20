import { hash } from 'node:crypto'
import { type Entity, entityKey, entityTitle, type FieldValue, type StoredEntity } from './entities.ts'
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
  /** Delete what the file does not name, inside the accounts that it names. Accounts are never deleted. */
  readonly prune?: boolean
  /** Entities that a prune leaves alone all the same: keys of {@link entityKey}. */
  readonly protect?: ReadonlySet<string>
}

/**
 * The difference between what is and what was declared: pure, and empty exactly when every declared entity is there with
 * every declared field (and, with `prune`, nothing else).
 */
export function planWorld(
  current: readonly StoredEntity[],
  declared: readonly Entity[],
  options: PlanOptions = {},
): WorldPlan {
  const stored = new Map(current.map((entity) => [entityKey(entity), entity]))
  const wanted = new Set(declared.map(entityKey))
  const changes: Change[] = []
  for (const kind of KINDS) {
    for (const entity of declared.filter((t) => t.kind === kind.name)) {
      const there = stored.get(entityKey(entity))
      if (!there) changes.push({ change: 'create', entity })
      else {
        const differing = kind.fields.filter((f) => differs(entity.fields[f], there.fields[f]))
        if (differing.length > 0) changes.push({ change: 'update', entity, stored: there, differing })
      }
    }
  }
  const kept: StoredEntity[] = []
  // What hangs on an entity goes before it.
  for (const kind of [...KINDS].reverse()) {
    for (const entity of current.filter((t) => t.kind === kind.name && !wanted.has(entityKey(t)))) {
      const prune = options.prune && kind.prunable(entity) && !options.protect?.has(entityKey(entity))
      if (prune) changes.push({ change: 'delete', entity })
      else kept.push(entity)
    }
  }
  return { changes, kept }
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
export function planDigest(plan: WorldPlan, accountOf: (uid: string) => string): string {
  const parts = plan.changes.map(({ change, entity }) => [
    change,
    entityKey({ ...entity, account: accountOf(entity.account) }),
    change === 'delete' ? {} : entity.fields,
  ])
  return hash('sha256', JSON.stringify(parts)).slice(0, 32)
}
