/**
 * A world as a list of entities: what the diff compares, whether they were declared in a file or are in the directory.
 * Everything that an apply file can say is one of these kinds; a new kind joins with a row in `kinds.ts`.
 */
export type EntityKind =
  | 'account'
  | 'policy'
  | 'group'
  | 'user'
  | 'role'
  | 'member'
  | 'attachment'
  | 'access-key'
  | 'host'
  | 'target'
  | 'network'
  | 'organization-policy'
  | 'organization'
  | 'folder'
  | 'placement'

/** What stands in place of the account's uid in entities that are of no account: the organization's, and networks. */
export const NO_ACCOUNT = 'world'

export type FieldValue = string | number

export interface Entity {
  readonly kind: EntityKind
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
   *   target      id
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
  /** What may change without it becoming another entity. A field that a file leaves out is left as it is. */
  readonly fields: Readonly<Record<string, FieldValue>>
}

/** An entity that is in the directory. */
export interface StoredEntity extends Entity {
  /** Its row's id; for members and attachments, that of the group and of the policy. */
  readonly id: string
  /** Who made it; an entity of a kind that only files declare is always a file's. */
  readonly declaredBy?: 'api' | 'file'
}

export type Named = Pick<Entity, 'kind' | 'account' | 'name'>

/** Equal for a declared and a stored entity that are the same. No part of a name has a `/` in it. */
export function entityKey(entity: Named): string {
  return [entity.kind, entity.account, ...entity.name].join('/')
}

/** What an entity hangs on, by key: as long as it is there, those are. */
export function holds({ kind, account, name, fields }: Entity): string[] {
  const [a = '', b = '', ...rest] = name
  const key = (kind: EntityKind, ...name: string[]) => entityKey({ kind, account, name })
  switch (kind) {
    case 'member':
      return [key('group', a), key('user', b)]
    case 'attachment':
      return [key(a as EntityKind, b), key('policy', ...rest)]
    case 'access-key':
      return [key('user', a)]
    case 'folder':
      return name.length === 0 ? [] : [key('folder', ...name.slice(0, -1))]
    case 'placement': {
      const folder = String(fields.folder ?? '')
      return [key('folder', ...(folder === '' ? [] : folder.split('/')))]
    }
    default:
      return []
  }
}

/** How a preview speaks of an entity. */
export function entityTitle(entity: Named, accountName: string): string {
  const [a, b, c, d] = entity.name
  switch (entity.kind) {
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
      return entity.name.length === 0 ? 'root of the organization' : `folder ${entity.name.join('/')}`
    case 'placement':
      return `account ${a} in the organization`
    default:
      return `${entity.kind} ${a}`
  }
}
