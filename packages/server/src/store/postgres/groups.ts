import type { PostgresPool } from 'kysely'
import type { Nonce } from '../../pipeline/connection.ts'
import type { Groups } from '../group.ts'
import { createGroupRows, type GroupRows, type KnownRow, type RowName } from '../group-rows.ts'
import { createParts, registerHandle } from '../handles.ts'
import { useNonces } from '../nonces.ts'
import { type GroupConnection, groupConnection } from './connection.ts'
import type { Doubts } from './doubts.ts'
import { groupHandle } from './handle.ts'
import { end, transaction, type UsedNonces } from './transaction.ts'

/** How long a row that another process holds is waited for, in milliseconds. */
const LOCK_WAIT = 500
/** After so long in which a process that holds rows says nothing, the database takes them from it. */
const SILENT = 10_000

/**
 * All that a group asks for it asks by key. A row that is always written leaves its former versions on hundreds of pages: a
 * scan that reads those pages reads them all every time, where one that goes through the index marks what it found dead.
 */
const BY_KEY = 'set local enable_bitmapscan = off; set local enable_seqscan = off; set local jit = off'
const BEGIN = `begin isolation level read committed; set local lock_timeout = ${LOCK_WAIT}; set local idle_in_transaction_session_timeout = ${SILENT}; ${BY_KEY}`
const LOCK =
  'select account_uid from account_locks where account_uid = any($1::text[]) order by account_uid for update'
const MAKE =
  'insert into account_locks (account_uid) select unnest($1::text[]) order by 1 on conflict do nothing'

/** How many groups go step by step after one that had to be undone. */
const CAREFUL = 8

const isLockWait = (error: unknown) => (error as { code?: unknown })?.code === '55P03'

async function useAll(connection: GroupConnection, nonces: readonly Nonce[]): Promise<UsedNonces> {
  if (nonces.length === 0) return { fresh: [], replayed: new Set() }
  const tx = groupHandle(connection, () => true)
  registerHandle(tx, createParts({ kind: 'postgres' }))
  const used = await useNonces(tx, nonces)
  return {
    fresh: nonces.filter((_, i) => !used[i]),
    replayed: new Set(nonces.filter((_, i) => used[i])),
  }
}

/** Sends one query for each table, without waiting for one before the other. */
async function readAll(
  connection: GroupConnection,
  names: readonly RowName[],
  rows: GroupRows,
): Promise<void> {
  rows.clear()
  const reads = [...Map.groupBy(names, ({ table }) => table)].map(async ([table, those]) => {
    const columns = table === 'kms_keys' ? '*' : 'id, version'
    const found = await connection.executeQuery<KnownRow & { readonly id: string }>({
      sql: `select ${columns} from ${table} where id = any($1::text[])`,
      parameters: [[...new Set(those.map(({ id }) => id))]],
    } as never)
    rows.add(table, found.rows)
  })
  await Promise.all(reads)
}

/**
 * Groups of writes in READ COMMITTED transactions.
 *
 * INVARIANT: every account of a group is locked, in the order of the uids, before its first body reads anything. A
 * statement sees what was committed before it began, so a body sees all that earlier writers of its accounts did, and no
 * later one can begin before this one's commit: as if all had run one after another. In one order, so that no two
 * processes wait for each other.
 */
export function postgresGroups(pool: PostgresPool, doubts: Doubts): Groups {
  /** Groups that are still to run with each statement awaited, since one before them had to be undone. */
  let carefully = 0

  async function lock(connection: GroupConnection, accounts: readonly string[], how = ''): Promise<string[]> {
    if (accounts.length === 0) return []
    const query = { sql: LOCK + how, parameters: [accounts] }
    const { rows } = await connection.executeQuery<{ account_uid: string }>(query as never)
    return rows.map(({ account_uid }) => account_uid)
  }

  /**
   * Begins, locks what is there and uses the nonces, in one round trip. Rows that are missing are made first, and
   * committed: they could not be waited for otherwise.
   */
  async function open(
    connection: GroupConnection,
    accounts: readonly string[],
    onBlocked: (accounts: ReadonlySet<string>) => void,
    noncesOf: () => readonly Nonce[],
    read: () => Promise<void>,
  ): Promise<UsedNonces> {
    for (;;) {
      connection.sendCommand(BEGIN)
      const locking = lock(connection, accounts)
      // Sent after the lock: where that fails, this does nothing.
      const using = useAll(connection, noncesOf())
      using.catch(() => {})
      const reading = read()
      reading.catch(() => {})
      try {
        const locked = new Set(await locking)
        if (locked.size === accounts.length) {
          await reading
          return await using
        }
        await connection.command('rollback')
        const missing = accounts.filter((uid) => !locked.has(uid))
        await connection.executeQuery({ sql: MAKE, parameters: [missing] } as never)
      } catch (error) {
        if (!isLockWait(error)) throw error
        await connection.command(`rollback; ${BEGIN}`)
        const free = new Set(await lock(connection, accounts, ' skip locked'))
        const blocked = new Set(accounts.filter((uid) => !free.has(uid)))
        if (blocked.size > 0) onBlocked(blocked)
        const [used] = await Promise.all([useAll(connection, noncesOf()), read()])
        return used
      }
    }
  }

  return {
    kind: 'postgres',
    async begin(accounts, onBlocked, noncesOf, rowsOf) {
      const client = await pool.connect()
      const connection = groupConnection(client)
      const careful = carefully > 0
      carefully = Math.max(0, carefully - 1)
      const onUndone = () => {
        carefully = CAREFUL
      }
      const rows = createGroupRows()
      const group = { client, connection, doubts, careful, onUndone, rows }
      try {
        await doubts.settle(connection)
        return transaction(
          group,
          await open(connection, accounts, onBlocked, noncesOf, () => readAll(connection, rowsOf(), rows)),
        )
      } catch (error) {
        await end(client, connection)
        throw error
      }
    },
  }
}
