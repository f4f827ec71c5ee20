import { SESSION_LIMITS } from '../limits.ts'
import { type EntityKind, entityKey } from './entities.ts'
import { columns, fresh, insertRows, text, updateRow } from './insert.ts'
import { LINK_WRITERS, type Writer } from './link-writers.ts'
import { TREE_WRITERS } from './tree-writers.ts'

type NamedTable = 'policies' | 'roles' | 'user_groups' | 'users'

/** One writer a kind. Rows that hang on others come after them and go before them: see `kinds.ts`. */
export const WRITERS: Readonly<Record<EntityKind, Writer>> = Object.freeze({
  account: {
    async insert({ tx, now, world }, entities) {
      const rows = entities.map(({ account }) => {
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
    async update({ tx }, entity) {
      // Its version has been counted up with everything else of the account.
      await tx
        .updateTable('accounts')
        .set({ name: text(entity, 'name') })
        .where('id', '=', entity.account)
        .execute()
    },
    async remove() {
      throw new Error('an apply deletes no account')
    },
  },
  policy: {
    insert: ({ tx, now, id }, entities) =>
      insertRows(
        tx,
        'policies',
        entities.map((entity) => ({
          ...fresh(now),
          id: id(entity),
          account_uid: entity.account,
          language: entity.name[0]!,
          name: entity.name[1]!,
          document: text(entity, 'document'),
          description: text(entity, 'description'),
        })),
      ),
    update: ({ tx }, { fields }, id) =>
      updateRow(tx, 'policies', id, columns(fields, { description: 'description', document: 'document' })),
    remove: removeFrom('policies'),
  },
  group: {
    insert: ({ tx, now, id }, entities) =>
      insertRows(
        tx,
        'user_groups',
        entities.map((entity) => ({
          ...fresh(now),
          id: id(entity),
          account_uid: entity.account,
          name: entity.name[0]!,
          description: text(entity, 'description'),
        })),
      ),
    update: ({ tx }, { fields }, id) =>
      updateRow(tx, 'user_groups', id, columns(fields, { description: 'description' })),
    remove: removeFrom('user_groups'),
  },
  user: {
    insert: ({ tx, now, id, world }, entities) =>
      insertRows(
        tx,
        'users',
        entities.map((entity) => ({
          ...fresh(now),
          id: id(entity),
          ram_id: world.ramIds.get(entityKey(entity))!,
          account_uid: entity.account,
          name: entity.name[0]!,
          display_name: text(entity, 'displayName'),
          description: text(entity, 'description'),
          tags: text(entity, 'tags') || '{}',
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
    insert: ({ tx, now, id, world }, entities) =>
      insertRows(
        tx,
        'roles',
        entities.map((entity) => ({
          ...fresh(now),
          id: id(entity),
          ram_id: world.ramIds.get(entityKey(entity))!,
          account_uid: entity.account,
          name: entity.name[0]!,
          description: text(entity, 'description'),
          trust_ram: text(entity, 'trustRam'),
          trust_iam: text(entity, 'trustIam'),
          max_session: Number(entity.fields.maxSessionSeconds ?? SESSION_LIMITS.default),
          tags: text(entity, 'tags') || '{}',
          service: text(entity, 'service'),
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
    async insert({ tx, now, world }, entities) {
      for (const entity of entities) await world.domains.host.put(tx, entity, now)
    },
    update: ({ tx, now, world }, entity) => world.domains.host.put(tx, entity, now),
    async remove() {
      throw new Error('an apply deletes no host')
    },
  },
  ...LINK_WRITERS,
  ...TREE_WRITERS,
  'access-key': {
    insert: ({ tx, now, id, world }, entities) =>
      insertRows(
        tx,
        'access_keys',
        entities.map((entity) => {
          const key = world.keys.get(entityKey(entity))!
          const [owner = ''] = entity.name
          return {
            ...fresh(now),
            id: key.id,
            account_uid: entity.account,
            user_id: owner === '' ? null : id({ kind: 'user', account: entity.account, name: [owner] }),
            sealed_secret: key.sealed,
            status: String(entity.fields.status ?? 'active'),
            label: key.label,
          }
        }),
      ),
    async update({ tx, world }, entity, id) {
      const key = world.keys.get(entityKey(entity))
      const sealed = key ? { sealed_secret: key.sealed } : {}
      await updateRow(tx, 'access_keys', id, { ...columns(entity.fields, { status: 'status' }), ...sealed })
    },
    async remove({ tx }, entity) {
      await tx.deleteFrom('access_keys').where('id', '=', entity.id).execute()
    },
  },
})

function removeFrom(table: NamedTable): Writer['remove'] {
  return async ({ tx }, entity) => {
    await tx.deleteFrom(table).where('id', '=', entity.id).execute()
  }
}
