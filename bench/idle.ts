// `npm run bench:idle [-- sqlite|postgres] [--seconds N] [--processes N] [--json]`: what processes cost that nobody calls: CPU of the
// servers and of the database, and the transactions that the database counts.
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { type Database, startInstallation } from './installation.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '20' },
    processes: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const kinds: readonly Database[] =
  positionals.length > 0 ? (positionals as Database[]) : ['sqlite', 'postgres']

/** What one second costs. */
interface Second {
  readonly kind: Database
  readonly processes: number
  readonly serverMilliseconds: number
  readonly databaseMilliseconds?: number
  readonly transactions?: number
}

const seen: Second[] = []
for (const kind of kinds) {
  const processes = kind === 'sqlite' ? 1 : Number(values.processes)
  const installation = await startInstallation(kind, { accounts: 1, processes })
  try {
    // What a start leaves to do is done by then.
    await pause(5000)
    const counted = await transactions(installation.database)
    const before = installation.cpu()
    const started = performance.now()
    await pause(Number(values.seconds) * 1000)
    const seconds = (performance.now() - started) / 1000
    const after = installation.cpu()
    const made = (await transactions(installation.database)) - counted
    const of = (part: 'servers' | 'database') => ((after[part] - before[part]) / seconds) * 1000
    seen.push({
      kind,
      processes,
      serverMilliseconds: of('servers'),
      ...(kind === 'postgres' && { databaseMilliseconds: of('database'), transactions: made / seconds }),
    })
  } finally {
    await installation.stop()
  }
}

if (values.json) process.stdout.write(`${JSON.stringify(seen, undefined, 2)}\n`)
else
  for (const { kind, processes, serverMilliseconds, databaseMilliseconds = 0, transactions = 0 } of seen) {
    const ofDatabase = `, database ${databaseMilliseconds.toFixed(1)} ms, ${transactions.toFixed(1)} transactions`
    process.stdout.write(
      `${kind}, ${processes} idle: a second CPU of servers ${serverMilliseconds.toFixed(1)} ms` +
        `${kind === 'postgres' ? ofDatabase : ''}\n`,
    )
  }

/** Transactions that the database has counted; 0 where there is nothing that counts them. */
async function transactions(database: string | undefined): Promise<number> {
  if (database === undefined) return 0
  const client = new Client({ connectionString: database })
  await client.connect()
  try {
    const { rows } = await client.query(
      'select xact_commit::int as n from pg_stat_database where datname = current_database()',
    )
    return rows[0].n
  } finally {
    await client.end()
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
