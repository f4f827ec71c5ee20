import { refuse } from '../../base/problem.ts'
import { createBreather } from '../../base/turns.ts'
import type { WriteHandle } from '../../store/store.ts'
import type { Author } from '../rows.ts'
import { readKeyOwners } from './current.ts'
import { type Entity, type EntityKind, entityKey, type Named } from './entities.ts'
import type { Change } from './plan.ts'
import type { PreparedWorld } from './prepare.ts'
import { WRITERS } from './writers.ts'

/** What the writers of entities may ask for. */
export interface Writing {
  readonly tx: WriteHandle
  readonly author: Author
  readonly world: PreparedWorld
  /** Row id of an entity that is there or has been prepared. */
  id(entity: Named): string
}

/**
 * Does what was prepared, in the caller's transaction. The accounts' versions must be those that were matched: a
 * directory that moved meanwhile is a defect of the caller, who checks them first. Raises `InvalidWorld` when an access
 * key was taken meanwhile by another account.
 */
export async function applyWorld(tx: WriteHandle, world: PreparedWorld, now: number): Promise<void> {
  const { changes } = world.plan
  if (changes.length === 0) return
  await assertKeysFree(tx, world)
  await moveVersions(tx, world)
  const id = (entity: Named) => {
    const found = world.ids.get(entityKey(entity))
    if (found === undefined) throw new Error(`no row for ${entityKey(entity)}`)
    return found
  }
  const breathe = createBreather()
  const writing: Writing = { tx, author: { now, by: 'file' }, world, id }
  for (const [kind, change, group] of runs(changes)) {
    const writer = WRITERS[kind]
    if (change === 'create')
      for (const [account, changes] of Map.groupBy(group, ({ entity }) => entity.account))
        await writer.insert(
          writing,
          account,
          changes.map((c) => c.entity),
        )
    for (const one of group)
      if (one.change === 'update') {
        await breathe()
        await writer.update(writing, one.entity, one.stored.id)
      }
    const gone = group.flatMap((one) => (one.change === 'delete' ? [one.entity] : []))
    if (gone.length > 0) await writer.remove(writing, gone)
  }
}

/** Changes of one sort that follow each other, together: new entities are inserted by the hundred. */
function runs(changes: readonly Change[]): [EntityKind, Change['change'], Change[]][] {
  const found: [EntityKind, Change['change'], Change[]][] = []
  for (const change of changes) {
    const last = found.at(-1)
    if (last && last[0] === change.entity.kind && last[1] === change.change) last[2].push(change)
    else found.push([change.entity.kind, change.change, [change]])
  }
  return found
}

/** The version of an account grows with every change inside it: two applies that overlap cannot both commit. */
async function moveVersions(tx: WriteHandle, world: PreparedWorld): Promise<void> {
  for (const [uid, version] of world.versions) {
    const moved = await tx
      .updateTable('accounts')
      .set({ version: version + 1 })
      .where('id', '=', uid)
      .where('version', '=', version)
      .executeTakeFirst()
    if (moved.numUpdatedRows !== 1n) throw new Error('an account changed after it was matched')
  }
}

async function assertKeysFree(tx: WriteHandle, world: PreparedWorld): Promise<void> {
  const created = world.plan.changes.filter((c) => c.change === 'create').map((c) => c.entity)
  const ids = created.filter(isGivenKey).map((entity) => entity.name[2]!)
  const taken = await readKeyOwners(tx, ids)
  const [id] = taken.keys()
  if (id === undefined) return
  const message = `another identity has the access key \`${id}\``
  throw refuse({ code: 'InvalidWorld', findings: [{ path: '', message }] })
}

function isGivenKey(entity: Entity): boolean {
  return entity.kind === 'access-key' && entity.name[1] === 'id'
}
