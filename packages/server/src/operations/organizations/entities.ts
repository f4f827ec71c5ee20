import { Type } from 'typebox'
import { QUOTAS } from '../../identity/limits.ts'
import { oneAfterAnother } from '../iam/pages.ts'
import { accountEntity, dateText, describeEntity, folderEntity } from './describe.ts'
import { Entity, Input, id, Page, PageInfo, text } from './fields.ts'
import { orgRead } from './iam-record.ts'
import { countMembers, readMembers } from './members.ts'
import { readPage } from './pages.ts'

type Shown = ReturnType<typeof accountEntity>

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
    const above = input.parent_id === undefined ? undefined : parent.id
    const folders = store.read.selectFrom('organization_folders').selectAll().orderBy('id')
    const below = above === undefined ? folders : folders.where('parent_id', '=', above)
    const { page, page_info } = await readPage<{ place: string; entity: Shown }>(
      input,
      oneAfterAnother({
        f: async (after, limit) =>
          (await below.where('id', '>', after).limit(limit).execute()).map((row) => ({
            place: `f/${row.id}`,
            entity: folderEntity(row),
          })),
        m: async (after, limit) =>
          (await readMembers(store.read, { folder: above, after, limit })).map(({ account }) => ({
            place: `m/${account.uid}`,
            entity: accountEntity(account),
          })),
      }),
      ({ place }) => place,
    )
    return { entities: page.map(({ entity }) => entity), page_info }
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
    const units = read.selectFrom('organization_folders').where('parent_id', '!=', '')
    const policies = read.selectFrom('organization_policies').where('language', '=', 'iam')
    const counted = {
      units: await units.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
      policies: await policies.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
    }
    const row = (type: string, quota: number, used: number) => ({ type, quota, used, min: 0, max: quota })
    return {
      quotas: {
        resources: [
          row('account', QUOTAS.members, await countMembers(read)),
          row('organizational_unit', QUOTAS.folders, Number(counted.units.count)),
          row('policy', QUOTAS.organizationPolicies, Number(counted.policies.count)),
        ],
      },
    }
  },
  example: {},
})
