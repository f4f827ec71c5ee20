import type { CompiledQuery, DatabaseConnection, PostgresPoolClient } from 'kysely'
import type { Nonce } from '../../pipeline/connection.ts'
import { isDatabaseAway, isReplayable } from '../errors.ts'
import { type GroupBody, type GroupEnd, type GroupTransaction, GroupUndone } from '../group.ts'
import type { GroupRows } from '../group-rows.ts'
import { createParts, type LateRow, registerHandle } from '../handles.ts'
import { forgetNonces } from '../nonces.ts'
import { writeBumps } from '../revisions.ts'
import type { GroupConnection } from './connection.ts'
import type { Doubts } from './doubts.ts'
import { groupHandle } from './handle.ts'

/** Nonces of a group: those that were new, and those that had been used before. */
export interface UsedNonces {
  readonly fresh: readonly Nonce[]
  readonly replayed: ReadonlySet<Nonce>
}

/** A transaction of a group whose accounts are locked. */
export interface OpenGroup {
  readonly client: PostgresPoolClient
  readonly connection: GroupConnection
  readonly doubts: Doubts
  /** Each body has its savepoint from the beginning and each statement is waited for: what fails is told apart. */
  readonly careful: boolean
  readonly onUndone: () => void
  readonly rows: GroupRows
}

/**
 * The bodies of a group, and its end. A body costs as few round trips as it has reads: its savepoint is sent with its first
 * change, statements whose result nobody needs are not waited for, and rows that nobody reads are written once, at the end.
 *
 * INVARIANT: where it cannot be told whose statement failed, the group is undone and run again carefully.
 */
export function transaction(group: OpenGroup, { fresh, replayed }: UsedNonces): GroupTransaction {
  const { client, connection, careful } = group
  const changed = new Set<string>()
  const released: Nonce[] = []
  let inSavepoint = false
  let over = false

  function undone(): GroupUndone {
    group.onUndone()
    return new GroupUndone('a statement of a group of writes failed', { cause: connection.lost })
  }

  function body(usedNonce?: Nonce): GroupBody {
    let open = true
    let saved = false
    const rows = group.rows.body()
    /** Before the first change: what fails before it leaves nothing to take back. */
    function save(): void {
      if (saved) return
      saved = true
      connection.sendCommand(inSavepoint ? 'release savepoint body; savepoint body' : 'savepoint body')
      inSavepoint = true
    }
    const own: DatabaseConnection = {
      ...connection,
      executeQuery: (query) => {
        if (query.query.kind !== 'SelectQueryNode') {
          save()
          rows.forget()
        }
        return connection.executeQuery(query)
      },
    }
    const tx = groupHandle(own, () => open)
    const late: LateRow[] = []
    const send = (query: CompiledQuery) => {
      if (!open) throw new TypeError('a write was used after its body had ended')
      save()
      connection.send(query)
    }
    const parts = createParts({ kind: 'postgres', send, usedNonce, late, rows }, changed)
    registerHandle(tx, parts)
    return {
      tx,
      parts,
      async begin() {
        connection.takeFailed()
        if (!careful) return
        save()
        await connection.settled()
      },
      async end() {
        if (careful) await connection.settled()
        if (connection.takeFailed()) {
          throw new Error('a statement of the transaction failed and nobody said so: it is rolled back')
        }
        rows.keep()
      },
      close() {
        open = false
      },
      async undo() {
        if (careful) await connection.settled()
        else if (connection.lost !== undefined || (!saved && connection.takeFailed())) {
          if (isDatabaseAway(connection.lost)) return false
          throw undone()
        }
        if (!saved) return !isDatabaseAway(connection.lost)
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

  async function writeEnd({ bumps, late }: GroupEnd): Promise<void> {
    const tx = groupHandle(connection, () => true)
    registerHandle(tx, createParts({ kind: 'postgres' }))
    const rows = new Map<LateRow['write'], LateRow['row'][]>()
    for (const { write, row } of late) rows.set(write, [...(rows.get(write) ?? []), row])
    const writes = [...rows].map(([write, those]) => write(tx, those))
    await Promise.all([...writes, forgetNonces(tx, released), writeBumps(tx, bumps)])
  }

  return {
    replayed,
    body,
    releaseNonce: (nonce) => released.push(nonce),
    async commit(how, any) {
      if (any) {
        let committing = false
        try {
          await writeEnd(how)
          committing = true
          if ((await connection.command('commit')) !== 'COMMIT') {
            throw new Error('the database rolled a group of writes back')
          }
        } catch (error) {
          if (committing && isDatabaseAway(error)) {
            group.doubts.add(fresh.filter((nonce) => !released.includes(nonce)))
          }
          await connection.settled()
          const { lost } = connection
          if (isReplayable(lost)) throw lost
          if (lost === undefined || isDatabaseAway(lost) || careful) throw error
          throw undone()
        }
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

/** Gives the connection back, with nothing left of the transaction. */
export async function end(client: PostgresPoolClient, connection: GroupConnection): Promise<void> {
  try {
    await connection.command('rollback')
    client.release()
  } catch {
    // `true`: it is not used again. The type knows no parameter.
    ;(client.release as (destroy?: boolean) => void)(true)
  }
}
