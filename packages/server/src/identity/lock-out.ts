import { hash } from 'node:crypto'
import {
  type CompiledPolicies,
  compilePolicies,
  type LanguageName,
  mayLetIn,
  type NamedPolicy,
} from '@keyward/policy'
import type { ReadHandle } from '../store/store.ts'
import { builtInOf } from './built-in.ts'
import { builtInDocument, compileAttached, documentOf } from './layers.ts'
import { type Position, readPosition } from './positions.ts'
import type { Account, Caller } from './principal.ts'
import { readAccount } from './queries.ts'

/** Changes after which fewer may be able to change policies than before. */
const LOCKING =
  /^(ApplyWorld|Attach|Detach|Delete|Remove|AddUserToGroup|SetDefault|CreatePolicyVersion|UpdateAccessKey|UpdateUser|UpdateGroup|UpdateTrustPolicy|TagResource|MoveAccount|AcceptHandshake|UpdateControlPolicy|UpdatePolicy)/

/**
 * Looks at whether anyone besides the root identity may let others in again (the engine says what that takes); the function
 * that it gives looks again after the change, and gives the warning if nobody may any more.
 */
export async function lockOutWatch(
  db: ReadHandle,
  account: Account,
  action: string,
): Promise<() => Promise<string | undefined>> {
  const watched: LanguageName[] = []
  for (const language of LOCKING.test(action) ? (['ram', 'iam'] as const) : [])
    if (await hasAdministrator(db, account, language)) watched.push(language)
  return async () => {
    for (const language of watched)
      if (!(await hasAdministrator(db, account, language))) return WARNINGS[language]
    return undefined
  }
}

/** Of an organization with more accounts, that many are looked at: a look takes some queries for each. */
const MOST_MEMBERS = 20

/** The same for a change of the organization, which may lock its members out: each account that it binds is looked at. */
export async function membersWatch(
  db: ReadHandle,
  uids: readonly string[],
  action: string,
): Promise<() => Promise<readonly string[]>> {
  if (!LOCKING.test(action)) return async () => []
  const watches: { readonly name: string; readonly look: () => Promise<string | undefined> }[] = []
  for (const uid of uids.slice(0, MOST_MEMBERS)) {
    const account = await readAccount(db, 'id', uid)
    if (account) watches.push({ name: account.name, look: await lockOutWatch(db, account, action) })
  }
  return async () => {
    const warnings: string[] = []
    for (const { name, look } of watches) {
      const warning = await look()
      if (warning !== undefined) warnings.push(`account ${name}: ${warning}`)
    }
    return warnings
  }
}

const WARNINGS = {
  ram: 'after this change nobody but the root identity may attach policies in this account',
  iam: 'after this change nobody but the root identity may attach policies of IAM in this account',
} as const

/**
 * Whether a user with an active access key, or a role that somebody may assume, may attach policies of a language: each
 * attaches its own. What the organization of the account forbids, nobody in it may.
 */
export async function hasAdministrator(
  db: ReadHandle,
  account: Account,
  language: LanguageName,
): Promise<boolean> {
  let position: Position | undefined
  async function isHeld(id: string): Promise<boolean> {
    for (const caller of await holdersOf(db, account, id)) {
      const { policies } = await compileAttached(db, caller, language)
      position ??= await readPosition(db, account.uid)
      if (lets(account, language, caller, policies, position)) return true
    }
    return false
  }
  const ids = await attachedIds(db, account)
  // Built-in ones first: in most accounts the first one is the answer.
  for (const id of ids) {
    const builtIn = builtInOf(id)
    if (builtIn?.language !== language) continue
    if (grantsAlone(account, language, builtInDocument(language, builtIn.name)) && (await isHeld(id)))
      return true
  }
  for (const { id, name, document } of await attachedDocuments(db, account, language)) {
    const grants = remembered(`${account.uid} ${account.domainId} ${language} ${document}`, () =>
      grantsAlone(account, language, documentOf(language, { name, document })),
    )
    if (grants && (await isHeld(id))) return true
  }
  return false
}

async function attachedIds(db: ReadHandle, account: Account): Promise<string[]> {
  const rows = await db
    .selectFrom('policy_attachments')
    .select('policy_id')
    .distinct()
    .where('account_uid', '=', account.uid)
    .execute()
  return rows.map(({ policy_id }) => policy_id)
}

function attachedDocuments(db: ReadHandle, account: Account, language: LanguageName) {
  return db
    .selectFrom('policies')
    .select(['id', 'name', 'document'])
    .where('language', '=', language)
    .where(
      'id',
      'in',
      db.selectFrom('policy_attachments').select('policy_id').where('account_uid', '=', account.uid),
    )
    .execute()
}

/** Answers that are kept: of all the documents of a large account, and of few bytes each. */
const MOST_REMEMBERED = 5000
const answers = new Map<string, boolean>()

/** An account is looked at before and after every change of it: what a document says is read once. */
function remembered(question: string, answer: () => boolean): boolean {
  const key = hash('sha256', question)
  const known = answers.get(key)
  if (known !== undefined) return known
  const found = answer()
  if (answers.size >= MOST_REMEMBERED) answers.clear()
  answers.set(key, found)
  return found
}

type Named = Pick<Caller, 'arn' | 'kind' | 'name' | 'urn'>

function lets(
  account: Account,
  language: LanguageName,
  { kind, arn, urn, name }: Named,
  policies: CompiledPolicies,
  position?: Position,
): boolean {
  const principal =
    language === 'ram'
      ? { kind, account: account.uid, id: arn }
      : { kind, account: account.domainId, id: urn }
  const organization = position && !position.free ? position.levels[language] : undefined
  return mayLetIn(language, principal, name, policies, organization)
}

/** Whether a policy would let in whoever has it and nothing else. */
function grantsAlone(account: Account, language: LanguageName, policy: NamedPolicy): boolean {
  const anyone: Named = { kind: 'user', name: '*', arn: '', urn: '' }
  return lets(account, language, anyone, compilePolicies(language, [policy]))
}

/** Who has a policy: users with an active access key, themselves or through a group, and roles with trust. */
async function holdersOf(db: ReadHandle, account: Account, policy: string): Promise<Caller[]> {
  const attached = db
    .selectFrom('policy_attachments')
    .select('target_id')
    .where('policy_id', '=', policy)
    .where('account_uid', '=', account.uid)
  const users = await db
    .selectFrom('users')
    .select(['users.id', 'users.name'])
    .where('users.account_uid', '=', account.uid)
    .where('users.enabled', '=', 1)
    .where((eb) =>
      eb.or([
        eb('users.id', 'in', attached),
        eb(
          'users.id',
          'in',
          db.selectFrom('group_members').select('user_id').where('group_id', 'in', attached),
        ),
      ]),
    )
    .where(
      'users.id',
      'in',
      db
        .selectFrom('access_keys')
        .select('user_id')
        .where('status', '=', 'active')
        .where('user_id', 'is not', null),
    )
    .execute()
  const roles = await db
    .selectFrom('roles')
    .select(['id', 'name'])
    .where('account_uid', '=', account.uid)
    .where('id', 'in', attached)
    .where((eb) => eb.or([eb('trust_ram', '!=', ''), eb('trust_iam', '!=', '')]))
    .execute()
  const callers = (kind: 'session' | 'user', rows: readonly { id: string; name: string }[]) =>
    rows.map(
      ({ id, name }) =>
        ({
          account,
          kind,
          name,
          iamId: id,
          arn: `acs:ram::${account.uid}:${kind === 'user' ? 'user' : 'role'}/${name}`,
          urn: `iam::${account.domainId}:${kind === 'user' ? 'user' : 'agency'}:${name}`,
        }) as Caller,
    )
  return [...callers('user', users), ...callers('session', roles)]
}
