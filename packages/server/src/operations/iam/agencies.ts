import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { judgeDocument } from '../../identity/judge.ts'
import { SERVICE_PATH } from '../../identity/limits.ts'
import { beginsWith, type RoleRow } from '../../identity/named.ts'
import { createRoles, deleteRole, updateRole } from '../../identity/roles.ts'
import { newUserIds } from '../../identity/users.ts'
import { describeAgency, describeTags } from './describe.ts'
import {
  Agency,
  agency_id,
  agency_name,
  Input,
  longDescription,
  max_session_duration,
  Nothing,
  Page,
  PageInfo,
  path,
  path_prefix,
  policy_document,
  Tag,
} from './fields.ts'
import { type Places, readPage } from './pages.ts'
import { iamRead, iamWrite } from './record.ts'

export const createAgency = iamWrite({
  name: 'CreateAgency',
  action: 'agencies:createV5',
  summary: 'Make an agency and say who may assume it',
  input: Input({
    agency_name,
    path: Type.Optional(path),
    trust_policy: policy_document,
    max_session_duration: Type.Optional(max_session_duration),
    description: Type.Optional(longDescription),
  }),
  output: Type.Object({ agency: Type.Object(Agency) }),
  on: [],
  also: ({ path = '', agency_name }) => [`agency:${path}${agency_name}`],
  prepare(_scope, { path = '', trust_policy }) {
    if (path.startsWith(SERVICE_PATH)) throw refuse({ code: 'InvalidParameter', name: 'path' })
    return { ...newUserIds(), warnings: judgeDocument(trust_policy, 'iam', 'trust') }
  },
  async work(tx, { account, author, scope }, input, _targets, { warnings, ...ids }) {
    const { agency_name: name, path, trust_policy: trustIam, description } = input
    const maxSession = input.max_session_duration
    await createRoles(tx, account, [{ ...ids, name, path, trustIam, maxSession, description }], author)
    for (const warning of warnings) scope.warn(warning)
    const row = await tx.selectFrom('roles').selectAll().where('id', '=', ids.id).executeTakeFirstOrThrow()
    return { agency: describeAgency(scope.caller.account, row) }
  },
  example: { agency_name: '{identity.newName}', trust_policy: '{identity.iamTrust}' },
})

export const getAgency = iamRead({
  name: 'GetAgency',
  action: 'agencies:getV5',
  summary: 'Show an agency',
  input: Input({ agency_id }),
  output: Type.Object({ agency: Type.Object({ ...Agency, tags: Type.Array(Tag) }) }),
  on: ['agency'],
  work: ({ caller }, _input, { agency }) => ({
    agency: { ...describeAgency(caller.account, agency), tags: describeTags(agency.tags) },
  }),
  example: { agency_id: '{identity.ids.agency}' },
})

export const updateAgency = iamWrite({
  name: 'UpdateAgency',
  action: 'agencies:updateV5',
  summary: 'Change an agency; who may assume it is changed apart',
  input: Input({
    agency_id,
    max_session_duration: Type.Optional(max_session_duration),
    description: Type.Optional(longDescription),
  }),
  output: Nothing,
  on: ['agency'],
  async work(tx, { author }, { max_session_duration: maxSession, description }, { agency }) {
    await updateRole(tx, agency.id, { maxSession, description }, author)
    return {}
  },
  example: { agency_id: '{identity.ids.agency}', description: 'for tests' },
})

export const updateTrustPolicy = iamWrite({
  name: 'UpdateTrustPolicy',
  action: 'agencies:updateTrustPolicyV5',
  summary: 'Change who may assume an agency',
  input: Input({ agency_id, trust_policy: policy_document }),
  output: Nothing,
  on: ['agency'],
  prepare: (_scope, { trust_policy }) => judgeDocument(trust_policy, 'iam', 'trust'),
  async work(tx, { author, scope }, { trust_policy: trustIam }, { agency }, warnings) {
    await updateRole(tx, agency.id, { trustIam }, author)
    for (const warning of warnings) scope.warn(warning)
    return {}
  },
  example: { agency_id: '{identity.ids.agency}', trust_policy: '{identity.iamTrust}' },
})

export const deleteAgency = iamWrite({
  name: 'DeleteAgency',
  action: 'agencies:deleteV5',
  summary: 'Delete an agency that nothing is attached to; its sessions end',
  input: Input({ agency_id }),
  output: Nothing,
  on: ['agency'],
  async work(tx, { author }, _input, { agency }) {
    await deleteRole(tx, agency.id, author)
    return {}
  },
  example: { agency_id: '{identity.ids.agency}' },
})

const BY_NAME: Places<RoleRow> = { list: 'agencies', placeOf: ({ name }) => name }

export const listAgencies = iamRead({
  name: 'ListAgencies',
  action: 'agencies:listV5',
  summary: 'List agencies by name',
  input: Input({ ...Page, path_prefix: Type.Optional(path_prefix) }),
  output: Type.Object({ agencies: Type.Array(Type.Object(Agency)), page_info: PageInfo }),
  on: [],
  also: () => ['agency:*'],
  async work({ caller, store }, { path_prefix = '', ...asked }) {
    const rows = store.read
      .selectFrom('roles')
      .selectAll()
      .where('account_uid', '=', caller.account.uid)
      .where((eb) => beginsWith(eb, 'path', path_prefix))
      .orderBy('name')
    const { page, page_info } = await readPage(asked, BY_NAME, (after, limit) =>
      rows.where('name', '>', after).limit(limit).execute(),
    )
    return { agencies: page.map((row) => describeAgency(caller.account, row)), page_info }
  },
  example: {},
})
