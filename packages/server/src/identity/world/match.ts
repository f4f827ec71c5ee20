import type { Turns } from '../../base/turns.ts'
import type { IdentityTables } from '../../store/schema/identity.ts'
import type { ReadHandle } from '../../store/store.ts'
import { newAccountUid } from '../ids.ts'
import type { WorldFinding } from '../problems.ts'
import type { DeclaredAccount, DeclaredEntity } from './account.ts'
import type { DeclaredWorld } from './declared.ts'
import type { Entity } from './entities.ts'

type AccountRow = IdentityTables['accounts']

/** A declared account with the account of the directory that it speaks of, or the uid that it will have. */
export interface MatchedAccount {
  readonly declared: DeclaredAccount
  readonly uid: string
  /** Its name, after the apply. */
  readonly name: string
  /** Absent: the account is new. */
  readonly row?: AccountRow
}

/** A declared entity, its account known. */
export type BoundEntity = DeclaredEntity & Entity

const newUids = new WeakMap<DeclaredAccount, string>()

/** The uid that a new account will have: the same however often a call looks. */
function uidOfNew(declared: DeclaredAccount): string {
  const uid = newUids.get(declared) ?? newAccountUid()
  newUids.set(declared, uid)
  return uid
}

/**
 * Finds the account of every declared one: by `uid`, or else by `name`. Ids of an account never change: a file that says
 * another one, or one that another account has, is a conflict. Only the operator's file gives accounts their names:
 * whoever else could, would be told by the refusal which names others have.
 */
export async function matchAccounts(
  db: ReadHandle,
  world: DeclaredWorld,
  isOperators: boolean,
): Promise<{ accounts: MatchedAccount[]; conflicts: WorldFinding[] }> {
  const rows = await readRows(db, world.accounts)
  const conflicts: WorldFinding[] = []
  const accounts = world.accounts.map((declared): MatchedAccount => {
    const { uid, name } = declared
    const row = rows.find((r) => (uid === undefined ? r.name === name : r.id === uid))
    conflicts.push(...conflictsOf(declared, row, rows, isOperators))
    const names = { declared, uid: row?.id ?? uid ?? uidOfNew(declared), name: name ?? row?.name ?? '' }
    return row ? { ...names, row } : names
  })
  conflicts.push(...(await takenAliases(db, accounts)))
  return { accounts, conflicts }
}

/** Other names that another account has. A call that sets one tells it too. */
async function takenAliases(db: ReadHandle, accounts: readonly MatchedAccount[]): Promise<WorldFinding[]> {
  const wanted = accounts.flatMap(({ declared: { alias } }) => alias ?? [])
  if (wanted.length === 0) return []
  const rows = await db.selectFrom('account_aliases').selectAll().where('alias', 'in', wanted).execute()
  return accounts.flatMap(({ uid, declared: { alias, locations } }) =>
    rows.some((row) => row.alias === alias && row.account_uid !== uid)
      ? { ...locations.alias, message: 'another account has this `alias`' }
      : [],
  )
}

function conflictsOf(
  declared: DeclaredAccount,
  row: AccountRow | undefined,
  rows: readonly AccountRow[],
  isOperators: boolean,
): WorldFinding[] {
  const conflicts: WorldFinding[] = []
  const note = (member: keyof DeclaredAccount['locations'], message: string) =>
    conflicts.push({ ...declared.locations[member], message })
  const ids = [
    ['domainId', 'domain_id'],
    ['projectId', 'project_id'],
  ] as const
  for (const [member, column] of ids) {
    const value = declared[member]
    if (value === undefined || value === row?.[column]) continue
    if (row || !isOperators) note(member, `an account keeps its ids: this one has another \`${member}\``)
    else if (rows.some((r) => r[column] === value)) note(member, `another account has this \`${member}\``)
  }
  if (row && Number(row.closed_at) > 0) note('uid', 'the account is closed')
  if (!row && declared.name === undefined)
    note('uid', 'there is no account with this `uid`: a new one needs a `name`')
  if (!isOperators) {
    // The same words whether another account has the name or none.
    if (declared.name !== undefined && declared.name !== row?.name)
      note('name', 'only the operator gives accounts their names')
    return conflicts
  }
  const namesake = rows.find((r) => r.name === declared.name)
  if (namesake && namesake.id !== row?.id) note('name', 'another account has this `name`')
  return conflicts
}

async function readRows(db: ReadHandle, accounts: readonly DeclaredAccount[]): Promise<AccountRow[]> {
  const written = (member: 'uid' | 'name' | 'domainId' | 'projectId') =>
    accounts.flatMap((a) => (a[member] === undefined ? [] : [a[member]]))
  const conditions = [
    ['id', written('uid')],
    ['name', written('name')],
    ['domain_id', written('domainId')],
    ['project_id', written('projectId')],
  ] as const
  const asked = conditions.filter(([, values]) => values.length > 0)
  if (asked.length === 0) return []
  return db
    .selectFrom('accounts')
    .selectAll()
    .where((eb) => eb.or(asked.map(([column, values]) => eb(column, 'in', values))))
    .execute()
}

/** The declared entities of all matched accounts. */
export function* boundEntities(accounts: readonly MatchedAccount[]): Turns<BoundEntity[]> {
  const bound: BoundEntity[] = []
  for (const { declared, uid } of accounts)
    for (const entity of declared.entities) {
      bound.push({ ...entity, account: uid })
      yield
    }
  return bound
}

/**
 * Whether a world reaches for a role that is a service's own: declares it, or prunes where one is. No organization limits
 * it, so what it may do and who may assume it is not for its account to say.
 */
export async function reachesServiceRole(
  db: ReadHandle,
  accounts: readonly MatchedAccount[],
  prune: boolean,
): Promise<boolean> {
  const uids = accounts.flatMap(({ row }) => row?.id ?? [])
  if (uids.length === 0) return false
  const roles = await db
    .selectFrom('roles')
    .select(['account_uid', 'name'])
    .where('service', '!=', '')
    .where('account_uid', 'in', uids)
    .execute()
  const declares = (name: string) => (entity: DeclaredEntity) =>
    entity.kind === 'role' && entity.name[0] === name
  return roles.some(
    (role) =>
      prune ||
      accounts.some(
        ({ uid, declared }) => uid === role.account_uid && declared.entities.some(declares(role.name)),
      ),
  )
}
