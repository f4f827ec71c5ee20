import {
  type Attachment,
  attachPolicies,
  claimAttachment,
  detachPolicy,
  type TargetKind,
} from '../attachments.ts'
import { builtInId, identityPolicy } from '../built-in.ts'
import { addMembers, claimMember, type Membership, removeMember } from '../groups.ts'
import type { Writing } from './apply.ts'
import type { StoredThing, Thing } from './things.ts'

/** How things of one kind come into the directory, change and leave it. */
export interface Writer {
  /** Things of one account, or of none. */
  insert(writing: Writing, account: string, things: readonly Thing[]): Promise<void>
  /** Changes the fields that the thing declares. */
  update(writing: Writing, thing: Thing, id: string): Promise<void>
  remove(writing: Writing, thing: StoredThing): Promise<void>
}

/** Things that tie two others together: they are there or not, and have no field of their own. */
export const LINK_WRITERS: Readonly<Record<'attachment' | 'member', Writer>> = Object.freeze({
  member: {
    insert: (writing, account, things) =>
      addMembers(
        writing.tx,
        account,
        things.map((thing) => membership(writing, thing)),
        writing.author,
      ),
    update: (writing, thing) => claimMember(writing.tx, membership(writing, thing)),
    remove: (writing, thing) => removeMember(writing.tx, membership(writing, thing)),
  },
  attachment: {
    insert: (writing, account, things) =>
      attachPolicies(
        writing.tx,
        account,
        things.map((thing) => attachment(writing, thing)),
        writing.author,
      ),
    update: (writing, thing) => claimAttachment(writing.tx, attachment(writing, thing)),
    remove: (writing, thing) => detachPolicy(writing.tx, attachment(writing, thing), writing.author),
  },
})

function membership({ id }: Writing, { account, name: [group = '', user = ''] }: Thing): Membership {
  return {
    group: id({ kind: 'group', account, name: [group] }),
    user: id({ kind: 'user', account, name: [user] }),
  }
}

function attachment(
  { id }: Writing,
  { account, name: [kind = '', target = '', ...policy] }: Thing,
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
