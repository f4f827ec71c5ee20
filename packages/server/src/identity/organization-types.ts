import type { LanguageName } from '@keyward/policy'
import type { ReadHandle, WriteHandle } from '../store/store.ts'
import { builtInId } from './built-in.ts'
import { moveOrganization } from './organization.ts'
import { insertRows } from './rows.ts'

/** The built-in policy that stands on a new entity of an organization where nothing else is said (huawei-iam.md G.2). */
export const FULL_ACCESS: Readonly<Record<LanguageName, string>> = Object.freeze({
  iam: 'FullAccess',
  ram: 'FullAliyunAccess',
})

const COLUMN = { ram: 'ram_enabled', iam: 'iam_enabled' } as const

/** Whether control policies (`ram`) or service control policies (`iam`) are switched on. */
export async function isTypeEnabled(db: ReadHandle, language: LanguageName): Promise<boolean> {
  const row = await db.selectFrom('organizations').select(COLUMN[language]).executeTakeFirst()
  return Number((row as Record<string, number> | undefined)?.[COLUMN[language]] ?? 0) === 1
}

/**
 * Switches a kind of policy on. INVARIANT: every entity then has a policy of the kind, the built-in one that allows all: a
 * level without one would allow nothing.
 */
export async function enableType(tx: WriteHandle, language: LanguageName, now: number): Promise<void> {
  if (await isTypeEnabled(tx, language)) return
  await moveOrganization(tx)
  await tx
    .updateTable('organizations')
    .set({ [COLUMN[language]]: 1 })
    .execute()
  const attached = await tx
    .selectFrom('organization_attachments')
    .select('target_id')
    .where('language', '=', language)
    .execute()
  const has = new Set(attached.map(({ target_id }) => target_id))
  const folders = await tx.selectFrom('organization_folders').select('id').execute()
  const members = await tx.selectFrom('organization_members').select('account_uid').execute()
  const entities = [...folders.map(({ id }) => id), ...members.map(({ account_uid }) => account_uid)]
  await attachFullAccess(
    tx,
    entities.filter((id) => !has.has(id)),
    language,
    now,
  )
}

/** Switches a kind of policy off: everything is detached, and the policies stay. */
export async function disableType(tx: WriteHandle, language: LanguageName): Promise<void> {
  await moveOrganization(tx)
  await tx
    .updateTable('organizations')
    .set({ [COLUMN[language]]: 0 })
    .execute()
  await tx.deleteFrom('organization_attachments').where('language', '=', language).execute()
}

/** What new folders and members start with: in each language that is switched on, everything. */
export async function attachDefaults(
  tx: WriteHandle,
  targets: readonly string[],
  now: number,
): Promise<void> {
  for (const language of ['iam', 'ram'] as const)
    if (await isTypeEnabled(tx, language)) await attachFullAccess(tx, targets, language, now)
}

async function attachFullAccess(
  tx: WriteHandle,
  targets: readonly string[],
  language: LanguageName,
  now: number,
): Promise<void> {
  const policy = builtInId(language, FULL_ACCESS[language])
  await insertRows(
    tx,
    'organization_attachments',
    targets.map((target) => ({ target_id: target, policy_id: policy, language, created_at: now })),
  )
}
