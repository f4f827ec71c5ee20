import type { Nonce } from '../../pipeline/connection.ts'
import type { GroupConnection } from './connection.ts'

/**
 * Nonces of transactions of which nobody knows whether they were committed: the connection broke while they were. They
 * count as used, in every process.
 */
export interface Doubts {
  add(nonces: readonly Nonce[]): void
  /** Writes them down, before anything else is committed on the connection. */
  settle(connection: GroupConnection): Promise<void>
}

const INSERT =
  'insert into nonces (bucket, id) select * from unnest($1::bigint[], $2::bytea[]) on conflict do nothing'

export function createDoubts(): Doubts {
  let doubtful: readonly Nonce[] = []
  return {
    add(nonces) {
      doubtful = [...doubtful, ...nonces]
    },
    async settle(connection) {
      if (doubtful.length === 0) return
      const written = doubtful
      // In one order, as everywhere. One whose transaction is still ending is waited for.
      const sorted = [...written].sort((a, b) => Buffer.compare(a.id, b.id))
      const parameters = [sorted.map(({ bucket }) => bucket), sorted.map(({ id }) => Buffer.from(id))]
      await connection.executeQuery({ sql: INSERT, parameters } as never)
      doubtful = doubtful.slice(written.length)
    },
  }
}
