import type { LanguageName } from '@keyward/policy'
import { refuse } from '../base/problem.ts'
import { NO_TAGS, type Tags, writeTags } from '../base/tags.ts'
import type { WriteHandle } from '../store/store.ts'
import { QUOTAS } from './limits.ts'
import {
  type Author,
  assertBelowLimit,
  changed,
  chunksInTurns,
  countPolicies,
  freshEntity,
  insertRows,
  isThere,
  updateRow,
} from './rows.ts'

export interface NewPolicy {
  /** 32 hex digits. */
  readonly id: string
  readonly language: LanguageName
  readonly name: string
  /** Parts that each end with `/`; only IAM knows them. */
  readonly path?: string | undefined
  /** JSON text that the engine has judged. */
  readonly document: string
  readonly description?: string | undefined
  readonly tags?: Tags | undefined
}

/** A version as it is stored. */
export interface VersionRow {
  readonly number: number
  readonly document: string
  readonly created_at: number
}

/** The id of a version on the wires. */
export function versionId(number: number): string {
  return `v${number}`
}

/** What becomes of a sixth version: it is refused, or the oldest that is not the default makes room for it. */
export type Rotation = 'none' | 'oldest'

/** Makes policies of one account, each with its first version. Raises `IdentityExists`, `IdentityQuota`. */
export async function createPolicies(
  tx: WriteHandle,
  account: string,
  policies: readonly NewPolicy[],
  author: Author,
): Promise<void> {
  for (const language of new Set(policies.map((policy) => policy.language))) {
    const added = policies.filter((policy) => policy.language === language)
    const ofLanguage = tx
      .selectFrom('policies')
      .where('account_uid', '=', account)
      .where('language', '=', language)
    for await (const part of chunksInTurns(added)) {
      const names = part.map(({ name }) => name)
      if (await isThere(ofLanguage.select('id').where('name', 'in', names)))
        throw refuse({ code: 'IdentityExists', entity: 'policy' })
    }
    await assertBelowLimit(author, 'policy', QUOTAS.policiesPerAccount, added.length, () =>
      countPolicies(tx, account, language),
    )
  }
  await insertRows(
    tx,
    'policies',
    policies.map(({ id, language, name, path = '', document, description = '', tags = NO_TAGS }) => ({
      ...freshEntity(author),
      id,
      account_uid: account,
      language,
      name,
      path,
      document,
      description,
      tags: writeTags(tags),
      default_version: 1,
      latest_version: 1,
    })),
  )
  await insertRows(
    tx,
    'policy_versions',
    policies.map(({ id, document }) => ({ policy_id: id, number: 1, document, created_at: author.now })),
  )
}

/** Changes what is said of a policy; what it allows is in its versions. */
export async function updatePolicy(
  tx: WriteHandle,
  id: string,
  {
    tags,
    ...texts
  }: {
    readonly description?: string | undefined
    /** Only a file changes it: no wire moves a policy. */
    readonly path?: string | undefined
    readonly tags?: Tags | undefined
  },
  author: Author,
): Promise<void> {
  await updateRow(tx, 'policies', id, { ...changed(author), ...texts, tags: tags && writeTags(tags) })
}

/** Adds a version and gives its number. Raises `IdentityQuota` when there are five and none may go. */
export async function createPolicyVersion(
  tx: WriteHandle,
  id: string,
  { document, isDefault, rotation }: { document: string; isDefault: boolean; rotation: Rotation },
  author: Author,
): Promise<number> {
  const policy = await tx
    .selectFrom('policies')
    .select(['default_version', 'latest_version'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const versions = await tx
    .selectFrom('policy_versions')
    .select('number')
    .where('policy_id', '=', id)
    .orderBy('number')
    .execute()
  if (versions.length >= QUOTAS.versionsPerPolicy) {
    const oldest = versions.find(({ number }) => number !== policy.default_version)
    if (rotation === 'none' || !oldest)
      throw refuse({ code: 'IdentityQuota', entity: 'policy-version', limit: QUOTAS.versionsPerPolicy })
    await dropVersion(tx, id, oldest.number)
  }
  const number = policy.latest_version + 1
  await insertRows(tx, 'policy_versions', [{ policy_id: id, number, document, created_at: author.now }])
  await updateRow(tx, 'policies', id, {
    ...changed(author),
    latest_version: number,
    ...(isDefault && { default_version: number, document }),
  })
  return number
}

/** Makes a version the one that decides. Raises `IdentityNotFound`. */
export async function setDefaultVersion(
  tx: WriteHandle,
  id: string,
  number: number,
  author: Author,
): Promise<void> {
  const row = await tx
    .selectFrom('policy_versions')
    .select('document')
    .where('policy_id', '=', id)
    .where('number', '=', number)
    .executeTakeFirst()
  if (!row) throw refuse({ code: 'IdentityNotFound', entity: 'policy-version' })
  await updateRow(tx, 'policies', id, { ...changed(author), default_version: number, document: row.document })
}

/** Deletes a version. Raises `IdentityNotFound`, and `IdentityInUse` for the default one. */
export async function deletePolicyVersion(
  tx: WriteHandle,
  id: string,
  number: number,
  author: Author,
): Promise<void> {
  const versions = tx.selectFrom('policy_versions').select('number').where('policy_id', '=', id)
  if (!(await isThere(versions.where('number', '=', number))))
    throw refuse({ code: 'IdentityNotFound', entity: 'policy-version' })
  const policies = tx.selectFrom('policies').select('id').where('id', '=', id)
  if (await isThere(policies.where('default_version', '=', number)))
    throw refuse({ code: 'IdentityInUse', entity: 'policy-version', holds: 'default-version' })
  await dropVersion(tx, id, number)
  await updateRow(tx, 'policies', id, changed(author))
}

/**
 * Deletes a policy. Raises `IdentityInUse` while it is attached to something, and, unless they go with it, while it has
 * versions besides the default one.
 */
export async function deletePolicy(tx: WriteHandle, id: string, withVersions: boolean): Promise<void> {
  const kinds = tx
    .selectFrom('policy_attachments')
    .select('target_kind')
    .where('policy_id', '=', id)
    .orderBy('target_kind', 'desc')
  const attached = await kinds.executeTakeFirst()
  if (attached)
    throw refuse({
      code: 'IdentityInUse',
      entity: 'policy',
      holds: attached.target_kind as 'group' | 'role' | 'user',
    })
  const versions = await tx
    .selectFrom('policy_versions')
    .select('number')
    .where('policy_id', '=', id)
    .execute()
  if (versions.length > 1 && !withVersions)
    throw refuse({ code: 'IdentityInUse', entity: 'policy', holds: 'version' })
  await tx.deleteFrom('policy_versions').where('policy_id', '=', id).execute()
  await tx.deleteFrom('policies').where('id', '=', id).execute()
}

async function dropVersion(tx: WriteHandle, id: string, number: number): Promise<void> {
  await tx.deleteFrom('policy_versions').where('policy_id', '=', id).where('number', '=', number).execute()
}
