import type { Turns } from '../../base/turns.ts'
import type { WorldFinding } from '../problems.ts'
import type { KeyOwner } from './current.ts'
import { type Entity, entityKey, entityTitle, type StoredEntity } from './entities.ts'
import type { BoundEntity, MatchedAccount } from './match.ts'
import { byKey, type WorldPlan } from './plan.ts'
import { quotaMistakes } from './quotas.ts'

/**
 * Given access keys that are someone else's, or that the file also asks to generate. A file that is not the operator's
 * may only speak of keys that its identities have already: in the same words whether another has the id or nobody.
 */
export function* takenKeys(
  declared: readonly BoundEntity[],
  owners: ReadonlyMap<string, KeyOwner>,
  isOperators: boolean,
): Turns<WorldFinding[]> {
  const labels = yield* byKey(declared.filter(({ kind }) => kind === 'access-key'))
  const findings: WorldFinding[] = []
  for (const entity of declared) {
    yield
    const message = takenKey(entity, labels, owners, isOperators)
    if (message !== undefined) findings.push({ ...entity.at, message })
  }
  return findings
}

function takenKey(
  entity: BoundEntity,
  labels: ReadonlyMap<string, BoundEntity>,
  owners: ReadonlyMap<string, KeyOwner>,
  isOperators: boolean,
): string | undefined {
  const { account, name } = entity
  const [user = '', known, id = ''] = name
  if (entity.kind !== 'access-key' || known !== 'id') return undefined
  const owner = owners.get(id)
  const isOwn = owner?.account === account && owner.user === user
  if (!isOperators && !isOwn) return 'only the operator gives access keys their `id`: use `generate`'
  if (!owner) return undefined
  if (!isOwn) return 'another identity has an access key with this `id`'
  const { label } = owner
  const twice = label !== null && labels.has(entityKey({ ...entity, name: [user, 'label', label] }))
  return twice ? `this is the generated access key \`${label}\`: declare it once` : undefined
}

/** Policies of the organization that a prune would take away from entities that keep them. */
export function stillAttached(
  current: readonly StoredEntity[],
  declared: readonly BoundEntity[],
  plan: WorldPlan,
): WorldFinding[] {
  const gone = plan.changes.filter(
    ({ change, entity }) => change === 'delete' && entity.kind === 'organization-policy',
  )
  if (gone.length === 0) return []
  const going = new Set(
    plan.changes.filter(({ change }) => change === 'delete').map(({ entity }) => entityKey(entity)),
  )
  const said = new Map(declared.map((entity) => [entityKey(entity), entity]))
  return current.flatMap((entity) => {
    if ((entity.kind !== 'folder' && entity.kind !== 'placement') || going.has(entityKey(entity))) return []
    const own = said.get(entityKey(entity))
    return gone.flatMap(({ entity: policy }) => {
      const [language = '', name = ''] = policy.name
      const list = JSON.parse(String(own?.fields[language] ?? entity.fields[language])) as string[]
      if (!list.includes(name)) return []
      const message = `${entityTitle(policy, '')} is attached to ${entityTitle(entity, '')}, and not in the file`
      return { path: 'organization', ...own?.at, message }
    })
  })
}

/** Limits count what there will be, with what the file does not name first: the mistake stands on what the file adds. */
export function* exceeded(
  accounts: readonly MatchedAccount[],
  current: readonly StoredEntity[],
  declared: readonly BoundEntity[],
  plan: WorldPlan,
): Turns<WorldFinding[]> {
  const there = yield* byKey(current)
  const [declaredOf, keptOf] = [declared, plan.kept].map((entities) =>
    Map.groupBy<string, Entity>(entities, ({ account }) => account),
  )
  const findings: WorldFinding[] = []
  for (const { uid } of accounts) {
    const old: Entity[] = []
    const added: Entity[] = []
    for (const entity of declaredOf!.get(uid) ?? []) {
      yield
      const known = there.has(entityKey(entity)) ? old : added
      known.push(entity)
    }
    const all = [...(keptOf!.get(uid) ?? []), ...old, ...added]
    for (const { entity, message } of yield* quotaMistakes(all)) {
      if ('at' in entity) findings.push({ ...(entity as BoundEntity).at, message })
    }
  }
  return findings
}
