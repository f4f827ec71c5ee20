import type { LanguageName } from '@keyward/policy'
import { type AccessKeyStatus, createAccessKeys, deleteAccessKey, updateAccessKey } from '../access-keys.ts'
import { createAccounts, renameAccount } from '../accounts.ts'
import { createGroups, deleteGroup, updateGroup } from '../groups.ts'
import { createPolicies, createPolicyVersion, deletePolicy, updatePolicy } from '../policies.ts'
import type { Tags } from '../principal.ts'
import { readTags } from '../queries.ts'
import { createRoles, deleteRole, type RoleFields, updateRole } from '../roles.ts'
import { createUsers, deleteUser, type UserFields, updateUser } from '../users.ts'
import { LINK_WRITERS, type Writer } from './link-writers.ts'
import { type Thing, type ThingKind, thingKey } from './things.ts'
import { TREE_WRITERS } from './tree-writers.ts'

/** One writer a kind: what a file says, in the verbs of this room. Rows that hang on others come after them: `kinds.ts`. */
export const WRITERS: Readonly<Record<ThingKind, Writer>> = Object.freeze({
  account: {
    insert: ({ tx, world, author }, account) => createAccounts(tx, [world.newAccounts.get(account)!], author),
    async update({ tx }, thing) {
      // Its version has been counted up with everything else of the account.
      if (thing.fields.name !== undefined) await renameAccount(tx, thing.account, String(thing.fields.name))
    },
    async remove() {
      throw new Error('an apply deletes no account')
    },
  },
  policy: {
    insert: ({ tx, id, author }, account, things) =>
      createPolicies(
        tx,
        account,
        things.map((thing) => ({
          id: id(thing),
          language: thing.name[0] as LanguageName,
          name: thing.name[1]!,
          document: text(thing, 'document') ?? '',
          description: text(thing, 'description'),
        })),
        author,
      ),
    async update({ tx, author, world }, thing, id) {
      await updatePolicy(tx, id, { description: text(thing, 'description') }, author)
      const document = text(thing, 'document')
      if (document === undefined || !world.newDocuments.has(thingKey(thing))) return
      await createPolicyVersion(tx, id, { document, isDefault: true, rotation: 'oldest' }, author)
    },
    remove: ({ tx }, { id }) => deletePolicy(tx, id, true),
  },
  group: {
    insert: ({ tx, id, author }, account, things) =>
      createGroups(
        tx,
        account,
        things.map((thing) => ({
          id: id(thing),
          name: thing.name[0]!,
          description: text(thing, 'description'),
        })),
        author,
      ),
    update: ({ tx, author }, thing, id) =>
      updateGroup(tx, thing.account, id, { description: text(thing, 'description') }, author),
    remove: ({ tx }, { id }) => deleteGroup(tx, id),
  },
  user: {
    insert: ({ tx, id, world, author }, account, things) =>
      createUsers(
        tx,
        account,
        things.map((thing) => ({
          ...userFields(thing),
          id: id(thing),
          ramId: world.ramIds.get(thingKey(thing))!,
          name: thing.name[0]!,
        })),
        author,
      ),
    update: ({ tx, author }, thing, id) => updateUser(tx, thing.account, id, userFields(thing), author),
    remove: ({ tx, author }, { id }) => deleteUser(tx, id, author),
  },
  role: {
    insert: ({ tx, id, world, author }, account, things) =>
      createRoles(
        tx,
        account,
        things.map((thing) => ({
          ...roleFields(thing),
          id: id(thing),
          ramId: world.ramIds.get(thingKey(thing))!,
          name: thing.name[0]!,
        })),
        author,
      ),
    update: ({ tx, author }, thing, id) => updateRole(tx, id, roleFields(thing), author),
    remove: ({ tx, author }, { id }) => deleteRole(tx, id, author),
  },
  host: {
    async insert({ tx, author, world }, _account, things) {
      for (const thing of things) await world.rooms.host.put(tx, thing, author.now)
    },
    update: ({ tx, author, world }, thing) => world.rooms.host.put(tx, thing, author.now),
    async remove() {
      throw new Error('an apply deletes no host')
    },
  },
  ...LINK_WRITERS,
  ...TREE_WRITERS,
  'access-key': {
    insert: ({ tx, id, world, author }, account, things) =>
      createAccessKeys(
        tx,
        account,
        things.map((thing) => {
          const [owner = ''] = thing.name
          return {
            ...world.keys.get(thingKey(thing))!,
            userId: owner === '' ? null : id({ kind: 'user', account, name: [owner] }),
            status: statusOf(thing),
          }
        }),
        author,
      ),
    update: ({ tx, world, author }, thing, id) => {
      const sealed = world.keys.get(thingKey(thing))?.sealed
      return updateAccessKey(tx, id, { status: statusOf(thing), sealed }, author)
    },
    remove: ({ tx }, { id }) => deleteAccessKey(tx, id),
  },
})

function userFields(thing: Thing): UserFields {
  return {
    displayName: text(thing, 'displayName'),
    description: text(thing, 'description'),
    mobilePhone: text(thing, 'mobilePhone'),
    email: text(thing, 'email'),
    tags: tagsOf(thing),
  }
}

function roleFields(thing: Thing): RoleFields {
  const { maxSessionSeconds } = thing.fields
  return {
    description: text(thing, 'description'),
    trustRam: text(thing, 'trustRam'),
    trustIam: text(thing, 'trustIam'),
    maxSession: maxSessionSeconds === undefined ? undefined : Number(maxSessionSeconds),
    tags: tagsOf(thing),
    service: text(thing, 'service'),
  }
}

function text(thing: Thing, field: string): string | undefined {
  const value = thing.fields[field]
  return value === undefined ? undefined : String(value)
}

function tagsOf(thing: Thing): Tags | undefined {
  const tags = text(thing, 'tags')
  return tags === undefined ? undefined : readTags(tags)
}

function statusOf(thing: Thing): AccessKeyStatus | undefined {
  return text(thing, 'status') as AccessKeyStatus | undefined
}
