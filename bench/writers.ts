// `npm run bench:writers [-- sqlite|postgres [ROUNDS]]`: writes of one account and of 64, by more and more clients.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { signAcs3 } from '../packages/server/src/wire/alibaba/sign.ts'
import { startPostgres } from '../packages/server/test/postgres.ts'
import { load } from './load.ts'
import { startServer } from './process.ts'

const CLI = new URL('../packages/cli/src/main.ts', import.meta.url).pathname
const CLIENTS = [1, 4, 16, 64, 256, 1000]
const ACCOUNTS = 64
const MILLISECONDS = 3000
const databases = process.argv[2] === undefined ? ['sqlite', 'postgres'] : [process.argv[2]]
const rounds = Number(process.argv[3] ?? 5)

interface Writer {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly keyId: string
}

for (const database of databases) await measure(database)

async function measure(database: string): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'keyward-writers-'))
  const keys = Array.from({ length: ACCOUNTS }, (_, i) => ({
    id: `LTAIwriter${String(i).padStart(10, '0')}`,
    secret: randomBytes(16).toString('hex'),
  }))
  const world = {
    accounts: keys.map((key, i) => ({
      name: `writer-${i}`,
      policies: [
        {
          name: 'all',
          language: 'ram',
          document: { Version: '1', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] },
        },
      ],
      users: [{ name: 'writer', policies: { ram: ['all'] }, accessKeys: [key] }],
    })),
  }
  const file = join(data, 'world.json')
  writeFileSync(file, JSON.stringify(world))
  const postgres = database === 'postgres' ? await startPostgres() : undefined
  const address = postgres ? ['--database', await postgres.createDatabase()] : []
  const flags = ['--listen', '127.0.0.1:0', '--data', join(data, 'data'), '--log-level', 'warn']
  const server = await startServer(CLI, ['serve', ...flags, '--apply', file, ...address], false)
  const host = `127.0.0.1:${server.port}`
  const sign = (writer: Omit<Writer, 'keyId'>, action: string, query: Record<string, string>) =>
    signAcs3({ ...writer, method: 'POST', host, action, version: '2016-01-20', query })
  const writers: Writer[] = []
  for (const { id, secret } of keys) {
    const writer = { accessKeyId: id, accessKeySecret: secret }
    const { target, headers } = sign(writer, 'CreateKey', {})
    const answer = await fetch(`http://${host}${target}`, { method: 'POST', headers: { ...headers } })
    const body = (await answer.json()) as { KeyMetadata: { KeyId: string } }
    writers.push({ ...writer, keyId: body.KeyMetadata.KeyId })
  }
  const request = (writer: Writer, n: number) => {
    const { target, headers, method } = sign(writer, 'UpdateKeyDescription', {
      KeyId: writer.keyId,
      Description: `description ${n}`,
    })
    const lines = Object.entries({ ...headers, host, 'content-length': '0' })
    return Buffer.from(
      `${method} ${target} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`,
    )
  }
  let count = 0
  const results = new Map<string, { rates: number[]; failed: number; answered: number; worst: number }>()
  const floor: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    if (!postgres) floor.push(singleCommits(join(data, 'floor.db')))
    for (const accounts of [1, ACCOUNTS]) {
      for (const clients of CLIENTS) {
        const next = () => {
          count += 1
          return request(writers[count % accounts]!, count)
        }
        const { answered, failed, seconds, latencies } = await load(server.port, clients, MILLISECONDS, next)
        const name = `${accounts} ${clients}`
        const result = results.get(name) ?? { rates: [], failed: 0, answered: 0, worst: 0 }
        result.rates.push((answered - failed) / seconds)
        result.failed += failed
        result.answered += answered
        result.worst = Math.max(result.worst, latencies.at(-1) ?? 0)
        results.set(name, result)
      }
    }
  }
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
  process.stdout.write(
    `\n${database}, UpdateKeyDescription, ${rounds} rounds of ${MILLISECONDS / 1000} s: min / median / max a second\n`,
  )
  for (const [name, { rates, failed, answered, worst }] of results) {
    const [accounts = '', clients = ''] = name.split(' ')
    const one = median(results.get(`${accounts} 1`)!.rates)
    const sorted = [...rates].sort((a, b) => a - b)
    const figures = [sorted[0]!, median(rates), sorted.at(-1)!].map((rate) => rate.toFixed(0)).join(' / ')
    process.stdout.write(
      `${accounts.padStart(3)} accounts ${clients.padStart(5)} clients: ${figures}, ${(median(rates) / one).toFixed(1)} times one client, ${failed} of ${answered} failed, longest ${worst.toFixed(0)} ms\n`,
    )
  }
  if (floor.length > 0) {
    const single = median(floor)
    process.stdout.write(
      `single SQLite commits: ${single.toFixed(0)}; 64 clients of one account: ${(median(results.get('1 64')!.rates) / single).toFixed(2)} of them; 256 clients / 64: ${(median(results.get('1 256')!.rates) / median(results.get('1 64')!.rates)).toFixed(2)}\n`,
    )
  }
  await server.stop()
  await postgres?.close()
  rmSync(data, { recursive: true, force: true })
}

/** Rows a second, each in a commit of its own with a full sync: what the box can do one after the other. */
function singleCommits(path: string): number {
  const db = new DatabaseSync(path)
  db.exec('pragma journal_mode = wal; pragma synchronous = full; create table if not exists t (v text)')
  const insert = db.prepare('insert into t values (?)')
  const start = performance.now()
  let rows = 0
  for (; performance.now() - start < 1000; rows += 1) insert.run('x'.repeat(500))
  const seconds = (performance.now() - start) / 1000
  db.close()
  return rows / seconds
}
