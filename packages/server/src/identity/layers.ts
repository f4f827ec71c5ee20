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
import { boundAttachments } from './bound-attachments.ts'
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
  const rows = await boundAttachments(db, caller)
    .select(['policy_attachments.policy_id', 'policy_attachments.target_kind'])
    .select(['policies.name', 'policies.document', 'policies.language'])
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
