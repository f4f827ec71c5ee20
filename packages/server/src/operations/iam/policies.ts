import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { attachmentCounts } from '../../identity/attached.ts'
import { builtInId } from '../../identity/built-in.ts'
import { newHexId } from '../../identity/ids.ts'
import { judgeDocument } from '../../identity/judge.ts'
import { beginsWith, builtInPolicies, type FoundPolicy, findPolicy } from '../../identity/named.ts'
import { createPolicies, deletePolicy as deleteRow } from '../../identity/policies.ts'
import type { Scope } from '../../pipeline/scope.ts'
import { describePolicy } from './describe.ts'
import {
  Input,
  longDescription,
  Nothing,
  Page,
  PageInfo,
  Policy,
  path,
  path_prefix,
  policy_document,
  policy_id,
  policy_name,
} from './fields.ts'
import { oneAfterAnother, type Places, readPage } from './pages.ts'
import { iamRead, iamWrite } from './record.ts'

const Answer = Type.Object({ policy: Policy })

export const createPolicy = iamWrite({
  name: 'CreatePolicy',
  action: 'policies:createV5',
  summary: 'Make a policy',
  input: Input({
    policy_name,
    path: Type.Optional(path),
    policy_document,
    description: Type.Optional(longDescription),
  }),
  output: Answer,
  on: [],
  also: ({ path = '', policy_name }) => [`policy:${path}${policy_name}`],
  async prepare({ caller, store }, { policy_name, policy_document }) {
    // An account could not tell its own from the built-in one where a file names it.
    if (await findPolicy(store.read, caller.account.uid, 'iam', policy_name, true))
      throw refuse({ code: 'IdentityExists', entity: 'policy' })
    return { id: newHexId(), warnings: judgeDocument(policy_document, 'iam', 'identity') }
  },
  async work(tx, { account, author, scope }, input, _targets, { id, warnings }) {
    const { policy_name: name, policy_document: document, path, description } = input
    const policy = { id, language: 'iam' as const, name, path, document, description }
    await createPolicies(tx, account, [policy], author)
    for (const warning of warnings) scope.warn(warning)
    const row = await tx.selectFrom('policies').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    return { policy: describePolicy(scope.caller.account, { id, name, row }, 0) }
  },
  example: { policy_name: '{identity.newName}', policy_document: '{identity.iamDocument}' },
})

export const getPolicy = iamRead({
  name: 'GetPolicy',
  action: 'policies:getV5',
  summary: 'Show a policy',
  input: Input({ policy_id }),
  output: Answer,
  on: ['policy'],
  async work({ caller, store }, _input, { policy }) {
    const counts = await attachmentCounts(store.read, caller.account.uid, [policy.id])
    return { policy: describePolicy(caller.account, policy, counts.get(policy.id) ?? 0) }
  },
  example: { policy_id: '{identity.ids.policy}' },
})

export const deletePolicy = iamWrite({
  name: 'DeletePolicy',
  action: 'policies:deleteV5',
  summary: 'Delete a policy that is attached to nothing, with all its versions',
  input: Input({ policy_id }),
  output: Nothing,
  on: ['policy'],
  async work(tx, _call, _input, { policy }) {
    assertCustom(policy)
    await deleteRow(tx, policy.id, true)
    return {}
  },
  example: { policy_id: '{identity.ids.policy}' },
})

/** Those of the account before the built-in ones, each by name. */
const CUSTOM_FIRST: Places<FoundPolicy> = {
  list: 'policies',
  placeOf: ({ name, row }) => `${row ? 'c' : 's'}/${name}`,
}

interface Filters {
  readonly policy_type?: 'custom' | 'system'
  readonly path_prefix?: string
  readonly only_attached?: boolean
}

async function customPolicies(
  { caller, store }: Scope,
  { path_prefix = '', only_attached = false }: Filters,
  after: string,
  limit: number,
): Promise<FoundPolicy[]> {
  const all = store.read
    .selectFrom('policies')
    .selectAll()
    .where('account_uid', '=', caller.account.uid)
    .where('language', '=', 'iam')
    .where('name', '>', after)
    .where((eb) => beginsWith(eb, 'path', path_prefix))
  const attached = all.where(({ exists, selectFrom }) =>
    exists(
      selectFrom('policy_attachments').select('target_id').whereRef('policy_id', '=', 'policies.id').limit(1),
    ),
  )
  const rows = await (only_attached ? attached : all).orderBy('name').limit(limit).execute()
  return rows.map((row) => ({ id: row.id, name: row.name, row }))
}

/** The built-in ones are few. They have no path. */
async function systemPolicies(
  { caller, store }: Scope,
  { path_prefix = '', only_attached = false }: Filters,
  after: string,
  limit: number,
): Promise<FoundPolicy[]> {
  if (path_prefix !== '') return []
  const all = builtInPolicies('iam')
    .map((builtIn) => ({ id: builtInId('iam', builtIn.name), name: builtIn.name, builtIn }))
    .filter(({ name }) => name > after)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  if (!only_attached) return all.slice(0, limit)
  const ids = all.map(({ id }) => id)
  const counts = await attachmentCounts(store.read, caller.account.uid, ids)
  return all.filter(({ id }) => counts.has(id)).slice(0, limit)
}

export const listPolicies = iamRead({
  name: 'ListPolicies',
  action: 'policies:listV5',
  summary: 'List policies, of the account and built-in ones',
  input: Input({
    ...Page,
    policy_type: Type.Optional(Type.Union([Type.Literal('custom'), Type.Literal('system')])),
    path_prefix: Type.Optional(path_prefix),
    only_attached: Type.Optional(Type.Boolean()),
  }),
  output: Type.Object({ policies: Type.Array(Policy), page_info: PageInfo }),
  on: [],
  also: () => ['policy:*'],
  async work(scope, { limit, marker, ...filters }) {
    const { caller, store } = scope
    const custom = (after: string, most: number) => customPolicies(scope, filters, after, most)
    const system = (after: string, most: number) => systemPolicies(scope, filters, after, most)
    const { page, page_info } = await readPage(
      { limit, marker },
      CUSTOM_FIRST,
      oneAfterAnother({
        ...(filters.policy_type !== 'system' && { c: custom }),
        ...(filters.policy_type !== 'custom' && { s: system }),
      }),
    )
    const ids = page.map(({ id }) => id)
    const counts = await attachmentCounts(store.read, caller.account.uid, ids)
    const policies = page.map((one) => describePolicy(caller.account, one, counts.get(one.id) ?? 0))
    return { policies, page_info }
  },
  example: {},
})

/** A built-in policy is nobody's to change (reference: huawei-iam.md I.4). */
export function assertCustom({ row }: FoundPolicy): void {
  if (!row) throw refuse({ code: 'SystemPolicyLocked' })
}
