import type { CompiledQuery, DatabaseConnection, PostgresPoolClient, QueryResult } from 'kysely'

/**
 * One connection in a transaction of a group. Statements are sent at once, also while others have no answer yet; the
 * database runs them in that order.
 */
export interface GroupConnection extends DatabaseConnection {
  /** Runs statements without parameters in one round trip; returns the last one's command. */
  command(text: string): Promise<string>
  /** Sends without waiting. */
  send(query: Pick<CompiledQuery, 'sql' | 'parameters'>): void
  sendCommand(text: string): void
  /** Waits for what was sent so. */
  settled(): Promise<void>
  /** The failure of a statement that nobody waited for: the transaction does nothing since. */
  readonly lost: unknown
  /** Whether a statement failed since the last call: until a rollback to a savepoint the transaction then does nothing. */
  takeFailed(): boolean
}

const CHANGES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

export function groupConnection(client: PostgresPoolClient): GroupConnection {
  let failed = false
  let lost: unknown
  const sent = new Set<Promise<unknown>>()

  async function query(text: string, parameters: readonly unknown[]) {
    try {
      const name = parameters.length > 0 ? nameOf(text) : undefined
      const asked = name === undefined ? text : { name, text, values: parameters }
      return await client.query<unknown>(
        asked as string,
        (name === undefined ? parameters : undefined) as unknown[],
      )
    } catch (error) {
      failed = true
      throw error
    }
  }

  function unawaited(work: Promise<unknown>): void {
    const settled = work.then(
      () => {},
      (error: unknown) => {
        lost ??= error
      },
    )
    sent.add(settled)
    settled.then(() => sent.delete(settled))
  }

  return {
    async command(text) {
      const results = (await query(text, [])) as unknown
      return (Array.isArray(results) ? results.at(-1) : results).command
    },
    send: ({ sql, parameters }) => unawaited(query(sql, parameters)),
    sendCommand: (text) => unawaited(query(text, [])),
    async settled() {
      await Promise.all(sent)
    },
    get lost() {
      return lost
    },
    takeFailed() {
      const was = failed
      failed = false
      return was
    },
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      const { command, rowCount, rows } = await query(sql, parameters)
      return {
        rows: rows as R[],
        ...(CHANGES.has(command) ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}),
      }
    },
    // biome-ignore lint/correctness/useYield: bodies of groups do not stream
    async *streamQuery() {
      throw new TypeError('a write does not stream')
    },
  }
}

/**
 * Statements that are prepared once a connection, so that the database does not read and plan them each time. Only so
 * many: texts of lists have as many forms as the lists have lengths.
 */
const MOST_NAMES = 200
const LONGEST = 2000
const names = new Map<string, string>()

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size >= MOST_NAMES || text.length > LONGEST) return known
  const name = `keyward_${names.size}`
  names.set(text, name)
  return name
}
