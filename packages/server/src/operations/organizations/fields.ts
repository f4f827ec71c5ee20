import { type TObject, type TProperties, Type } from 'typebox'
import { nameField, textField } from '../../identity/fields.ts'
import { NAME_RULES, QUOTAS, TEXT_LIMITS } from '../../identity/limits.ts'

/** Input and output fields that calls of Organizations share (reference: huawei-iam.md I.3). */
export const text = Type.String()
export const id = Type.String({ minLength: 1, maxLength: 64 })
export const name = nameField('name', NAME_RULES.folder)
export const account_name = nameField('account name', NAME_RULES.account)
export const agency_name = nameField('agency name', NAME_RULES.role)
export const policy_name = nameField('policy name', { ...NAME_RULES.folder, maxLength: 64 })
export const description = textField(512, 'What it is for.')
export const email = textField(TEXT_LIMITS.email, 'An address to write to.')
export const phone = textField(TEXT_LIMITS.mobilePhone, 'A mobile phone.')
export const content = Type.String({ minLength: 1, maxLength: 4 * TEXT_LIMITS.document })
export const service_principal = nameField('service', NAME_RULES.service)
/** The one type of policy that there is here. */
export const policy_type = Type.Literal('service_control_policy')

const key = nameField('tag key', NAME_RULES.tagKey)
const value = textField(TEXT_LIMITS.tagValue, 'Its value.')
const tag = Type.Object({ key, value }, { additionalProperties: false })
export const tags = Type.Array(tag, { maxItems: QUOTAS.tags })
/** Tags that go are named by their keys. */
export const goneTags = Type.Array(
  Type.Object({ key, value: Type.Optional(value) }, { additionalProperties: false }),
  { maxItems: QUOTAS.tags },
)

export function Input<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false })
}
export const Nothing = Type.Object({})

/** Which page of a list. */
export const Page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 2000 })),
  marker: Type.Optional(Type.String({ minLength: 4, maxLength: 400 })),
}
export const PageInfo = Type.Object({
  next_marker: Type.Optional(text),
  current_count: Type.Integer(),
})

export const Unit = Type.Object({ id: text, urn: text, name: text, created_at: text })
export const Account = Type.Object({
  id: text,
  urn: text,
  name: text,
  join_method: text,
  status: text,
  joined_at: text,
  description: text,
  email: text,
  mobile_phone: text,
  intl_number_prefix: text,
})
export const PolicySummary = Type.Object({
  id: text,
  urn: text,
  name: text,
  type: text,
  description: text,
  is_builtin: Type.Boolean(),
})
export const Policy = Type.Object({ content: text, policy_summary: PolicySummary })
export const Entity = Type.Object({ id: text, name: text, type: text })
export const Handshake = Type.Object({
  id: text,
  urn: text,
  status: text,
  organization_id: text,
  management_account_id: text,
  management_account_name: text,
  target: Type.Object({ type: text, entity: text }),
  notes: text,
  created_at: text,
  updated_at: text,
  expired_at: text,
})
export const CreateStatus = Type.Object({
  id: text,
  account_id: text,
  account_name: text,
  state: text,
  created_at: text,
  completed_at: text,
  failure_reason: text,
})
