/**
 * A world as a list of things: what the diff compares, whether they were declared in a file or are in the directory.
 * Everything that an apply file can say is one of these kinds; a new kind joins with a row in `kinds.ts`.
 */
export type ThingKind =
  | 'account'
  | 'policy'
  | 'group'
  | 'user'
  | 'role'
  | 'member'
  | 'attachment'
  | 'access-key'
  | 'host'
  | 'network'
  | 'organization-policy'
  | 'organization'
  | 'folder'
  | 'placement'

/** What stands in place of the account's uid in things that are of no account: the organization's, and networks. */
export const NO_ACCOUNT = 'world'

export type FieldValue = string | number

export interface Thing {
  readonly kind: ThingKind
  /** Uid of the account that it is of, or {@link NO_ACCOUNT}. */
  readonly account: string
  /**
   * The parts that name it in its account, outermost first:
   *
   *   account     -
   *   policy      language, name
   *   group, user, role   name
   *   member      group, user
   *   attachment  `user`|`group`|`role`, its name, language, policy
   *   access-key  owner (user name, or empty for root), `id`|`label`, the id or the label
   *   host        id
   *
   * and of no account:
   *
   *   network     address, length of the prefix
   *   organization-policy   language, name
   *   organization          -
   *   folder      the names of the folders above it and its own; none: the root
   *   placement   name of the account that stands in the organization
   */
  readonly name: readonly string[]
  /** What may change without it becoming another thing. A field that a file leaves out is left as it is. */
  readonly fields: Readonly<Record<string, FieldValue>>
}

/** A thing that is in the directory. */
export interface StoredThing extends Thing {
  /** Its row's id; for members and attachments, that of the group and of the policy. */
  readonly id: string
}

export type Named = Pick<Thing, 'kind' | 'account' | 'name'>

/** Equal for a declared and a stored thing that are the same. No part of a name has a `/` in it. */
export function thingKey(thing: Named): string {
  return [thing.kind, thing.account, ...thing.name].join('/')
}

/** How a preview speaks of a thing. */
export function thingTitle(thing: Named, accountName: string): string {
  const [a, b, c, d] = thing.name
  switch (thing.kind) {
    case 'account':
      return `account ${accountName}`
    case 'policy':
      return `${a} policy ${b}`
    case 'member':
      return `user ${b} in group ${a}`
    case 'attachment':
      return `${c} policy ${d} on ${a} ${b}`
    case 'access-key': {
      const owner = a === '' ? 'root' : `user ${a}`
      return b === 'id' ? `access key ${c} of ${owner}` : `generated access key ${c} of ${owner}`
    }
    case 'network':
      return `network ${a}/${b}`
    case 'organization-policy':
      return `${a === 'iam' ? 'service control policy' : 'control policy'} ${b}`
    case 'organization':
      return 'organization'
    case 'folder':
      return thing.name.length === 0 ? 'root of the organization' : `folder ${thing.name.join('/')}`
    case 'placement':
      return `account ${a} in the organization`
    default:
      return `${thing.kind} ${a}`
  }
}
