import { readTags } from '../../base/tags.ts'
import { each, type Turns } from '../../base/turns.ts'
import type { IdentityTables } from '../../store/schema/identity.ts'
import type { StoredEntity } from './entities.ts'
import type {
  AccessKeyFile,
  AccountFile,
  AttachedFile,
  FolderFile,
  LimitsFile,
  PolicyFile,
} from './schema.ts'

/*
 * Entities as the members of an apply file: the way back of `account.ts` and `organization.ts`. What is empty or as usual
 * is left out.
 */

type Kind = StoredEntity['kind']

/** An account of a file. `secrets` are those of access keys, by id: a key without one that is known by no label is left out. */
export function* accountFile(
  row: IdentityTables['accounts'],
  entities: readonly StoredEntity[],
  secrets: ReadonlyMap<string, string>,
): Turns<AccountFile> {
  const byKind = Map.groupBy(entities, ({ kind }) => kind)
  const of = (kind: Kind) => byKind.get(kind) ?? []
  const attached = Map.groupBy(of('attachment'), ({ name: [kind, owner] }) => `${kind}/${owner}`)
  yield
  const members = Map.groupBy(of('member'), ({ name: [group] }) => group!)
  const keys = Map.groupBy(of('access-key'), ({ name: [owner] }) => owner!)
  yield
  const policiesOf = (kind: string, name: string) => {
    const policies = attachedFile(attached.get(`${kind}/${name}`) ?? [])
    return policies && { policies }
  }
  const keysOf = (owner: string) =>
    list(
      'accessKeys',
      inOrder(keys.get(owner) ?? []).flatMap((key) => keyFile(key, secrets)),
    )
  const alias = of('account')[0]?.fields.alias
  return {
    name: row.name,
    ...said({ alias: String(alias ?? '') }),
    uid: row.id,
    domainId: row.domain_id,
    projectId: row.project_id,
    ...list('policies', yield* each(inOrder(of('policy')), policyFile)),
    ...list(
      'groups',
      yield* each(inOrder(of('group')), ({ name: [name = ''], fields }) => ({
        name,
        ...described(fields),
        ...list('members', (members.get(name) ?? []).map((member) => member.name[1]!).sort()),
        ...policiesOf('group', name),
      })),
    ),
    ...list(
      'users',
      yield* each(inOrder(of('user')), ({ name: [name = ''], fields: { tags, enabled, ...fields } }) => ({
        name,
        ...said(fields),
        ...(enabled === 'false' && { enabled: false }),
        ...tagsFile(tags),
        ...policiesOf('user', name),
        ...keysOf(name),
      })),
    ),
    ...list(
      'roles',
      yield* each(inOrder(of('role')), ({ name: [name = ''], fields }) => ({
        name,
        ...said({ path: String(fields.path ?? '') }),
        ...described(fields),
        ...trustFile(fields),
        maxSessionSeconds: Number(fields.maxSessionSeconds),
        ...tagsFile(fields.tags),
        ...said({ serviceLinked: String(fields.service) }),
        ...policiesOf('role', name),
      })),
    ),
    ...keysOf(''),
    ...list('hosts', yield* each(inOrder(of('host')), hostFile)),
  }
}

function inOrder(entities: readonly StoredEntity[]): readonly StoredEntity[] {
  const named = entities.map((entity) => ({ entity, name: entity.name.join('/') }))
  return named.sort((a, b) => compare(a.name, b.name)).map(({ entity }) => entity)
}

function hostFile({ name: [id = ''], fields }: StoredEntity): NonNullable<AccountFile['hosts']>[number] {
  const { address, hostKey, secretUsers, ...rest } = fields
  return {
    id,
    address: String(address),
    hostKey: String(hostKey),
    ...said(rest),
    ...list('secretUsers', namesOf(secretUsers)),
  }
}

/** The organization of a file. */
export function* organizationFile(tree: readonly StoredEntity[]): Turns<object> {
  const of = (kind: Kind) => tree.filter((entity) => entity.kind === kind)
  const folders = of('folder')
  const byPath = new Map(folders.map((entity) => [entity.name.join('/'), entity]))
  const inner = Map.groupBy(
    folders.filter(({ name }) => name.length > 0),
    ({ name }) => name.slice(0, -1).join('/'),
  )
  const placed = Map.groupBy(of('placement'), ({ fields }) => String(fields.folder))
  function* folder(path: string): Turns<FolderFile> {
    const { name, fields } = byPath.get(path)!
    const accounts = yield* each(placed.get(path) ?? [], ({ name: [account = ''], fields }) => ({
      account,
      ...described(fields),
      ...limitsFile(fields),
      ...tagsFile(fields.tags),
      ...list('delegatedServices', namesOf(fields.delegatedServices)),
    }))
    const folders: FolderFile[] = []
    for (const one of inner.get(path) ?? []) folders.push(yield* folder(one.name.join('/')))
    return {
      ...(name.length > 0 && { name: name.at(-1)! }),
      ...limitsFile(fields),
      ...tagsFile(fields.tags),
      ...list('accounts', accounts),
      ...list('folders', folders),
    }
  }
  const [head] = tree
  return {
    managementAccount: String(head?.fields.management),
    policyTypes: { iam: head?.fields.iamOn === 'true', ram: head?.fields.ramOn === 'true' },
    ...list('trustedServices', namesOf(head?.fields.trustedServices)),
    ...list('policies', yield* each(of('organization-policy'), policyFile)),
    root: yield* folder(''),
  }
}

/** A list that is empty cannot be declared: what has none gets the one that is usual. */
function limitsFile(fields: StoredEntity['fields']): { policies?: LimitsFile } {
  const lists = (['iam', 'ram'] as const).map((language) => [language, namesOf(fields[language])])
  const policies = Object.fromEntries(lists.filter(([, names]) => names!.length > 0)) as LimitsFile
  return Object.keys(policies).length > 0 ? { policies } : {}
}

function policyFile({ name: [language, name = ''], fields }: StoredEntity): PolicyFile {
  return {
    language: language as PolicyFile['language'],
    name,
    ...said({ path: String(fields.path ?? '') }),
    ...described(fields),
    ...tagsFile(fields.tags),
    document: bodyOf(String(fields.document)),
  }
}

function trustFile({ trustRam, trustIam }: StoredEntity['fields']) {
  const trust = {
    ...(trustRam !== '' && { ram: bodyOf(String(trustRam)) }),
    ...(trustIam !== '' && { iam: bodyOf(String(trustIam)) }),
  }
  return Object.keys(trust).length > 0 ? { trust } : {}
}

/** As an object where that says the text to the letter; else the text itself. */
function bodyOf(text: string): object | string {
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null && JSON.stringify(value) === text ? value : text
}

function keyFile({ id, name, fields }: StoredEntity, secrets: ReadonlyMap<string, string>): AccessKeyFile[] {
  const [, known, label = ''] = name
  const status = fields.status === 'inactive' ? { status: 'inactive' as const } : {}
  const secret = secrets.get(id)
  if (secret !== undefined) return [{ id, secret, ...status }]
  return known === 'label' ? [{ generate: label, ...status }] : []
}

function attachedFile(attachments: readonly StoredEntity[]): AttachedFile | undefined {
  const names = (language: string) =>
    attachments
      .filter(({ name }) => name[2] === language)
      .map(({ name }) => name[3]!)
      .sort()
  const file = { ...list('ram', names('ram')), ...list('iam', names('iam')) } as AttachedFile
  return Object.keys(file).length > 0 ? file : undefined
}

function tagsFile(tags: unknown): { tags?: { key: string; value: string }[] } {
  return list(
    'tags',
    [...readTags(String(tags ?? '{}'))].map(([key, value]) => ({ key, value })),
  )
}

function described({ description }: StoredEntity['fields']): { description?: string } {
  return said({ description: String(description ?? '') })
}

/** The fields that say something. */
function said<T extends Readonly<Record<string, unknown>>>(fields: T): { [K in keyof T]?: T[K] } {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
  ) as { [K in keyof T]?: T[K] }
}

/** The names of a field that is a list. */
function namesOf(field: unknown): string[] {
  return JSON.parse(String(field ?? '[]')) as string[]
}

/** By code units: the same order on every database. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function list<K extends string, T>(name: K, items: readonly T[]): { [N in K]?: T[] } {
  return (items.length > 0 ? { [name]: items } : {}) as { [N in K]?: T[] }
}
