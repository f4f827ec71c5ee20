import type { LanguageName } from '@keyward/policy'
import { refuse } from '../base/problem.ts'
import { NO_TAGS, type Tags, writeTags } from '../base/tags.ts'
import type { WriteHandle } from '../store/store.ts'
import { builtInOf } from './built-in.ts'
import { QUOTAS } from './limits.ts'
import { moveOrganization } from './organization.ts'
import { enableType, isTypeEnabled } from './organization-types.ts'
import {
  type Author,
  assertBelowLimit,
  changed,
  freshEntity,
  insertRows,
  isThere,
  updateRow,
} from './rows.ts'

export interface NewOrganizationPolicy {
  /** 32 hex digits. */
  readonly id: string
  /** `ram`: a control policy; `iam`: a service control policy. */
  readonly language: LanguageName
  readonly name: string
  /** JSON text that the engine has judged. */
  readonly document: string
  readonly description?: string | undefined
  readonly tags?: Tags | undefined
}

/** Makes policies of the organization, attached to nothing. Raises `IdentityExists`, `IdentityQuota`. */
export async function createOrganizationPolicies(
  tx: WriteHandle,
  policies: readonly NewOrganizationPolicy[],
  author: Author,
): Promise<void> {
  await moveOrganization(tx)
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
    policies.map(({ description = '', tags = NO_TAGS, ...policy }) => ({
      ...freshEntity(author),
      ...policy,
      description,
      tags: writeTags(tags),
    })),
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
    readonly tags?: Tags | undefined
  },
  author: Author,
): Promise<void> {
  await moveOrganization(tx)
  const { language, name } = await tx
    .selectFrom('organization_policies')
    .select(['language', 'name'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (fields.name !== undefined && fields.name !== name) await assertNameFree(tx, language, fields.name)
  const { tags, ...texts } = fields
  await updateRow(tx, 'organization_policies', id, {
    ...changed(author),
    ...texts,
    tags: tags && writeTags(tags),
  })
}

/** Deletes a policy of the organization. Raises `IdentityInUse` while it is attached. */
export async function deleteOrganizationPolicy(tx: WriteHandle, id: string): Promise<void> {
  await moveOrganization(tx)
  if (
    await isThere(tx.selectFrom('organization_attachments').select('policy_id').where('policy_id', '=', id))
  )
    throw refuse({ code: 'IdentityInUse', entity: 'organization-policy', holds: 'target' })
  await tx.deleteFrom('organization_policies').where('id', '=', id).execute()
}

/**
 * Makes the policies of a folder or an account, in one language, exactly these: rows' ids, or those of built-in ones. What a
 * file attaches binds: it switches the kind of policy on.
 */
export async function setLimits(
  tx: WriteHandle,
  target: string,
  language: LanguageName,
  policies: readonly string[],
  now: number,
): Promise<void> {
  await enableType(tx, language, now)
  await moveOrganization(tx)
  await tx
    .deleteFrom('organization_attachments')
    .where('target_id', '=', target)
    .where('language', '=', language)
    .execute()
  await insertRows(
    tx,
    'organization_attachments',
    policies.map((policy) => ({ target_id: target, policy_id: policy, language, created_at: now })),
  )
}

/**
 * Attaches one policy more. Raises `IdentityExists` for one that is attached already, `IdentityQuota`, and
 * `OrganizationRejects` while the kind of policy is switched off.
 */
export async function attachLimit(
  tx: WriteHandle,
  target: string,
  language: LanguageName,
  policy: string,
  now: number,
): Promise<void> {
  if (!(await isTypeEnabled(tx, language)))
    throw refuse({ code: 'OrganizationRejects', reason: 'type-disabled' })
  await moveOrganization(tx)
  const there = await limitsOf(tx, target, language)
  if (there.includes(policy)) throw refuse({ code: 'IdentityExists', entity: 'target-policy' })
  const limit = QUOTAS.onEntity[language]
  // The built-in one of `ram` does not count.
  const counts = (id: string) => language === 'iam' || builtInOf(id) === undefined
  if (counts(policy) && there.filter(counts).length >= limit)
    throw refuse({ code: 'IdentityQuota', entity: 'target-policy', limit })
  await insertRows(tx, 'organization_attachments', [
    { target_id: target, policy_id: policy, language, created_at: now },
  ])
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
  await moveOrganization(tx)
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
