import type { LanguageName } from '@keyward/policy'
import type { WriteHandle } from '../../store/store.ts'
import { type AccessKeyStatus, createAccessKeys, deleteAccessKeys, updateAccessKey } from '../access-keys.ts'
import { createAccounts, renameAccount, setAccountAlias } from '../accounts.ts'
import { createGroups, deleteGroup, updateGroup } from '../groups.ts'
import { createPolicies, createPolicyVersion, deletePolicy, updatePolicy } from '../policies.ts'
import { createRoles, deleteRole, type RoleFields, updateRole } from '../roles.ts'
import { createUsers, deleteUsers, type UserFields, updateUser } from '../users.ts'
import type { WorldDomains } from './domains.ts'
import { type Entity, type EntityKind, entityKey } from './entities.ts'
import { each, LINK_WRITERS, tagsOf, type Writer } from './link-writers.ts'
import { TREE_WRITERS } from './tree-writers.ts'

/** One writer a kind: what a file says, in the verbs of this folder. Rows that hang on others come after them: `kinds.ts`. */
export const WRITERS: Readonly<Record<EntityKind, Writer>> = Object.freeze({
  account: {
    async insert({ tx, world, author }, account, [entity]) {
      await createAccounts(tx, [world.newAccounts.get(account)!], author)
      await alias(tx, account, entity!)
    },
    async update({ tx }, entity) {
      // Its version has been counted up with everything else of the account.
      if (entity.fields.name !== undefined)
        await renameAccount(tx, entity.account, String(entity.fields.name))
      await alias(tx, entity.account, entity)
    },
    async remove() {
      throw new Error('an apply deletes no account')
    },
  },
  policy: {
    insert: ({ tx, id, author }, account, entities) =>
      createPolicies(
        tx,
        account,
        entities.map((entity) => ({
          id: id(entity),
          language: entity.name[0] as LanguageName,
          name: entity.name[1]!,
          document: text(entity, 'document') ?? '',
          description: text(entity, 'description'),
          path: text(entity, 'path'),
          tags: tagsOf(entity),
        })),
        author,
      ),
    async update({ tx, author, world }, entity, id) {
      const said = {
        description: text(entity, 'description'),
        path: text(entity, 'path'),
        tags: tagsOf(entity),
      }
      await updatePolicy(tx, id, said, author)
      const document = text(entity, 'document')
      if (document === undefined || !world.newDocuments.has(entityKey(entity))) return
      await createPolicyVersion(tx, id, { document, isDefault: true, rotation: 'oldest' }, author)
    },
    remove: each(({ tx }, { id }) => deletePolicy(tx, id, true)),
  },
  group: {
    insert: ({ tx, id, author }, account, entities) =>
      createGroups(
        tx,
        account,
        entities.map((entity) => ({
          id: id(entity),
          name: entity.name[0]!,
          description: text(entity, 'description'),
        })),
        author,
      ),
    update: ({ tx, author }, entity, id) =>
      updateGroup(tx, entity.account, id, { description: text(entity, 'description') }, author),
    remove: each(({ tx }, { id }) => deleteGroup(tx, id)),
  },
  user: {
    insert: ({ tx, id, world, author }, account, entities) =>
      createUsers(
        tx,
        account,
        entities.map((entity) => ({
          ...userFields(entity),
          id: id(entity),
          ramId: world.ramIds.get(entityKey(entity))!,
          name: entity.name[0]!,
        })),
        author,
      ),
    update: ({ tx, author }, entity, id) => updateUser(tx, entity.account, id, userFields(entity), author),
    remove: ({ tx, author }, entities) =>
      deleteUsers(
        tx,
        entities.map(({ id }) => id),
        author,
      ),
  },
  role: {
    insert: ({ tx, id, world, author }, account, entities) =>
      createRoles(
        tx,
        account,
        entities.map((entity) => ({
          ...roleFields(entity),
          id: id(entity),
          ramId: world.ramIds.get(entityKey(entity))!,
          name: entity.name[0]!,
        })),
        author,
      ),
    update: ({ tx, author }, entity, id) => updateRole(tx, id, roleFields(entity), author),
    remove: each(({ tx, author }, { id }) => deleteRole(tx, id, author)),
  },
  host: ofDomain('host'),
  target: ofDomain('target'),
  ...LINK_WRITERS,
  ...TREE_WRITERS,
  'access-key': {
    insert: ({ tx, id, world, author }, account, entities) =>
      createAccessKeys(
        tx,
        account,
        entities.map((entity) => {
          const [owner = ''] = entity.name
          return {
            ...world.keys.get(entityKey(entity))!,
            userId: owner === '' ? null : id({ kind: 'user', account, name: [owner] }),
            status: statusOf(entity),
          }
        }),
        author,
      ),
    update: ({ tx, world, author }, entity, id) => {
      const sealed = world.keys.get(entityKey(entity))?.sealed
      return updateAccessKey(tx, id, { status: statusOf(entity), sealed }, author)
    },
    remove: ({ tx }, entities) =>
      deleteAccessKeys(
        tx,
        entities.map(({ id }) => id),
      ),
  },
})

function userFields(entity: Entity): UserFields {
  return {
    displayName: text(entity, 'displayName'),
    description: text(entity, 'description'),
    mobilePhone: text(entity, 'mobilePhone'),
    email: text(entity, 'email'),
    enabled: entity.fields.enabled === undefined ? undefined : entity.fields.enabled === 'true',
    tags: tagsOf(entity),
  }
}

function roleFields(entity: Entity): RoleFields {
  const { maxSessionSeconds } = entity.fields
  return {
    description: text(entity, 'description'),
    path: text(entity, 'path'),
    trustRam: text(entity, 'trustRam'),
    trustIam: text(entity, 'trustIam'),
    maxSession: maxSessionSeconds === undefined ? undefined : Number(maxSessionSeconds),
    tags: tagsOf(entity),
    service: text(entity, 'service'),
  }
}

async function alias(tx: WriteHandle, account: string, entity: Entity): Promise<void> {
  const name = text(entity, 'alias')
  if (name !== undefined) await setAccountAlias(tx, account, name)
}

function text(entity: Entity, field: string): string | undefined {
  const value = entity.fields[field]
  return value === undefined ? undefined : String(value)
}

function statusOf(entity: Entity): AccessKeyStatus | undefined {
  return text(entity, 'status') as AccessKeyStatus | undefined
}

/** What another domain writes. It prunes nothing of its own: what hangs on it would be forgotten. */
function ofDomain(kind: keyof WorldDomains): Writer {
  return {
    async insert({ tx, author, world }, _account, entities) {
      for (const entity of entities) await world.domains[kind].put(tx, entity, author.now)
    },
    update: ({ tx, author, world }, entity) => world.domains[kind].put(tx, entity, author.now),
    async remove() {
      throw new Error(`an apply deletes no ${kind}`)
    },
  }
}
