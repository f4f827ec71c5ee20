import type { ReadHandle } from '../../store/store.ts'
import { builtInOf } from '../built-in.ts'
import { NO_ACCOUNT, type StoredEntity } from './entities.ts'

/** The organization that is there, as entities; nothing where there is none. */
export async function readTree(db: ReadHandle): Promise<StoredEntity[]> {
  const organization = await db
    .selectFrom('organizations')
    .innerJoin('accounts', 'accounts.id', 'organizations.management_uid')
    .select(['organizations.id', 'organizations.iam_enabled', 'organizations.ram_enabled', 'accounts.name'])
    .executeTakeFirst()
  if (!organization) return []
  const entity = (
    kind: StoredEntity['kind'],
    id: string,
    name: string[],
    fields: StoredEntity['fields'],
    declaredBy = 'file',
  ) =>
    Object.freeze<StoredEntity>({
      kind,
      account: NO_ACCOUNT,
      id,
      name,
      fields,
      declaredBy: declaredBy as 'api' | 'file',
    })
  const policies = await db.selectFrom('organization_policies').selectAll().execute()
  const limits = await readLimits(db, new Map(policies.map(({ id, name }) => [id, name])))
  const folders = await db.selectFrom('organization_folders').selectAll().execute()
  const byId = new Map(folders.map((folder) => [folder.id, folder]))
  const pathOf = (id: string): string[] => {
    const folder = byId.get(id)
    return !folder || folder.parent_id === '' ? [] : [...pathOf(folder.parent_id), folder.name]
  }
  const members = await db
    .selectFrom('organization_members')
    .innerJoin('accounts', 'accounts.id', 'organization_members.account_uid')
    .select(['accounts.id', 'accounts.name', 'organization_members.folder_id'])
    .select([
      'organization_members.declared_by',
      'organization_members.description',
      'organization_members.tags',
    ])
    .execute()
  const trusted = await db.selectFrom('organization_services').select('service').execute()
  const delegations = await db.selectFrom('organization_delegations').selectAll().execute()
  const head = {
    management: organization.name,
    iamOn: String(Number(organization.iam_enabled) === 1),
    ramOn: String(Number(organization.ram_enabled) === 1),
    trustedServices: JSON.stringify(trusted.map(({ service }) => service).sort()),
  }
  const delegatedTo = (uid: string) => {
    const own = delegations.filter(({ account_uid }) => account_uid === uid)
    return JSON.stringify(own.map(({ service }) => service).sort())
  }
  return [
    entity('organization', organization.id, [], head),
    ...policies.map(({ id, language, name, description, document, tags, declared_by }) =>
      entity('organization-policy', id, [language, name], { description, document, tags }, declared_by),
    ),
    ...folders.map(({ id, tags, declared_by }) =>
      entity('folder', id, pathOf(id), { ...limits(id), tags }, declared_by),
    ),
    ...members.map(({ id, name, folder_id, description, tags, declared_by }) => {
      const said = { description, tags, delegatedServices: delegatedTo(id) }
      const folder = pathOf(folder_id).join('/')
      return entity('placement', id, [name], { folder, ...limits(id), ...said }, declared_by)
    }),
  ]
}

/** What is attached to an entity: names, as the fields of a declared one have them. */
async function readLimits(db: ReadHandle, names: ReadonlyMap<string, string>) {
  const attached = new Map<string, { iam: string[]; ram: string[] }>()
  for (const row of await db.selectFrom('organization_attachments').selectAll().execute()) {
    const lists = attached.get(row.target_id) ?? { iam: [], ram: [] }
    attached.set(row.target_id, lists)
    const name = builtInOf(row.policy_id)?.name ?? names.get(row.policy_id)
    if (name !== undefined) lists[row.language as 'iam' | 'ram'].push(name)
  }
  return (id: string) => {
    const { iam, ram } = attached.get(id) ?? { iam: [], ram: [] }
    return { iam: JSON.stringify(iam.sort()), ram: JSON.stringify(ram.sort()) }
  }
}

/** The network map that is there, as entities. */
export async function readNetworkThings(db: ReadHandle): Promise<StoredEntity[]> {
  const rows = await db.selectFrom('networks').selectAll().execute()
  return rows.map(({ cidr, vpc_id, endpoint_id }) => ({
    kind: 'network' as const,
    account: NO_ACCOUNT,
    id: cidr,
    name: cidr.split('/'),
    fields: { vpc: vpc_id, endpoint: endpoint_id },
  }))
}
