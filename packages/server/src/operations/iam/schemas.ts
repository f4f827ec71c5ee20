import {
  type ActionInfo,
  type ConditionKeyInfo,
  globalConditionKeys,
  type ServiceInfo,
  services,
} from '@keyward/policy'
import { Type } from 'typebox'
import { refuse } from '../../base/problem.ts'
import { readOperation } from '../../pipeline/operation.ts'
import { Input, Page, PageInfo, text } from './fields.ts'
import { pageOf } from './pages.ts'

// What policies can say of each service, generated from the catalogue by which calls are decided (reference: huawei-iam.md
// D.4). Everyone may read it who can sign.

const ACCESS_LEVELS = {
  List: 'list',
  Permissions: 'permission_management',
  Read: 'read',
  Tagging: 'tagging',
  Write: 'write',
} as const
const VALUE_TYPES = {
  address: 'ip_address',
  boolean: 'boolean',
  date: 'date',
  number: 'numeric',
  string: 'string',
} as const

/** An action that policies speak of, and that no call is. */
const PERMISSION_ONLY: ReadonlySet<string> = new Set(['iam:agencies:pass'])

const texts = Type.Array(text)
const Description = Type.Object({ zh_CN: text, en_US: text })
const inBoth = (description: string) => ({ zh_CN: description, en_US: description })

export const listRegisteredServices = readOperation({
  name: 'iam:ListRegisteredServicesForAuthSchema',
  summary: 'List the services whose actions policies can name',
  effect: 'read',
  authorization: 'none',
  input: Input(Page),
  output: Type.Object({ service_codes: texts, page_info: PageInfo }),
  resolve: () => undefined,
  checks: () => [],
  work(_scope, input) {
    const codes = services('iam').map(({ code }) => code)
    const { page, page_info } = pageOf(codes, input, 'services', (code) => code)
    return { service_codes: page, page_info }
  },
  example: {},
})

export const getAuthorizationSchema = readOperation({
  name: 'iam:GetAuthorizationSchema',
  summary: 'Show what policies can say of a service: actions, resources and condition keys',
  effect: 'read',
  authorization: 'none',
  input: Input({ service_code: Type.String({ pattern: '^[a-zA-Z0-9-]{1,50}$' }) }),
  output: Type.Object({
    version: text,
    actions: Type.Array(
      Type.Object({
        name: text,
        access_level: text,
        permission_only: Type.Boolean(),
        description: Description,
        aliases: texts,
        resources: Type.Array(
          Type.Object({ urn_template: text, required: Type.Boolean(), condition_keys: texts }),
        ),
        condition_keys: texts,
      }),
    ),
    resources: Type.Array(Type.Object({ type_name: text, urn_template: text })),
    conditions: Type.Array(
      Type.Object({ key: text, value_type: text, multi_valued: Type.Boolean(), description: Description }),
    ),
    operations: Type.Array(
      Type.Object({ operation_id: text, operation_action: text, dependent_actions: texts }),
    ),
  }),
  resolve: () => undefined,
  checks: () => [],
  work(_scope, { service_code }) {
    const service = services('iam').find(({ code }) => code === service_code)
    if (!service) throw refuse({ code: 'IdentityNotFound', entity: 'service' })
    return describeService(service)
  },
  example: { service_code: 'kps' },
})

function describeService({ actions, resourceTypes, conditionKeys }: ServiceInfo) {
  const urns = new Map(resourceTypes.map(({ name, template }) => [name, urnTemplate(template)]))
  return {
    version: '1.0',
    actions: actions.map((action) => describeAction(action, urns)),
    resources: [...urns].map(([type_name, urn_template]) => ({ type_name, urn_template })),
    conditions: [...conditionKeys, ...globalConditionKeys('iam')].map(describeKey),
    operations: actions.flatMap(({ name, operations, dependencies }) =>
      operations.map((operation_id) => ({
        operation_id,
        operation_action: name,
        dependent_actions: [...dependencies],
      })),
    ),
  }
}

function describeAction(action: ActionInfo, urns: ReadonlyMap<string, string>) {
  return {
    name: action.name,
    access_level: ACCESS_LEVELS[action.access],
    permission_only: PERMISSION_ONLY.has(action.name),
    description: inBoth(action.description),
    aliases: [...action.aliases],
    resources: action.resources.map(({ type, required }) => ({
      urn_template: urns.get(type) ?? '*',
      required,
      condition_keys: [],
    })),
    condition_keys: [...action.conditionKeys],
  }
}

function describeKey({ name, suffix, type, multiValued, description }: ConditionKeyInfo) {
  return {
    key: suffix === undefined ? name : `${name}${suffix.separator}<tag-key>`,
    value_type: VALUE_TYPES[type],
    multi_valued: multiValued,
    description: inBoth(description),
  }
}

/** `kps:<region>:<account>:SSHKeyPair:<name>` */
function urnTemplate(template: string): string {
  return template.replace(/\{(\w+)\}/g, '<$1>')
}
