import { readTags, type Tags } from '../../base/tags.ts'
import { createBreather } from '../../base/turns.ts'
import {
  type Attachment,
  attachPolicies,
  claimAttachment,
  detachPolicies,
  type TargetKind,
} from '../attachments.ts'
import { builtInId, identityPolicy } from '../built-in.ts'
import { addMembers, claimMember, type Membership, removeMembers } from '../groups.ts'
import type { Writing } from './apply.ts'
import type { Entity, StoredEntity } from './entities.ts'

/** How entities of one kind come into the directory, change and leave it. */
export interface Writer {
  /** Entities of one account, or of none. */
  insert(writing: Writing, account: string, entities: readonly Entity[]): Promise<void>
  /** Changes the fields that the entity declares. */
  update(writing: Writing, entity: Entity, id: string): Promise<void>
  /** Entities in the order in which they go. */
  remove(writing: Writing, entities: readonly StoredEntity[]): Promise<void>
}

/** A writer's `remove` of kinds that go one by one. */
export function each(remove: (writing: Writing, entity: StoredEntity) => Promise<void>): Writer['remove'] {
  return async (writing, entities) => {
    const breathe = createBreather()
    for (const entity of entities) {
      await remove(writing, entity)
      await breathe()
    }
  }
}

/** The tags that a file says. */
export function tagsOf({ fields: { tags } }: Entity): Tags | undefined {
  return tags === undefined ? undefined : readTags(String(tags))
}

/** Entities that tie two others together: they are there or not, and have no field of their own. */
export const LINK_WRITERS: Readonly<Record<'attachment' | 'member', Writer>> = Object.freeze({
  member: {
    insert: (writing, account, entities) =>
      addMembers(
        writing.tx,
        account,
        entities.map((entity) => membership(writing, entity)),
        writing.author,
      ),
    update: (writing, entity) => claimMember(writing.tx, membership(writing, entity)),
    remove: (writing, entities) =>
      removeMembers(
        writing.tx,
        entities.map((entity) => membership(writing, entity)),
      ),
  },
  attachment: {
    insert: (writing, account, entities) =>
      attachPolicies(
        writing.tx,
        account,
        entities.map((entity) => attachment(writing, entity)),
        writing.author,
      ),
    update: (writing, entity) => claimAttachment(writing.tx, attachment(writing, entity)),
    remove: (writing, entities) =>
      detachPolicies(
        writing.tx,
        entities.map((entity) => attachment(writing, entity)),
      ),
  },
})

function membership({ id }: Writing, { account, name: [group = '', user = ''] }: Entity): Membership {
  return {
    group: id({ kind: 'group', account, name: [group] }),
    user: id({ kind: 'user', account, name: [user] }),
  }
}

function attachment(
  { id }: Writing,
  { account, name: [kind = '', target = '', ...policy] }: Entity,
): Attachment {
  const [language = '', name = ''] = policy
  return {
    policy: identityPolicy(language, name)
      ? builtInId(language, name)
      : id({ kind: 'policy', account, name: policy }),
    kind: kind as TargetKind,
    target: id({ kind: kind as TargetKind, account, name: [target] }),
  }
}
