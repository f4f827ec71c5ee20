import type { LanguageName } from '@keyward/policy'
import type { ReadHandle } from '../store/store.ts'
import { boundAttachments } from './bound-attachments.ts'
import { builtInOf } from './built-in.ts'
import { readPosition } from './positions.ts'
import type { Caller } from './principal.ts'

/** A policy that binds a principal, and through whom it does. */
export interface BindingPolicy {
  readonly layer: 'identity' | 'organization'
  readonly language: LanguageName
  readonly policy: string
  readonly builtIn: boolean
  /** `user`, `role`, `group NAME`; of an organization `its root`, `folder NAME`, `account`. */
  readonly from: string
  /** Level of the organization, its root is 0. */
  readonly level?: number
}

/** The policies of the organization, root first, then those of the principal itself and of its groups. */
export async function principalPolicies(db: ReadHandle, caller: Caller): Promise<readonly BindingPolicy[]> {
  return [...(await ofOrganization(db, caller)), ...(await attachedTo(db, caller))]
}

/** As decisions gather them: what is attached in its account to the user, to a group of it or to the role. */
async function attachedTo(db: ReadHandle, caller: Caller): Promise<readonly BindingPolicy[]> {
  // No identity policy binds a root identity.
  if (caller.kind === 'root') return []
  const rows = await boundAttachments(db, caller)
    .leftJoin('user_groups', 'user_groups.id', 'policy_attachments.target_id')
    .select(['policy_attachments.policy_id', 'policy_attachments.target_kind', 'user_groups.name as group'])
    .select(['policies.name', 'policies.language'])
    .execute()
  return rows
    .map(({ group, language, name, policy_id, target_kind }): BindingPolicy => {
      const builtIn = builtInOf(policy_id)
      return {
        layer: 'identity',
        language: (builtIn?.language ?? language) as LanguageName,
        policy: builtIn?.name ?? name ?? policy_id,
        builtIn: builtIn !== undefined,
        from: target_kind === 'group' ? `group ${group ?? ''}` : target_kind,
      }
    })
    .sort(inOrder)
}

/** Levels of the organization that bind it, each with its policies; none where it is free of them. */
async function ofOrganization(db: ReadHandle, caller: Caller): Promise<readonly BindingPolicy[]> {
  const { uid } = caller.account
  const { free, levels, organization } = await readPosition(db, uid)
  if (free || !organization || caller.session?.serviceLinked) return []
  const targets = [...organization.folders, uid]
  const folders = await db
    .selectFrom('organization_folders')
    .select(['id', 'name', 'parent_id'])
    .where('id', 'in', targets)
    .execute()
  const rows = await db
    .selectFrom('organization_attachments')
    .leftJoin('organization_policies', 'organization_policies.id', 'organization_attachments.policy_id')
    .select(['organization_attachments.target_id', 'organization_attachments.policy_id'])
    .select(['organization_attachments.language', 'organization_policies.name'])
    .where('organization_attachments.target_id', 'in', targets)
    .execute()
  const nameOf = (id: string) => {
    const folder = folders.find((one) => one.id === id)
    return !folder
      ? 'account'
      : folder.parent_id === ''
        ? 'root of the organization'
        : `folder ${folder.name}`
  }
  return (
    rows
      .map(({ language, name, policy_id, target_id }): BindingPolicy & { readonly level: number } => {
        const builtIn = builtInOf(policy_id)
        return {
          layer: 'organization',
          language: language as LanguageName,
          policy: builtIn?.name ?? name ?? policy_id,
          builtIn: builtIn !== undefined,
          from: nameOf(target_id),
          level: targets.indexOf(target_id),
        }
      })
      // A kind of policy that is switched off binds nothing, and control policies no root identity of the account itself.
      .filter(({ language }) => levels[language].length > 0)
      .filter(({ language }) => caller.kind !== 'root' || language === 'iam')
      .sort((a, b) => a.level - b.level || inOrder(a, b))
  )
}

function inOrder(one: BindingPolicy, other: BindingPolicy): number {
  const [a, b] = [one, other].map(({ language, from, policy }) => `${language} ${from} ${policy}`)
  return a! < b! ? -1 : a! > b! ? 1 : 0
}
