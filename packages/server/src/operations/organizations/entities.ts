import { Type } from 'typebox'
import { QUOTAS } from '../../identity/limits.ts'
import { readAccounts } from './accounts.ts'
import { accountEntity, dateText, describeEntity, folderEntity } from './describe.ts'
import { Entity, Input, id, Page, PageInfo, text } from './fields.ts'
import { orgRead } from './iam-record.ts'
import { pageOf } from './pages.ts'

/** The parent of a child, or the children of a parent; without either, everything. */
export const listEntities = orgRead({
  call: 'ListEntities',
  action: 'entities:list',
  summary: 'List the root, units and accounts: of a parent, or the parent of a child',
  input: Input({ ...Page, parent_id: Type.Optional(id), child_id: Type.Optional(id) }),
  output: Type.Object({ entities: Type.Array(Entity), page_info: PageInfo }),
  names: { parent: 'target', child: 'target' },
  idsOf: ({ parent_id, child_id }) => ({ parent: parent_id, child: child_id }),
  on: [],
  who: 'readers',
  async work({ store }, input, { parent, child }) {
    if (input.child_id !== undefined) {
      const above = child.kind === 'folder' ? child.path.at(-2) : child.path.at(-1)
      const entities = above === undefined ? [] : [await describeEntity(store.read, above)]
      return { entities, page_info: { current_count: entities.length } }
    }
    const folders = await store.read.selectFrom('organization_folders').selectAll().execute()
    const isAsked = (place: string) => input.parent_id === undefined || place === parent.id
    const all = [
      ...folders.filter(({ parent_id }) => isAsked(parent_id)).map(folderEntity),
      ...(await readAccounts(store.read))
        .filter(({ row }) => isAsked(row.folder_id))
        .map(({ account }) => accountEntity(account)),
    ]
    const { page, page_info } = pageOf(all, input, (entity) => entity.id)
    return { entities: page, page_info }
  },
  example: { child_id: '{organization.accountId}' },
})

/** Of tag policies, which are not offered: what is in force is empty everywhere. Service control policies have no such call. */
export const showEffectivePolicies = orgRead({
  call: 'ShowEffectivePolicies',
  action: 'effectivePolicies:get',
  summary: 'Show the tag policy in force for an entity: an empty one',
  input: Input({ entity_id: id, policy_type: Type.Literal('tag_policy') }),
  output: Type.Object({ last_updated_at: text, policy_content: text, policy_type: text, entity_id: text }),
  names: { entity: 'target' },
  idsOf: ({ entity_id }) => ({ entity: entity_id }),
  on: [],
  who: 'readers',
  work: (_scope, { entity_id, policy_type }, _things, organization) => ({
    last_updated_at: dateText(organization.createdAt),
    policy_content: '{}',
    policy_type,
    entity_id,
  }),
  example: { entity_id: '{organization.accountId}', policy_type: 'tag_policy' },
})

export const listQuotas = orgRead({
  call: 'ListQuotas',
  action: 'quotas:list',
  summary: 'List the limits of the organization and what is used of them',
  input: Input({}),
  output: Type.Object({
    quotas: Type.Object({
      resources: Type.Array(
        Type.Object({
          type: text,
          quota: Type.Integer(),
          used: Type.Integer(),
          min: Type.Integer(),
          max: Type.Integer(),
        }),
      ),
    }),
  }),
  names: {},
  on: [],
  who: 'readers',
  async work({ store }) {
    const { read } = store
    const units = await read
      .selectFrom('organization_folders')
      .select('id')
      .where('parent_id', '!=', '')
      .execute()
    const accounts = await read.selectFrom('organization_members').select('account_uid').execute()
    const policies = await read
      .selectFrom('organization_policies')
      .select('id')
      .where('language', '=', 'iam')
      .execute()
    const row = (type: string, quota: number, used: number) => ({ type, quota, used, min: 0, max: quota })
    return {
      quotas: {
        resources: [
          row('account', QUOTAS.members, accounts.length),
          row('organizational_unit', QUOTAS.folders, units.length),
          row('policy', QUOTAS.organizationPolicies, policies.length),
        ],
      },
    }
  },
  example: {},
})
