import type { LanguageName } from '@keyward/policy'
import { refuse, type WorldFinding } from '../../base/problem.ts'
import { secretFingerprint } from '../access-keys.ts'
import { NAME_RULES } from '../limits.ts'
import { readPolicy } from './policy-text.ts'
import { quotaMistakes } from './quotas.ts'
import {
  type AccessKeyFile,
  type AccountFile,
  type AttachedFile,
  type WorldFile,
  WorldSchema,
} from './schema.ts'
import { shapeMistakes, shorten } from './shape.ts'
import { type Path, type Place, pathText, readSource, type Source } from './source.ts'
import { type Thing, type ThingKind, thingKey, thingTitle } from './things.ts'

/** A thing as the file declares it. Its account is known by number until the directory has been asked. */
export interface DeclaredThing extends Omit<Thing, 'account'> {
  readonly path: Path
  /** Of an access key that is given: in clear, on its way to being sealed. */
  readonly secret?: string
}

export interface DeclaredAccount {
  readonly path: Path
  readonly uid?: string
  readonly name?: string
  readonly domainId?: string
  readonly projectId?: string
  readonly things: readonly DeclaredThing[]
}

/** A file without a mistake in itself. */
export interface DeclaredWorld {
  readonly accounts: readonly DeclaredAccount[]
  /** Remarks on its policies. */
  readonly warnings: readonly WorldFinding[]
  /** A mistake that shows only beside what is in the directory, at its place in the file. */
  finding(path: Path, message: string): WorldFinding
}

/** Reads and judges a whole file. Raises `InvalidWorld` with every mistake at its place. */
export function readWorld(text: string): DeclaredWorld {
  const read = readSource(text)
  if ('findings' in read) throw refuse({ code: 'InvalidWorld', findings: read.findings })
  const { source } = read
  const shape = shapeMistakes(WorldSchema, source.value).map((m) =>
    findingAt(m.path, m.atKey ? source.keyPlace(m.path) : source.place(m.path), m.message),
  )
  if (shape.length > 0) throw refuse({ code: 'InvalidWorld', findings: shape })
  const reader = createReader(source)
  const accounts = (source.value as WorldFile).accounts.map((a, i) => readAccount(reader, a, ['accounts', i]))
  findAccountTwins(reader, accounts)
  if (reader.mistakes.length > 0) throw refuse({ code: 'InvalidWorld', findings: inOrder(reader.mistakes) })
  return {
    accounts,
    warnings: inOrder(reader.warnings),
    finding: (path, message) => findingAt(path, source.place(path), message),
  }
}

/** What reading gathers on its way. */
interface Reader {
  readonly source: Source
  readonly mistakes: WorldFinding[]
  readonly warnings: WorldFinding[]
  /** Access keys by id: unique in the whole directory. */
  readonly keyIds: Map<string, Path>
  mistake(path: Path, message: string): void
}

function createReader(source: Source): Reader {
  const mistakes: WorldFinding[] = []
  return {
    source,
    mistakes,
    warnings: [],
    keyIds: new Map(),
    mistake: (path, message) => mistakes.push(findingAt(path, source.place(path), message)),
  }
}

function readAccount(reader: Reader, file: AccountFile, path: Path): DeclaredAccount {
  const things: DeclaredThing[] = []
  const add = (
    kind: ThingKind,
    name: string[],
    at: Path,
    fields: Record<string, unknown> = {},
    secret?: string,
  ) => {
    const written = Object.entries(fields).filter(([, value]) => value !== undefined)
    const thing = { kind, name, path: at, fields: Object.fromEntries(written) as Thing['fields'] }
    things.push(secret === undefined ? thing : { ...thing, secret })
  }
  const { uid, name, domainId, projectId } = file
  if (uid === undefined && name === undefined) reader.mistake(path, 'an account needs a `name` or a `uid`')
  add('account', [], path, { name })
  for (const [i, policy] of (file.policies ?? []).entries()) {
    const at = [...path, 'policies', i]
    checkPolicyName(reader, policy.language, policy.name, [...at, 'name'])
    add('policy', [policy.language, policy.name], at, {
      description: policy.description,
      document: readDocument(reader, policy.language, policy, at),
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
    add('user', [user.name], at, { displayName: user.displayName, description: user.description })
    addAttachments(add, 'user', user.name, user.policies, at)
    addKeys(reader, add, user.name, user.accessKeys, at)
  }
  for (const [i, role] of (file.roles ?? []).entries()) {
    const at = [...path, 'roles', i]
    const trust = (language: LanguageName) =>
      role.trust?.[language] === undefined
        ? undefined
        : readJudged(reader, [...at, 'trust', language], { language, type: 'trust' })
    add('role', [role.name], at, {
      description: role.description,
      trustRam: trust('ram'),
      trustIam: trust('iam'),
      maxSessionSeconds: role.maxSessionSeconds,
    })
    addAttachments(add, 'role', role.name, role.policies, at)
  }
  addKeys(reader, add, '', file.accessKeys, path)
  checkThings(reader, things)
  return withoutUndefined({ path, uid, name, domainId, projectId, things })
}

type Add = (
  kind: ThingKind,
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
      reader.mistake(path, 'an access key has either `id` and `secret`, or `generate`')
    }
  }
}

function checkPolicyName(reader: Reader, language: LanguageName, name: string, at: Path): void {
  const { pattern, rule } = NAME_RULES.ramPolicy
  if (language !== 'ram' || new RegExp(pattern).test(name)) return
  reader.mistake(at, `\`${shorten(name)}\` is no name of a ram policy: ${rule}`)
}

function readDocument(
  reader: Reader,
  language: LanguageName,
  policy: { document?: unknown; file?: string },
  at: Path,
): string | undefined {
  if ((policy.document === undefined) === (policy.file === undefined)) {
    reader.mistake(at, 'a policy has exactly one of `document` and `file`')
    return undefined
  }
  if (policy.file !== undefined) {
    reader.mistake(
      [...at, 'file'],
      '`file` is read where `keyward apply` runs: the service takes `document` only',
    )
    return undefined
  }
  return readJudged(reader, [...at, 'document'], { language, type: 'identity' })
}

function readJudged(
  reader: Reader,
  at: Path,
  as: { language: LanguageName; type: 'identity' | 'trust' },
): string {
  const { text, findings } = readPolicy(reader.source, at, as)
  for (const { severity, message, place } of findings) {
    const list = severity === 'error' ? reader.mistakes : reader.warnings
    list.push(findingAt(at, place, message))
  }
  return text
}

/** What one account's things must keep among themselves: no twins, nothing that hangs in the air, no more than allowed. */
function checkThings(reader: Reader, things: readonly DeclaredThing[]): void {
  const known = new Map<string, Path>()
  for (const thing of things) {
    const key = keyOf(thing)
    const twin = known.get(key)
    const id = thing.kind === 'access-key' && thing.name[1] === 'id'
    if (twin && !id) {
      reader.mistake(thing.path, `${titleOf(thing)} is declared twice: ${firstOn(reader, twin)}`)
    }
    known.set(key, twin ?? thing.path)
  }
  const wants = (thing: DeclaredThing, kind: ThingKind, ...name: string[]) => {
    if (known.has(keyOf({ kind, name }))) return
    reader.mistake(thing.path, `there is no ${titleOf({ kind, name })} in this account of the file`)
  }
  for (const thing of things) {
    const [, b = '', c = '', d = ''] = thing.name
    if (thing.kind === 'member') wants(thing, 'user', b)
    if (thing.kind === 'attachment') wants(thing, 'policy', c, d)
  }
  for (const { thing, message } of quotaMistakes(things)) reader.mistake(thing.path, message)
}

function findAccountTwins(reader: Reader, accounts: readonly DeclaredAccount[]): void {
  for (const member of ['uid', 'name', 'domainId', 'projectId'] as const) {
    const known = new Map<string, Path>()
    for (const account of accounts) {
      const value = account[member]
      if (value === undefined) continue
      const twin = known.get(value)
      if (twin)
        reader.mistake([...account.path, member], `\`${value}\` names two accounts: ${firstOn(reader, twin)}`)
      known.set(value, account.path)
    }
  }
}

function keyOf(thing: Pick<Thing, 'kind' | 'name'>): string {
  return thingKey({ ...thing, account: '' })
}

function titleOf(thing: Pick<Thing, 'kind' | 'name'>): string {
  return thingTitle({ ...thing, account: '' }, '')
}

function firstOn(reader: Reader, path: Path): string {
  return `first on line ${reader.source.place(path).line}`
}

function findingAt(path: Path, place: Place, message: string): WorldFinding {
  return { path: pathText(path), ...place, message }
}

function inOrder(findings: WorldFinding[]): WorldFinding[] {
  return findings.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}

function withoutUndefined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T
}
