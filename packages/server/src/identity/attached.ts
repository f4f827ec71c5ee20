import type { ReadHandle } from '../store/store.ts'
import type { TargetKind } from './attachments.ts'
import { chunks } from './rows.ts'

/** To how many entities of an account each of some policies is attached, by the id that attachments have. */
export async function attachmentCounts(
  db: ReadHandle,
  account: string,
  policies: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const part of chunks(policies)) {
    const rows = await db
      .selectFrom('policy_attachments')
      .select((eb) => ['policy_id', eb.fn.countAll<number>().as('count')])
      .where('account_uid', '=', account)
      .where('policy_id', 'in', part)
      .groupBy('policy_id')
      .execute()
    for (const { policy_id, count } of rows) counts.set(policy_id, Number(count))
  }
  return counts
}

/**
 * What a policy is attached to in an account, of one kind or of all: a page of it, by kind and id, behind the entity that was
 * shown last.
 */
export function attachmentsOf(
  db: ReadHandle,
  account: string,
  policy: string,
  kind: TargetKind | undefined,
  after: readonly [kind: string, id: string],
  limit: number,
) {
  const rows = db
    .selectFrom('policy_attachments')
    .select(['target_kind', 'target_id', 'created_at'])
    .where('policy_id', '=', policy)
    .where('account_uid', '=', account)
    .where((eb) => eb(eb.refTuple('target_kind', 'target_id'), '>', eb.tuple(...after)))
  return (kind === undefined ? rows : rows.where('target_kind', '=', kind))
    .orderBy('target_kind')
    .orderBy('target_id')
    .limit(limit)
    .execute()
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
