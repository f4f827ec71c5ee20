import { SESSION_LIMITS } from '../limits.ts'
import { columns, fresh, insertRows, text, updateRow } from './insert.ts'
import { LINK_WRITERS, type Writer } from './link-writers.ts'
import { type ThingKind, thingKey } from './things.ts'
import { TREE_WRITERS } from './tree-writers.ts'

type NamedTable = 'policies' | 'roles' | 'user_groups' | 'users'

/** One writer a kind. Rows that hang on others come after them and go before them: see `kinds.ts`. */
export const WRITERS: Readonly<Record<ThingKind, Writer>> = Object.freeze({
  account: {
    async insert({ tx, now, world }, things) {
      const rows = things.map(({ account }) => {
        const names = world.newAccounts.get(account)!
        return {
          ...fresh(now),
          id: account,
          name: names.name,
          domain_id: names.domainId,
          project_id: names.projectId,
        }
      })
      await insertRows(tx, 'accounts', rows)
    },
    async update({ tx }, thing) {
      // Its version has been counted up with everything else of the account.
      await tx
        .updateTable('accounts')
        .set({ name: text(thing, 'name') })
        .where('id', '=', thing.account)
        .execute()
    },
    async remove() {
      throw new Error('an apply deletes no account')
    },
  },
  policy: {
    insert: ({ tx, now, id }, things) =>
      insertRows(
        tx,
        'policies',
        things.map((thing) => ({
          ...fresh(now),
          id: id(thing),
          account_uid: thing.account,
          language: thing.name[0]!,
          name: thing.name[1]!,
          document: text(thing, 'document'),
          description: text(thing, 'description'),
        })),
      ),
    update: ({ tx }, { fields }, id) =>
      updateRow(tx, 'policies', id, columns(fields, { description: 'description', document: 'document' })),
    remove: removeFrom('policies'),
  },
  group: {
    insert: ({ tx, now, id }, things) =>
      insertRows(
        tx,
        'user_groups',
        things.map((thing) => ({
          ...fresh(now),
          id: id(thing),
          account_uid: thing.account,
          name: thing.name[0]!,
          description: text(thing, 'description'),
        })),
      ),
    update: ({ tx }, { fields }, id) =>
      updateRow(tx, 'user_groups', id, columns(fields, { description: 'description' })),
    remove: removeFrom('user_groups'),
  },
  user: {
    insert: ({ tx, now, id, world }, things) =>
      insertRows(
        tx,
        'users',
        things.map((thing) => ({
          ...fresh(now),
          id: id(thing),
          ram_id: world.ramIds.get(thingKey(thing))!,
          account_uid: thing.account,
          name: thing.name[0]!,
          display_name: text(thing, 'displayName'),
          description: text(thing, 'description'),
          tags: text(thing, 'tags') || '{}',
        })),
      ),
    update: ({ tx }, { fields }, id) =>
      updateRow(
        tx,
        'users',
        id,
        columns(fields, { displayName: 'display_name', description: 'description', tags: 'tags' }),
      ),
    remove: removeFrom('users'),
  },
  role: {
    insert: ({ tx, now, id, world }, things) =>
      insertRows(
        tx,
        'roles',
        things.map((thing) => ({
          ...fresh(now),
          id: id(thing),
          ram_id: world.ramIds.get(thingKey(thing))!,
          account_uid: thing.account,
          name: thing.name[0]!,
          description: text(thing, 'description'),
          trust_ram: text(thing, 'trustRam'),
          trust_iam: text(thing, 'trustIam'),
          max_session: Number(thing.fields.maxSessionSeconds ?? SESSION_LIMITS.default),
          tags: text(thing, 'tags') || '{}',
          service: text(thing, 'service'),
        })),
      ),
    update: ({ tx }, { fields }, id) =>
      updateRow(
        tx,
        'roles',
        id,
        columns(fields, {
          description: 'description',
          trustRam: 'trust_ram',
          trustIam: 'trust_iam',
          maxSessionSeconds: 'max_session',
          tags: 'tags',
          service: 'service',
        }),
      ),
    remove: removeFrom('roles'),
  },
  host: {
    async insert({ tx, now, world }, things) {
      for (const thing of things) await world.rooms.host.put(tx, thing, now)
    },
    update: ({ tx, now, world }, thing) => world.rooms.host.put(tx, thing, now),
    async remove() {
      throw new Error('an apply deletes no host')
    },
  },
  ...LINK_WRITERS,
  ...TREE_WRITERS,
  'access-key': {
    insert: ({ tx, now, id, world }, things) =>
      insertRows(
        tx,
        'access_keys',
        things.map((thing) => {
          const key = world.keys.get(thingKey(thing))!
          const [owner = ''] = thing.name
          return {
            ...fresh(now),
            id: key.id,
            account_uid: thing.account,
            user_id: owner === '' ? null : id({ kind: 'user', account: thing.account, name: [owner] }),
            sealed_secret: key.sealed,
            status: String(thing.fields.status ?? 'active'),
            label: key.label,
          }
        }),
      ),
    async update({ tx, world }, thing, id) {
      const key = world.keys.get(thingKey(thing))
      const sealed = key ? { sealed_secret: key.sealed } : {}
      await updateRow(tx, 'access_keys', id, { ...columns(thing.fields, { status: 'status' }), ...sealed })
    },
    async remove({ tx }, thing) {
      await tx.deleteFrom('access_keys').where('id', '=', thing.id).execute()
    },
  },
})

function removeFrom(table: NamedTable): Writer['remove'] {
  return async ({ tx }, thing) => {
    await tx.deleteFrom(table).where('id', '=', thing.id).execute()
  }
}
