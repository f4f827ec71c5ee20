import type { LanguageName } from '@keyward/policy'
import { builtInId } from '../built-in.ts'
import {
  claimFolder,
  claimPlace,
  createFolders,
  createOrganization,
  deleteFolder,
  moveAccount,
  placeAccounts,
  removeAccount,
  setManagement,
} from '../organization.ts'
import {
  createOrganizationPolicies,
  deleteOrganizationPolicy,
  setLimits,
  updateOrganizationPolicy,
} from '../organization-policies.ts'
import { insertRows } from '../rows.ts'
import type { Writing } from './apply.ts'
import type { Writer } from './link-writers.ts'
import { FULL_ACCESS } from './organization.ts'
import { NO_ACCOUNT, type Thing, thingKey } from './things.ts'

const LANGUAGES = ['iam', 'ram'] as const

/** How the organization and the network map come about. */
export const TREE_WRITERS: Readonly<
  Record<'network' | 'organization' | 'organization-policy' | 'folder' | 'placement', Writer>
> = Object.freeze({
  network: {
    insert: ({ tx, author }, _account, things) =>
      insertRows(
        tx,
        'networks',
        things.map((thing) => ({
          created_at: author.now,
          version: 1,
          cidr: thing.name.join('/'),
          vpc_id: text(thing, 'vpc'),
          endpoint_id: text(thing, 'endpoint'),
        })),
      ),
    async update({ tx }, { fields: { vpc, endpoint } }, id) {
      const set = {
        ...(vpc !== undefined && { vpc_id: String(vpc) }),
        ...(endpoint !== undefined && { endpoint_id: String(endpoint) }),
      }
      await tx.updateTable('networks').set(set).where('cidr', '=', id).execute()
    },
    async remove({ tx }, { id }) {
      await tx.deleteFrom('networks').where('cidr', '=', id).execute()
    },
  },
  'organization-policy': {
    insert: ({ tx, id, author }, _account, things) =>
      createOrganizationPolicies(
        tx,
        things.map((thing) => ({
          id: id(thing),
          language: thing.name[0] as LanguageName,
          name: thing.name[1]!,
          document: text(thing, 'document'),
          description: text(thing, 'description'),
        })),
        author,
      ),
    update: ({ tx, author }, { fields: { description, document } }, id) =>
      updateOrganizationPolicy(
        tx,
        id,
        {
          ...(description !== undefined && { description: String(description) }),
          ...(document !== undefined && { document: String(document) }),
        },
        author,
      ),
    remove: ({ tx }, { id }) => deleteOrganizationPolicy(tx, id),
  },
  organization: {
    insert: ({ tx, author, id, world }, _account, [thing]) =>
      createOrganization(
        tx,
        { id: id(thing!), management: uidOf(world, text(thing!, 'management')) },
        author,
      ),
    update: ({ tx, world }, thing) => setManagement(tx, uidOf(world, text(thing, 'management'))),
    async remove() {
      throw new Error('an apply deletes no organization')
    },
  },
  folder: {
    async insert(writing, _account, things) {
      const { tx, author, id } = writing
      const rows = things.map((thing) => ({
        id: id(thing),
        parent: thing.name.length === 0 ? '' : folderId(writing, thing.name.slice(0, -1)),
        name: thing.name.at(-1) ?? '',
      }))
      await createFolders(tx, rows, author)
      for (const thing of things) await limit(writing, id(thing), thing, FULL_ACCESS)
    },
    async update(writing, thing, id) {
      await claimFolder(writing.tx, id)
      await limit(writing, id, thing)
    },
    remove: ({ tx }, { id }) => deleteFolder(tx, id),
  },
  placement: {
    async insert(writing, _account, things) {
      const { tx, author, world } = writing
      const places = things.map((thing) => ({
        account: uidOf(world, thing.name[0]!),
        folder: placeOf(writing, thing),
      }))
      await placeAccounts(tx, places, author)
      for (const thing of things) await limit(writing, uidOf(world, thing.name[0]!), thing, FULL_ACCESS)
    },
    async update(writing, thing, id) {
      await claimPlace(writing.tx, id)
      if (thing.fields.folder !== undefined) await moveAccount(writing.tx, id, placeOf(writing, thing))
      await limit(writing, id, thing)
    },
    remove: ({ tx }, { id }) => removeAccount(tx, id),
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

/** Makes the policies on an entity what its lists say; a list that is left out stays, or is that of a new entity. */
async function limit(
  { tx, world }: Writing,
  target: string,
  { fields }: Thing,
  otherwise?: Readonly<Record<LanguageName, string>>,
): Promise<void> {
  for (const language of LANGUAGES) {
    const list = fields[language]
    if (list === undefined && !otherwise) continue
    const names = list === undefined ? [otherwise![language]] : (JSON.parse(String(list)) as string[])
    const ids = names.map((name) => {
      const key = thingKey({ kind: 'organization-policy', account: NO_ACCOUNT, name: [language, name] })
      return world.ids.get(key) ?? builtInId(language, name)
    })
    await setLimits(tx, target, language, ids)
  }
}

/** A field's text; empty where it is not declared. */
function text(thing: Thing, field: string): string {
  return String(thing.fields[field] ?? '')
}
