import { type TObject, type TProperties, Type } from 'typebox'
import { nameField, textField } from '../../identity/fields.ts'
import { NAME_RULES, QUOTAS, SESSION_LIMITS, TEXT_LIMITS } from '../../identity/limits.ts'

/** Input and output fields that several operations of RAM share (reference: alibaba-ram.md G.1). */
export const UserName = nameField('user name', NAME_RULES.user)
export const GroupName = nameField('group name', NAME_RULES.group)
export const RoleName = nameField('role name', NAME_RULES.role)
export const PolicyName = nameField('policy name', NAME_RULES.ramPolicy)
export const PolicyType = Type.Union([Type.Literal('Custom'), Type.Literal('System')])
export const DisplayName = textField(TEXT_LIMITS.displayName, 'A name for people.')
export const Comments = textField(TEXT_LIMITS.description, 'Who or what this is.')
export const MobilePhone = textField(TEXT_LIMITS.mobilePhone, 'A number to call.')
export const Email = textField(TEXT_LIMITS.email, 'An address to write to.')
export const Description = textField(TEXT_LIMITS.policyDescription, 'What it is for.')
export const PolicyDocument = Type.String({ minLength: 1, maxLength: TEXT_LIMITS.document })
export const VersionId = Type.String({ pattern: '^v[1-9][0-9]{0,8}$' })
export const MaxSessionDuration = Type.Integer({ minimum: SESSION_LIMITS.min, maximum: SESSION_LIMITS.max })
export const Tag = Type.Array(
  Type.Object(
    {
      Key: nameField('tag key', NAME_RULES.tagKey),
      Value: Type.Optional(textField(TEXT_LIMITS.tagValue, 'Its value.')),
    },
    { additionalProperties: false },
  ),
  { minItems: 1, maxItems: QUOTAS.tags },
)

/** Which page of a list. What is beyond `max` is cut to it: a client sends 1000 to every list. */
export const Page = {
  Marker: Type.Optional(Type.String({ maxLength: 512 })),
  MaxItems: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
}

export function Input<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false })
}

export const text = Type.String()
export const Nothing = Type.Object({})

export const User = {
  UserId: text,
  UserName: text,
  DisplayName: text,
  MobilePhone: text,
  Email: text,
  Comments: text,
  CreateDate: text,
  UpdateDate: text,
}
export const Group = { GroupId: text, GroupName: text, Comments: text, CreateDate: text, UpdateDate: text }
export const Role = {
  RoleId: text,
  RoleName: text,
  Arn: text,
  Description: text,
  MaxSessionDuration: Type.Integer(),
  CreateDate: text,
  UpdateDate: text,
}
export const RoleWithTrust = { ...Role, AssumeRolePolicyDocument: text }
export const Policy = {
  PolicyName: text,
  PolicyType: text,
  Description: text,
  DefaultVersion: text,
  CreateDate: text,
  UpdateDate: text,
}
export const PolicyVersion = {
  VersionId: text,
  IsDefaultVersion: Type.Boolean(),
  PolicyDocument: text,
  CreateDate: text,
}
/** Members that every page has. */
export const Paged = { IsTruncated: Type.Boolean(), Marker: Type.Optional(text) }
