import type { LanguageName } from '@keyward/policy'
import { addressTrouble, hostAddress } from '../../base/host-names.ts'
import { writeTags } from '../../base/tags.ts'
import { secretFingerprint } from '../access-keys.ts'
import { identityPolicy } from '../built-in.ts'
import { SERVICE_PATH } from '../limits.ts'
import { checkPolicyName, readDocument, readJudged } from './documents.ts'
import type { Entity, EntityKind } from './entities.ts'
import { firstOn, type Reader, type SourceLocation } from './reader.ts'
import { checkEntities } from './references.ts'
import type { AccessKeyFile, AccountFile, AttachedFile, TagsFile } from './schema.ts'
import type { Path } from './source.ts'

/** An entity as the file declares it. Its account is known by number until the directory has been asked. */
export interface DeclaredEntity extends Omit<Entity, 'account'> {
  readonly path: Path
  readonly at: SourceLocation
  /** Of an access key that is given: in clear, on its way to being sealed. */
  readonly secret?: string
}

export interface DeclaredAccount {
  readonly path: Path
  readonly at: SourceLocation
  /** Of the members below that are written. */
  readonly locations: {
    readonly [member in 'uid' | 'name' | 'alias' | 'domainId' | 'projectId']: SourceLocation
  }
  readonly uid?: string
  readonly name?: string
  readonly alias?: string
  readonly domainId?: string
  readonly projectId?: string
  readonly entities: readonly DeclaredEntity[]
}

/** Reads one account of the file, already of the right shape, and judges what is in it. */
export function readAccount(reader: Reader, file: AccountFile, path: Path): DeclaredAccount {
  const entities: DeclaredEntity[] = []
  const add = (
    kind: EntityKind,
    name: string[],
    at: Path,
    fields: Record<string, unknown> = {},
    secret?: string,
  ) => {
    const written = Object.entries(fields).filter(([, value]) => value !== undefined)
    const entity = {
      kind,
      name,
      path: at,
      at: reader.location(at),
      fields: Object.fromEntries(written) as Entity['fields'],
    }
    entities.push(secret === undefined ? entity : { ...entity, secret })
  }
  const { uid, name, alias, domainId, projectId } = file
  if (uid === undefined && name === undefined)
    reader.mistake(path, 'this account has neither a `name` nor a `uid`: give one of them')
  add('account', [], path, { name, alias })
  for (const [i, policy] of (file.policies ?? []).entries()) {
    const at = [...path, 'policies', i]
    checkPolicyName(reader, policy.language, policy.name, [...at, 'name'])
    if (policy.language === 'ram' && policy.path)
      reader.mistake([...at, 'path'], 'only a policy of `iam` has a path')
    add('policy', [policy.language, policy.name], at, {
      description: policy.description,
      path: policy.path,
      document: readDocument(reader, policy, at, 'identity'),
      tags: tagField(reader, policy.tags, at),
    })
  }
  for (const [i, group] of (file.groups ?? []).entries()) {
    const at = [...path, 'groups', i]
    add('group', [group.name], at, { description: group.description })
    for (const [j, user] of (group.members ?? []).entries())
      add('member', [group.name, user], [...at, 'members', j])
    addAttachments(add, 'group', group.name, group.policies, at)
  }
  for (const [i, user] of (file.users ?? []).entries()) {
    const at = [...path, 'users', i]
    add('user', [user.name], at, {
      displayName: user.displayName,
      description: user.description,
      mobilePhone: user.mobilePhone,
      email: user.email,
      enabled: user.enabled === undefined ? undefined : String(user.enabled),
      tags: tagField(reader, user.tags, at),
    })
    addAttachments(add, 'user', user.name, user.policies, at)
    addKeys(reader, add, user.name, user.accessKeys, at)
  }
  for (const [i, role] of (file.roles ?? []).entries()) {
    const at = [...path, 'roles', i]
    const trust = (language: LanguageName) =>
      role.trust?.[language] === undefined
        ? undefined
        : readJudged(reader, [...at, 'trust', language], { language, type: 'trust' })
    if (role.path?.startsWith(SERVICE_PATH) && role.serviceLinked === undefined)
      reader.mistake([...at, 'path'], `only the role of a service has a path below \`${SERVICE_PATH}\``)
    add('role', [role.name], at, {
      description: role.description,
      path: role.path,
      trustRam: trust('ram'),
      trustIam: trust('iam'),
      maxSessionSeconds: role.maxSessionSeconds,
      tags: tagField(reader, role.tags, at),
      service: role.serviceLinked,
    })
    addAttachments(add, 'role', role.name, role.policies, at)
    if (role.serviceLinked !== undefined) onlyBuiltIn(reader, role.policies, at)
  }
  addKeys(reader, add, '', file.accessKeys, path)
  const addressOf = (address: string, at: Path) => {
    const known = hostAddress(address)
    if (known === undefined)
      reader.mistake([...at, 'address'], `\`${address}\` is no address: ${addressTrouble(address)}`)
    return known
  }
  for (const [i, { id, hostKey, address, secretUsers, ...fields }] of (file.hosts ?? []).entries()) {
    const at = [...path, 'hosts', i]
    add('host', [id], at, {
      ...fields,
      address: addressOf(address, at),
      // Without its comment, which says nothing of the key.
      hostKey: hostKey.split(/\s+/, 2).join(' '),
      secretUsers: asList(secretUsers),
    })
  }
  for (const [i, { id, address, accounts, password, ...fields }] of (file.targets ?? []).entries()) {
    const at = [...path, 'targets', i]
    const known = { address: addressOf(address, at), accounts: asList(accounts) }
    const fingerprint = password === undefined ? undefined : secretFingerprint(password)
    add('target', [id], at, { ...fields, ...known, password: fingerprint }, password)
  }
  checkEntities(reader, entities)
  const locationOf = (member: string) => reader.location([...path, member])
  const locations = {
    uid: locationOf('uid'),
    name: locationOf('name'),
    alias: locationOf('alias'),
    domainId: locationOf('domainId'),
    projectId: locationOf('projectId'),
  }
  return withoutUndefined({
    path,
    at: reader.location(path),
    locations,
    uid,
    name,
    alias,
    domainId,
    projectId,
    entities,
  })
}

/** Names as they are compared and kept: in their order, each once, as JSON. */
export function asList(names: readonly string[] | undefined): string | undefined {
  return names && JSON.stringify([...new Set(names)].sort())
}

type Add = (
  kind: EntityKind,
  name: string[],
  at: Path,
  fields?: Record<string, unknown>,
  secret?: string,
) => void

function addAttachments(
  add: Add,
  kind: string,
  name: string,
  attached: AttachedFile | undefined,
  at: Path,
): void {
  for (const language of ['ram', 'iam'] as const) {
    for (const [i, policy] of (attached?.[language] ?? []).entries()) {
      add('attachment', [kind, name, language, policy], [...at, 'policies', language, i])
    }
  }
}

/** The account could change a policy of its own, and with it what no organization limits. */
function onlyBuiltIn(reader: Reader, attached: AttachedFile | undefined, at: Path): void {
  for (const language of ['ram', 'iam'] as const) {
    for (const [i, policy] of (attached?.[language] ?? []).entries()) {
      if (identityPolicy(language, policy)) continue
      reader.mistake([...at, 'policies', language, i], 'a service’s role has built-in policies only')
    }
  }
}

function addKeys(reader: Reader, add: Add, owner: string, keys: AccessKeyFile[] | undefined, at: Path): void {
  for (const [i, { id, secret, generate, status }] of (keys ?? []).entries()) {
    const path = [...at, 'accessKeys', i]
    if (generate !== undefined && id === undefined && secret === undefined) {
      add('access-key', [owner, 'label', generate], path, { status })
    } else if (generate === undefined && id !== undefined && secret !== undefined) {
      const twin = reader.keyIds.get(id)
      if (twin)
        reader.mistake([...path, 'id'], `access key \`${id}\` is declared twice: ${firstOn(reader, twin)}`)
      reader.keyIds.set(id, path)
      add('access-key', [owner, 'id', id], path, { status, secret: secretFingerprint(secret) }, secret)
    } else {
      reader.mistake(path, keyMistake({ generate, id, secret }))
    }
  }
}

/** Tags as one field: JSON text, in the order of their keys. */
export function tagField(reader: Reader, tags: TagsFile | undefined, at: Path): string | undefined {
  if (tags === undefined) return undefined
  const known = new Map<string, string>()
  for (const [i, { key, value }] of tags.entries()) {
    if (known.has(key)) reader.mistake([...at, 'tags', i], `the tag \`${key}\` is written twice`)
    known.set(key, value)
  }
  return writeTags(known)
}

function withoutUndefined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T
}

/** What is wrong with an access key that is neither generated nor given whole. */
function keyMistake({
  generate,
  id,
  secret,
}: Readonly<Record<'generate' | 'id' | 'secret', string | undefined>>): string {
  const given = id === undefined ? '`secret` without its `id`' : '`id` without its `secret`'
  if (generate !== undefined)
    return 'this access key has `generate` beside an `id` or a `secret`: leave either out'
  if (id === undefined && secret === undefined)
    return 'this access key has no `generate`, and no `id` with a `secret`: give one of both'
  return `this access key has an ${given}`.replace('an `secret`', 'a `secret`')
}
