import type { ReadHandle } from '../store/store.ts'
import type { Caller } from './principal.ts'

/** The attachments of policies to a user, to a group of it or to a role, in its account; what of them is read is the caller's. */
export function boundAttachments(db: ReadHandle, { account, iamId, kind }: Caller) {
  const own = kind === 'session' ? 'role' : 'user'
  const groups = db.selectFrom('group_members').select('group_id').where('user_id', '=', iamId)
  return db
    .selectFrom('policy_attachments')
    .leftJoin('policies', (join) =>
      join
        .onRef('policies.id', '=', 'policy_attachments.policy_id')
        // Both sides of the account: an attachment that crossed accounts would grant nothing.
        .onRef('policies.account_uid', '=', 'policy_attachments.account_uid'),
    )
    .where('policy_attachments.account_uid', '=', account.uid)
    .where((eb) =>
      eb.or([
        eb.and([eb('target_kind', '=', own), eb('target_id', '=', iamId)]),
        ...(own === 'role' ? [] : [eb.and([eb('target_kind', '=', 'group'), eb('target_id', 'in', groups)])]),
      ]),
    )
}
