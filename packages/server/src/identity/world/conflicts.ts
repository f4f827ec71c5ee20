import type { WorldFinding } from '../../base/problem.ts'
import type { DeclaredWorld } from './declared.ts'
import type { BoundThing, MatchedAccount } from './match.ts'
import type { WorldPlan } from './plan.ts'
import { quotaMistakes } from './quotas.ts'
import { type StoredThing, type Thing, thingKey } from './things.ts'

/** Given access keys whose id someone else has. */
export function takenKeys(
  world: DeclaredWorld,
  given: readonly BoundThing[],
  owners: ReadonlyMap<string, { account: string; user: string }>,
): WorldFinding[] {
  return given
    .filter(({ account, name: [user, , id = ''] }) => {
      const owner = owners.get(id)
      return owner !== undefined && (owner.account !== account || owner.user !== user)
    })
    .map((thing) => world.finding([...thing.path, 'id'], 'another identity has an access key with this `id`'))
}

/** Limits count what there will be, with what the file does not name first: the mistake stands on what the file adds. */
export function exceeded(
  world: DeclaredWorld,
  accounts: readonly MatchedAccount[],
  current: readonly StoredThing[],
  declared: readonly BoundThing[],
  plan: WorldPlan,
): WorldFinding[] {
  const there = new Set(current.map(thingKey))
  const findings: WorldFinding[] = []
  for (const { uid } of accounts) {
    const ofAccount = <T extends Thing>(things: readonly T[]) =>
      things.filter((thing) => thing.account === uid)
    const mine = ofAccount(declared)
    const old = mine.filter((thing) => there.has(thingKey(thing)))
    const added = mine.filter((thing) => !there.has(thingKey(thing)))
    for (const { thing, message } of quotaMistakes<Thing>([...ofAccount(plan.kept), ...old, ...added])) {
      if ('path' in thing) findings.push(world.finding((thing as BoundThing).path, message))
    }
  }
  return findings
}
