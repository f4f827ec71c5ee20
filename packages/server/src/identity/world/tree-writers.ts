import { builtInId } from '../built-in.ts'
import type { Writing } from './apply.ts'
import { columns, fresh, insertRows, text, updateRow } from './insert.ts'
import type { Writer } from './link-writers.ts'
import { FULL_ACCESS } from './organization.ts'
import { NO_ACCOUNT, type Thing, thingKey } from './things.ts'

const LANGUAGES = ['iam', 'ram'] as const

/** How the organization and the network map come about. */
export const TREE_WRITERS: Readonly<
  Record<'network' | 'organization' | 'organization-policy' | 'folder' | 'placement', Writer>
> = Object.freeze({
  network: {
    insert: ({ tx, now }, things) =>
      insertRows(
        tx,
        'networks',
        things.map((thing) => ({
          ...fresh(now),
          cidr: thing.name.join('/'),
          vpc_id: text(thing, 'vpc'),
          endpoint_id: text(thing, 'endpoint'),
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
    insert: ({ tx, now, id }, things) =>
      insertRows(
        tx,
        'organization_policies',
        things.map((thing) => ({
          ...fresh(now),
          id: id(thing),
          language: thing.name[0]!,
          name: thing.name[1]!,
          document: text(thing, 'document'),
          description: text(thing, 'description'),
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
    async insert({ tx, now, id, world }, [thing]) {
      const management_uid = uidOf(world, text(thing!, 'management'))
      await tx
        .insertInto('organizations')
        .values({ ...fresh(now), number: 1, id: id(thing!), management_uid })
        .execute()
    },
    async update({ tx, world }, thing) {
      const management_uid = uidOf(world, text(thing, 'management'))
      await tx.updateTable('organizations').set({ management_uid }).where('number', '=', 1).execute()
    },
    async remove() {
      throw new Error('an apply deletes no organization')
    },
  },
  folder: {
    async insert(writing, things) {
      const { tx, now, id } = writing
      const rows = things.map((thing) => ({
        ...fresh(now),
        id: id(thing),
        parent_id: thing.name.length === 0 ? '' : folderId(writing, thing.name.slice(0, -1)),
        name: thing.name.at(-1) ?? '',
      }))
      await insertRows(tx, 'organization_folders', rows)
      for (const thing of things) await attach(writing, id(thing), thing, FULL_ACCESS)
    },
    update: (writing, thing, id) => attach(writing, id, thing),
    async remove(writing, { id }) {
      await detach(writing, id)
      await writing.tx.deleteFrom('organization_folders').where('id', '=', id).execute()
    },
  },
  placement: {
    async insert(writing, things) {
      const { tx, now, world } = writing
      for (const thing of things) {
        const account_uid = uidOf(world, thing.name[0]!)
        const folder_id = placeOf(writing, thing)
        await tx
          .insertInto('organization_members')
          .values({ ...fresh(now), account_uid, folder_id })
          .execute()
        await attach(writing, account_uid, thing, FULL_ACCESS)
      }
    },
    async update(writing, thing, id) {
      if (thing.fields.folder !== undefined) {
        const folder_id = placeOf(writing, thing)
        const { tx } = writing
        await tx
          .updateTable('organization_members')
          .set({ folder_id })
          .where('account_uid', '=', id)
          .execute()
      }
      await attach(writing, id, thing)
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

function placeOf(writing: Writing, thing: Thing): string {
  const path = text(thing, 'folder')
  return folderId(writing, path === '' ? [] : path.split('/'))
}

/** Makes the attachments of an entity what its lists say; a list that is left out stays, or is that of a new entity. */
async function attach(
  { tx, world }: Writing,
  target: string,
  { fields }: Thing,
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
      const key = thingKey({ kind: 'organization-policy', account: NO_ACCOUNT, name: [language, name] })
      return { target_id: target, policy_id: world.ids.get(key) ?? builtInId(language, name), language }
    })
    await tx.insertInto('organization_attachments').values(rows).execute()
  }
}

async function detach({ tx }: Writing, target: string): Promise<void> {
  await tx.deleteFrom('organization_attachments').where('target_id', '=', target).execute()
}
