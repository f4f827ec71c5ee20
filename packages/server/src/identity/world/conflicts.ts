import type { WorldFinding } from '../problems.ts'
import type { KeyOwner } from './current.ts'
import type { BoundThing, MatchedAccount } from './match.ts'
import type { WorldPlan } from './plan.ts'
import { quotaMistakes } from './quotas.ts'
import { type StoredThing, type Thing, thingKey, thingTitle } from './things.ts'

/**
 * Given access keys that are someone else's, or that the file also asks to generate. A file that is not the operator's
 * may only speak of keys that its identities have already: in the same words whether another has the id or nobody.
 */
export function takenKeys(
  declared: readonly BoundThing[],
  owners: ReadonlyMap<string, KeyOwner>,
  isOperators: boolean,
): WorldFinding[] {
  const labels = new Set(declared.map(thingKey))
  return declared.flatMap((thing) => {
    const { account, name } = thing
    const [user = '', known, id = ''] = name
    if (thing.kind !== 'access-key' || known !== 'id') return []
    const owner = owners.get(id)
    const isOwn = owner?.account === account && owner.user === user
    if (!isOperators && !isOwn) {
      return { ...thing.at, message: 'only the operator gives access keys their `id`: use `generate`' }
    }
    if (!owner) return []
    if (!isOwn) {
      return { ...thing.at, message: 'another identity has an access key with this `id`' }
    }
    const { label } = owner
    const twice = label !== null && labels.has(thingKey({ ...thing, name: [user, 'label', label] }))
    return twice
      ? { ...thing.at, message: `this is the generated access key \`${label}\`: declare it once` }
      : []
  })
}

/** Policies of the organization that a prune would take away from entities that keep them. */
export function stillAttached(
  current: readonly StoredThing[],
  declared: readonly BoundThing[],
  plan: WorldPlan,
): WorldFinding[] {
  const gone = plan.changes.filter(
    ({ change, thing }) => change === 'delete' && thing.kind === 'organization-policy',
  )
  if (gone.length === 0) return []
  const going = new Set(
    plan.changes.filter(({ change }) => change === 'delete').map(({ thing }) => thingKey(thing)),
  )
  const said = new Map(declared.map((thing) => [thingKey(thing), thing]))
  return current.flatMap((entity) => {
    if ((entity.kind !== 'folder' && entity.kind !== 'placement') || going.has(thingKey(entity))) return []
    const own = said.get(thingKey(entity))
    return gone.flatMap(({ thing }) => {
      const [language = '', name = ''] = thing.name
      const list = JSON.parse(String(own?.fields[language] ?? entity.fields[language])) as string[]
      if (!list.includes(name)) return []
      const message = `${thingTitle(thing, '')} is attached to ${thingTitle(entity, '')}, and not in the file`
      return { path: 'organization', ...own?.at, message }
    })
  })
}

/** Limits count what there will be, with what the file does not name first: the mistake stands on what the file adds. */
export function exceeded(
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
      if ('at' in thing) findings.push({ ...(thing as BoundThing).at, message })
    }
  }
  return findings
}
