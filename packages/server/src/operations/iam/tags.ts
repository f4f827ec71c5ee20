import { type Static, type TObject, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readTags, type Tags as TagMap, tagsOf as tagsFrom, withoutTags, withTags } from '../../base/tags.ts'
import { QUOTAS } from '../../identity/limits.ts'
import { updateRole } from '../../identity/roles.ts'
import { moveDirectory } from '../../identity/rows.ts'
import { updateUser } from '../../identity/users.ts'
import {
  type Check,
  type Example,
  type Facts,
  readOperation,
  writeOperation,
} from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope } from '../../pipeline/scope.ts'
import { agencyUrn, describeTags, userUrn } from './describe.ts'
import { Input, Nothing, someTags, Tag, tag_key, tag_value, user_id } from './fields.ts'
import { type Found, load, tagsOf } from './record.ts'

const resource_type = Type.Union([Type.Literal('user'), Type.Literal('agency')])
const named = { resource_type, resource_id: user_id }

interface Named {
  readonly resource_type: 'agency' | 'user'
  readonly resource_id: string
}
type Target = { readonly user?: Found['user'] | undefined; readonly agency?: Found['agency'] | undefined }

const rowOf = ({ user, agency }: Target) => user ?? agency

async function find(scope: ResolveScope, { resource_type, resource_id }: Named): Promise<Target> {
  return { [resource_type]: await load(scope, resource_type, resource_id) }
}

function checkOf(
  action: string,
  { caller }: CheckScope,
  { resource_type, resource_id }: Named,
  target: Target,
  more: { readonly facts?: Facts; readonly requestTags?: TagMap } = {},
): Check {
  const { account } = caller
  const { user, agency } = target
  const asked = `iam::${account.domainId}:${resource_type}:${resource_id}`
  const own = user ? userUrn(account, user) : agency ? agencyUrn(account, agency) : asked
  const tags = tagsOf(resource_type, target)
  return {
    language: 'iam',
    action: `iam::${action}`,
    resource: own,
    owner: account.uid,
    facts: { ...(user && { 'iam:ResourceIsRootUser': 'false' }), ...more.facts },
    ...(more.requestTags && { requestTags: more.requestTags }),
    ...(tags && { resourceTags: tags }),
    ...(rowOf(target) && {
      asMissing: { resource: asked, owner: account.uid, facts: { ...more.facts } },
    }),
  }
}

function assertThere(_scope: unknown, { resource_type }: Named, target: Target): void {
  const entity = resource_type === 'agency' ? 'role' : 'user'
  if (!rowOf(target)) throw refuse({ code: 'IdentityNotFound', entity })
}

function tagWrite<I extends TObject>(record: {
  readonly name: string
  readonly action: string
  readonly summary: string
  readonly input: I
  readonly output: TObject
  says(input: Static<I>): Parameters<typeof checkOf>[4]
  change(tags: TagMap, input: Static<I>): TagMap
  answer(tags: TagMap): object
  readonly example: Example
}) {
  const { name, action, summary, input, output, example } = record
  return writeOperation({
    name: `iam:${name}`,
    summary,
    effect: 'write',
    input,
    output,
    example,
    resolve: (scope: ResolveScope, input: Static<I>) => find(scope, input as unknown as Named),
    checks: (scope, input: Static<I>, target: Target) => [
      checkOf(action, scope, input as unknown as Named, target, record.says(input)),
    ],
    state: (scope, input, target) => assertThere(scope, input as unknown as Named, target),
    decided: ({ user, agency }) => [
      ...(user ? [{ table: 'users' as const, id: user.id, version: user.version }] : []),
      ...(agency ? [{ table: 'roles' as const, id: agency.id, version: agency.version }] : []),
    ],
    touches: ({ caller }) => [{ account: caller.account.uid, kind: 'identity' as const }],
    quick: true as const,
    prepare: () => undefined,
    async work(tx, { caller, clock }, input: Static<I>, target) {
      const { uid } = caller.account
      await moveDirectory(tx, uid)
      const tags = record.change(readTags(rowOf(target)!.tags), input)
      const author = { now: clock.now(), by: 'api' as const }
      if (tags.size > QUOTAS.tags)
        throw refuse({ code: 'IdentityQuota', entity: target.user ? 'user' : 'role', limit: QUOTAS.tags })
      if (target.user) await updateUser(tx, uid, target.user.id, { tags }, author)
      else await updateRole(tx, target.agency!.id, { tags }, author)
      return record.answer(tags)
    },
  })
}

const mapOf = (tags: readonly { readonly tag_key: string; readonly tag_value?: string }[]): TagMap =>
  tagsFrom(tags.map(({ tag_key: Key, tag_value: Value = '' }) => ({ Key, Value })))

export const tagResource = tagWrite({
  name: 'TagResource',
  action: 'tagForResourceV5',
  summary: 'Set tags of a user or an agency',
  input: Input({
    ...named,
    tags: Type.Array(
      Type.Object({ tag_key, tag_value: Type.Optional(tag_value) }, { additionalProperties: false }),
      someTags,
    ),
  }),
  output: Type.Object({ tags: Type.Array(Tag) }),
  says: ({ tags }) => ({ requestTags: mapOf(tags) }),
  change(tags, input) {
    const added = mapOf(input.tags)
    if (added.size < input.tags.length)
      throw refuse({ code: 'InvalidParameter', name: 'tag_key', detail: 'A tag key is there twice.' })
    return withTags(tags, added)
  },
  answer: (tags) => ({ tags: describeTags(tags) }),
  example: {
    resource_type: 'user',
    resource_id: '{identity.ids.user}',
    tags: [{ tag_key: 'team', tag_value: 'a' }],
  },
})

/** The keys stand in the body as a bare list. */
export const untagResource = tagWrite({
  name: 'DeleteResourceTags',
  action: 'untagForResourceV5',
  summary: 'Take tags off a user or an agency',
  input: Input({ ...named, items: Type.Array(tag_key, someTags) }),
  output: Nothing,
  says: ({ items }) => ({ facts: { 'g:TagKeys': items } }),
  change: (tags, { items }) => withoutTags(tags, items),
  answer: () => ({}),
  example: {
    resource_type: 'agency',
    resource_id: '{identity.ids.agency}',
    items: ['team'],
  },
})

export const listResourceTags = readOperation({
  name: 'iam:ListResourceTags',
  summary: 'List the tags of a user or an agency',
  effect: 'read',
  input: Input(named),
  output: Type.Object({ tags: Type.Array(Tag) }),
  resolve: (scope: ResolveScope, input: Named) => find(scope, input),
  checks: (scope, input, target: Target) => [checkOf('listTagsForResourceV5', scope, input, target)],
  state: assertThere,
  work: (_scope, _input, target: Target) => ({ tags: describeTags(rowOf(target)!.tags) }),
  example: { resource_type: 'user', resource_id: '{identity.ids.user}' },
})
