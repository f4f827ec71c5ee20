import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { deleteOrganization as deleteRows } from '../../identity/organization.ts'
import { removeAccount } from '../../identity/organization-members.ts'
import { disableType, enableType } from '../../identity/organization-types.ts'
import { describeOrganization, describeRoot } from './describe.ts'
import { Input, id, Nothing, Page, PageInfo, policy_type, text } from './fields.ts'
import { allMembers } from './found.ts'
import { orgRead, orgWrite } from './iam-record.ts'
import { makeOrganization, newOrganizationIds, organizationsAgency } from './make.ts'
import { pageOf } from './pages.ts'

const Organization = Type.Object({
  id: text,
  urn: text,
  management_account_id: text,
  management_account_name: text,
  created_at: text,
})
const Root = Type.Object({
  id: text,
  urn: text,
  name: text,
  policy_types: Type.Array(Type.Object({ type: text, status: text })),
  created_at: text,
})
const alone = { names: {}, on: [] } as const

export const createOrganization = orgWrite({
  call: 'CreateOrganization',
  action: 'organizations:create',
  summary: 'Make the organization; the account becomes its management account',
  input: Input({}),
  output: Type.Object({ organization: Organization }),
  ...alone,
  who: 'operator',
  dependsOn: organizationsAgency,
  prepare: newOrganizationIds,
  work: async (tx, call, _input, _things, ids) => ({
    organization: describeOrganization(await makeOrganization(tx, call, ids)),
  }),
  example: {},
})

/** Every account in it may look at it: the call is decided on the caller's own account. */
export const showOrganization = orgRead({
  call: 'ShowOrganization',
  action: 'organizations:get',
  summary: 'Show the organization that the account is in',
  input: Input({}),
  output: Type.Object({ organization: Organization }),
  ...alone,
  who: 'own',
  work: (_scope, _input, _things, organization) => ({ organization: describeOrganization(organization) }),
  example: {},
})

export const deleteOrganization = orgWrite({
  call: 'DeleteOrganization',
  action: 'organizations:delete',
  summary: 'Delete the organization, in which no other account is any more',
  input: Input({}),
  output: Nothing,
  ...alone,
  async work(tx) {
    await deleteRows(tx)
    return {}
  },
  example: {},
})

/** An account that was made here, or that the operator's file has put here, does not leave by itself. */
export const leaveOrganization = orgWrite({
  call: 'LeaveOrganization',
  action: 'organizations:leave',
  summary: 'Leave the organization, as an account that was invited',
  input: Input({}),
  output: Nothing,
  ...alone,
  who: 'own',
  async work(tx, { author, scope }) {
    const { uid } = scope.caller.account
    const members = tx.selectFrom('organization_members').select('declared_by')
    const row = await members.where('account_uid', '=', uid).executeTakeFirst()
    if (row?.declared_by === 'file') throw refuse({ code: 'OrganizationRejects', reason: 'placed' })
    await removeAccount(tx, uid, author)
    return {}
  },
  example: {},
})

export const listRoots = orgRead({
  call: 'ListRoots',
  action: 'roots:list',
  summary: 'Show the root of the organization, and which kinds of policy are switched on',
  input: Input(Page),
  output: Type.Object({ roots: Type.Array(Root), page_info: PageInfo }),
  ...alone,
  who: 'readers',
  work(_scope, input, _things, organization) {
    const { page, page_info } = pageOf([describeRoot(organization)], input, (root) => root.id)
    return { roots: page, page_info }
  },
  example: {},
})

const switching = {
  input: Input({ policy_type, root_id: id }),
  output: Type.Object({ root: Root }),
  names: { root: 'folder' },
  idsOf: ({ root_id }: { readonly root_id: string }) => ({ root: root_id }),
  on: ['root'],
  binds: async (db: Parameters<typeof allMembers>[0]) =>
    (await allMembers(db)).map(({ account_uid }) => account_uid),
  example: {
    policy_type: 'service_control_policy',
    root_id: '{organization.rootId}',
  },
} as const

export const enablePolicyType = orgWrite({
  call: 'EnablePolicyType',
  action: 'policies:enable',
  summary: 'Switch service control policies on; each unit and account begins with FullAccess',
  ...switching,
  async work(tx, { author, organization }, _input, { root }) {
    assertRoot(root.id, organization.root.id)
    await enableType(tx, 'iam', author.now)
    return { root: describeRoot({ ...organization, enabled: { ...organization.enabled, iam: true } }) }
  },
})

export const disablePolicyType = orgWrite({
  call: 'DisablePolicyType',
  action: 'policies:disable',
  summary: 'Switch service control policies off; each is detached from everything',
  ...switching,
  async work(tx, { organization }, _input, { root }) {
    assertRoot(root.id, organization.root.id)
    await disableType(tx, 'iam')
    return { root: describeRoot({ ...organization, enabled: { ...organization.enabled, iam: false } }) }
  },
})

function assertRoot(given: string, root: string): void {
  if (given !== root) throw refuse({ code: 'InvalidParameter', name: 'root_id' })
}
