import type { GroupBody, Groups, GroupTransaction } from '../group.ts'
import { createParts, registerHandle } from '../handles.ts'
import type { NonceSet } from '../nonce-set.ts'
import { type Bumps, writeBumps } from '../revisions.ts'
import type { Store } from '../store.ts'
import type { SqliteConnection } from './connection.ts'
import { writeHandle } from './handle.ts'
import type { LogFile } from './log-file.ts'

/** Bodies use their nonces themselves. */
const NOTHING_REPLAYED: ReadonlySet<never> = new Set<never>()

/**
 * Groups of writes on the one connection that writes. Accounts need no lock: there is one writer.
 *
 * INVARIANT: from `begin` to the commit nothing waits but for queries, which run at once: the loop takes no other turn.
 * The commit itself asks no disk for anything; `log` makes it durable off the loop, and only then it is acknowledged.
 */
export function sqliteGroups(connection: SqliteConnection, log: LogFile): Groups & Pick<Store, 'isUsed'> {
  let nonces: NonceSet | undefined
  const theNonces = async (load: () => Promise<NonceSet>) => {
    nonces ??= await load()
    return nonces
  }

  function body(changed: Set<string>): GroupBody {
    let open = true
    const tx = writeHandle(connection, () => open)
    const parts = createParts({ kind: 'sqlite', run: connection.run, nonces: theNonces }, changed)
    registerHandle(tx, parts)
    return {
      tx,
      parts,
      async begin() {
        connection.run('savepoint body')
      },
      async end() {
        connection.run('release body')
      },
      close() {
        open = false
      },
      async undo() {
        if (!connection.inTransaction) return false
        connection.run('rollback to body')
        connection.run('release body')
        return true
      },
    }
  }

  function rollBack(): void {
    try {
      if (connection.inTransaction) connection.run('rollback')
    } catch {
      // The next group finds the same fault and reports it.
    }
  }

  return {
    kind: 'sqlite',
    isUsed: ({ bucket, id }) => nonces?.has(bucket, id) ?? false,
    async begin(): Promise<GroupTransaction> {
      const end = await log.turn()
      try {
        connection.run('begin immediate')
      } catch (error) {
        end()
        throw error
      }
      const changed = new Set<string>()
      return {
        replayed: NOTHING_REPLAYED,
        body: () => body(changed),
        releaseNonce() {},
        async commit({ bumps }, any) {
          if (any) await writeRevisions(bumps)
          connection.run(any ? 'commit' : 'rollback')
          const erased = connection.takeErased()
          try {
            if (any) await log.makeDurable(erased)
          } finally {
            end()
          }
        },
        async rollback() {
          rollBack()
          connection.takeErased()
          end()
        },
      }
    },
  }

  async function writeRevisions(bumps: Bumps): Promise<void> {
    const { tx } = body(new Set())
    await writeBumps(tx, bumps)
  }
}
