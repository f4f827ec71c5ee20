import { Type } from 'typebox'
import { attachedPolicies, attachmentsOf } from '../../identity/attached.ts'
import { attachPolicies, detachPolicy } from '../../identity/attachments.ts'
import { builtInOf, identityPolicy } from '../../identity/built-in.ts'
import type { FoundPolicy } from '../../identity/named.ts'
import type { Facts, Operation } from '../../pipeline/operation.ts'
import type { CheckScope } from '../../pipeline/scope.ts'
import { unlessThere } from './already.ts'
import { dateText, policyIdOf, policyUrn } from './describe.ts'
import { Input, Nothing, Page, PageInfo, policy_id, text, user_id } from './fields.ts'
import { type Places, pageOf, placeInTime, readPage } from './pages.ts'
import { iamRead, iamWrite, type Loaded } from './record.ts'

const KINDS = [
  ['user', 'User', 'users'],
  ['group', 'Group', 'groups'],
  ['agency', 'Agency', 'agencies'],
] as const
type Target = (typeof KINDS)[number][0]

const targetKind = (kind: Target) => (kind === 'agency' ? 'role' : kind)
const targetField = (kind: Target) => ({ [`${kind}_id`]: user_id }) as { user_id: typeof user_id }

/** What receives a policy is decided on; which policy it is says a condition key. */
const policyFact = ({ policy }: Loaded, { caller }: CheckScope): Facts =>
  policy ? { 'iam:PolicyURN': policyUrn(caller.account, policy) } : {}

const attach = (kind: Target, Kind: string, kinds: string) =>
  iamWrite({
    name: `Attach${Kind}Policy`,
    action: `${kinds}:attachPolicyV5`,
    summary: `Attach a policy to a ${kind}`.replace('a a', 'an a'),
    input: Input({ policy_id, ...targetField(kind) }),
    output: Nothing,
    on: [kind, 'policy'],
    decidedOn: [kind],
    facts: policyFact,
    async work(tx, { account, author }, _input, targets) {
      const { policy } = targets
      const one = { policy: policy.id, kind: targetKind(kind), target: targets[kind].id } as const
      await unlessThere(() => attachPolicies(tx, account, [one], author))
      return {}
    },
    example: { policy_id: '{identity.ids.policy}', [`${kind}_id`]: `{identity.ids.${kind}}` },
  })

const detach = (kind: Target, Kind: string, kinds: string) =>
  iamWrite({
    name: `Detach${Kind}Policy`,
    action: `${kinds}:detachPolicyV5`,
    summary: `Detach a policy from a ${kind}`.replace('a a', 'an a'),
    input: Input({ policy_id, ...targetField(kind) }),
    output: Nothing,
    on: [kind, 'policy'],
    decidedOn: [kind],
    facts: policyFact,
    async work(tx, { author }, _input, targets) {
      const { policy } = targets
      const one = { policy: policy.id, kind: targetKind(kind), target: targets[kind].id } as const
      await detachPolicy(tx, one, author)
      return {}
    },
    example: {
      policy_id: '{identity.tiedIds.policy}',
      [`${kind}_id`]: `{identity.tiedIds.${kind}}`,
    },
  })

const list = (kind: Target, Kind: string, kinds: string) =>
  iamRead({
    name: `ListAttached${Kind}Policies`,
    action: `${kinds}:listAttachedPoliciesV5`,
    summary: `List the policies that are attached to a ${kind}`.replace('a a', 'an a'),
    input: Input({ ...targetField(kind), ...Page }),
    output: Type.Object({
      attached_policies: Type.Array(
        Type.Object({ policy_name: text, policy_id: text, urn: text, attached_at: text }),
      ),
      page_info: PageInfo,
    }),
    on: [kind],
    async work({ caller, store }, input, targets) {
      const rows = await attachedPolicies(store.read, targets[kind].id, targetKind(kind))
      const attached = rows.flatMap(({ attached_at, policy_id, ...row }) => {
        const builtIn = builtInOf(policy_id)
        if ((builtIn?.language ?? row.language) !== 'iam') return []
        const found = (
          builtIn
            ? { id: policy_id, name: builtIn.name, builtIn: identityPolicy('iam', builtIn.name) }
            : { id: policy_id, name: row.name, row }
        ) as FoundPolicy
        return [{ found, at: Number(attached_at) }]
      })
      const { page, page_info } = pageOf(attached, input, 'attached-policies', ({ at, found }) =>
        placeInTime(at, found.id),
      )
      return {
        attached_policies: page.map(({ found, at }) => ({
          policy_name: found.name,
          policy_id: policyIdOf(found),
          urn: policyUrn(caller.account, found),
          attached_at: dateText(at),
        })),
        page_info,
      }
    },
    example: { [`${kind}_id`]: `{identity.tiedIds.${kind}}` },
  })

export const attachmentOperations: readonly Operation[] = KINDS.flatMap(([kind, Kind, kinds]) => [
  attach(kind, Kind, kinds),
  detach(kind, Kind, kinds),
  list(kind, Kind, kinds),
])

const entities = (id: string) => Type.Array(Type.Object({ [id]: text, attached_at: text }))

const BY_KIND: Places<Awaited<ReturnType<typeof attachmentsOf>>[number]> = {
  list: 'entities',
  placeOf: ({ target_kind, target_id }) => `${target_kind}/${target_id}`,
}

export const listEntitiesForPolicy = iamRead({
  name: 'ListEntitiesForPolicy',
  action: 'policies:listEntitiesV5',
  summary: 'List what a policy is attached to',
  input: Input({
    policy_id,
    ...Page,
    entity_type: Type.Optional(
      Type.Union([Type.Literal('user'), Type.Literal('group'), Type.Literal('agency')]),
    ),
  }),
  output: Type.Object({
    policy_agencies: entities('agency_id'),
    policy_groups: entities('group_id'),
    policy_users: entities('user_id'),
    page_info: PageInfo,
  }),
  on: ['policy'],
  async work({ caller, store }, { entity_type, ...asked }, { policy }) {
    const kind = entity_type && targetKind(entity_type)
    const { page, page_info } = await readPage(asked, BY_KIND, async (after, limit) => {
      const [shown = '', id = ''] = after.split('/')
      return attachmentsOf(store.read, caller.account.uid, policy.id, kind, [shown, id], limit)
    })
    const of = (wanted: Target) =>
      page
        .filter(({ target_kind }) => target_kind === targetKind(wanted))
        .map(({ target_id, created_at }) => ({
          [`${wanted}_id`]: target_id,
          attached_at: dateText(Number(created_at)),
        }))
    return {
      policy_agencies: of('agency'),
      policy_groups: of('group'),
      policy_users: of('user'),
      page_info,
    }
  },
  example: { policy_id: '{identity.tiedIds.policy}' },
})
