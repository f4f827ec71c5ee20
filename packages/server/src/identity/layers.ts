import {
  type CompiledPolicies,
  compilePolicies,
  type LanguageName,
  type NamedPolicy,
  parsePolicy,
} from '@keyward/policy'
import { refuse } from '../base/problem.ts'
import type { ReadHandle } from '../store/store.ts'
import type { Caller } from './principal.ts'

/** The policies of one language that are attached to a user or to a group of it, compiled as one union. */
export async function compileAttached(
  db: ReadHandle,
  caller: Caller,
  language: LanguageName,
): Promise<CompiledPolicies> {
  const groups = db.selectFrom('group_members').select('group_id').where('user_id', '=', caller.iamId)
  const rows = await db
    .selectFrom('policy_attachments')
    .innerJoin('policies', 'policies.id', 'policy_attachments.policy_id')
    .select(['policies.id', 'policies.name', 'policies.document'])
    .distinct()
    .where('policies.language', '=', language)
    // Both sides of the account: an attachment that crossed accounts would grant nothing.
    .where('policy_attachments.account_uid', '=', caller.account.uid)
    .where('policies.account_uid', '=', caller.account.uid)
    .where((eb) =>
      eb.or([
        eb.and([eb('target_kind', '=', 'user'), eb('target_id', '=', caller.iamId)]),
        eb.and([eb('target_kind', '=', 'group'), eb('target_id', 'in', groups)]),
      ]),
    )
    .execute()
  return compilePolicies(
    language,
    rows.map((row) => readStored(language, row)),
  )
}

/**
 * A stored document that no longer parses might hold a Deny: the caller is refused altogether rather than decided
 * without it.
 */
function readStored(language: LanguageName, row: { name: string; document: string }): NamedPolicy {
  const { document } = parsePolicy(row.document, { language, type: 'identity' })
  if (!document)
    throw refuse({ code: 'Unavailable', detail: `the stored policy \`${row.name}\` cannot be read` })
  return { name: row.name, document }
}
