import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { newHexId } from '../../identity/ids.ts'
import { judgeDocument } from '../../identity/judge.ts'
import {
  attachLimit,
  createOrganizationPolicies,
  deleteOrganizationPolicy,
  detachLimit,
  updateOrganizationPolicy,
} from '../../identity/organization-policies.ts'
import { FULL_ACCESS } from '../../identity/organization-types.ts'
import type { ReadHandle } from '../../store/store.ts'
import { assertCustom, attachOnce, boundBy, policyPages, reread } from './attached.ts'
import { describeEntities, describePolicy, describeSummary, tagsFrom } from './describe.ts'
import {
  content,
  description,
  Entity,
  Input,
  id,
  Nothing,
  Page,
  PageInfo,
  Policy,
  PolicySummary,
  policy_name,
  policy_type,
  tags,
} from './fields.ts'
import { allMembers, type FoundFolder, type FoundMember, type FoundPolicy } from './found.ts'
import { orgRead, orgWrite } from './iam-record.ts'
import { readPage } from './pages.ts'
import { tagging } from './units.ts'

const one = {
  names: { policy: 'policy' },
  idsOf: ({ policy_id }: { readonly policy_id: string }) => ({ policy: policy_id }),
  on: ['policy'],
} as const

function assertNotBuiltIn(name: string | undefined): void {
  if (name === FULL_ACCESS.iam) throw refuse({ code: 'IdentityExists', entity: 'organization-policy' })
}

export const createPolicy = orgWrite({
  call: 'CreatePolicy',
  action: 'policies:create',
  summary: 'Make a service control policy, attached to nothing',
  input: Input({
    name: policy_name,
    type: policy_type,
    content,
    description: Type.Optional(description),
    tags: Type.Optional(tags),
  }),
  output: Type.Object({ policy: Policy }),
  names: {},
  on: [],
  requested: ({ tags }) => tagsFrom(tags),
  also: tagging('policy'),
  prepare(_scope, input) {
    assertNotBuiltIn(input.name)
    return { made: newHexId(), warnings: judgeDocument(input.content, 'iam', 'scp') }
  },
  async work(tx, { author, scope, organization }, input, _things, { made, warnings }) {
    const policy = {
      id: made,
      language: 'iam' as const,
      name: input.name,
      document: input.content,
      description: input.description,
      tags: tagsFrom(input.tags),
    }
    await createOrganizationPolicies(tx, [policy], author)
    for (const warning of warnings) scope.warn(warning)
    return { policy: describePolicy(await reread(tx, made), organization) }
  },
  example: {
    name: '{organization.newName}',
    type: 'service_control_policy',
    content: '{organization.scp}',
    tags: [{ key: 'team', value: 'a' }],
  },
})

export const showPolicy = orgRead({
  call: 'ShowPolicy',
  action: 'policies:get',
  summary: 'Show a service control policy',
  input: Input({ policy_id: id }),
  output: Type.Object({ policy: Policy }),
  ...one,
  who: 'readers',
  work: (_scope, _input, { policy }, organization) => ({ policy: describePolicy(policy, organization) }),
  example: { policy_id: '{organization.scpId}' },
})

export const updatePolicy = orgWrite({
  call: 'UpdatePolicy',
  action: 'policies:update',
  summary: 'Change a service control policy: it binds as changed wherever it is attached',
  input: Input({
    policy_id: id,
    name: Type.Optional(policy_name),
    content: Type.Optional(content),
    description: Type.Optional(description),
  }),
  output: Type.Object({ policy: Policy }),
  ...one,
  binds: async (db) => (await allMembers(db)).map(({ account_uid }) => account_uid),
  prepare(_scope, input) {
    assertNotBuiltIn(input.name)
    return input.content === undefined ? [] : judgeDocument(input.content, 'iam', 'scp')
  },
  async work(tx, { author, scope, organization }, input, { policy }, warnings) {
    assertCustom(policy)
    for (const warning of warnings) scope.warn(warning)
    const { name, content: document, description } = input
    await updateOrganizationPolicy(tx, policy.id, { name, document, description }, author)
    return { policy: describePolicy(await reread(tx, policy.id), organization) }
  },
  example: { policy_id: '{organization.scpId}', description: 'for tests' },
})

export const deletePolicy = orgWrite({
  call: 'DeletePolicy',
  action: 'policies:delete',
  summary: 'Delete a service control policy that is attached to nothing',
  input: Input({ policy_id: id }),
  output: Nothing,
  ...one,
  async work(tx, _call, _input, { policy }) {
    assertCustom(policy)
    await deleteOrganizationPolicy(tx, policy.id)
    return {}
  },
  example: { policy_id: '{organization.scpId}' },
})

export const listPolicies = orgRead({
  call: 'ListPolicies',
  action: 'policies:list',
  summary: 'List service control policies, all or those attached to an entity',
  input: Input({
    ...Page,
    attached_entity_id: Type.Optional(id),
    policy_type: Type.Optional(policy_type),
  }),
  output: Type.Object({ policies: Type.Array(PolicySummary), page_info: PageInfo }),
  names: { entity: 'target' },
  idsOf: ({ attached_entity_id }) => ({ entity: attached_entity_id }),
  on: [],
  who: 'readers',
  async work({ store }, input, { entity }, organization) {
    const on = input.attached_entity_id === undefined ? undefined : entity.id
    const { page, page_info } = await readPage(
      input,
      policyPages(store.read, { language: 'iam', on }),
      (policy: FoundPolicy) => `${policy.row ? 'c' : 'b'}/${policy.name}`,
    )
    return { policies: page.map((policy) => describeSummary(policy, organization)), page_info }
  },
  example: {},
})

/** Decided on the policy and on what it is attached to. */
const attaching = {
  input: Input({ policy_id: id, entity_id: id }),
  output: Nothing,
  names: { policy: 'policy', entity: 'target' },
  idsOf: ({ policy_id, entity_id }: { policy_id: string; entity_id: string }) => ({
    policy: policy_id,
    entity: entity_id,
  }),
  on: ['policy', 'entity'],
  binds: (db: ReadHandle, { entity }: { entity?: FoundFolder | FoundMember }) => boundBy(db, entity),
} as const

export const attachPolicy = orgWrite({
  call: 'AttachPolicy',
  action: 'policies:attach',
  summary: 'Attach a service control policy to the root, a unit or an account',
  ...attaching,
  async work(tx, { author }, _input, { policy, entity }) {
    await attachOnce(() => attachLimit(tx, entity.id, 'iam', policy.id, author.now))
    return {}
  },
  example: { policy_id: '{organization.scpId}', entity_id: '{organization.unitId}' },
})

export const detachPolicy = orgWrite({
  call: 'DetachPolicy',
  action: 'policies:detach',
  summary: 'Detach a service control policy; the last one stays',
  ...attaching,
  async work(tx, _call, _input, { policy, entity }) {
    await detachLimit(tx, entity.id, 'iam', policy.id)
    return {}
  },
  example: {
    policy_id: '{organization.attachedScpId}',
    entity_id: '{organization.unitId}',
  },
})

export const listEntitiesForPolicy = orgRead({
  call: 'ListEntitiesForPolicy',
  action: 'attachedEntities:list',
  summary: 'List what a service control policy is attached to',
  input: Input({ ...Page, policy_id: id }),
  output: Type.Object({ attached_entities: Type.Array(Entity), page_info: PageInfo }),
  ...one,
  who: 'readers',
  async work({ store }, input, { policy }) {
    const targets = store.read
      .selectFrom('organization_attachments')
      .select('target_id')
      .where('policy_id', '=', policy.id)
      .orderBy('target_id')
    const { page, page_info } = await readPage(
      input,
      (after, limit) => targets.where('target_id', '>', after).limit(limit).execute(),
      ({ target_id }) => target_id,
    )
    const ids = page.map(({ target_id }) => target_id)
    const attached_entities = await describeEntities(store.read, ids)
    return { attached_entities, page_info }
  },
  example: { policy_id: '{organization.attachedScpId}' },
})
