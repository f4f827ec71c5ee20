import type { LanguageName } from '@keyward/policy'
import { refuse } from '../base/problem.ts'
import type { WriteHandle } from '../store/store.ts'
import { builtInOf } from './built-in.ts'
import { QUOTAS } from './limits.ts'
import { type Author, assertBelowLimit, fresh, insertRows, isThere, updateRow } from './rows.ts'

export interface NewOrganizationPolicy {
  /** 32 hex digits. */
  readonly id: string
  /** `ram`: a control policy; `iam`: a service control policy. */
  readonly language: LanguageName
  readonly name: string
  /** JSON text that the engine has judged. */
  readonly document: string
  readonly description?: string | undefined
}

/** Makes policies of the organization, attached to nothing. Raises `IdentityExists`, `IdentityQuota`. */
export async function createOrganizationPolicies(
  tx: WriteHandle,
  policies: readonly NewOrganizationPolicy[],
  author: Author,
): Promise<void> {
  for (const { language, name } of author.by === 'api' ? policies : [])
    await assertNameFree(tx, language, name)
  await assertBelowLimit(
    author,
    'organization-policy',
    QUOTAS.organizationPolicies,
    policies.length,
    async () => {
      const rows = await tx.selectFrom('organization_policies').select('id').execute()
      return rows.length
    },
  )
  await insertRows(
    tx,
    'organization_policies',
    policies.map((policy) => ({ ...fresh(author), ...policy, description: policy.description ?? '' })),
  )
}

/** Changes a policy of the organization, its name too. Raises `IdentityExists`. */
export async function updateOrganizationPolicy(
  tx: WriteHandle,
  id: string,
  fields: {
    readonly name?: string | undefined
    readonly document?: string | undefined
    readonly description?: string | undefined
  },
  { by }: Author,
): Promise<void> {
  const { language, name } = await tx
    .selectFrom('organization_policies')
    .select(['language', 'name'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (fields.name !== undefined && fields.name !== name) await assertNameFree(tx, language, fields.name)
  await updateRow(tx, 'organization_policies', id, { ...(by === 'file' && { declared_by: by }), ...fields })
}

/** Deletes a policy of the organization. Raises `IdentityInUse` while it is attached. */
export async function deleteOrganizationPolicy(tx: WriteHandle, id: string): Promise<void> {
  if (
    await isThere(tx.selectFrom('organization_attachments').select('policy_id').where('policy_id', '=', id))
  )
    throw refuse({ code: 'IdentityInUse', entity: 'organization-policy', holds: 'target' })
  await tx.deleteFrom('organization_policies').where('id', '=', id).execute()
}

/** Makes the policies of a folder or an account, in one language, exactly these: rows' ids, or those of built-in ones. */
export async function setLimits(
  tx: WriteHandle,
  target: string,
  language: LanguageName,
  policies: readonly string[],
): Promise<void> {
  await tx
    .deleteFrom('organization_attachments')
    .where('target_id', '=', target)
    .where('language', '=', language)
    .execute()
  await insertRows(
    tx,
    'organization_attachments',
    policies.map((policy) => ({ target_id: target, policy_id: policy, language })),
  )
}

/** Attaches one policy more. Raises `IdentityExists` for one that is attached already, `IdentityQuota`. */
export async function attachLimit(
  tx: WriteHandle,
  target: string,
  language: LanguageName,
  policy: string,
): Promise<void> {
  const there = await limitsOf(tx, target, language)
  if (there.includes(policy)) throw refuse({ code: 'IdentityExists', entity: 'target-policy' })
  const limit = QUOTAS.onEntity[language]
  // The built-in one of `ram` does not count.
  const counts = (id: string) => language === 'iam' || builtInOf(id) === undefined
  if (counts(policy) && there.filter(counts).length >= limit)
    throw refuse({ code: 'IdentityQuota', entity: 'target-policy', limit })
  await insertRows(tx, 'organization_attachments', [{ target_id: target, policy_id: policy, language }])
}

/** Detaches a policy. Raises `IdentityNotFound`, and `IdentityInUse` for the last one of its language, which stays. */
export async function detachLimit(
  tx: WriteHandle,
  target: string,
  language: LanguageName,
  policy: string,
): Promise<void> {
  const there = await limitsOf(tx, target, language)
  if (!there.includes(policy)) throw refuse({ code: 'IdentityNotFound', entity: 'target-policy' })
  if (there.length === 1) throw refuse({ code: 'IdentityInUse', entity: 'target-policy', holds: 'target' })
  await tx
    .deleteFrom('organization_attachments')
    .where('target_id', '=', target)
    .where('policy_id', '=', policy)
    .execute()
}

async function limitsOf(tx: WriteHandle, target: string, language: LanguageName): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('organization_attachments')
    .select('policy_id')
    .where('target_id', '=', target)
    .where('language', '=', language)
    .execute()
  return rows.map(({ policy_id }) => policy_id)
}

async function assertNameFree(tx: WriteHandle, language: string, name: string): Promise<void> {
  const twin = tx.selectFrom('organization_policies').select('id').where('language', '=', language)
  if (await isThere(twin.where('name', '=', name)))
    throw refuse({ code: 'IdentityExists', entity: 'organization-policy' })
}
