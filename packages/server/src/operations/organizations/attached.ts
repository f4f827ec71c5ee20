import type { LanguageName } from '@keyward/policy'
import { Refusal, refuse } from '../../base/problem.ts'
import type { ReadHandle } from '../../store/store.ts'
import { builtInPolicy, type FoundFolder, type FoundMember, type FoundPolicy, membersBelow } from './found.ts'

// What calls on policies of both products share.

/** Whom a policy binds that is attached to a folder or an account. */
export async function boundBy(
  db: ReadHandle,
  target: FoundFolder | FoundMember | undefined,
): Promise<readonly string[]> {
  if (!target) return []
  return target.kind === 'account' ? [target.id] : membersBelow(db, target.id)
}

/** Attaching what is attached is no mistake. */
export async function attachOnce(attach: () => Promise<void>): Promise<void> {
  try {
    await attach()
  } catch (error) {
    if (!(error instanceof Refusal) || error.problem.code !== 'IdentityExists') throw error
  }
}

/** Raises `OrganizationRejects` for the built-in policy, which nobody changes. */
export function assertCustom({ row }: FoundPolicy): void {
  if (!row) throw refuse({ code: 'OrganizationRejects', reason: 'built-in' })
}

export async function reread(db: ReadHandle, id: string): Promise<FoundPolicy> {
  const policies = db.selectFrom('organization_policies').selectAll()
  const row = await policies.where('id', '=', id).executeTakeFirstOrThrow()
  return { kind: 'policy', id, name: row.name, row }
}

/** All policies of a language by name, the built-in one first. */
export async function allPolicies(db: ReadHandle, language: LanguageName): Promise<FoundPolicy[]> {
  const rows = await db
    .selectFrom('organization_policies')
    .selectAll()
    .where('language', '=', language)
    .orderBy('name')
    .execute()
  const custom = rows.map((row) => ({ kind: 'policy' as const, id: row.id, name: row.name, row }))
  return [builtInPolicy(language), ...custom]
}
