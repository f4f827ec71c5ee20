import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readTags } from '../../base/tags.ts'
import { newHexId } from '../../identity/ids.ts'
import { judgeDocument } from '../../identity/judge.ts'
import {
  createOrganizationPolicies,
  deleteOrganizationPolicy,
  updateOrganizationPolicy,
} from '../../identity/organization-policies.ts'
import { FULL_ACCESS } from '../../identity/organization-types.ts'
import { chunks } from '../../identity/rows.ts'
import type { ReadHandle } from '../../store/store.ts'
import { allPolicies, assertCustom, reread } from '../organizations/attached.ts'
import { allMembers } from '../organizations/found.ts'
import { describePolicy, hasTags, tagList, tagsFrom } from './describe.ts'
import {
  ControlPolicy,
  Description,
  Input,
  Language,
  Nothing,
  Page,
  Paged,
  PolicyDocument,
  PolicyId,
  PolicyName,
  pageOf,
  Tag,
  TagList,
  text,
} from './fields.ts'
import { directoryRead, directoryWrite } from './record.ts'

const one = {
  names: { policy: 'policy' },
  idsOf: ({ PolicyId }: { readonly PolicyId: string }) => ({ policy: PolicyId }),
  // No policy has a name that a permission could be held to.
  on: [],
} as const

/** How many folders and accounts each of some policies is attached to. */
async function attachmentCounts(
  db: ReadHandle,
  policies: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const part of chunks(policies)) {
    const rows = await db
      .selectFrom('organization_attachments')
      .select('policy_id')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('policy_id', 'in', part)
      .groupBy('policy_id')
      .execute()
    for (const { policy_id, count } of rows) counts.set(policy_id, Number(count))
  }
  return counts
}

export const createControlPolicy = directoryWrite({
  call: 'CreateControlPolicy',
  summary: 'Make a control policy, attached to nothing',
  input: Input({
    PolicyName,
    PolicyDocument,
    EffectScope: Type.Literal('RAM'),
    Description: Type.Optional(Description),
    Tag: Type.Optional(Tag),
  }),
  output: Type.Object({ ControlPolicy: Type.Object(ControlPolicy) }),
  names: {},
  on: [],
  requested: ({ Tag }) => tagsFrom(Tag),
  prepare(_scope, { PolicyName, PolicyDocument }) {
    if (PolicyName === FULL_ACCESS.ram)
      throw refuse({ code: 'IdentityExists', entity: 'organization-policy' })
    return { id: newHexId(), warnings: judgeDocument(PolicyDocument, 'ram', 'control') }
  },
  async work(tx, { author, scope }, input, _things, { id, warnings }) {
    const { PolicyName: name, PolicyDocument: document, Description: description, Tag } = input
    const policy = { id, language: 'ram' as const, name, document, description, tags: tagsFrom(Tag) }
    await createOrganizationPolicies(tx, [policy], author)
    for (const warning of warnings) scope.warn(warning)
    return { ControlPolicy: describePolicy(await reread(tx, id), 0) }
  },
  example: {
    PolicyName: '{organization.newName}',
    EffectScope: 'RAM',
    PolicyDocument: '{organization.document}',
  },
})

export const getControlPolicy = directoryRead({
  call: 'GetControlPolicy',
  summary: 'Show a control policy',
  input: Input({ PolicyId, Language }),
  output: Type.Object({ ControlPolicy: Type.Object({ ...ControlPolicy, PolicyDocument: text }) }),
  ...one,
  who: 'readers',
  async work({ store }, _input, { policy }) {
    const counts = await attachmentCounts(store.read, [policy.id])
    const document = policy.row?.document ?? policy.builtIn!.document
    return {
      ControlPolicy: { ...describePolicy(policy, counts.get(policy.id) ?? 0), PolicyDocument: document },
    }
  },
  example: { PolicyId: '{organization.controlPolicyId}' },
})

export const updateControlPolicy = directoryWrite({
  call: 'UpdateControlPolicy',
  summary: 'Change a control policy: it binds as changed wherever it is attached',
  input: Input({
    PolicyId,
    NewPolicyName: Type.Optional(PolicyName),
    NewPolicyDocument: Type.Optional(PolicyDocument),
    NewDescription: Type.Optional(Description),
  }),
  output: Type.Object({ ControlPolicy: Type.Object(ControlPolicy) }),
  ...one,
  binds: async (db) => (await allMembers(db)).map(({ account_uid }) => account_uid),
  prepare: (_scope, { NewPolicyName, NewPolicyDocument }) => {
    if (NewPolicyName === FULL_ACCESS.ram)
      throw refuse({ code: 'IdentityExists', entity: 'organization-policy' })
    return NewPolicyDocument === undefined ? [] : judgeDocument(NewPolicyDocument, 'ram', 'control')
  },
  async work(tx, { author, scope }, input, { policy }, warnings) {
    assertCustom(policy)
    for (const warning of warnings) scope.warn(warning)
    const { NewPolicyName: name, NewPolicyDocument: document, NewDescription: description } = input
    await updateOrganizationPolicy(tx, policy.id, { name, document, description }, author)
    const counts = await attachmentCounts(tx, [policy.id])
    return { ControlPolicy: describePolicy(await reread(tx, policy.id), counts.get(policy.id) ?? 0) }
  },
  example: { PolicyId: '{organization.controlPolicyId}', NewDescription: 'for tests' },
})

export const deleteControlPolicy = directoryWrite({
  call: 'DeleteControlPolicy',
  summary: 'Delete a control policy that is attached to nothing',
  input: Input({ PolicyId }),
  output: Nothing,
  ...one,
  async work(tx, _call, _input, { policy }) {
    assertCustom(policy)
    await deleteOrganizationPolicy(tx, policy.id)
    return {}
  },
  example: { PolicyId: '{organization.controlPolicyId}' },
})

export const listControlPolicies = directoryRead({
  call: 'ListControlPolicies',
  summary: 'List control policies by name, the built-in one first',
  input: Input({
    ...Page,
    PolicyType: Type.Optional(Type.Union([Type.Literal('Custom'), Type.Literal('System')])),
    Language,
    Tag: Type.Optional(Tag),
  }),
  output: Type.Object({
    ...Paged,
    ControlPolicies: Type.Object({
      ControlPolicy: Type.Array(Type.Object({ ...ControlPolicy, Tags: TagList })),
    }),
  }),
  names: {},
  on: [],
  who: 'readers',
  async work({ store }, input) {
    const all = await allPolicies(store.read, { language: 'ram' })
    const found = all
      .filter(
        ({ row }) =>
          input.PolicyType === undefined || (input.PolicyType === 'Custom') === (row !== undefined),
      )
      .filter(({ row }) => hasTags(readTags(row?.tags ?? '{}'), tagsFrom(input.Tag)))
    const { page, ...more } = pageOf(found, input)
    const counts = await attachmentCounts(
      store.read,
      page.map(({ id }) => id),
    )
    const ControlPolicy = page.map((policy) => ({
      ...describePolicy(policy, counts.get(policy.id) ?? 0),
      Tags: { Tag: tagList(readTags(policy.row?.tags ?? '{}')) },
    }))
    return { ...more, ControlPolicies: { ControlPolicy } }
  },
  example: {},
})
