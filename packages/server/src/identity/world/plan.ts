import { hash } from 'node:crypto'
import { KINDS } from './kinds.ts'
import { type FieldValue, type StoredThing, type Thing, thingKey, thingTitle } from './things.ts'

export type Change =
  | { readonly change: 'create'; readonly thing: Thing }
  | {
      readonly change: 'update'
      readonly thing: Thing
      readonly stored: StoredThing
      /** Names of the fields that differ, in the kind's order. */
      readonly differing: readonly string[]
    }
  | { readonly change: 'delete'; readonly thing: StoredThing }

/** What an apply would do, in the order in which it does it, and what it leaves alone. */
export interface WorldPlan {
  readonly changes: readonly Change[]
  /** In the directory, not in the file, and not pruned. */
  readonly kept: readonly StoredThing[]
}

export interface PlanOptions {
  /** Delete what the file does not name, inside the accounts that it names. Accounts are never deleted. */
  readonly prune?: boolean
  /** Things that a prune leaves alone all the same: keys of {@link thingKey}. */
  readonly protect?: ReadonlySet<string>
}

/**
 * The difference between what is and what was declared: pure, and empty exactly when every declared thing is there with
 * every declared field (and, with `prune`, nothing else).
 */
export function planWorld(
  current: readonly StoredThing[],
  declared: readonly Thing[],
  options: PlanOptions = {},
): WorldPlan {
  const stored = new Map(current.map((thing) => [thingKey(thing), thing]))
  const wanted = new Set(declared.map(thingKey))
  const changes: Change[] = []
  for (const kind of KINDS) {
    for (const thing of declared.filter((t) => t.kind === kind.name)) {
      const there = stored.get(thingKey(thing))
      if (!there) changes.push({ change: 'create', thing })
      else {
        const differing = kind.fields.filter((f) => differs(thing.fields[f], there.fields[f]))
        if (differing.length > 0) changes.push({ change: 'update', thing, stored: there, differing })
      }
    }
  }
  const kept: StoredThing[] = []
  // What hangs on a thing goes before it.
  for (const kind of [...KINDS].reverse()) {
    for (const thing of current.filter((t) => t.kind === kind.name && !wanted.has(thingKey(t)))) {
      const prune = options.prune && kind.prunable(thing) && !options.protect?.has(thingKey(thing))
      if (prune) changes.push({ change: 'delete', thing })
      else kept.push(thing)
    }
  }
  return { changes, kept }
}

function differs(wanted: FieldValue | undefined, there: FieldValue | undefined): boolean {
  return wanted !== undefined && wanted !== there
}

/** `+ user alice`, `~ ram policy UseKeys: document`, `- user bob` */
export function changeLine(change: Change, accountName: string): string {
  const title = thingTitle(change.thing, accountName)
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
  const parts = plan.changes.map(({ change, thing }) => [
    change,
    thingKey({ ...thing, account: accountOf(thing.account) }),
    change === 'delete' ? {} : thing.fields,
  ])
  return hash('sha256', JSON.stringify(parts)).slice(0, 32)
}
