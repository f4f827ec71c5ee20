import { refuse } from '../../base/problem.ts'
import { readTags, type Tags } from '../../base/tags.ts'
import { QUOTAS } from '../../identity/limits.ts'
import { tagFolder } from '../../identity/organization.ts'
import { updateMember } from '../../identity/organization-members.ts'
import { updateOrganizationPolicy } from '../../identity/organization-policies.ts'
import type { Author } from '../../identity/rows.ts'
import type { WriteHandle } from '../../store/store.ts'
import type { FoundFolder, FoundMember, FoundPolicy } from './found.ts'

export type Tagged = FoundFolder | FoundMember | FoundPolicy

/** The tags of a target of the organization; the built-in policy has none. */
export function tagsOn({ row }: Tagged): Tags {
  return readTags(row?.tags ?? '{}')
}

/** Gives a target other tags. Raises `IdentityQuota`, `OrganizationRejects`. */
export async function setTags(tx: WriteHandle, target: Tagged, tags: Tags, author: Author): Promise<void> {
  if (tags.size > QUOTAS.tags) throw refuse({ code: 'IdentityQuota', entity: 'target', limit: QUOTAS.tags })
  if (target.kind === 'folder') return tagFolder(tx, target.id, tags)
  if (target.kind === 'account') return updateMember(tx, target.id, { tags }, author)
  if (!target.row) throw refuse({ code: 'OrganizationRejects', reason: 'built-in' })
  return updateOrganizationPolicy(tx, target.id, { tags }, author)
}
