import { type TObject, type TProperties, Type } from 'typebox'
import { nameField, textField } from '../../identity/fields.ts'
import { NAME_RULES, QUOTAS, SESSION_LIMITS, TEXT_LIMITS } from '../../identity/limits.ts'

// Input and output fields that several operations of IAM share (reference: huawei-iam.md I.2).

export const user_id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
export const group_id = user_id
export const agency_id = user_id
export const policy_id = user_id
export const user_name = nameField('user name', NAME_RULES.user)
export const group_name = nameField('group name', NAME_RULES.group)
export const agency_name = nameField('agency name', NAME_RULES.role)
export const policy_name = nameField('policy name', NAME_RULES.iamPolicy)
export const path = Type.String({ pattern: NAME_RULES.path.pattern, maxLength: NAME_RULES.path.maxLength })
/** What a path begins with. */
export const path_prefix = Type.String({ pattern: '^[^\\u0000-\\u001f]*$', maxLength: 512 })
export const description = textField(TEXT_LIMITS.description, 'Who or what this is.')
export const longDescription = textField(1000, 'What it is for.')
export const policy_document = Type.String({ minLength: 1, maxLength: 4 * TEXT_LIMITS.document })
export const version_id = Type.String({ pattern: '^v[1-9][0-9]{0,8}$' })
export const access_key_id = nameField('access key id', NAME_RULES.accessKeyId)
export const max_session_duration = Type.Integer({ minimum: SESSION_LIMITS.min, maximum: SESSION_LIMITS.max })
export const tag_key = Type.String({ pattern: '^(?!_sys_)[^\\u0000-\\u001f]+$', minLength: 1, maxLength: 64 })
export const tag_value = textField(TEXT_LIMITS.tagValue, 'Its value.')
export const someTags = { minItems: 1, maxItems: QUOTAS.tags }

/** Which page of a list. */
export const Page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  marker: Type.Optional(Type.String({ minLength: 4, maxLength: 400 })),
}

export function Input<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false })
}

export const text = Type.String()
export const Nothing = Type.Object({})

/** `next_marker` is not there on the last page. */
export const PageInfo = Type.Object({
  next_marker: Type.Optional(text),
  current_count: Type.Integer(),
})
export const Tag = Type.Object({ tag_key: text, tag_value: text })
export const User = {
  user_id: text,
  user_name: text,
  urn: text,
  is_root_user: Type.Boolean(),
  enabled: Type.Boolean(),
  description: text,
  created_at: text,
}
export const Group = Type.Object({
  group_id: text,
  group_name: text,
  urn: text,
  description: text,
  created_at: text,
})
export const Agency = {
  agency_id: text,
  agency_name: text,
  path: text,
  urn: text,
  trust_policy: text,
  trust_domain_id: text,
  trust_domain_name: text,
  max_session_duration: Type.Integer(),
  description: text,
  created_at: text,
}
export const Policy = Type.Object({
  policy_type: text,
  policy_name: text,
  policy_id: text,
  urn: text,
  path: text,
  default_version_id: text,
  attachment_count: Type.Integer(),
  description: text,
  created_at: text,
  updated_at: text,
})
export const PolicyVersion = Type.Object({
  document: text,
  version_id: text,
  is_default: Type.Boolean(),
  created_at: text,
})
