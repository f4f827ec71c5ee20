import Type, { type Static } from 'typebox'
import { Secret } from '../../base/secret.ts'
import { NAME_RULES, type NameRule, SESSION_LIMITS, TEXT_LIMITS } from '../limits.ts'

/**
 * The apply file, as the published JSON Schema says it (`packages/server/world.schema.json`, generated from here). New
 * kinds of things - an organization, tags, network maps - join as new members.
 *
 * `title` and `description` of a text are its rule in words: the mistakes that a reader sees are made from them.
 */

const closed = { additionalProperties: false } as const

function name(what: string, rule: NameRule) {
  return Type.String({
    title: what,
    description: rule.rule,
    pattern: rule.pattern,
    minLength: 1,
    maxLength: rule.maxLength,
  })
}

function text(maxLength: number, description: string) {
  return Type.String({ maxLength, description })
}

const hexId = Type.String({ title: 'id', description: '32 lower-case hex digits', pattern: '^[0-9a-f]{32}$' })

const PolicyBody = Type.Union([Type.Object({}), Type.String()], {
  description: 'The policy as an object, or as JSON text.',
})

const File = Type.String({
  minLength: 1,
  title: 'file',
  description: 'A relative path to the policy as JSON text: `keyward apply` puts the text in its place.',
})

const Policy = Type.Object(
  {
    language: Type.Union([Type.Literal('ram'), Type.Literal('iam')], {
      description: '`ram` decides calls of the Alibaba wire, `iam` those of the Huawei wire.',
    }),
    name: Type.String({
      title: 'policy name',
      description: 'ram: letters, digits and `-`; iam: letters, digits and `_ + = . @ -`; 1 to 128',
      pattern: NAME_RULES.iamPolicy.pattern,
      minLength: 1,
      maxLength: NAME_RULES.iamPolicy.maxLength,
    }),
    description: Type.Optional(text(TEXT_LIMITS.policyDescription, 'What the policy is for.')),
    document: Type.Optional(PolicyBody),
    file: Type.Optional(File),
  },
  { ...closed, description: 'A policy. Exactly one of `document` and `file`.' },
)

const Attached = Type.Object(
  {
    ram: Type.Optional(Type.Array(name('policy name', NAME_RULES.ramPolicy))),
    iam: Type.Optional(Type.Array(name('policy name', NAME_RULES.iamPolicy))),
  },
  { ...closed, description: 'Names of policies of this account, per language.' },
)

const AccessKey = Type.Object(
  {
    id: Type.Optional(name('access key id', NAME_RULES.accessKeyId)),
    secret: Type.Optional(
      Secret(
        Type.String({
          title: 'access key secret',
          description: `${TEXT_LIMITS.secretMin} to ${TEXT_LIMITS.secretMax} visible ASCII characters`,
          pattern: '^[!-~]+$',
          minLength: TEXT_LIMITS.secretMin,
          maxLength: TEXT_LIMITS.secretMax,
        }),
      ),
    ),
    generate: Type.Optional(name('label', NAME_RULES.label)),
    status: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('inactive')])),
  },
  {
    ...closed,
    description:
      'Either `id` and `secret`, or `generate` with a label: the service then makes the key once and returns it once.',
  },
)

const AccessKeys = Type.Optional(Type.Array(AccessKey))

const User = Type.Object(
  {
    name: name('user name', NAME_RULES.user),
    displayName: Type.Optional(text(TEXT_LIMITS.displayName, 'A name for people.')),
    description: Type.Optional(text(TEXT_LIMITS.description, 'Who or what this is.')),
    policies: Type.Optional(Attached),
    accessKeys: AccessKeys,
  },
  closed,
)

const Group = Type.Object(
  {
    name: name('group name', NAME_RULES.group),
    description: Type.Optional(text(TEXT_LIMITS.description, 'What its members have in common.')),
    members: Type.Optional(
      Type.Array(name('user name', NAME_RULES.user), { description: 'Names of users of this account.' }),
    ),
    policies: Type.Optional(Attached),
  },
  closed,
)

const Role = Type.Object(
  {
    name: name('role name', NAME_RULES.role),
    description: Type.Optional(text(TEXT_LIMITS.roleDescription, 'What the role is for.')),
    trust: Type.Optional(
      Type.Object(
        { ram: Type.Optional(PolicyBody), iam: Type.Optional(PolicyBody) },
        { ...closed, description: 'Who may assume the role: a trust policy per language.' },
      ),
    ),
    maxSessionSeconds: Type.Optional(
      Type.Integer({
        minimum: SESSION_LIMITS.min,
        maximum: SESSION_LIMITS.max,
        description: 'Longest session.',
      }),
    ),
    policies: Type.Optional(Attached),
  },
  closed,
)

const Account = Type.Object(
  {
    name: Type.Optional(name('account name', NAME_RULES.account)),
    uid: Type.Optional(Type.String({ title: 'uid', description: '16 digits', pattern: '^[0-9]{16}$' })),
    domainId: Type.Optional(hexId),
    projectId: Type.Optional(hexId),
    policies: Type.Optional(Type.Array(Policy)),
    groups: Type.Optional(Type.Array(Group)),
    users: Type.Optional(Type.Array(User)),
    roles: Type.Optional(Type.Array(Role)),
    accessKeys: AccessKeys,
  },
  {
    ...closed,
    description:
      'An account, found by `uid` or else by `name`; made when there is none. `accessKeys` are those of its root identity.',
  },
)

export const WorldSchema = Type.Object(
  { accounts: Type.Array(Account, { maxItems: 500, description: 'The accounts that this file speaks of.' }) },
  { ...closed, title: 'Keyward world', description: 'What `keyward apply` declares.' },
)

export type WorldFile = Static<typeof WorldSchema>
export type AccountFile = Static<typeof Account>
export type PolicyFile = Static<typeof Policy>
export type AccessKeyFile = Static<typeof AccessKey>
export type AttachedFile = Static<typeof Attached>

/** The schema as it is published, for editors. */
export function publishedWorldSchema(): string {
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'urn:keyward:world:1' }
  return `${JSON.stringify({ ...head, ...WorldSchema }, null, 2)}\n`
}
