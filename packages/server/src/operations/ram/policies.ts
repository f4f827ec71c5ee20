import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { hasTag, NO_TAGS, readTags, type Tags, tagsOf } from '../../base/tags.ts'
import { attachmentCounts } from '../../identity/attached.ts'
import { newHexId } from '../../identity/ids.ts'
import { judgeDocument } from '../../identity/judge.ts'
import { builtInPolicies, type FoundPolicy, findPolicy } from '../../identity/named.ts'
import { createPolicies, deletePolicy as deleteRow, updatePolicy } from '../../identity/policies.ts'
import { ShownTags, showTags } from '../tag-fields.ts'
import { describePolicy, describeVersion } from './describe.ts'
import {
  Description,
  Input,
  Nothing,
  Page,
  Paged,
  Policy,
  PolicyDocument,
  PolicyName,
  PolicyType,
  PolicyVersion,
  Tag,
} from './fields.ts'
import { filled, pageOf, wanted } from './pages.ts'
import { ramRead, ramWrite } from './record.ts'
import { readVersion } from './versions.ts'

export const createPolicy = ramWrite({
  action: 'CreatePolicy',
  summary: 'Make a policy',
  input: Input({
    PolicyName,
    PolicyDocument,
    Description: Type.Optional(Description),
    Tag: Type.Optional(Tag),
  }),
  output: Type.Object({ Policy: Type.Omit(Type.Object(Policy), ['UpdateDate']) }),
  on: [],
  also: () => ['policy/*'],
  prepare: async ({ caller, store }, { PolicyName, PolicyDocument }) => {
    // An account could not tell its own from the built-in one where a file names it.
    if (await findPolicy(store.read, caller.account.uid, 'ram', PolicyName, true))
      throw refuse({ code: 'IdentityExists', entity: 'policy' })
    return { id: newHexId(), warnings: judgeDocument(PolicyDocument, 'ram', 'identity') }
  },
  async work(tx, { account, author, scope }, input, _targets, { id, warnings }) {
    const { PolicyName: name, PolicyDocument: document, Description: description, Tag } = input
    const policy = { id, language: 'ram' as const, name, document, description, tags: tagsOf(Tag ?? []) }
    await createPolicies(tx, account, [policy], author)
    for (const warning of warnings) scope.warn(warning)
    const row = await tx.selectFrom('policies').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    const { UpdateDate: _, ...shown } = describePolicy({ id, name, row })
    return { Policy: shown }
  },
  example: {
    PolicyName: '{identity.newName}',
    PolicyDocument: '{"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}]}',
    Tag: [{ Key: 'team', Value: 'a' }],
  },
})

export const getPolicy = ramRead({
  action: 'GetPolicy',
  summary: 'Show a policy and the document that decides',
  input: Input({ PolicyName, PolicyType }),
  output: Type.Object({
    Policy: Type.Object({ ...Policy, AttachmentCount: Type.Integer(), PolicyDocument: Type.String() }),
    DefaultPolicyVersion: Type.Object(PolicyVersion),
  }),
  on: ['policy'],
  async work({ caller, store }, _input, { policy }) {
    const counts = await attachmentCounts(store.read, caller.account.uid, [policy.id])
    const version = await readVersion(store.read, policy, policy.row?.default_version)
    const shown = describeVersion(policy, version)
    const { PolicyDocument } = shown
    return {
      Policy: { ...describePolicy(policy), AttachmentCount: counts.get(policy.id) ?? 0, PolicyDocument },
      DefaultPolicyVersion: shown,
    }
  },
  example: { PolicyName: '{identity.name}', PolicyType: 'Custom' },
})

export const updatePolicyDescription = ramWrite({
  action: 'UpdatePolicyDescription',
  summary: 'Change what is said of a policy',
  input: Input({ PolicyName, NewDescription: Description }),
  output: Type.Object({ Policy: Type.Object(Policy) }),
  on: ['policy'],
  async work(tx, { author }, { NewDescription }, { policy }) {
    await updatePolicy(tx, policy.id, { description: NewDescription }, author)
    const row = tx.selectFrom('policies').selectAll().where('id', '=', policy.id)
    return { Policy: describePolicy({ ...policy, row: await row.executeTakeFirstOrThrow() }) }
  },
  example: { PolicyName: '{identity.name}', NewDescription: 'for tests' },
})

export const deletePolicy = ramWrite({
  action: 'DeletePolicy',
  summary: 'Delete a policy that is attached to nothing',
  input: Input({ PolicyName, CascadingDelete: Type.Optional(Type.Boolean()) }),
  output: Nothing,
  on: ['policy'],
  async work(tx, _call, { CascadingDelete = false }, { policy }) {
    await deleteRow(tx, policy.id, CascadingDelete)
    return {}
  },
  example: { PolicyName: '{identity.name}' },
})

/** Those of the account before the built-in ones, each by name: the name of the page's last policy has its sort first. */
const placeOf = ({ name, row }: FoundPolicy) => `${row ? 'c' : 's'}/${name}`

export const listPolicies = ramRead({
  action: 'ListPolicies',
  summary: 'List policies, of the account and built-in ones',
  input: Input({
    ...Page,
    PolicyType: Type.Optional(PolicyType),
    Tag: Type.Optional(Tag),
    // What a client sends and the call does not know: it says nothing.
    MaxResults: Type.Optional(Type.Integer()),
  }),
  output: Type.Object({
    ...Paged,
    Policies: Type.Object({
      Policy: Type.Array(Type.Object({ ...Policy, AttachmentCount: Type.Integer(), Tags: ShownTags })),
    }),
  }),
  on: [],
  also: () => ['policy/*'],
  async work({ caller, store }, input) {
    const { uid } = caller.account
    const { after, items, limit } = wanted(input)
    const asked = [...tagsOf(input.Tag ?? [])]
    const isAsked = (row: { readonly tags: string } | undefined) =>
      asked.every(([key, value]) => hasTag(rowTags(row), key, value))
    // Built-in ones come last: behind the first of them there are none of the account.
    const own = input.PolicyType === 'System' || after >= 's/' ? undefined : after.replace(/^c\//, '')
    const rows =
      own === undefined
        ? []
        : await filled<NonNullable<FoundPolicy['row']>>(
            { after: own, limit },
            (name, most) =>
              store.read
                .selectFrom('policies')
                .selectAll()
                .where('account_uid', '=', uid)
                .where('language', '=', 'ram')
                .where('name', '>', name)
                .orderBy('name')
                .limit(most)
                .execute(),
            isAsked,
          )
    const all: FoundPolicy[] = [
      ...rows.map((row) => ({ id: row.id, name: row.name, row })),
      ...sorted(builtInPolicies('ram')).map((builtIn) => ({
        id: `system/ram/${builtIn.name}`,
        name: builtIn.name,
        builtIn,
      })),
    ]
    const matching = all
      .filter(
        ({ row }) =>
          input.PolicyType === undefined || (input.PolicyType === 'Custom') === (row !== undefined),
      )
      .filter(({ row }) => isAsked(row))
      .map((policy) => ({ policy, place: placeOf(policy) }))
      // Those of the account are in the database's order, and behind the last page by it.
      .filter(({ policy, place }) => policy.row !== undefined || place > after)
    const { page, ...more } = pageOf(matching, items, ({ place }) => place)
    const ids = page.map(({ policy }) => policy.id)
    const counts = await attachmentCounts(store.read, uid, ids)
    const policies = page.map(({ policy }) => ({
      ...describePolicy(policy),
      AttachmentCount: counts.get(policy.id) ?? 0,
      Tags: showTags(rowTags(policy.row)),
    }))
    return { ...more, Policies: { Policy: policies } }
  },
  example: {},
})

function sorted<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Policies of the system have none. */
function rowTags(row: { readonly tags: string } | undefined): Tags {
  return row ? readTags(row.tags) : NO_TAGS
}
