import { newTreeId } from '../../identity/ids.ts'
import { SERVICE_PATH } from '../../identity/limits.ts'
import { createFolders, createOrganization } from '../../identity/organization.ts'
import { placeAccounts } from '../../identity/organization-members.ts'
import type { Account } from '../../identity/principal.ts'
import type { WriteHandle } from '../../store/store.ts'
import { loadOrganization } from './found.ts'
import type { WriteCall } from './record.ts'

/** Ids of an organization that does not exist yet. */
export function newOrganizationIds() {
  return { id: newTreeId(), root: newTreeId() }
}

/** The one organization, of the caller's account, which stands at its root. No kind of policy is switched on. */
export async function makeOrganization(
  tx: WriteHandle,
  { author, scope }: WriteCall,
  { id, root }: ReturnType<typeof newOrganizationIds>,
) {
  const { uid } = scope.caller.account
  await createOrganization(tx, { id, management: uid }, author)
  await createFolders(tx, [{ id: root, parent: '', name: '' }], author)
  await placeAccounts(tx, [{ account: uid, folder: root }], author)
  return (await loadOrganization(tx))!
}

/** On that cloud the organization has an agency in each account; here it needs none. */
export function organizationsAgency({ domainId }: Pick<Account, 'domainId'>) {
  const service = 'service.Organizations'
  const name = `${SERVICE_PATH}${service}/ServiceLinkedAgencyForOrganizations`
  return {
    action: 'iam:agencies:createServiceLinkedAgencyV5',
    resource: `iam::${domainId}:agency:${name}`,
    facts: { 'iam:ServicePrincipal': service },
  }
}
