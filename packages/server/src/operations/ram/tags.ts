import { type Static, type TObject, Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readTags, type Tags, tagsOf, withoutTags, withTags } from '../../base/tags.ts'
import { nameField } from '../../identity/fields.ts'
import { NAME_RULES, QUOTAS } from '../../identity/limits.ts'
import { findNamed, findPolicy } from '../../identity/named.ts'
import { updatePolicy } from '../../identity/policies.ts'
import { updateRole } from '../../identity/roles.ts'
import { type Author, moveDirectory } from '../../identity/rows.ts'
import { type Check, type Example, readOperation, writeOperation } from '../../pipeline/operation.ts'
import type { CheckScope, ResolveScope, WriteScope } from '../../pipeline/scope.ts'
import type { WriteHandle } from '../../store/store.ts'
import { Input, Nothing, Tag, text } from './fields.ts'

const ResourceType = Type.Union([Type.Literal('role'), Type.Literal('policy')])
const Names = Type.Array(nameField('name', NAME_RULES.role), { minItems: 1, maxItems: 50 })
const Keys = Type.Optional(Type.Array(nameField('tag key', NAME_RULES.tagKey), { maxItems: QUOTAS.tags }))

/** A role or a policy whose tags a call looks at. */
interface Tagged {
  readonly kind: 'policy' | 'role'
  readonly name: string
  /** Undefined: there is none of that name. */
  readonly row: { readonly id: string; readonly version: number; readonly tags: string } | undefined
}

interface Asked {
  readonly ResourceType: 'policy' | 'role'
  readonly ResourceNames?: readonly string[]
}

async function resolve({ caller, store }: ResolveScope, input: Asked): Promise<readonly Tagged[]> {
  const { uid } = caller.account
  const found: Tagged[] = []
  for (const name of new Set(input.ResourceNames ?? [])) {
    const row =
      input.ResourceType === 'role'
        ? await findNamed(store.read, 'roles', uid, name)
        : (await findPolicy(store.read, uid, 'ram', name, false))?.row
    found.push({ kind: input.ResourceType, name, row })
  }
  return found
}

/** Each role or policy is decided on, with the tags that it has and those that the call sets. */
function checksOf(
  action: string,
  { caller }: CheckScope,
  targets: readonly Tagged[],
  requestTags?: Tags,
): Check[] {
  const { uid } = caller.account
  return targets.map(({ kind, name, row }) => {
    const resource = `acs:ram:*:${uid}:${kind}/${name}`
    const named = { language: 'ram' as const, action: `ram:${action}`, resource, owner: uid, facts: {} }
    const resourceTags = row && readTags(row.tags)
    const asMissing = { resource, owner: uid, facts: {} }
    return { ...named, ...(requestTags && { requestTags }), ...(resourceTags && { resourceTags, asMissing }) }
  })
}

function assertThere(targets: readonly Tagged[]): void {
  const missing = targets.find(({ row }) => row === undefined)
  if (missing) throw refuse({ code: 'IdentityNotFound', entity: missing.kind })
}

function tagWrite<I extends TObject>(record: {
  readonly action: string
  readonly summary: string
  readonly input: I
  requested?(input: Static<I>): Tags | undefined
  change(tags: Tags, input: Static<I>): Tags
  readonly example: Example
}) {
  const { action, summary, input, example } = record
  return writeOperation({
    name: `ram:${action}`,
    summary,
    effect: 'write',
    input,
    output: Nothing,
    example,
    resolve: (scope: ResolveScope, input: Static<I>) => resolve(scope, input as object as Asked),
    checks: (scope, input: Static<I>, targets: readonly Tagged[]) =>
      checksOf(action, scope, targets, record.requested?.(input)),
    state: (_scope, _input, targets) => assertThere(targets),
    decided: (targets) =>
      targets.flatMap(({ kind, row }) =>
        row ? [{ table: kind === 'role' ? ('roles' as const) : ('policies' as const), ...row }] : [],
      ),
    touches: ({ caller }) => [{ account: caller.account.uid, kind: 'identity' as const }],
    quick: true as const,
    prepare: () => undefined,
    async work(tx, scope, input: Static<I>, targets) {
      await moveDirectory(tx, scope.caller.account.uid)
      for (const { kind, row } of targets) {
        const tags = record.change(readTags(row!.tags), input)
        const limit = QUOTAS.tags
        if (tags.size > limit) throw refuse({ code: 'IdentityQuota', entity: kind, limit })
        await write(tx, scope, kind, row!.id, tags)
      }
      return {}
    },
  })
}

function write(tx: WriteHandle, { clock }: WriteScope, kind: Tagged['kind'], id: string, tags: Tags) {
  const author: Author = { now: clock.now(), by: 'api' }
  return kind === 'role' ? updateRole(tx, id, { tags }, author) : updatePolicy(tx, id, { tags }, author)
}

export const tagResources = tagWrite({
  action: 'TagResources',
  summary: 'Set tags of roles or policies',
  input: Input({ ResourceType, ResourceNames: Names, Tag }),
  requested: ({ Tag }) => tagsOf(Tag),
  change: (tags, { Tag }) => withTags(tags, tagsOf(Tag)),
  example: {
    ResourceType: 'role',
    ResourceNames: ['{identity.name}'],
    Tag: [{ Key: 'team', Value: 'a' }],
  },
})

/** Clients write the keys in one of two ways, and one of them in both. */
export const untagResources = tagWrite({
  action: 'UntagResources',
  summary: 'Take tags off roles or policies',
  input: Input({
    ResourceType,
    ResourceNames: Names,
    TagKeys: Keys,
    TagKey: Keys,
    All: Type.Optional(Type.Boolean()),
  }),
  change: (tags, { All, TagKeys = [], TagKey = [] }) =>
    withoutTags(tags, All ? [...tags.keys()] : [...TagKeys, ...TagKey]),
  example: { ResourceType: 'policy', ResourceNames: ['{identity.name}'], TagKeys: ['team'] },
})

/** Tags of the roles or policies that are named: without a name, of none. */
export const listTagResources = readOperation({
  name: 'ram:ListTagResources',
  summary: 'List tags of roles or policies',
  effect: 'read',
  input: Input({
    ResourceType,
    ResourceNames: Names,
    Tag: Type.Optional(Tag),
    NextToken: Type.Optional(Type.String({ pattern: '^[0-9]{1,6}$' })),
    PageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
  }),
  // A list as it is, where the other products wrap theirs.
  output: Type.Object({
    TagResources: Type.Array(
      Type.Object({ ResourceName: text, ResourceType: text, TagKey: text, TagValue: text }),
    ),
    NextToken: Type.Optional(text),
  }),
  resolve: (scope, input) => resolve(scope, input),
  checks: (scope, _input, targets: readonly Tagged[]) => checksOf('ListTagResources', scope, targets),
  state: (_scope, _input, targets) => assertThere(targets),
  work(_scope, { Tag, NextToken = '0', PageSize = 100 }, targets) {
    const asked = tagsOf(Tag ?? [])
    const all = targets.flatMap(({ kind, name, row }) =>
      [...readTags(row!.tags)]
        .filter(([key, value]) => [...asked].every(([k, v]) => k === key && (v === '' || v === value)))
        .map(([TagKey, TagValue]) => ({ ResourceName: name, ResourceType: kind, TagKey, TagValue })),
    )
    const at = Number(NextToken)
    const next = at + PageSize < all.length ? { NextToken: String(at + PageSize) } : {}
    return { TagResources: all.slice(at, at + PageSize), ...next }
  },
  example: { ResourceType: 'role', ResourceNames: ['{identity.name}'] },
})
