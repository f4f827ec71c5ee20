import type { Selectable } from 'kysely'
import { refuse } from '../../base/problem.ts'
import type { SecretTargetTables } from '../../store/schema/secret-targets.ts'
import type { ReadHandle, WriteHandle } from '../../store/store.ts'
import type { EngineAddress, EngineName } from '../engines/engine.ts'

/** A database that the operator has registered. */
export type Target = Readonly<Selectable<SecretTargetTables['secret_targets']>>

/** What the operator says of a target. */
export interface TargetFacts {
  readonly engine: EngineName
  readonly address: string
  readonly port: number
  readonly database: string
  readonly tls: 'on' | 'off'
  readonly ca: string
  readonly administrator: string
  /** In the order of their names, each once. */
  readonly accounts: readonly string[]
}

export const DEFAULT_PORTS: Readonly<Record<EngineName, number>> = Object.freeze({
  postgresql: 5432,
  mysql: 3306,
  mariadb: 3306,
  redis: 6379,
})

/** Targets that an account may have, and accounts that one target may list. */
const TARGET_QUOTA = 1000
export const LISTED_QUOTA = 500

/** The target that the calls name so. The row decides nothing that is cached: read as it is. */
export function findTarget(
  db: ReadHandle | WriteHandle,
  accountUid: string,
  name: string,
): Promise<Target | undefined> {
  return db
    .selectFrom('secret_targets')
    .selectAll()
    .where('account_uid', '=', accountUid)
    .where('name', '=', name)
    .executeTakeFirst()
}

/** A page of an account's targets by name, and how many there are. */
export async function listTargets(
  db: ReadHandle,
  accountUid: string,
  after: string,
  limit: number,
): Promise<{ readonly targets: readonly Target[]; readonly total: number }> {
  const all = db.selectFrom('secret_targets').where('account_uid', '=', accountUid)
  const { total } = await all.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const targets = await all.selectAll().where('name', '>', after).orderBy('name').limit(limit).execute()
  return { targets, total: Number(total) }
}

/** Every target of an account. */
export function allTargets(db: ReadHandle, accountUid: string): Promise<Target[]> {
  return db.selectFrom('secret_targets').selectAll().where('account_uid', '=', accountUid).execute()
}

export function factsOf(target: Target): TargetFacts {
  return {
    engine: target.engine as EngineName,
    address: target.address,
    port: target.port,
    database: target.database,
    tls: target.tls === 'off' ? 'off' : 'on',
    ca: target.ca,
    administrator: target.administrator,
    accounts: JSON.parse(target.accounts) as string[],
  }
}

export function addressOf({ address, port, database, tls, ca }: TargetFacts): EngineAddress {
  return { host: address, port, database, tls, ca }
}

/**
 * Raises `InvalidParameter` for a list that holds the administrator: who may write secrets would gain it. MariaDB and
 * MySQL name accounts with their host, Redis calls the one without a name `default`.
 */
export function assertListable({ accounts, administrator }: TargetFacts): void {
  if (!accounts.includes(administrator)) return
  const detail = `\`${administrator}\` is the administrator: secrets never manage it.`
  throw refuse({ code: 'InvalidParameter', name: 'Accounts', detail })
}

/**
 * Whether the stored password of the administrator may still be used with these facts.
 *
 * INVARIANT: a password goes to no other place, in no other name and with no less protection than it was given for.
 */
export function keepsPassword(known: TargetFacts, next: TargetFacts): boolean {
  const bound = ['engine', 'address', 'port', 'tls', 'ca', 'administrator'] as const
  return bound.every((name) => known[name] === next[name])
}

/** A row to be stored: made outside of the transaction, as its password is sealed for its id. */
export interface PreparedTarget {
  readonly id: string
  readonly facts: TargetFacts
  /** Undefined: the one that is stored stays. */
  readonly sealedPassword: Uint8Array | undefined
}

/** Registers a target, or changes what is said of it. Raises `LimitExceeded`. */
export async function putTarget(
  tx: WriteHandle,
  accountUid: string,
  name: string,
  { id, facts, sealedPassword }: PreparedTarget,
  now: number,
): Promise<Target> {
  const columns = {
    engine: facts.engine,
    address: facts.address,
    port: facts.port,
    database: facts.database,
    tls: facts.tls,
    ca: facts.ca,
    administrator: facts.administrator,
    accounts: JSON.stringify(facts.accounts),
    updated_at: now,
    ...(sealedPassword ? { sealed_password: sealedPassword } : {}),
  }
  const known = await findTarget(tx, accountUid, name)
  if (known) {
    // Nobody could open it.
    if (sealedPassword && known.id !== id) throw new Error('the password is sealed for another target')
    const version = known.version + 1
    await tx
      .updateTable('secret_targets')
      .set({ ...columns, version })
      .where('id', '=', known.id)
      .execute()
    return { ...known, ...columns, version }
  }
  if (!sealedPassword) throw new Error('a new target has a password')
  const { total } = await tx
    .selectFrom('secret_targets')
    .select((e) => e.fn.countAll<number>().as('total'))
    .where('account_uid', '=', accountUid)
    .executeTakeFirstOrThrow()
  if (Number(total) >= TARGET_QUOTA) throw refuse({ code: 'LimitExceeded', what: 'targets' })
  const row: Target = {
    id,
    account_uid: accountUid,
    name,
    ...columns,
    sealed_password: sealedPassword,
    created_at: now,
    version: 1,
  }
  await tx.insertInto('secret_targets').values(row).execute()
  return row
}

export async function deleteTarget(tx: WriteHandle, id: string): Promise<void> {
  await tx.deleteFrom('secret_targets').where('id', '=', id).execute()
}
