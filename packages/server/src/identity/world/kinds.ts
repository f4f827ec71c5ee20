import type { Entity, EntityKind, StoredEntity } from './entities.ts'

/** What the diff knows of a kind of entity. */
export interface Kind {
  readonly name: EntityKind
  /** The fields that an apply compares and changes, in the order in which a preview lists them. */
  readonly fields: readonly string[]
  /** Whether a prune may delete it at all. */
  prunable(entity: StoredEntity): boolean
}

const always = () => true
const never = () => false

/**
 * Every kind, in the order in which entities are made: what an entity hangs on comes before it. Deleting goes backwards.
 *
 * An account is never deleted by an apply: keys and key pairs that this file knows nothing of are its property. Nor is a
 * key of a root identity: it is the way back in; nor a host, with which what is bound there would be
 * forgotten; nor a target, on which secrets rotate. An organization and its root stay as well.
 */
export const KINDS: readonly Kind[] = Object.freeze([
  { name: 'account', fields: ['name', 'alias'], prunable: never },
  { name: 'policy', fields: ['description', 'path', 'document', 'tags'], prunable: always },
  { name: 'group', fields: ['description'], prunable: always },
  {
    name: 'user',
    fields: ['displayName', 'description', 'mobilePhone', 'email', 'enabled', 'tags'],
    prunable: always,
  },
  {
    name: 'role',
    fields: ['description', 'path', 'trustRam', 'trustIam', 'maxSessionSeconds', 'tags', 'service'],
    prunable: always,
  },
  { name: 'member', fields: [], prunable: always },
  { name: 'attachment', fields: [], prunable: always },
  { name: 'access-key', fields: ['secret', 'status'], prunable: (entity: Entity) => entity.name[0] !== '' },
  {
    name: 'host',
    fields: [
      'name',
      'address',
      'port',
      'user',
      'hostKey',
      'power',
      'offlineHook',
      'sshdConfig',
      'sshdReload',
      'secretUsers',
    ],
    prunable: never,
  },
  {
    name: 'target',
    fields: ['engine', 'address', 'port', 'database', 'tls', 'ca', 'administrator', 'password', 'accounts'],
    prunable: never,
  },
  { name: 'network', fields: ['vpc', 'endpoint'], prunable: always },
  { name: 'organization-policy', fields: ['description', 'document', 'tags'], prunable: always },
  { name: 'organization', fields: ['management', 'iamOn', 'ramOn', 'trustedServices'], prunable: never },
  { name: 'folder', fields: ['iam', 'ram', 'tags'], prunable: (entity: Entity) => entity.name.length > 0 },
  {
    name: 'placement',
    fields: ['folder', 'description', 'iam', 'ram', 'tags', 'delegatedServices'],
    prunable: always,
  },
])
