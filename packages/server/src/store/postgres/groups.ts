import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type { GroupBody, Groups, GroupTransaction } from '../group.ts'
import { createParts, registerHandle } from '../handles.ts'
import { writeBumps } from '../revisions.ts'
import { type GroupConnection, groupConnection, groupHandle } from './handle.ts'

/** How long a row that another process holds is waited for, in milliseconds. */
const LOCK_WAIT = 500
/** After so long in which a process that holds rows says nothing, the database takes them from it. */
const SILENT = 10_000

const BEGIN = `begin isolation level read committed; set local lock_timeout = ${LOCK_WAIT}; set local idle_in_transaction_session_timeout = ${SILENT}`
const LOCK =
  'select account_uid from account_locks where account_uid = any($1::text[]) order by account_uid for update'
const MAKE =
  'insert into account_locks (account_uid) select unnest($1::text[]) order by 1 on conflict do nothing'

const isLockWait = (error: unknown) => (error as { code?: unknown })?.code === '55P03'

/**
 * Groups of writes in READ COMMITTED transactions.
 *
 * INVARIANT: every account of a group is locked, in the order of the uids, before its first body reads anything. A
 * statement sees what was committed before it began, so a body sees all that earlier writers of its accounts did, and no
 * later one can begin before this one's commit: as if all had run one after another. In one order, so that no two
 * processes wait for each other.
 */
export function postgresGroups(pool: PostgresPool): Groups {
  async function lock(connection: GroupConnection, accounts: readonly string[], how = ''): Promise<string[]> {
    const query = { sql: LOCK + how, parameters: [accounts] }
    const { rows } = await connection.executeQuery<{ account_uid: string }>(query as never)
    return rows.map(({ account_uid }) => account_uid)
  }

  /** Locks what is there; what is missing is made first, and committed: it could not be waited for otherwise. */
  async function lockAll(
    connection: GroupConnection,
    accounts: readonly string[],
  ): Promise<ReadonlySet<string>> {
    for (;;) {
      await connection.command(BEGIN)
      if (accounts.length === 0) return new Set()
      try {
        const locked = new Set(await lock(connection, accounts))
        if (locked.size === accounts.length) return new Set()
        await connection.command('rollback')
        const missing = accounts.filter((uid) => !locked.has(uid))
        await connection.executeQuery({ sql: MAKE, parameters: [missing] } as never)
      } catch (error) {
        if (!isLockWait(error)) throw error
        await connection.command(`rollback; ${BEGIN}`)
        const free = new Set(await lock(connection, accounts, ' skip locked'))
        return new Set(accounts.filter((uid) => !free.has(uid)))
      }
    }
  }

  return {
    kind: 'postgres',
    async begin(accounts, onBlocked) {
      const client = await pool.connect()
      const connection = groupConnection(client)
      try {
        const blocked = await lockAll(connection, accounts)
        if (blocked.size > 0) onBlocked(blocked)
      } catch (error) {
        await end(client, connection)
        throw error
      }
      return transaction(client, connection)
    },
  }
}

/** Gives the connection back, with nothing left of the transaction. */
async function end(client: PostgresPoolClient, connection: GroupConnection): Promise<void> {
  try {
    await connection.command('rollback')
    client.release()
  } catch {
    // `true`: it is not used again. The type knows no parameter.
    ;(client.release as (destroy?: boolean) => void)(true)
  }
}

function transaction(client: PostgresPoolClient, connection: GroupConnection): GroupTransaction {
  let inSavepoint = false
  const changed = new Set<string>()
  let over = false

  function body(): GroupBody {
    let open = true
    const tx = groupHandle(connection, () => open)
    const parts = createParts({ kind: 'postgres' }, changed)
    registerHandle(tx, parts)
    return {
      tx,
      parts,
      async begin() {
        connection.takeFailed()
        await connection.command(inSavepoint ? 'release savepoint body; savepoint body' : 'savepoint body')
        inSavepoint = true
      },
      async end() {
        if (connection.takeFailed()) {
          throw new Error('a statement of the transaction failed and nobody said so: it is rolled back')
        }
      },
      close() {
        open = false
      },
      async undo() {
        try {
          await connection.command('rollback to savepoint body')
          connection.takeFailed()
          return true
        } catch {
          return false
        }
      },
    }
  }

  return {
    body,
    async commit(bumps, any) {
      if (any) await writeBumps(body().tx, bumps)
      if (any && (await connection.command('commit')) !== 'COMMIT') {
        throw new Error('the database rolled a group of writes back')
      }
      over = true
      if (any) client.release()
      else await end(client, connection)
    },
    async rollback() {
      if (over) return
      over = true
      await end(client, connection)
    },
  }
}
