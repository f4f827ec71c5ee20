import { refuse } from '../base/problem.ts'
import type { WriteHandle } from '../store/store.ts'
import { builtInOf } from './built-in.ts'
import { QUOTAS } from './limits.ts'
import { assertNoServices } from './roles.ts'
import { type Author, assertBelowLimit, chunksInTurns, fresh, insertRows } from './rows.ts'

/** What identity policies are attached to. */
export type TargetKind = 'group' | 'role' | 'user'

/** That a policy is attached. */
export interface Attachment {
  /** Its row's id, or what `builtInId` says of a built-in one. */
  readonly policy: string
  readonly kind: TargetKind
  /** Id of the user, group or role. */
  readonly target: string
}

const ENTITIES = { group: 'group-policy', role: 'role-policy', user: 'user-policy' } as const
const CUSTOM = {
  group: QUOTAS.attachedToGroup,
  role: QUOTAS.attachedToRole,
  user: QUOTAS.attachedToUser,
} as const

/** Attaches policies. Raises `IdentityExists` for one that is attached already, `IdentityQuota`, `ServiceRoleLocked`. */
export async function attachPolicies(
  tx: WriteHandle,
  account: string,
  attachments: readonly Attachment[],
  author: Author,
): Promise<void> {
  if (author.by === 'api') for (const one of attachments) await assertAttachable(tx, one, author)
  await insertRows(
    tx,
    'policy_attachments',
    attachments.map(({ policy, kind, target }) => ({
      ...fresh(author),
      policy_id: policy,
      target_kind: kind,
      target_id: target,
      account_uid: account,
    })),
  )
}

/** `ram` counts its built-in policies apart from the others, `iam` all in one. */
async function assertAttachable(tx: WriteHandle, one: Attachment, author: Author): Promise<void> {
  if (one.kind === 'role') await assertNoServices(tx, one.target)
  const entity = ENTITIES[one.kind]
  const rows = await tx
    .selectFrom('policy_attachments')
    .leftJoin('policies', 'policies.id', 'policy_attachments.policy_id')
    .select(['policy_attachments.policy_id', 'policies.language'])
    .where('target_id', '=', one.target)
    .execute()
  if (rows.some(({ policy_id }) => policy_id === one.policy)) throw refuse({ code: 'IdentityExists', entity })
  const builtIn = builtInOf(one.policy)
  const language = builtIn?.language ?? (await languageOf(tx, one.policy))
  const alike = rows.filter(({ policy_id, language: of }) => {
    const system = builtInOf(policy_id)
    return (
      (system?.language ?? of) === language &&
      (language === 'iam' || (system === undefined) === (builtIn === undefined))
    )
  })
  const custom = builtIn ? QUOTAS.systemAttached : CUSTOM[one.kind]
  const limit = language === 'iam' ? QUOTAS.iamAttached : custom
  await assertBelowLimit(author, entity, limit, 1, async () => alike.length)
}

async function languageOf(tx: WriteHandle, policy: string): Promise<string | undefined> {
  const row = await tx.selectFrom('policies').select('language').where('id', '=', policy).executeTakeFirst()
  return row?.language
}

/** As {@link detachPolicy}, many at once: for an apply, that knows what is attached. */
export async function detachPolicies(tx: WriteHandle, attachments: readonly Attachment[]): Promise<void> {
  for (const [policy, targets] of Map.groupBy(attachments, (one) => one.policy))
    for await (const part of chunksInTurns(targets))
      await tx
        .deleteFrom('policy_attachments')
        .where('policy_id', '=', policy)
        .where(
          'target_id',
          'in',
          part.map(({ target }) => target),
        )
        .execute()
}

/** Detaches a policy. Raises `IdentityNotFound` when it is not attached, `ServiceRoleLocked`. */
export async function detachPolicy(
  tx: WriteHandle,
  { policy, kind, target }: Attachment,
  { by }: Author,
): Promise<void> {
  if (kind === 'role' && by === 'api') await assertNoServices(tx, target)
  const { numDeletedRows } = await tx
    .deleteFrom('policy_attachments')
    .where('policy_id', '=', policy)
    .where('target_id', '=', target)
    .executeTakeFirst()
  if (numDeletedRows === 0n) throw refuse({ code: 'IdentityNotFound', entity: ENTITIES[kind] })
}

/** An apply says of an attachment that is there that it is the file's. */
export async function claimAttachment(tx: WriteHandle, { policy, target }: Attachment): Promise<void> {
  await tx
    .updateTable('policy_attachments')
    .set({ declared_by: 'file' })
    .where('policy_id', '=', policy)
    .where('target_id', '=', target)
    .execute()
}
