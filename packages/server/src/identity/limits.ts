/**
 * What the directory accepts. One directory serves both clouds (design, section 5): where they state a limit or a set of
 * characters differently, an entity that either cloud accepts is accepted here. Sources: reference alibaba-ram.md A.8 and
 * G.1, huawei-iam.md D.5 and I.2.
 */

/** A name: the pattern that it must match as a whole, and the sentence that says so. */
export interface NameRule {
  readonly pattern: string
  readonly maxLength: number
  readonly rule: string
}

/** Letters, digits, `. _ -` and inner spaces. */
const WORDS = '^[A-Za-z0-9._-]([A-Za-z0-9._ -]*[A-Za-z0-9._-])?$'
const WORDS_RULE = 'letters, digits, `.`, `_`, `-` and inner spaces'

/** As {@link WORDS}, and letters of every script and braces. Accents are part of their letter: a word has one spelling. */
const LETTER = '\\p{L}\\p{M}0-9._{}-'
const ALL_LETTERS = `^(?!.*[\\u0300-\\u036f])[${LETTER}]([ ${LETTER}]*[${LETTER}])?$`

export const NAME_RULES = Object.freeze({
  account: nameRule(WORDS, 64, WORDS_RULE),
  user: nameRule(WORDS, 64, WORDS_RULE),
  group: nameRule(
    ALL_LETTERS,
    128,
    'letters of any script, digits, `.`, `_`, `-`, `{`, `}` and inner spaces',
  ),
  role: nameRule('^[A-Za-z0-9._-]+$', 64, 'letters, digits, `.`, `_` and `-`'),
  ramPolicy: nameRule('^[A-Za-z0-9-]+$', 128, 'letters, digits and `-`'),
  controlPolicy: nameRule('^[A-Za-z][A-Za-z0-9-]*$', 128, 'letters, digits and `-`, a letter first'),
  iamPolicy: nameRule('^[A-Za-z0-9_+=.@-]+$', 128, 'letters, digits and `_ + = . @ -`'),
  /** Built-in policies of `iam` have spaces in their names. */
  attachedIamPolicy: nameRule(
    '^[A-Za-z0-9_+=.@-]([A-Za-z0-9_+=.@ -]*[A-Za-z0-9_+=.@-])?$',
    128,
    'letters, digits, `_ + = . @ -` and inner spaces',
  ),
  folder: nameRule(WORDS, 64, WORDS_RULE),
  tagKey: nameRule(
    '^(?!_sys_|aliyun|acs:)[^\\u0000-\\u001f]+$',
    128,
    'characters; not `_sys_`, `aliyun` or `acs:` first',
  ),
  /** Of a policy or an agency, before its name in the URN. */
  path: Object.freeze({
    pattern: '^([A-Za-z0-9_+=.@-]+/)*$',
    maxLength: 512,
    rule: 'parts of letters, digits and `_ + = . @ -` that each end with `/`; at most 512 characters',
  }),
  accountAlias: nameRule('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$', 50, 'lower-case letters, digits and inner `-`'),
  service: nameRule('^[A-Za-z0-9.-]+$', 128, 'letters, digits, `.` and `-`'),
  network: nameRule('^[0-9A-Fa-f.:]+/[0-9]{1,3}$', 64, 'an address, `/` and the length of its prefix'),
  networkPart: nameRule('^[A-Za-z0-9._-]+$', 128, 'letters, digits, `.`, `_` and `-`'),
  accessKeyId: nameRule(
    '^(?!STS\\.)[A-Za-z0-9][A-Za-z0-9._-]*$',
    128,
    'letters, digits, `.`, `_`, `-`; not `STS.` first',
  ),
  label: nameRule('^[A-Za-z0-9._-]+$', 64, 'letters, digits, `.`, `_` and `-`'),
})

function nameRule(pattern: string, maxLength: number, what: string): NameRule {
  return Object.freeze({ pattern, maxLength, rule: `1 to ${maxLength} of ${what}` })
}

export const TEXT_LIMITS = Object.freeze({
  displayName: 128,
  description: 255,
  mobilePhone: 64,
  email: 254,
  policyDescription: 1024,
  roleDescription: 1024,
  /** Characters of a policy or trust document; `iam` does not count white space outside strings. */
  document: 6144,
  tagValue: 128,
  secretMin: 8,
  secretMax: 128,
})

/**
 * Seconds that a role's session may last at most: bounds and default of that maximum. A session itself lasts `shortest`
 * to that maximum.
 */
export const SESSION_LIMITS = Object.freeze({ min: 3600, max: 43200, default: 3600, shortest: 900 })

/** Characters of a session policy (alibaba-ram.md A.8), and how many policies a session may name besides. */
export const SESSION_POLICY = Object.freeze({ size: 2048, ids: 10 })

/** Paths of roles that are a service's own begin so: an account makes none, which would be trusted by its name. */
export const SERVICE_PATH = 'service-linked-agency/'

/** How many of an entity one owner may have. */
export const QUOTAS = Object.freeze({
  usersPerAccount: 1000,
  /** What a cloud raises by a ticket, the operator raises by a world file: users that may be declared in an account. */
  usersDeclared: 20_000,
  groupsPerAccount: 50,
  rolesPerAccount: 1000,
  policiesPerAccount: 1500,
  versionsPerPolicy: 5,
  groupsPerUser: 10,
  accessKeysPerOwner: 2,
  /** Custom `ram` policies attached to one of these. */
  attachedToUser: 10,
  attachedToGroup: 5,
  attachedToRole: 5,
  /** Built-in `ram` policies attached to one of them. */
  systemAttached: 20,
  /** `iam` policies attached to a user, a group or a role, built-in ones too. */
  iamAttached: 20,
  tags: 20,
  /** Levels of folders below the root. */
  folderLevels: 5,
  folders: 1000,
  /** Accounts of an organization. */
  members: 10_000,
  /** Invitations of an organization that wait for an answer. */
  handshakes: 20,
  delegatedPerService: 5,
  trustedServices: 100,
  organizationPolicies: 1000,
  /** Policies of an organization on one of its entities, by language; a built-in one of `ram` does not count. */
  onEntity: Object.freeze({ iam: 5, ram: 10 }),
  networks: 1000,
})
