import type { ReadHandle } from '../store/store.ts'
import type { TargetKind } from './attachments.ts'

/** To how many entities of an account each policy is attached, by the id that attachments have. */
export async function attachmentCounts(
  db: ReadHandle,
  account: string,
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('policy_attachments')
    .select((eb) => ['policy_id', eb.fn.countAll<number>().as('count')])
    .where('account_uid', '=', account)
    .groupBy('policy_id')
    .execute()
  return new Map(rows.map(({ policy_id, count }) => [policy_id, Number(count)]))
}

/** What of one kind a policy is attached to in an account, by name. */
export function entitiesOf(
  db: ReadHandle,
  account: string,
  policy: string,
  table: 'roles' | 'user_groups' | 'users',
) {
  return db
    .selectFrom('policy_attachments')
    .innerJoin(table as 'users', `${table as 'users'}.id`, 'policy_attachments.target_id')
    .selectAll(table as 'users')
    .select('policy_attachments.created_at as attached_at')
    .where('policy_attachments.account_uid', '=', account)
    .where('policy_attachments.policy_id', '=', policy)
    .orderBy(`${table as 'users'}.name`)
    .execute()
}

/** The policies of both languages that are attached to one user, group or role; of a built-in one the row is empty. */
export function attachedPolicies(db: ReadHandle, target: string, kind: TargetKind) {
  return db
    .selectFrom('policy_attachments')
    .leftJoin('policies', 'policies.id', 'policy_attachments.policy_id')
    .selectAll('policies')
    .select(['policy_attachments.policy_id', 'policy_attachments.created_at as attached_at'])
    .where('target_id', '=', target)
    .where('target_kind', '=', kind)
    .execute()
}
