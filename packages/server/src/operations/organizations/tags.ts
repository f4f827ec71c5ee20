import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { withoutTags, withTags } from '../../base/tags.ts'
import { describeTags, tagsFrom } from './describe.ts'
import { goneTags, Input, id, Nothing, Page, PageInfo, tags, text } from './fields.ts'
import { orgRead, orgWrite } from './iam-record.ts'
import { pageOf } from './pages.ts'
import { setTags, type Tagged, tagsOn } from './tagged.ts'

const Tags = Type.Object({ tags: Type.Array(Type.Object({ key: text, value: text })), page_info: PageInfo })
const one = {
  names: { target: 'tagged' },
  idsOf: ({ resource_id }: { readonly resource_id: string }) => ({ target: resource_id }),
  on: ['target'],
} as const

/** The types that paths name targets by, and what each is of. */
const TYPES = ['organizations:roots', 'organizations:ous', 'organizations:accounts', 'organizations:policies']
const resource_type = Type.String({ enum: TYPES })

/** Raises `IdentityNotFound` for a target of another type. */
function assertType(target: Tagged, type: string): void {
  const own =
    target.kind === 'folder'
      ? target.row.parent_id === ''
        ? 'roots'
        : 'ous'
      : target.kind === 'account'
        ? 'accounts'
        : 'policies'
  if (type !== `organizations:${own}`) throw refuse({ code: 'IdentityNotFound', entity: 'target' })
}

/** Each call has two paths: one with the type of the target in it, and one without. */
export const createTagResource = orgWrite({
  call: 'CreateTagResource',
  action: 'resources:tag',
  summary: 'Set tags of the root, a unit, an account or a policy of the type named',
  input: Input({ resource_type, resource_id: id, tags }),
  output: Nothing,
  ...one,
  requested: (input) => tagsFrom(input.tags),
  async work(tx, { author }, input, { target }) {
    assertType(target, input.resource_type)
    await setTags(tx, target, withTags(tagsOn(target), tagsFrom(input.tags)!), author)
    return {}
  },
  example: {
    resource_type: 'organizations:accounts',
    resource_id: '{organization.accountId}',
    tags: [{ key: 'team', value: 'a' }],
  },
})

export const tagResource = orgWrite({
  call: 'TagResource',
  action: 'resources:tag',
  summary: 'Set tags of the root, a unit, an account or a policy',
  input: Input({ resource_id: id, tags }),
  output: Nothing,
  ...one,
  requested: (input) => tagsFrom(input.tags),
  async work(tx, { author }, input, { target }) {
    await setTags(tx, target, withTags(tagsOn(target), tagsFrom(input.tags)!), author)
    return {}
  },
  example: {
    resource_id: '{organization.unitId}',
    tags: [{ key: 'team', value: 'a' }],
  },
})

export const deleteTagResource = orgWrite({
  call: 'DeleteTagResource',
  action: 'resources:untag',
  summary: 'Take tags off the root, a unit, an account or a policy of the type named',
  input: Input({ resource_type, resource_id: id, tags: goneTags }),
  output: Nothing,
  ...one,
  facts: (input) => ({ 'g:TagKeys': input.tags.map(({ key }) => key) }),
  async work(tx, { author }, input, { target }) {
    assertType(target, input.resource_type)
    const keys = input.tags.map(({ key }) => key)
    await setTags(tx, target, withoutTags(tagsOn(target), keys), author)
    return {}
  },
  example: {
    resource_type: 'organizations:policies',
    resource_id: '{organization.scpId}',
    tags: [{ key: 'team' }],
  },
})

export const untagResource = orgWrite({
  call: 'UntagResource',
  action: 'resources:untag',
  summary: 'Take tags off the root, a unit, an account or a policy',
  input: Input({ resource_id: id, tag_keys: Type.Array(text, { maxItems: 20 }) }),
  output: Nothing,
  ...one,
  facts: (input) => ({ 'g:TagKeys': input.tag_keys }),
  async work(tx, { author }, input, { target }) {
    await setTags(tx, target, withoutTags(tagsOn(target), input.tag_keys), author)
    return {}
  },
  example: { resource_id: '{organization.unitId}', tag_keys: ['team'] },
})

export const listTagResources = orgRead({
  call: 'ListTagResources',
  action: 'tags:list',
  summary: 'List the tags of the root, a unit, an account or a policy of the type named',
  input: Input({ ...Page, resource_type, resource_id: id }),
  output: Tags,
  ...one,
  who: 'readers',
  work(_scope, input, { target }) {
    assertType(target, input.resource_type)
    return listed(target, input)
  },
  example: {
    resource_type: 'organizations:accounts',
    resource_id: '{organization.accountId}',
  },
})

export const listTagsForResource = orgRead({
  call: 'ListTagsForResource',
  action: 'tags:list',
  summary: 'List the tags of the root, a unit, an account or a policy',
  input: Input({ ...Page, resource_id: id }),
  output: Tags,
  ...one,
  who: 'readers',
  work: (_scope, input, { target }) => listed(target, input),
  example: { resource_id: '{organization.unitId}' },
})

function listed(target: Tagged, input: { limit?: number; marker?: string }) {
  const { page, page_info } = pageOf(describeTags(tagsOn(target)), input, ({ key }) => key)
  return { tags: page, page_info }
}
