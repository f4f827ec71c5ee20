import type { ReadHandle } from '../../store/store.ts'
import type { WorldFinding } from '../problems.ts'
import type { DeclaredEntity } from './account.ts'
import type { DeclaredWorld } from './declared.ts'
import { NO_ACCOUNT } from './entities.ts'
import type { BoundEntity, MatchedAccount } from './match.ts'

/** What a file says that is of no account, its accounts known. */
export interface MatchedTree {
  /** Which parts the file speaks of: the others are left alone whatever a prune does. */
  readonly declares: { readonly organization: boolean; readonly networks: boolean }
  readonly entities: readonly BoundEntity[]
  /** Uids of the accounts that stand in it, by the names that its entities have for them. */
  readonly uids: ReadonlyMap<string, string>
  /** Uids of all accounts that are or will be bound by the organization: any change of it is one of theirs. */
  readonly members: readonly string[]
}

/** An account as the organization knows it: by the name that it has now, or will have if it is new. */
interface Known {
  readonly uid: string
  readonly name: string
}

/** Finds the accounts that the organization of a file names, in the file or else in the directory. */
export async function matchTree(
  db: ReadHandle,
  world: DeclaredWorld,
  accounts: readonly MatchedAccount[],
): Promise<{ tree: MatchedTree; conflicts: WorldFinding[] }> {
  const declares = { organization: world.organization !== undefined, networks: world.networks !== undefined }
  const networks = (world.networks ?? []).map(bound)
  if (!world.organization) {
    return { tree: { declares, entities: networks, uids: new Map(), members: [] }, conflicts: [] }
  }
  const conflicts: WorldFinding[] = []
  const find = await finder(db, world.organization, accounts)
  const uids = new Map<string, string>()
  const named = (entity: DeclaredEntity, text: string): string => {
    const account = find(text)
    if (account) uids.set(account.name, account.uid)
    else conflicts.push({ ...entity.at, message: `there is no account \`${text}\`` })
    return account?.name ?? text
  }
  const entities = world.organization.map((entity): BoundEntity => {
    const { management } = entity.fields
    if (entity.kind === 'placement') return { ...bound(entity), name: [named(entity, entity.name[0] ?? '')] }
    if (entity.kind !== 'organization' || management === undefined) return bound(entity)
    return { ...bound(entity), fields: { ...entity.fields, management: named(entity, String(management)) } }
  })
  const twins = entities.filter(
    (one, i) =>
      one.kind === 'placement' &&
      entities.findIndex((t) => t.kind === 'placement' && t.name[0] === one.name[0]) < i,
  )
  for (const { at, name } of twins)
    conflicts.push({ ...at, message: `account \`${name[0]}\` stands in two places` })
  const there = await db.selectFrom('organizations').select('management_uid').executeTakeFirst()
  const [head] = entities
  if (!there && head?.fields.management === undefined)
    conflicts.push({
      ...head!.at,
      message: 'there is no organization yet, and this one has no `managementAccount`',
    })
  const members = await db.selectFrom('organization_members').select('account_uid').execute()
  const standing = new Set(members.map((row) => row.account_uid))
  return {
    tree: {
      declares,
      entities: [...networks, ...entities, ...implied(entities, uids, standing)],
      uids,
      members: [...new Set([...standing, ...uids.values()])],
    },
    conflicts,
  }
}

/** What goes without saying: the root, and that the management account stands in its own organization. */
function implied(
  entities: readonly BoundEntity[],
  uids: ReadonlyMap<string, string>,
  standing: ReadonlySet<string>,
): BoundEntity[] {
  const [head] = entities
  const made = (kind: BoundEntity['kind'], name: string[], fields: BoundEntity['fields']): BoundEntity => ({
    ...head!,
    kind,
    name,
    fields,
  })
  const { management } = head!.fields
  const placed = entities.some(({ kind, name }) => kind === 'placement' && name[0] === management)
  // Where it stands already, it stays.
  const stands = standing.has(uids.get(String(management)) ?? '')
  const rooted = entities.some(({ kind, name }) => kind === 'folder' && name.length === 0)
  return [
    ...(rooted ? [] : [made('folder', [], {})]),
    ...(management === undefined || placed
      ? []
      : [made('placement', [String(management)], stands ? {} : { folder: '' })]),
  ]
}

async function finder(
  db: ReadHandle,
  entities: readonly DeclaredEntity[],
  accounts: readonly MatchedAccount[],
): Promise<(text: string) => Known | undefined> {
  const texts = entities.flatMap(({ kind, name, fields }) =>
    kind === 'placement'
      ? [name[0] ?? '']
      : fields.management === undefined
        ? []
        : [String(fields.management)],
  )
  const rows =
    texts.length === 0
      ? []
      : await db
          .selectFrom('accounts')
          .select(['id', 'name'])
          .where('closed_at', '=', 0)
          .where((eb) => eb.or([eb('id', 'in', texts), eb('name', 'in', texts)]))
          .execute()
  const declared = accounts.map(({ uid, name, row }) => ({ uid, called: name, name: row?.name ?? name }))
  return (text) => {
    const ours = declared.find(({ uid, called }) => uid === text || called === text)
    if (ours) return ours
    const row = rows.find(({ id }) => id === text) ?? rows.find(({ name }) => name === text)
    return row && { uid: row.id, name: row.name }
  }
}

function bound(entity: DeclaredEntity): BoundEntity {
  return { ...entity, account: NO_ACCOUNT }
}
