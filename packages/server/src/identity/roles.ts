import { refuse } from '../base/problem.ts'
import { NO_TAGS, type Tags, writeTags } from '../base/tags.ts'
import { forgetUse } from '../store/resource-uses.ts'
import type { WriteHandle } from '../store/store.ts'
import { roleArn } from './callers.ts'
import { QUOTAS, SESSION_LIMITS } from './limits.ts'
import {
  type Author,
  assertBelowLimit,
  assertFree,
  changed,
  countOf,
  freshEntity,
  insertRows,
  isThere,
  updateRow,
} from './rows.ts'

/** What can be said of a role. A field that is left out of a change stays as it is. */
export interface RoleFields {
  readonly description?: string | undefined
  /** JSON text that the engine has judged; empty: nobody may assume the role through that wire. */
  readonly trustRam?: string | undefined
  readonly trustIam?: string | undefined
  /** Seconds. */
  readonly maxSession?: number | undefined
  readonly tags?: Tags | undefined
  /** The service whose role it is. Only an apply of the operator says so: no organization limits such a role. */
  readonly service?: string | undefined
  /** Parts that each end with `/`; only IAM knows them. A file alone changes it later: no wire moves a role. */
  readonly path?: string | undefined
}

export interface NewRole extends RoleFields {
  /** 32 hex digits, 18 digits: `newUserIds`. */
  readonly id: string
  readonly ramId: string
  readonly name: string
}

/** Makes roles of one account. Raises `IdentityExists`, `IdentityQuota`. */
export async function createRoles(
  tx: WriteHandle,
  account: string,
  roles: readonly NewRole[],
  author: Author,
): Promise<void> {
  await assertFree(
    tx,
    'roles',
    'role',
    account,
    roles.map(({ name }) => name),
  )
  await assertBelowLimit(author, 'role', QUOTAS.rolesPerAccount, roles.length, () =>
    countOf(tx, 'roles', account),
  )
  await insertRows(
    tx,
    'roles',
    roles.map((role) => ({
      ...freshEntity(author),
      id: role.id,
      ram_id: role.ramId,
      account_uid: account,
      name: role.name,
      path: role.path ?? '',
      description: role.description ?? '',
      trust_ram: role.trustRam ?? '',
      trust_iam: role.trustIam ?? '',
      max_session: role.maxSession ?? SESSION_LIMITS.default,
      tags: writeTags(role.tags ?? NO_TAGS),
      service: role.service ?? '',
    })),
  )
}

/** Changes a role. No wire renames one. Raises `ServiceRoleLocked` for a service's own, but with an apply. */
export async function updateRole(
  tx: WriteHandle,
  id: string,
  fields: RoleFields,
  author: Author,
): Promise<void> {
  if (author.by === 'api') await assertNoServices(tx, id)
  await updateRow(tx, 'roles', id, {
    ...changed(author),
    description: fields.description,
    path: fields.path,
    trust_ram: fields.trustRam,
    trust_iam: fields.trustIam,
    max_session: fields.maxSession,
    tags: fields.tags && writeTags(fields.tags),
    service: fields.service,
  })
}

/** Deletes a role. Raises `IdentityInUse` while a policy is attached to it, `ServiceRoleLocked`. */
export async function deleteRole(tx: WriteHandle, id: string, author: Author): Promise<void> {
  if (author.by === 'api') await assertNoServices(tx, id)
  const policies = tx.selectFrom('policy_attachments').select('policy_id').where('target_id', '=', id)
  if (await isThere(policies.where('target_kind', '=', 'role')))
    throw refuse({ code: 'IdentityInUse', entity: 'role', holds: 'policy' })
  const role = await tx
    .selectFrom('roles')
    .select(['account_uid', 'name'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (role) await forgetUse(tx, roleArn(role.account_uid, role.name))
  await tx.deleteFrom('roles').where('id', '=', id).execute()
}

/**
 * Deletes a role that is a service's own and was made by a call. Raises `IdentityNotFound` for any other role, and
 * `ServiceRoleLocked` for one that the operator's file has made.
 */
export async function deleteServiceRole(tx: WriteHandle, id: string): Promise<void> {
  const roles = tx.selectFrom('roles').select(['service', 'declared_by']).where('id', '=', id)
  const { service, declared_by } = await roles.executeTakeFirstOrThrow()
  if (service === '') throw refuse({ code: 'IdentityNotFound', entity: 'role' })
  if (declared_by === 'file') throw refuse({ code: 'ServiceRoleLocked' })
  await tx.deleteFrom('roles').where('id', '=', id).execute()
}

/** Raises `ServiceRoleLocked` for a role that is a service's own: what it may do is not for its account to say. */
export async function assertNoServices(tx: WriteHandle, id: string): Promise<void> {
  const services = tx.selectFrom('roles').select('id').where('id', '=', id).where('service', '!=', '')
  if (await isThere(services)) throw refuse({ code: 'ServiceRoleLocked' })
}
