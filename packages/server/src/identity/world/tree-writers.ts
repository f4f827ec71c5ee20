import { builtInId } from '../built-in.ts'
import type { Writing } from './apply.ts'
import { type Entity, entityKey, NO_ACCOUNT } from './entities.ts'
import { columns, fresh, insertRows, text, updateRow } from './insert.ts'
import type { Writer } from './link-writers.ts'
import { FULL_ACCESS } from './organization.ts'

const LANGUAGES = ['iam', 'ram'] as const

/** How the organization and the network map come about. */
export const TREE_WRITERS: Readonly<
  Record<'network' | 'organization' | 'organization-policy' | 'folder' | 'placement', Writer>
> = Object.freeze({
  network: {
    insert: ({ tx, now }, entities) =>
      insertRows(
        tx,
        'networks',
        entities.map((entity) => ({
          ...fresh(now),
          cidr: entity.name.join('/'),
          vpc_id: text(entity, 'vpc'),
          endpoint_id: text(entity, 'endpoint'),
        })),
      ),
    async update({ tx }, { fields }, id) {
      const set = columns(fields, { vpc: 'vpc_id', endpoint: 'endpoint_id' })
      await tx.updateTable('networks').set(set).where('cidr', '=', id).execute()
    },
    async remove({ tx }, { id }) {
      await tx.deleteFrom('networks').where('cidr', '=', id).execute()
    },
  },
  'organization-policy': {
    insert: ({ tx, now, id }, entities) =>
      insertRows(
        tx,
        'organization_policies',
        entities.map((entity) => ({
          ...fresh(now),
          id: id(entity),
          language: entity.name[0]!,
          name: entity.name[1]!,
          document: text(entity, 'document'),
          description: text(entity, 'description'),
        })),
      ),
    update: ({ tx }, { fields }, id) =>
      updateRow(
        tx,
        'organization_policies',
        id,
        columns(fields, { description: 'description', document: 'document' }),
      ),
    async remove({ tx }, { id }) {
      await tx.deleteFrom('organization_policies').where('id', '=', id).execute()
    },
  },
  organization: {
    async insert({ tx, now, id, world }, [entity]) {
      const management_uid = uidOf(world, text(entity!, 'management'))
      await tx
        .insertInto('organizations')
        .values({ ...fresh(now), number: 1, id: id(entity!), management_uid })
        .execute()
    },
    async update({ tx, world }, entity) {
      const management_uid = uidOf(world, text(entity, 'management'))
      await tx.updateTable('organizations').set({ management_uid }).where('number', '=', 1).execute()
    },
    async remove() {
      throw new Error('an apply deletes no organization')
    },
  },
  folder: {
    async insert(writing, entities) {
      const { tx, now, id } = writing
      const rows = entities.map((entity) => ({
        ...fresh(now),
        id: id(entity),
        parent_id: entity.name.length === 0 ? '' : folderId(writing, entity.name.slice(0, -1)),
        name: entity.name.at(-1) ?? '',
      }))
      await insertRows(tx, 'organization_folders', rows)
      for (const entity of entities) await attach(writing, id(entity), entity, FULL_ACCESS)
    },
    update: (writing, entity, id) => attach(writing, id, entity),
    async remove(writing, { id }) {
      await detach(writing, id)
      await writing.tx.deleteFrom('organization_folders').where('id', '=', id).execute()
    },
  },
  placement: {
    async insert(writing, entities) {
      const { tx, now, world } = writing
      for (const entity of entities) {
        const account_uid = uidOf(world, entity.name[0]!)
        const folder_id = placeOf(writing, entity)
        await tx
          .insertInto('organization_members')
          .values({ ...fresh(now), account_uid, folder_id })
          .execute()
        await attach(writing, account_uid, entity, FULL_ACCESS)
      }
    },
    async update(writing, entity, id) {
      if (entity.fields.folder !== undefined) {
        const folder_id = placeOf(writing, entity)
        const { tx } = writing
        await tx
          .updateTable('organization_members')
          .set({ folder_id })
          .where('account_uid', '=', id)
          .execute()
      }
      await attach(writing, id, entity)
    },
    async remove(writing, { id }) {
      await detach(writing, id)
      await writing.tx.deleteFrom('organization_members').where('account_uid', '=', id).execute()
    },
  },
})

function uidOf({ uids }: Writing['world'], name: string): string {
  const uid = uids.get(name)
  if (uid === undefined) throw new Error(`no account ${name}`)
  return uid
}

function folderId({ id }: Writing, name: readonly string[]): string {
  return id({ kind: 'folder', account: NO_ACCOUNT, name })
}

function placeOf(writing: Writing, entity: Entity): string {
  const path = text(entity, 'folder')
  return folderId(writing, path === '' ? [] : path.split('/'))
}

/** Makes the attachments of an entity what its lists say; a list that is left out stays, or is that of a new entity. */
async function attach(
  { tx, world }: Writing,
  target: string,
  { fields }: Entity,
  otherwise?: Readonly<Record<'iam' | 'ram', string>>,
): Promise<void> {
  for (const language of LANGUAGES) {
    const list = fields[language]
    if (list === undefined && !otherwise) continue
    const names = list === undefined ? [otherwise![language]] : (JSON.parse(String(list)) as string[])
    await tx
      .deleteFrom('organization_attachments')
      .where('target_id', '=', target)
      .where('language', '=', language)
      .execute()
    const rows = names.map((name) => {
      const key = entityKey({ kind: 'organization-policy', account: NO_ACCOUNT, name: [language, name] })
      return { target_id: target, policy_id: world.ids.get(key) ?? builtInId(language, name), language }
    })
    await tx.insertInto('organization_attachments').values(rows).execute()
  }
}

async function detach({ tx }: Writing, target: string): Promise<void> {
  await tx.deleteFrom('organization_attachments').where('target_id', '=', target).execute()
}
