// `npm run bench:processes [-- --rounds N] [--seconds N] [--clients N] [--action Decrypt|UpdateKeyDescription] [--json]`: the
// same clients at one and at two server processes over one PostgreSQL, all on the same processors, in interleaved rounds.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { type Installation, startInstallation } from './installation.ts'
import { load } from './load.ts'
import { median, quantile } from './table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    clients: { type: 'string', default: '64' },
    action: { type: 'string', default: 'Decrypt' },
    json: { type: 'boolean', default: false },
  },
})
const clients = Number(values.clients)
const milliseconds = Number(values.seconds) * 1000
const ACCOUNTS = 8
/** Requests a second that no process reaches. */
const MOST = 10_000

/** Calls that each server answers before it is measured: until then its code is still being compiled. */
const WARM = 25_000

interface Round {
  readonly rate: number
  readonly answered: number
  readonly failed: number
  readonly p99: number
  /** CPU of a call in all server processes and the database, in microseconds. */
  readonly cpu: number
  readonly serverCpu: number
  readonly databaseCpu: number
  readonly clientCpu: number
  /** Calls of one batch of the audit. */
  readonly batch: number
  /** The part of all processors' time that was used, and that of it which servers, database and clients used. */
  readonly busy: number
  readonly ours: number
}

const installation = await startInstallation('postgres', { accounts: ACCOUNTS, processes: 2 })
const database = new pg.Client({ connectionString: installation.database as string })
await database.connect()
const one: Round[] = []
const two: Round[] = []
try {
  const next = await requests(installation)
  for (let answered = 0; answered < 2 * WARM; ) ({ answered } = await warm(next, answered))
  for (let i = 0; i < Number(values.rounds); i += 1) {
    one.push(await round([i % 2], next, milliseconds))
    two.push(await round([0, 1], next, milliseconds))
  }
} finally {
  await database.end()
  await installation.stop()
}
if (values.json) process.stdout.write(`${JSON.stringify({ ...values, one, two }, undefined, 2)}\n`)
else print()

/** A function that gives one signed request to a server. */
async function requests({ accounts, call, request }: Installation) {
  const blobs = await Promise.all(
    accounts.map(
      async (by) => (await call(by, 'Encrypt', { KeyId: by.keyId, Plaintext: 'x' })).CiphertextBlob,
    ),
  )
  let count = 0
  return (server: number) => {
    count += 1
    const at = count % accounts.length
    const by = accounts[at]!
    return values.action === 'Decrypt'
      ? request(server, by, 'Decrypt', { CiphertextBlob: blobs[at] })
      : request(server, by, 'UpdateKeyDescription', { KeyId: by.keyId, Description: `${count}` })
  }
}

async function warm(next: (server: number) => Buffer, before: number): Promise<{ answered: number }> {
  const { answered } = await round([0, 1], next, 2000)
  if (answered === 0) throw new Error('nothing is answered')
  return { answered: before + answered }
}

/** Batches of the audit that all processes have written. */
async function batches(): Promise<number> {
  const { rows } = await database.query('select sum(sequence) as count from audit_chains')
  return Number(rows[0].count)
}

/** CPU seconds until now: of the parts, of everything on the machine, and what all processors had. */
function used() {
  const parts = installation.cpu()
  const { user, system } = process.cpuUsage()
  let all = 0
  let idle = 0
  for (const { times } of cpus()) {
    for (const time of Object.values(times)) all += time / 1000
    idle += times.idle / 1000
  }
  const client = (user + system) / 1e6
  return { ...parts, client, ours: parts.servers + parts.database + client, machine: all - idle, all }
}

async function round(
  servers: readonly number[],
  next: (server: number) => Buffer,
  ms: number,
): Promise<Round> {
  // Signed before the round: what it costs the clients is not measured.
  const ready = new Map(
    servers.map((server) => [server, Array.from({ length: (MOST * ms) / 1000 }, () => next(server))]),
  )
  const written = await batches()
  const before = used()
  const seen = await Promise.all(
    servers.map((server) =>
      load(installation.servers[server]!.port, clients / servers.length, ms, () => ready.get(server)!.pop()),
    ),
  )
  const after = used()
  const answered = seen.reduce((sum, one) => sum + one.answered, 0)
  const failed = seen.reduce((sum, one) => sum + one.failed, 0)
  const of = (part: 'servers' | 'database' | 'client') => ((after[part] - before[part]) / answered) * 1e6
  return {
    rate: (answered - failed) / Math.max(...seen.map(({ seconds }) => seconds)),
    answered,
    failed,
    p99: Math.max(...seen.map(({ latencies }) => quantile(latencies, 0.99))),
    cpu: of('servers') + of('database'),
    serverCpu: of('servers'),
    databaseCpu: of('database'),
    clientCpu: of('client'),
    batch: answered / ((await batches()) - written),
    busy: (after.machine - before.machine) / (after.all - before.all),
    ours: (after.ours - before.ours) / (after.all - before.all),
  }
}

function print(): void {
  const figures = (rounds: readonly number[], digits = 0) =>
    [Math.min(...rounds), median(rounds), Math.max(...rounds)].map((v) => v.toFixed(digits)).join(' / ')
  const percent = (parts: readonly number[]) => `${(median(parts) * 100).toFixed(0)} %`
  const line = (name: string, rounds: readonly Round[]) => {
    const of = (field: keyof Round) => rounds.map((it) => it[field])
    process.stdout.write(
      `${name}: ${figures(of('rate'))} a second; CPU us ${figures(of('cpu'))} (servers ${median(of('serverCpu')).toFixed(0)}, database ${median(of('databaseCpu')).toFixed(0)}), of the clients ${median(of('clientCpu')).toFixed(0)}; ${median(of('batch')).toFixed(0)} calls a batch; p99 ${median(of('p99')).toFixed(0)} ms; of the processors' time ${percent(of('busy'))} used, ${percent(of('ours'))} for this; ${of('failed').reduce((a, b) => a + b, 0)} failed\n`,
    )
  }
  process.stdout.write(`${values.action}, ${clients} clients, ${values.rounds} rounds: min / median / max\n`)
  line('one process', one)
  line('two processes', two)
  const ratios = (field: 'rate' | 'cpu') => two.map((it, i) => it[field] / one[i]![field])
  process.stdout.write(
    `two / one: rate ${figures(ratios('rate'), 2)}, CPU a call ${figures(ratios('cpu'), 2)}\n`,
  )
}
