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
import { Input, Nothing, PolicyDocument, PolicyName, PolicyType, PolicyVersion, VersionId } from './fields.ts'
import { ramRead, ramWrite } from './record.ts'

const Answer = Type.Object({ PolicyVersion: Type.Object(PolicyVersion) })
const numberOf = (id: string): number => Number(id.slice(1))

/** A version of a policy; undefined for a built-in one, which has one version and no row. Raises `IdentityNotFound`. */
export async function readVersion(
  db: ReadHandle,
  { id, row }: FoundPolicy,
  number: number | undefined,
): Promise<VersionRow | undefined> {
  if (!row && (number === undefined || number === 1)) return undefined
  const version = await db
    .selectFrom('policy_versions')
    .selectAll()
    .where('policy_id', '=', id)
    .where('number', '=', number ?? 0)
    .executeTakeFirst()
  if (!version) throw refuse({ code: 'IdentityNotFound', entity: 'policy-version' })
  return version
}

export const createPolicyVersion = ramWrite({
  action: 'CreatePolicyVersion',
  summary: 'Add a version to a policy, and perhaps make it the one that decides',
  input: Input({
    PolicyName,
    PolicyDocument,
    SetAsDefault: Type.Optional(Type.Boolean()),
    RotateStrategy: Type.Optional(
      Type.Union([Type.Literal('None'), Type.Literal('DeleteOldestNonDefaultVersionWhenLimitExceeded')]),
    ),
  }),
  output: Answer,
  on: ['policy'],
  prepare: (_scope, { PolicyDocument }) => judgeDocument(PolicyDocument, 'ram', 'identity'),
  async work(tx, { author, scope }, input, { policy }, warnings) {
    const { PolicyDocument: document, SetAsDefault: isDefault = false, RotateStrategy = 'None' } = input
    const rotation = RotateStrategy === 'None' ? ('none' as const) : ('oldest' as const)
    const number = await createVersion(tx, policy.id, { document, isDefault, rotation }, author)
    for (const warning of warnings) scope.warn(warning)
    return {
      PolicyVersion: {
        VersionId: versionId(number),
        IsDefaultVersion: isDefault,
        PolicyDocument: document,
        CreateDate: dateText(author.now),
      },
    }
  },
  example: {
    PolicyName: '{identity.name}',
    PolicyDocument: '{"Version":"1","Statement":[{"Effect":"Allow","Action":"kms:ListKeys","Resource":"*"}]}',
    SetAsDefault: true,
  },
})

export const getPolicyVersion = ramRead({
  action: 'GetPolicyVersion',
  summary: 'Show a version of a policy',
  input: Input({ PolicyName, PolicyType, VersionId }),
  output: Answer,
  on: ['policy'],
  async work({ store }, { VersionId }, { policy }) {
    const version = await readVersion(store.read, policy, numberOf(VersionId))
    return { PolicyVersion: describeVersion(policy, version) }
  },
  example: { PolicyName: '{identity.name}', PolicyType: 'Custom', VersionId: 'v1' },
})

export const listPolicyVersions = ramRead({
  action: 'ListPolicyVersions',
  summary: 'List the versions of a policy',
  input: Input({ PolicyName, PolicyType }),
  output: Type.Object({
    PolicyVersions: Type.Object({ PolicyVersion: Type.Array(Type.Object(PolicyVersion)) }),
  }),
  on: ['policy'],
  async work({ store }, _input, { policy }) {
    const rows = store.read.selectFrom('policy_versions').selectAll().where('policy_id', '=', policy.id)
    const versions = policy.row ? await rows.orderBy('number').execute() : [undefined]
    return { PolicyVersions: { PolicyVersion: versions.map((version) => describeVersion(policy, version)) } }
  },
  example: { PolicyName: '{identity.name}', PolicyType: 'Custom' },
})

export const setDefaultPolicyVersion = ramWrite({
  action: 'SetDefaultPolicyVersion',
  summary: 'Make a version of a policy the one that decides',
  input: Input({ PolicyName, VersionId }),
  output: Nothing,
  on: ['policy'],
  async work(tx, { author }, { VersionId }, { policy }) {
    await setDefaultVersion(tx, policy.id, numberOf(VersionId), author)
    return {}
  },
  example: { PolicyName: '{identity.name}', VersionId: 'v1' },
})

export const deletePolicyVersion = ramWrite({
  action: 'DeletePolicyVersion',
  summary: 'Delete a version of a policy that does not decide',
  input: Input({ PolicyName, VersionId }),
  output: Nothing,
  on: ['policy'],
  async work(tx, { author }, { VersionId }, { policy }) {
    await deleteVersion(tx, policy.id, numberOf(VersionId), author)
    return {}
  },
  example: { PolicyName: '{identity.tied}', VersionId: 'v1' },
})
