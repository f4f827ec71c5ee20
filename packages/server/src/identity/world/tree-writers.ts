import type { LanguageName } from '@keyward/policy'
import type { WriteHandle } from '../../store/store.ts'
import { builtInId } from '../built-in.ts'
import {
  claimFolder,
  createFolders,
  createOrganization,
  deleteFolder,
  setManagement,
  tagFolder,
} from '../organization.ts'
import { setDelegations, setServices } from '../organization-delegations.ts'
import {
  claimPlace,
  moveAccount,
  placeAccounts,
  removeAccount,
  updateMember,
} from '../organization-members.ts'
import {
  createOrganizationPolicies,
  deleteOrganizationPolicy,
  setLimits,
  updateOrganizationPolicy,
} from '../organization-policies.ts'
import { disableType, enableType, FULL_ACCESS, isTypeEnabled } from '../organization-types.ts'
import { type Author, insertRows } from '../rows.ts'
import type { Writing } from './apply.ts'
import { type Entity, entityKey, NO_ACCOUNT } from './entities.ts'
import { each, tagsOf, type Writer } from './link-writers.ts'

const LANGUAGES = ['iam', 'ram'] as const

/** How the organization and the network map come about. */
export const TREE_WRITERS: Readonly<
  Record<'network' | 'organization' | 'organization-policy' | 'folder' | 'placement', Writer>
> = Object.freeze({
  network: {
    insert: ({ tx, author }, _account, entities) =>
      insertRows(
        tx,
        'networks',
        entities.map((entity) => ({
          created_at: author.now,
          version: 1,
          cidr: entity.name.join('/'),
          vpc_id: text(entity, 'vpc'),
          endpoint_id: text(entity, 'endpoint'),
        })),
      ),
    async update({ tx }, { fields: { vpc, endpoint } }, id) {
      const set = {
        ...(vpc !== undefined && { vpc_id: String(vpc) }),
        ...(endpoint !== undefined && { endpoint_id: String(endpoint) }),
      }
      await tx.updateTable('networks').set(set).where('cidr', '=', id).execute()
    },
    remove: each(async ({ tx }, { id }) => {
      await tx.deleteFrom('networks').where('cidr', '=', id).execute()
    }),
  },
  'organization-policy': {
    insert: ({ tx, id, author }, _account, entities) =>
      createOrganizationPolicies(
        tx,
        entities.map((entity) => ({
          id: id(entity),
          language: entity.name[0] as LanguageName,
          name: entity.name[1]!,
          document: text(entity, 'document'),
          description: text(entity, 'description'),
          tags: tagsOf(entity),
        })),
        author,
      ),
    update: ({ tx, author }, entity, id) =>
      updateOrganizationPolicy(
        tx,
        id,
        {
          description: given(entity, 'description'),
          document: given(entity, 'document'),
          tags: tagsOf(entity),
        },
        author,
      ),
    remove: each(({ tx }, { id }) => deleteOrganizationPolicy(tx, id)),
  },
  organization: {
    async insert({ tx, author, id, world }, _account, [entity]) {
      const management = uidOf(world, text(entity!, 'management'))
      await createOrganization(tx, { id: id(entity!), management }, author)
      await settle(tx, entity!, author)
    },
    async update({ tx, author, world }, entity) {
      const management = given(entity, 'management')
      if (management !== undefined) await setManagement(tx, uidOf(world, management))
      await settle(tx, entity, author)
    },
    async remove() {
      throw new Error('an apply deletes no organization')
    },
  },
  folder: {
    async insert(writing, _account, entities) {
      const { tx, author, id } = writing
      const rows = entities.map((entity) => ({
        id: id(entity),
        parent: entity.name.length === 0 ? '' : folderId(writing, entity.name.slice(0, -1)),
        name: entity.name.at(-1) ?? '',
        tags: tagsOf(entity),
      }))
      await createFolders(tx, rows, author)
      for (const entity of entities) await limit(writing, id(entity), entity, FULL_ACCESS)
    },
    async update(writing, entity, id) {
      await claimFolder(writing.tx, id)
      const tags = tagsOf(entity)
      if (tags) await tagFolder(writing.tx, id, tags)
      await limit(writing, id, entity)
    },
    remove: each(({ tx }, { id }) => deleteFolder(tx, id)),
  },
  placement: {
    async insert(writing, _account, entities) {
      const { tx, author, world } = writing
      const places = entities.map((entity) => ({
        account: uidOf(world, entity.name[0]!),
        folder: placeOf(writing, entity),
        description: given(entity, 'description'),
        tags: tagsOf(entity),
      }))
      await placeAccounts(tx, places, author)
      for (const entity of entities) {
        const uid = uidOf(world, entity.name[0]!)
        await limit(writing, uid, entity, FULL_ACCESS)
        await setDelegations(tx, uid, listOf(entity, 'delegatedServices'), author)
      }
    },
    async update(writing, entity, id) {
      await claimPlace(writing.tx, id)
      if (entity.fields.folder !== undefined) await moveAccount(writing.tx, id, placeOf(writing, entity))
      await limit(writing, id, entity)
      const said = { description: given(entity, 'description'), tags: tagsOf(entity) }
      if (said.description !== undefined || said.tags)
        await updateMember(writing.tx, id, said, writing.author)
      await setDelegations(writing.tx, id, listOf(entity, 'delegatedServices'), writing.author)
    },
    remove: each(({ tx }, { id }) => removeAccount(tx, id)),
  },
})

/** The switches and services of the organization, as far as the file says them. */
async function settle(tx: WriteHandle, entity: Entity, author: Author): Promise<void> {
  for (const language of LANGUAGES) {
    const on = entity.fields[`${language}On`]
    if (on === 'true') await enableType(tx, language, author.now)
    if (on === 'false') await disableType(tx, language)
  }
  await setServices(tx, listOf(entity, 'trustedServices'), author)
}

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

/** Makes the policies on an entity what its lists say; a list that is left out stays, or is that of a new entity. */
async function limit(
  { tx, world, author }: Writing,
  target: string,
  { fields }: Entity,
  otherwise?: Readonly<Record<LanguageName, string>>,
): Promise<void> {
  for (const language of LANGUAGES) {
    const list = fields[language]
    if (list === undefined && !(otherwise && (await isTypeEnabled(tx, language)))) continue
    const names = list === undefined ? [otherwise![language]] : (JSON.parse(String(list)) as string[])
    const ids = names.map((name) => {
      const key = entityKey({ kind: 'organization-policy', account: NO_ACCOUNT, name: [language, name] })
      return world.ids.get(key) ?? builtInId(language, name)
    })
    await setLimits(tx, target, language, ids, author.now)
  }
}

/** The names of a field that is a list; undefined where it is not declared. */
function listOf(entity: Entity, field: string): string[] | undefined {
  const list = given(entity, field)
  return list === undefined ? undefined : (JSON.parse(list) as string[])
}

function given({ fields }: Entity, field: string): string | undefined {
  const value = fields[field]
  return value === undefined ? undefined : String(value)
}

/** A field's text; empty where it is not declared. */
function text(entity: Entity, field: string): string {
  return String(entity.fields[field] ?? '')
}
