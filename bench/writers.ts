// `npm run bench:writers [-- sqlite|postgres] [--rounds N] [--clients N,N] [--accounts N,N] [--seconds N] [--json]`:
// writes of one account and of 64, by more and more clients, beside single commits of the same machine.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { type Database, type Installation, startInstallation } from './installation.ts'
import { load } from './load.ts'
import { median, quantile } from './table.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    clients: { type: 'string', default: '1,4,16,64,256,1000' },
    accounts: { type: 'string', default: '1,64' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})
const numbers = (text: string) => text.split(',').map(Number)
const milliseconds = Number(values.seconds) * 1000
const databases = (positionals.length > 0 ? positionals : ['sqlite', 'postgres']) as Database[]

/** One round of one number of clients. */
interface Round {
  readonly rate: number
  readonly answered: number
  readonly failed: number
  readonly p99: number
  readonly longest: number
  /** CPU of a write, in microseconds. */
  readonly serverCpu: number
  readonly databaseCpu: number
}

/** All rounds of one number of clients. */
interface Series {
  readonly accounts: number
  readonly clients: number
  readonly rounds: Round[]
}

let count = 0
const all = []
for (const database of databases) all.push(await measure(database))
if (values.json) process.stdout.write(`${JSON.stringify(all, undefined, 2)}\n`)

async function measure(database: Database) {
  const most = Math.max(...numbers(values.accounts))
  const installation = await startInstallation(database, { accounts: most })
  const series: Series[] = numbers(values.accounts).flatMap((accounts) =>
    numbers(values.clients).map((clients) => ({ accounts, clients, rounds: [] })),
  )
  const single: number[] = []
  try {
    // Optimizing compilers take seconds: what is measured is a server that has been running.
    await round(installation, most, 16, 3000)
    for (let i = 0; i < Number(values.rounds); i += 1) {
      single.push(await singleCommits(installation))
      for (const { accounts, clients, rounds } of series)
        rounds.push(await round(installation, accounts, clients, milliseconds))
    }
  } finally {
    await installation.stop()
  }
  if (!values.json) print(database, series, single)
  return { database, single, series }
}

async function round(
  installation: Installation,
  accounts: number,
  clients: number,
  ms: number,
): Promise<Round> {
  const next = () => {
    count += 1
    const by = installation.accounts[count % accounts]!
    return installation.request(0, by, 'UpdateKeyDescription', {
      KeyId: by.keyId,
      Description: `description ${count}`,
    })
  }
  const before = installation.cpu()
  const seen = await load(installation.servers[0]!.port, clients, ms, next)
  const after = installation.cpu()
  const of = (one: 'servers' | 'database') => ((after[one] - before[one]) / seen.answered) * 1e6
  return {
    rate: (seen.answered - seen.failed) / seen.seconds,
    answered: seen.answered,
    failed: seen.failed,
    p99: quantile(seen.latencies, 0.99),
    longest: seen.latencies.at(-1) ?? 0,
    serverCpu: of('servers'),
    databaseCpu: of('database'),
  }
}

/** Rows a second, each in a commit of its own that is synced: what the machine can do one after the other. */
async function singleCommits({ folder, database }: Installation): Promise<number> {
  const text = 'x'.repeat(500)
  let insert: () => unknown
  let end: () => unknown
  if (database === undefined) {
    const db = new DatabaseSync(join(folder, 'floor.db'))
    db.exec('pragma journal_mode = wal; pragma synchronous = full; create table if not exists t (v text)')
    const statement = db.prepare('insert into t values (?)')
    insert = () => statement.run(text)
    end = () => db.close()
  } else {
    const client = new pg.Client({ connectionString: database })
    await client.connect()
    await client.query('create table if not exists bench_floor (v text)')
    insert = () =>
      client.query({ name: 'insert', text: 'insert into bench_floor values ($1)', values: [text] })
    end = () => client.end()
  }
  const start = performance.now()
  let rows = 0
  for (; performance.now() - start < 1000; rows += 1) await insert()
  const seconds = (performance.now() - start) / 1000
  await end()
  return rows / seconds
}

function print(database: Database, series: readonly Series[], single: readonly number[]): void {
  const out = (line: string) => process.stdout.write(`${line}\n`)
  const figures = (values: readonly number[], digits = 0) =>
    [Math.min(...values), median(values), Math.max(...values)].map((v) => v.toFixed(digits)).join(' / ')
  const rates = (accounts: number, clients: number) =>
    series.find((one) => one.accounts === accounts && one.clients === clients)?.rounds.map(({ rate }) => rate)
  out(
    `\n${database}, UpdateKeyDescription, ${values.rounds} rounds of ${values.seconds} s: min / median / max a second`,
  )
  out(`single commits: ${figures(single)}`)
  for (const { accounts, clients, rounds } of series) {
    const of = (field: keyof Round) => rounds.map((one) => one[field])
    const sum = (field: keyof Round) => of(field).reduce((a, b) => a + b, 0)
    out(
      `${String(accounts).padStart(3)} accounts ${String(clients).padStart(5)} clients: ${figures(of('rate'))}; CPU us of server ${median(of('serverCpu')).toFixed(0)}, database ${median(of('databaseCpu')).toFixed(0)}; p99 ${median(of('p99')).toFixed(0)} ms, longest ${Math.max(...of('longest')).toFixed(0)} ms; ${sum('failed')} of ${sum('answered')} failed`,
    )
  }
  const ratio = (
    name: string,
    above: readonly number[] | undefined,
    below: readonly number[] | undefined,
  ) => {
    if (above && below)
      out(
        `${name}: ${figures(
          above.map((rate, i) => rate / below[i]!),
          2,
        )}`,
      )
  }
  ratio('one account, 64 clients / 1 client', rates(1, 64), rates(1, 1))
  ratio('one account, 256 clients / 64 clients', rates(1, 256), rates(1, 64))
  ratio('one account, 64 clients / single commits', rates(1, 64), single)
}
