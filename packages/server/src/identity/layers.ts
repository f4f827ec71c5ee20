import {
  type CompiledPolicies,
  compilePolicies,
  type LanguageName,
  type NamedPolicy,
  type PolicyType,
  readPolicy,
} from '@keyward/policy'
import { refuse } from '../base/problem.ts'
import type { ReadHandle } from '../store/store.ts'
import { builtInOf, identityPolicy } from './built-in.ts'
import type { Caller } from './principal.ts'

/** Through whom a policy came to a caller. */
export interface Origin {
  readonly entity: 'user' | 'group' | 'role'
  readonly builtIn: boolean
}

/** The identity policies of one language, and where each comes from, by its name. */
export interface Attached {
  readonly policies: CompiledPolicies
  readonly origins: ReadonlyMap<string, Origin>
}

/** The policies of one language that are attached to a user, to a group of it or to a role, compiled as one union. */
export async function compileAttached(
  db: ReadHandle,
  caller: Caller,
  language: LanguageName,
): Promise<Attached> {
  const own = caller.kind === 'session' ? 'role' : 'user'
  const groups = db.selectFrom('group_members').select('group_id').where('user_id', '=', caller.iamId)
  const rows = await db
    .selectFrom('policy_attachments')
    .leftJoin('policies', (join) =>
      join
        .onRef('policies.id', '=', 'policy_attachments.policy_id')
        // Both sides of the account: an attachment that crossed accounts would grant nothing.
        .onRef('policies.account_uid', '=', 'policy_attachments.account_uid'),
    )
    .select(['policy_attachments.policy_id', 'policy_attachments.target_kind'])
    .select(['policies.name', 'policies.document', 'policies.language'])
    .where('policy_attachments.account_uid', '=', caller.account.uid)
    .where((eb) =>
      eb.or([
        eb.and([eb('target_kind', '=', own), eb('target_id', '=', caller.iamId)]),
        ...(own === 'role' ? [] : [eb.and([eb('target_kind', '=', 'group'), eb('target_id', 'in', groups)])]),
      ]),
    )
    .execute()
  const found = new Map<string, NamedPolicy>()
  const origins = new Map<string, Origin>()
  for (const { policy_id, target_kind, name, document, language: of } of rows) {
    const builtIn = builtInOf(policy_id)
    if ((builtIn?.language ?? of) !== language) continue
    const policy = builtIn
      ? builtInDocument(language, builtIn.name)
      : documentOf(language, { name: name ?? '', document: document ?? '' })
    found.set(policy_id, policy)
    // What the user has itself counts before what its groups have.
    if (target_kind !== 'group' || !origins.has(policy.name))
      origins.set(policy.name, { entity: target_kind as Origin['entity'], builtIn: builtIn !== undefined })
  }
  return Object.freeze({ policies: compilePolicies(language, [...found.values()]), origins })
}

/**
 * A stored document that no longer parses might hold a Deny: the caller is refused altogether rather than decided
 * without it.
 */
export function documentOf(
  language: LanguageName,
  row: { readonly name: string; readonly document: string },
  type: PolicyType = 'identity',
): NamedPolicy {
  const document = readPolicy(row.document, { language, type })
  if (!document)
    throw refuse({ code: 'Unavailable', detail: `the stored policy \`${row.name}\` cannot be read` })
  return { name: row.name, document }
}

export function builtInDocument(language: LanguageName, name: string): NamedPolicy {
  // A built-in policy that a newer version attached and this one does not know.
  const document = identityPolicy(language, name)?.document ?? ''
  return documentOf(language, { name, document })
}
