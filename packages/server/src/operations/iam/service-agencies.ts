import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { SERVICE_PATH } from '../../identity/limits.ts'
import { createRoles, deleteServiceRole } from '../../identity/roles.ts'
import { newUserIds } from '../../identity/users.ts'
import type { CheckScope } from '../../pipeline/scope.ts'
import { describeAgency } from './describe.ts'
import { Agency, agency_id, Input, longDescription } from './fields.ts'
import { iamRead, iamWrite } from './record.ts'

// Agencies that belong to a service. What one may do and who assumes it is not for its account to say: its trust policy names
// the service alone, nothing is attached to it, and neither can be changed. No service of this installation assumes one, so it
// gives nobody a right.

const service_principal = Type.String({ pattern: '^service\\.[A-Za-z0-9_-]{1,40}$' })

const names = (principal: string) => ({
  name: `ServiceLinkedAgencyFor${principal.slice('service.'.length)}`,
  path: `${SERVICE_PATH}${principal}/`,
})

export const createServiceLinkedAgency = iamWrite({
  name: 'CreateServiceLinkedAgency',
  action: 'agencies:createServiceLinkedAgencyV5',
  summary: 'Make the agency of a service, which the service alone may assume',
  input: Input({ service_principal, description: Type.Optional(longDescription) }),
  output: Type.Object({ agency: Type.Object(Agency) }),
  on: [],
  also: (input) => [`agency:${names(input.service_principal).path}${names(input.service_principal).name}`],
  facts: (_targets, _scope: CheckScope, input) => ({ 'iam:ServicePrincipal': input.service_principal }),
  prepare: newUserIds,
  async work(tx, { account, author, scope }, { service_principal: service, description }, _targets, ids) {
    const Statement = [
      { Action: ['sts:agencies:assume'], Effect: 'Allow', Principal: { Service: [service] } },
    ]
    const trustIam = JSON.stringify({ Statement, Version: '5.0' })
    await createRoles(tx, account, [{ ...ids, ...names(service), service, trustIam, description }], author)
    const row = await tx.selectFrom('roles').selectAll().where('id', '=', ids.id).executeTakeFirstOrThrow()
    return { agency: describeAgency(scope.caller.account, row) }
  },
  example: { service_principal: 'service.{identity.serviceName}' },
})

/** One that the operator's file has made goes with the file alone. */
export const deleteServiceLinkedAgency = iamWrite({
  name: 'DeleteServiceLinkedAgency',
  action: 'agencies:deleteServiceLinkedAgencyV5',
  summary: 'Delete the agency of a service',
  input: Input({ agency_id }),
  output: Type.Object({ deletion_task_id: Type.String() }),
  on: ['agency'],
  facts: ({ agency }) => (agency ? { 'iam:ServicePrincipal': agency.service } : {}),
  prepare: ({ caller, keyring }, _input, { agency }) =>
    taskOf(keyring.stableKey('deletion-tasks'), caller.account.uid, agency.id),
  async work(tx, _call, _input, { agency }, deletion_task_id) {
    await deleteServiceRole(tx, agency.id)
    return { deletion_task_id }
  },
  example: { agency_id: '{identity.serviceAgencyId}' },
})

/** Deleted at once, so a task that there is has succeeded. */
export const getServiceLinkedAgencyDeletionStatus = iamRead({
  name: 'GetServiceLinkedAgencyDeletionStatus',
  action: 'agencies:getServiceLinkedAgencyDeletionStatusV5',
  summary: 'Tell how the deletion of the agency of a service went',
  input: Input({ deletion_task_id: Type.String({ minLength: 1, maxLength: 128 }) }),
  output: Type.Object({
    status: Type.String(),
    reason: Type.String(),
    agency_usage_list: Type.Array(
      Type.Object({ region: Type.String(), resources: Type.Array(Type.String()) }),
    ),
  }),
  on: [],
  also: () => ['agency:*'],
  async work({ caller, keyring, store }, { deletion_task_id }) {
    const id = deletion_task_id.slice(0, ID_LENGTH)
    const task = taskOf(keyring.stableKey('deletion-tasks'), caller.account.uid, id)
    const there = await store.read.selectFrom('roles').select('id').where('id', '=', id).executeTakeFirst()
    if (there || !isSame(task, deletion_task_id)) throw refuse({ code: 'IdentityNotFound', entity: 'role' })
    return { status: 'success', reason: '', agency_usage_list: [] }
  },
  example: { deletion_task_id: '{identity.deletionTaskId}' },
})

const ID_LENGTH = 32

/** The id of an agency and a keyed digest of it: nobody makes up a task that there never was. */
function taskOf(key: KeyObject, accountUid: string, agencyId: string): string {
  const digest = createHmac('sha256', key).update(`${accountUid}/${agencyId}`).digest('hex')
  return `${agencyId}${digest.slice(0, ID_LENGTH)}`
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
