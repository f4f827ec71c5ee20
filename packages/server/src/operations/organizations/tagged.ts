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

/** The tags of a thing of the organization; the built-in policy has none. */
export function tagsOn({ row }: Tagged): Tags {
  return readTags(row?.tags ?? '{}')
}

/** Gives a thing other tags. Raises `IdentityQuota`, `OrganizationRejects`. */
export async function setTags(tx: WriteHandle, thing: Tagged, tags: Tags, author: Author): Promise<void> {
  if (tags.size > QUOTAS.tags) throw refuse({ code: 'IdentityQuota', entity: 'target', limit: QUOTAS.tags })
  if (thing.kind === 'folder') return tagFolder(tx, thing.id, tags)
  if (thing.kind === 'account') return updateMember(tx, thing.id, { tags }, author)
  if (!thing.row) throw refuse({ code: 'OrganizationRejects', reason: 'built-in' })
  return updateOrganizationPolicy(tx, thing.id, { tags }, author)
}
