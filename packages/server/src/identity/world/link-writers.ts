import { builtInId, identityPolicy } from '../built-in.ts'
import type { Writing } from './apply.ts'
import type { Entity, EntityKind, StoredEntity } from './entities.ts'
import { fresh, insertRows } from './insert.ts'

/** How entities of one kind come into the directory, change and leave it. */
export interface Writer {
  insert(writing: Writing, entities: readonly Entity[]): Promise<void>
  /** Changes the fields that the entity declares. */
  update(writing: Writing, entity: Entity, id: string): Promise<void>
  remove(writing: Writing, entity: StoredEntity): Promise<void>
}

/** Entities that tie two others together: they are there or not, and have no field of their own. */
export const LINK_WRITERS: Readonly<Record<'attachment' | 'member', Writer>> = Object.freeze({
  member: {
    insert: (writing, entities) =>
      insertRows(
        writing.tx,
        'group_members',
        entities.map((entity) => ({
          ...fresh(writing.now),
          ...memberKey(writing, entity),
          account_uid: entity.account,
        })),
      ),
    update: nothingToUpdate,
    async remove(writing, entity) {
      const { group_id, user_id } = memberKey(writing, entity)
      await writing.tx
        .deleteFrom('group_members')
        .where('group_id', '=', group_id)
        .where('user_id', '=', user_id)
        .execute()
    },
  },
  attachment: {
    insert: (writing, entities) =>
      insertRows(
        writing.tx,
        'policy_attachments',
        entities.map((entity) => ({
          ...fresh(writing.now),
          ...attachmentKey(writing, entity),
          target_kind: entity.name[0]!,
          account_uid: entity.account,
        })),
      ),
    update: nothingToUpdate,
    async remove(writing, entity) {
      const { policy_id, target_id } = attachmentKey(writing, entity)
      await writing.tx
        .deleteFrom('policy_attachments')
        .where('policy_id', '=', policy_id)
        .where('target_id', '=', target_id)
        .execute()
    },
  },
})

async function nothingToUpdate(): Promise<void> {
  throw new Error('this entity has no field that could differ')
}

function memberKey({ id }: Writing, { account, name: [group = '', user = ''] }: Entity) {
  return {
    group_id: id({ kind: 'group', account, name: [group] }),
    user_id: id({ kind: 'user', account, name: [user] }),
  }
}

function attachmentKey({ id }: Writing, { account, name: [kind = '', target = '', ...policy] }: Entity) {
  const [language = '', name = ''] = policy
  return {
    policy_id: identityPolicy(language, name)
      ? builtInId(language, name)
      : id({ kind: 'policy', account, name: policy }),
    target_id: id({ kind: kind as EntityKind, account, name: [target] }),
  }
}
