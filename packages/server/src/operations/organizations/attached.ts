import type { LanguageName } from '@keyward/policy'
import { Refusal, refuse } from '../../base/problem.ts'
import { QUOTAS } from '../../identity/limits.ts'
import type { ReadHandle } from '../../store/store.ts'
import { oneAfterAnother } from '../iam/pages.ts'
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

interface Which {
  readonly language: LanguageName
  /** Those that are attached to this folder or account. */
  readonly on?: string | undefined
}

/** Policies of a language by name, the built-in one first, a page at a time; see `oneAfterAnother`. */
export function policyPages(db: ReadHandle, { language, on }: Which) {
  const attached = db
    .selectFrom('organization_attachments')
    .select('policy_id')
    .where('target_id', '=', on ?? '')
  const all = db
    .selectFrom('organization_policies')
    .selectAll()
    .where('language', '=', language)
    .orderBy('name')
  const custom = on === undefined ? all : all.where('id', 'in', attached)
  return oneAfterAnother<FoundPolicy>({
    async b() {
      const builtIn = builtInPolicy(language)
      if (on === undefined) return [builtIn]
      return (await attached.where('policy_id', '=', builtIn.id).executeTakeFirst()) ? [builtIn] : []
    },
    c: async (after, limit) =>
      (await custom.where('name', '>', after).limit(limit).execute()).map((row) => ({
        kind: 'policy',
        id: row.id,
        name: row.name,
        row,
      })),
  })
}

/** All policies of a language by name, the built-in one first; see {@link policyPages}. */
export function allPolicies(db: ReadHandle, which: Which): Promise<FoundPolicy[]> {
  return policyPages(db, which)('', 1 + QUOTAS.organizationPolicies)
}
