import { type TObject, type TProperties, Type } from 'typebox'
import { nameField, textField } from '../../identity/fields.ts'
import { NAME_RULES, QUOTAS, TEXT_LIMITS } from '../../identity/limits.ts'

/** Input and output fields that calls of a resource directory share (reference: alibaba-ram.md F.6, G.3). */
export const text = Type.String()
export const count = Type.Integer()
const id = Type.String({ minLength: 1, maxLength: 64 })
export const FolderId = id
export const AccountId = id
export const PolicyId = id
export const TargetId = id
export const HandshakeId = id
/** A folder's name is shorter here than in a file or on the other wire. */
export const FolderName = nameField('folder name', { ...NAME_RULES.folder, maxLength: 24 })
export const DisplayName = nameField('display name', NAME_RULES.account)
export const PolicyName = nameField('policy name', NAME_RULES.controlPolicy)
export const PolicyDocument = Type.String({ minLength: 1, maxLength: 4096 })
export const Description = textField(TEXT_LIMITS.policyDescription, 'What it is for.')
export const ServicePrincipal = nameField('service', NAME_RULES.service)
export const Language = Type.Optional(text)

const OneTag = Type.Object(
  {
    Key: nameField('tag key', NAME_RULES.tagKey),
    Value: Type.Optional(textField(TEXT_LIMITS.tagValue, 'Its value.')),
  },
  { additionalProperties: false },
)
export const Tag = Type.Array(OneTag, { minItems: 1, maxItems: QUOTAS.tags })

export function Input<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false })
}
export const Nothing = Type.Object({})

/** Which page of a list. */
export const Page = {
  PageNumber: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  PageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
}
export const Paged = { TotalCount: count, PageNumber: count, PageSize: count }

export interface Asked {
  readonly PageNumber?: number | undefined
  readonly PageSize?: number | undefined
}

/** One page of a list that is all there, and the members that say which. */
export function pageOf<T>(rows: readonly T[], { PageNumber = 1, PageSize = 10 }: Asked) {
  const from = (PageNumber - 1) * PageSize
  return { page: rows.slice(from, from + PageSize), TotalCount: rows.length, PageNumber, PageSize }
}

/** As {@link pageOf}, of a list in a store, which counts it and reads no more of it than the page. */
export async function readPage<T>(
  { PageNumber = 1, PageSize = 10 }: Asked,
  list: {
    count(): Promise<number>
    read(part: { readonly offset: number; readonly limit: number }): Promise<readonly T[]>
  },
) {
  const page = await list.read({ offset: (PageNumber - 1) * PageSize, limit: PageSize })
  return { page, TotalCount: await list.count(), PageNumber, PageSize }
}

export const ResourceDirectory = {
  ResourceDirectoryId: text,
  MasterAccountId: text,
  MasterAccountName: text,
  RootFolderId: text,
  CreateTime: text,
}
export const Folder = { FolderId: text, FolderName: text, ParentFolderId: text, CreateTime: text }
export const TagList = Type.Object({ Tag: Type.Array(Type.Object({ Key: text, Value: text })) })
export const Account = {
  AccountId: text,
  AccountName: text,
  DisplayName: text,
  FolderId: text,
  JoinMethod: text,
  JoinTime: text,
  ModifyTime: text,
  ResourceDirectoryId: text,
  Status: text,
  Type: text,
}
export const ControlPolicy = {
  PolicyId: text,
  PolicyName: text,
  PolicyType: text,
  Description: text,
  EffectScope: text,
  AttachmentCount: text,
  CreateDate: text,
  UpdateDate: text,
}
export const Handshake = {
  HandshakeId: text,
  Status: text,
  TargetEntity: text,
  TargetType: text,
  Note: text,
  ResourceDirectoryId: text,
  MasterAccountId: text,
  MasterAccountName: text,
  CreateTime: text,
  ModifyTime: text,
  ExpireTime: text,
}
