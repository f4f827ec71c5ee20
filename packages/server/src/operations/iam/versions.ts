import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { judgeDocument } from '../../identity/judge.ts'
import type { FoundPolicy } from '../../identity/named.ts'
import {
  createPolicyVersion as createVersion,
  deletePolicyVersion as deleteVersion,
  setDefaultVersion,
  type VersionRow,
  versionId,
} from '../../identity/policies.ts'
import type { ReadHandle } from '../../store/store.ts'
import { dateText, describeVersion } from './describe.ts'
import {
  Input,
  Nothing,
  Page,
  PageInfo,
  PolicyVersion,
  policy_document,
  policy_id,
  version_id,
} from './fields.ts'
import { pageOf } from './pages.ts'
import { assertCustom } from './policies.ts'
import { iamRead, iamWrite } from './record.ts'

const Answer = Type.Object({ policy_version: PolicyVersion })
const numberOf = (id: string): number => Number(id.slice(1))

/** The versions of a policy; a built-in one has one, of which nothing is stored. */
async function versionsOf(db: ReadHandle, { id, row }: FoundPolicy): Promise<(VersionRow | undefined)[]> {
  if (!row) return [undefined]
  return db.selectFrom('policy_versions').selectAll().where('policy_id', '=', id).execute()
}

export const createPolicyVersion = iamWrite({
  name: 'CreatePolicyVersion',
  action: 'policies:createVersionV5',
  summary: 'Add a version to a policy, and perhaps make it the one that decides',
  input: Input({ policy_id, policy_document, set_as_default: Type.Optional(Type.Boolean()) }),
  output: Answer,
  on: ['policy'],
  prepare: (_scope, { policy_document }) => judgeDocument(policy_document, 'iam', 'identity'),
  async work(tx, { author, scope }, input, { policy }, warnings) {
    assertCustom(policy)
    const { policy_document: document, set_as_default: isDefault = false } = input
    const number = await createVersion(tx, policy.id, { document, isDefault, rotation: 'none' }, author)
    for (const warning of warnings) scope.warn(warning)
    const made = { document, version_id: versionId(number), created_at: dateText(author.now) }
    return { policy_version: { ...made, is_default: isDefault } }
  },
  example: {
    policy_id: '{identity.ids.policy}',
    policy_document: '{identity.iamDocument}',
    set_as_default: true,
  },
})

export const getPolicyVersion = iamRead({
  name: 'GetPolicyVersion',
  action: 'policies:getVersionV5',
  summary: 'Show a version of a policy',
  input: Input({ policy_id, version_id }),
  output: Answer,
  on: ['policy'],
  async work({ store }, { version_id }, { policy }) {
    const versions = await versionsOf(store.read, policy)
    const version = versions.find((one) => (one?.number ?? 1) === numberOf(version_id))
    if (!version && (policy.row || version_id !== 'v1'))
      throw refuse({ code: 'IdentityNotFound', entity: 'policy-version' })
    return { policy_version: describeVersion(policy, version) }
  },
  example: { policy_id: '{identity.ids.policy}', version_id: 'v1' },
})

/** The newest first. */
export const listPolicyVersions = iamRead({
  name: 'ListPolicyVersions',
  action: 'policies:listVersionsV5',
  summary: 'List the versions of a policy',
  input: Input({ policy_id, ...Page }),
  output: Type.Object({ versions: Type.Array(PolicyVersion), page_info: PageInfo }),
  on: ['policy'],
  async work({ store }, input, { policy }) {
    const versions = await versionsOf(store.read, policy)
    const { page, page_info } = pageOf(versions, input, 'versions', (one) =>
      String(1_000_000_000 - (one?.number ?? 1)).padStart(10, '0'),
    )
    return { versions: page.map((version) => describeVersion(policy, version)), page_info }
  },
  example: { policy_id: '{identity.ids.policy}' },
})

export const setDefaultPolicyVersion = iamWrite({
  name: 'SetDefaultPolicyVersion',
  action: 'policies:setDefaultVersionV5',
  summary: 'Make a version of a policy the one that decides',
  input: Input({ policy_id, version_id }),
  output: Nothing,
  on: ['policy'],
  async work(tx, { author }, { version_id }, { policy }) {
    assertCustom(policy)
    await setDefaultVersion(tx, policy.id, numberOf(version_id), author)
    return {}
  },
  example: { policy_id: '{identity.ids.policy}', version_id: 'v1' },
})

export const deletePolicyVersion = iamWrite({
  name: 'DeletePolicyVersion',
  action: 'policies:deleteVersionV5',
  summary: 'Delete a version of a policy that does not decide',
  input: Input({ policy_id, version_id }),
  output: Nothing,
  on: ['policy'],
  async work(tx, { author }, { version_id }, { policy }) {
    assertCustom(policy)
    await deleteVersion(tx, policy.id, numberOf(version_id), author)
    return {}
  },
  example: { policy_id: '{identity.tiedIds.policy}', version_id: 'v1' },
})
