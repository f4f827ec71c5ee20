import { builtInId, identityPolicy } from '../built-in.ts'
import type { Writing } from './apply.ts'
import { fresh, insertRows } from './insert.ts'
import type { StoredThing, Thing, ThingKind } from './things.ts'

/** How things of one kind come into the directory, change and leave it. */
export interface Writer {
  insert(writing: Writing, things: readonly Thing[]): Promise<void>
  /** Changes the fields that the thing declares. */
  update(writing: Writing, thing: Thing, id: string): Promise<void>
  remove(writing: Writing, thing: StoredThing): Promise<void>
}

/** Things that tie two others together: they are there or not, and have no field of their own. */
export const LINK_WRITERS: Readonly<Record<'attachment' | 'member', Writer>> = Object.freeze({
  member: {
    insert: (writing, things) =>
      insertRows(
        writing.tx,
        'group_members',
        things.map((thing) => ({
          ...fresh(writing.now),
          ...memberKey(writing, thing),
          account_uid: thing.account,
        })),
      ),
    update: nothingToUpdate,
    async remove(writing, thing) {
      const { group_id, user_id } = memberKey(writing, thing)
      await writing.tx
        .deleteFrom('group_members')
        .where('group_id', '=', group_id)
        .where('user_id', '=', user_id)
        .execute()
    },
  },
  attachment: {
    insert: (writing, things) =>
      insertRows(
        writing.tx,
        'policy_attachments',
        things.map((thing) => ({
          ...fresh(writing.now),
          ...attachmentKey(writing, thing),
          target_kind: thing.name[0]!,
          account_uid: thing.account,
        })),
      ),
    update: nothingToUpdate,
    async remove(writing, thing) {
      const { policy_id, target_id } = attachmentKey(writing, thing)
      await writing.tx
        .deleteFrom('policy_attachments')
        .where('policy_id', '=', policy_id)
        .where('target_id', '=', target_id)
        .execute()
    },
  },
})

async function nothingToUpdate(): Promise<void> {
  throw new Error('this thing has no field that could differ')
}

function memberKey({ id }: Writing, { account, name: [group = '', user = ''] }: Thing) {
  return {
    group_id: id({ kind: 'group', account, name: [group] }),
    user_id: id({ kind: 'user', account, name: [user] }),
  }
}

function attachmentKey({ id }: Writing, { account, name: [kind = '', target = '', ...policy] }: Thing) {
  const [language = '', name = ''] = policy
  return {
    policy_id: identityPolicy(language, name)
      ? builtInId(language, name)
      : id({ kind: 'policy', account, name: policy }),
    target_id: id({ kind: kind as ThingKind, account, name: [target] }),
  }
}
