import Type, { type Static, type TSchema } from 'typebox'
import { LONGEST_ADDRESS, USER_PATTERN, USER_RULE } from '../../base/host-names.ts'
import { Secret } from '../../base/secret.ts'
import { nameField, textField } from '../fields.ts'
import { NAME_RULES, QUOTAS, SESSION_LIMITS, TEXT_LIMITS } from '../limits.ts'

/**
 * The apply file, as the published JSON Schema says it (`packages/server/world.schema.json`, generated from here). New
 * kinds of entities join as new members.
 *
 * `title` and `description` of a text are its rule in words: the mistakes that a reader sees are made from them.
 */

const closed = { additionalProperties: false } as const

const hexId = Type.String({ title: 'id', description: '32 lower-case hex digits', pattern: '^[0-9a-f]{32}$' })

const PolicyBody = Type.Union([Type.Object({}), Type.String()], {
  description: 'The policy as an object, or as JSON text.',
})

const File = Type.String({
  minLength: 1,
  title: 'file',
  description: 'A relative path to the policy as JSON text: `keyward apply` puts the text in its place.',
})

const Path = Type.String({
  title: 'path',
  description: `before the name in its URN, which only \`iam\` has: ${NAME_RULES.path.rule}`,
  pattern: NAME_RULES.path.pattern,
  maxLength: NAME_RULES.path.maxLength,
})

const policyFields = {
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
  description: Type.Optional(textField(TEXT_LIMITS.policyDescription, 'What the policy is for.')),
  document: Type.Optional(PolicyBody),
  file: Type.Optional(File),
}

const POLICY = { ...closed, description: 'A policy. Exactly one of `document` and `file`.' } as const

const Attached = Type.Object(
  {
    ram: Type.Optional(Type.Array(nameField('policy name', NAME_RULES.ramPolicy))),
    iam: Type.Optional(Type.Array(nameField('policy name', NAME_RULES.attachedIamPolicy))),
  },
  { ...closed, description: 'Names of policies of this account or of built-in ones, per language.' },
)

const Tags = Type.Optional(
  Type.Array(
    Type.Object(
      { key: nameField('tag key', NAME_RULES.tagKey), value: textField(TEXT_LIMITS.tagValue, 'Its value.') },
      closed,
    ),
    { maxItems: QUOTAS.tags, description: 'What conditions see as its tags.' },
  ),
)

const OrganizationPolicy = Type.Object({ ...policyFields, tags: Tags }, POLICY)
const Policy = Type.Object({ ...policyFields, path: Type.Optional(Path), tags: Tags }, POLICY)

const AccessKey = Type.Object(
  {
    id: Type.Optional(nameField('access key id', NAME_RULES.accessKeyId)),
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
    generate: Type.Optional(nameField('label', NAME_RULES.label)),
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
    name: nameField('user name', NAME_RULES.user),
    displayName: Type.Optional(textField(TEXT_LIMITS.displayName, 'A name for people.')),
    description: Type.Optional(textField(TEXT_LIMITS.description, 'Who or what this is.')),
    mobilePhone: Type.Optional(textField(TEXT_LIMITS.mobilePhone, 'A number to call.')),
    email: Type.Optional(textField(TEXT_LIMITS.email, 'An address to write to.')),
    enabled: Type.Optional(Type.Boolean({ description: 'With `false` none of its access keys signs.' })),
    tags: Tags,
    policies: Type.Optional(Attached),
    accessKeys: AccessKeys,
  },
  closed,
)

const Group = Type.Object(
  {
    name: nameField('group name', NAME_RULES.group),
    description: Type.Optional(textField(TEXT_LIMITS.description, 'What its members have in common.')),
    members: Type.Optional(
      Type.Array(nameField('user name', NAME_RULES.user), { description: 'Names of users of this account.' }),
    ),
    policies: Type.Optional(Attached),
  },
  closed,
)

const Role = Type.Object(
  {
    name: nameField('role name', NAME_RULES.role),
    path: Type.Optional(Path),
    description: Type.Optional(textField(TEXT_LIMITS.roleDescription, 'What the role is for.')),
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
    tags: Tags,
    serviceLinked: Type.Optional(
      Type.String({
        title: 'service',
        description: NAME_RULES.service.rule,
        pattern: NAME_RULES.service.pattern,
        minLength: 1,
        maxLength: NAME_RULES.service.maxLength,
      }),
    ),
    policies: Type.Optional(Attached),
  },
  closed,
)

const Host = Type.Object(
  {
    id: Type.String({
      title: 'host id',
      description: 'letters, digits and `_ . -`; 1 to 64',
      pattern: '^[A-Za-z0-9_.-]{1,64}$',
    }),
    name: Type.Optional(textField(128, 'What people call it; the id when left out.')),
    address: Type.String({
      title: 'address',
      description: 'a name, an IPv4 or an IPv6 address; the port is apart from it',
      maxLength: LONGEST_ADDRESS + 2,
    }),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: 'Port of its SSH server.' }),
    ),
    user: Type.Optional(
      Type.String({
        title: 'login user',
        description: USER_RULE,
        pattern: USER_PATTERN,
      }),
    ),
    hostKey: Type.String({
      title: 'host key',
      description: 'one OpenSSH line, such as /etc/ssh/ssh_host_ed25519_key.pub holds',
      pattern: '^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( .*)?\\s*$',
      maxLength: 8192,
    }),
    power: Type.Optional(Type.Union([Type.Literal('on'), Type.Literal('off')])),
    offlineHook: Type.Optional(
      Type.String({
        title: 'offline hook',
        description: 'the plain name of a program in the folder of offline hooks',
        pattern: '^([A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?$',
      }),
    ),
    sshdConfig: Type.Optional(
      Type.String({
        title: 'path',
        description: 'an absolute path',
        pattern: '^(/[A-Za-z0-9_./-]{0,254})?$',
      }),
    ),
    sshdReload: Type.Optional(
      textField(512, 'Shell command on the host that makes sshd read its configuration.'),
    ),
    secretUsers: Type.Optional(
      Type.Array(Type.String({ title: 'user', description: USER_RULE, pattern: USER_PATTERN }), {
        maxItems: 100,
        description: 'ALL users of the host that secrets may manage.',
      }),
    ),
  },
  {
    ...closed,
    description:
      'A host that SSH key pairs can be bound to. What is bound to it stays; a file that does not name it leaves it.',
  },
)

const accountName = (description: string) =>
  Type.String({
    title: 'account',
    description,
    minLength: 1,
    maxLength: 128,
    pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  })

const Target = Type.Object(
  {
    id: Type.String({
      title: 'target id',
      description: 'letters, digits and `_ . -`; 1 to 64',
      pattern: '^[A-Za-z0-9_.-]{1,64}$',
    }),
    engine: Type.Union([
      Type.Literal('postgresql'),
      Type.Literal('mysql'),
      Type.Literal('mariadb'),
      Type.Literal('redis'),
    ]),
    address: Type.String({
      title: 'address',
      description: 'a name, an IPv4 or an IPv6 address; the port is apart from it',
      maxLength: LONGEST_ADDRESS + 2,
    }),
    port: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 65_535, description: 'That of the engine when left out.' }),
    ),
    database: Type.Optional(textField(63, 'PostgreSQL: the database to connect to.')),
    tls: Type.Optional(Type.Union([Type.Literal('on'), Type.Literal('off')])),
    ca: Type.Optional(textField(65_536, 'Certificates in PEM to trust instead of those of the machine.')),
    administrator: accountName('the account that may set passwords of the others'),
    password: Type.Optional(
      Type.String({
        title: 'password',
        description: 'of the administrator; needed where it is not stored yet for this place and name',
        minLength: 1,
        maxLength: 1024,
      }),
    ),
    accounts: Type.Optional(
      Type.Array(accountName('1 to 128 characters'), {
        maxItems: 500,
        description: 'ALL accounts that secrets may manage.',
      }),
    ),
  },
  {
    ...closed,
    description:
      'A database on which secrets rotate passwords. A file that does not name it leaves it; what it leaves out stays.',
  },
)

const Account = Type.Object(
  {
    name: Type.Optional(nameField('account name', NAME_RULES.account)),
    alias: Type.Optional(nameField('account alias', NAME_RULES.accountAlias)),
    uid: Type.Optional(Type.String({ title: 'uid', description: '16 digits', pattern: '^[0-9]{16}$' })),
    domainId: Type.Optional(hexId),
    projectId: Type.Optional(hexId),
    policies: Type.Optional(Type.Array(Policy)),
    groups: Type.Optional(Type.Array(Group)),
    users: Type.Optional(Type.Array(User)),
    roles: Type.Optional(Type.Array(Role)),
    accessKeys: AccessKeys,
    hosts: Type.Optional(Type.Array(Host, { maxItems: 10_000 })),
    targets: Type.Optional(Type.Array(Target, { maxItems: 1000 })),
  },
  {
    ...closed,
    description:
      'An account, found by `uid` or else by `name`; made when there is none. `accessKeys` are those of its root identity.',
  },
)

const Limits = Type.Object(
  {
    iam: Type.Optional(
      Type.Array(nameField('policy name', NAME_RULES.iamPolicy), { maxItems: QUOTAS.onEntity.iam }),
    ),
    ram: Type.Optional(
      Type.Array(nameField('policy name', NAME_RULES.ramPolicy), { maxItems: QUOTAS.onEntity.ram + 1 }),
    ),
  },
  {
    ...closed,
    description:
      'Names of ALL policies of the organization that are attached here, per language, at least one. A new entity whose list is left out gets `FullAccess` or `FullAliyunAccess`.',
  },
)

const services = (description: string) =>
  Type.Optional(
    Type.Array(nameField('service', NAME_RULES.service), { maxItems: QUOTAS.trustedServices, description }),
  )

const Member = Type.Object(
  {
    account: nameField('account', NAME_RULES.account),
    description: Type.Optional(textField(TEXT_LIMITS.description, 'What is said of it in the organization.')),
    policies: Type.Optional(Limits),
    tags: Tags,
    delegatedServices: services(
      'ALL services for which the account is an administrator of the organization.',
    ),
  },
  { ...closed, description: 'An account, by `name` or `uid`.' },
)

const placed = {
  policies: Type.Optional(Limits),
  tags: Tags,
  accounts: Type.Optional(Type.Array(Member, { maxItems: 500 })),
}

/** Folders (organizational units) down to the deepest level. */
function folders(levels: number): TSchema {
  return Type.Array(
    Type.Object(
      {
        name: nameField('folder name', NAME_RULES.folder),
        ...placed,
        ...(levels > 1 ? { folders: Type.Optional(folders(levels - 1)) } : {}),
      },
      closed,
    ),
    { maxItems: QUOTAS.folders },
  )
}

/** A folder, or the root, as a file has it: the recursion that the schema spells out. */
export interface FolderFile {
  readonly name?: string
  readonly policies?: Static<typeof Limits>
  readonly tags?: TagsFile
  readonly accounts?: readonly Static<typeof Member>[]
  readonly folders?: readonly FolderFile[]
}

const Organization = Type.Object(
  {
    managementAccount: Type.Optional(nameField('account', NAME_RULES.account)),
    policyTypes: Type.Optional(
      Type.Object(
        { iam: Type.Optional(Type.Boolean()), ram: Type.Optional(Type.Boolean()) },
        {
          ...closed,
          description:
            'Whether a kind of policy is switched on. Off, nothing of it is attached. Left out, it is on as soon as a file attaches one.',
        },
      ),
    ),
    trustedServices: services('ALL services that may act in the organization.'),
    policies: Type.Optional(Type.Array(OrganizationPolicy)),
    root: Type.Optional(
      Type.Object(
        { ...placed, folders: Type.Optional(folders(QUOTAS.folderLevels)) },
        {
          ...closed,
          description: 'The root: what is attached here limits every account but the management account.',
        },
      ),
    ),
  },
  {
    ...closed,
    description:
      'The one organization (resource directory): service control policies (`iam`) and control policies (`ram`) that limit the accounts in it. Needs a `managementAccount` when it is made.',
  },
)

const Network = Type.Object(
  {
    cidr: nameField('network', NAME_RULES.network),
    vpc: nameField('VPC id', NAME_RULES.networkPart),
    endpoint: Type.Optional(nameField('VPC endpoint id', NAME_RULES.networkPart)),
  },
  {
    ...closed,
    description: 'Calls from these addresses count as coming from the VPC: the narrowest network decides.',
  },
)

export const WorldSchema = Type.Object(
  {
    accounts: Type.Array(Account, { maxItems: 500, description: 'The accounts that this file speaks of.' }),
    organization: Type.Optional(Organization),
    networks: Type.Optional(Type.Array(Network, { maxItems: QUOTAS.networks })),
    operator: Type.Optional(
      Type.String({
        title: 'uid',
        description:
          '16 digits: of the account of this file that was the operator where `keyward export` wrote it. Where the operator has another uid and no account has this one, its ids take the place of the old ones in the whole file.',
        pattern: '^[0-9]{16}$',
      }),
    ),
  },
  { ...closed, title: 'Keyward world', description: 'What `keyward apply` declares.' },
)

export type WorldFile = Static<typeof WorldSchema>
export type AccountFile = Static<typeof Account>
export type PolicyFile = Static<typeof Policy>
export type AccessKeyFile = Static<typeof AccessKey>
export type AttachedFile = Static<typeof Attached>
export type LimitsFile = Static<typeof Limits>
export type OrganizationFile = Omit<Static<typeof Organization>, 'root'> & { readonly root?: FolderFile }
export type NetworkFile = Static<typeof Network>
export type TagsFile = NonNullable<Static<typeof Tags>>

/** The schema as it is published, for editors. */
export function publishedWorldSchema(): string {
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'urn:keyward:world:1' }
  return `${JSON.stringify({ ...head, ...WorldSchema }, null, 2)}\n`
}
