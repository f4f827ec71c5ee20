import { refuse } from '../base/problem.ts'
import type { WriteHandle } from '../store/store.ts'
import { QUOTAS } from './limits.ts'
import { moveOrganization } from './organization.ts'
import { type Author, assertBelowLimit, insertRows, isThere } from './rows.ts'

// Administrators of the organization for a service, and the services that it trusts. Neither lets anyone do more here than
// look at the organization: no service of Keyward asks who its administrators are.

/** Raises `OrganizationRejects` for the management account and for one that is registered, `IdentityQuota`. */
export async function registerDelegate(
  tx: WriteHandle,
  account: string,
  service: string,
  author: Author,
): Promise<void> {
  const management = tx.selectFrom('organizations').select('id').where('management_uid', '=', account)
  if (await isThere(management)) throw refuse({ code: 'OrganizationRejects', reason: 'management-delegated' })
  const registered = tx
    .selectFrom('organization_delegations')
    .select('account_uid')
    .where('service', '=', service)
  if (await isThere(registered.where('account_uid', '=', account)))
    throw refuse({ code: 'OrganizationRejects', reason: 'delegated' })
  await moveOrganization(tx)
  await assertBelowLimit(author, 'delegated-administrator', QUOTAS.delegatedPerService, 1, async () => {
    const rows = await registered.execute()
    return rows.length
  })
  const row = { account_uid: account, service, created_at: author.now }
  await insertRows(tx, 'organization_delegations', [row])
}

/** Raises `OrganizationRejects` for one that is not registered. */
export async function deregisterDelegate(tx: WriteHandle, account: string, service: string): Promise<void> {
  await moveOrganization(tx)
  const { numDeletedRows } = await tx
    .deleteFrom('organization_delegations')
    .where('account_uid', '=', account)
    .where('service', '=', service)
    .executeTakeFirst()
  if (numDeletedRows === 0n) throw refuse({ code: 'OrganizationRejects', reason: 'not-delegated' })
}

/** Trusts a service, which may be trusted already. */
export async function enableService(tx: WriteHandle, service: string, { now }: Author): Promise<void> {
  await moveOrganization(tx)
  const there = tx.selectFrom('organization_services').select('service').where('service', '=', service)
  if (!(await isThere(there))) await insertRows(tx, 'organization_services', [{ service, created_at: now }])
}

/** Raises `OrganizationRejects` for a service that is not trusted. Its administrators go with it. */
export async function disableService(tx: WriteHandle, service: string): Promise<void> {
  await moveOrganization(tx)
  await tx.deleteFrom('organization_delegations').where('service', '=', service).execute()
  const { numDeletedRows } = await tx
    .deleteFrom('organization_services')
    .where('service', '=', service)
    .executeTakeFirst()
  if (numDeletedRows === 0n) throw refuse({ code: 'OrganizationRejects', reason: 'service-off' })
}

/** Makes the services that an account is an administrator for exactly these, where a file says them. */
export async function setDelegations(
  tx: WriteHandle,
  account: string,
  services: readonly string[] | undefined,
  { now }: Author,
): Promise<void> {
  if (services === undefined) return
  await moveOrganization(tx)
  const ofAccount = tx.selectFrom('organization_delegations').where('account_uid', '=', account)
  const rows = await ofAccount.select('service').execute()
  const { gone, added } = difference(rows, services)
  if (gone.length > 0)
    await tx
      .deleteFrom('organization_delegations')
      .where('account_uid', '=', account)
      .where('service', 'in', gone)
      .execute()
  await insertRows(
    tx,
    'organization_delegations',
    added.map((service) => ({ account_uid: account, service, created_at: now })),
  )
}

/** Makes the services that are trusted exactly these, where a file says them. It says apart who administers for them. */
export async function setServices(
  tx: WriteHandle,
  services: readonly string[] | undefined,
  { now }: Author,
): Promise<void> {
  if (services === undefined) return
  await moveOrganization(tx)
  const { gone, added } = difference(
    await tx.selectFrom('organization_services').select('service').execute(),
    services,
  )
  if (gone.length > 0) await tx.deleteFrom('organization_services').where('service', 'in', gone).execute()
  await insertRows(
    tx,
    'organization_services',
    added.map((service) => ({ service, created_at: now })),
  )
}

function difference(rows: readonly { readonly service: string }[], wanted: readonly string[]) {
  const there = new Set(rows.map(({ service }) => service))
  return {
    gone: [...there].filter((service) => !wanted.includes(service)),
    added: wanted.filter((service) => !there.has(service)),
  }
}
