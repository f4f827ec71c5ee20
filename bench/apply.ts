// `npm run bench:apply [-- sqlite|postgres [USERS]]`: a file of 10,000 users with an access key and a policy each, through the
// command line: compared, applied, applied again, written back, and pruned.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processIo } from '../packages/cli/src/io.ts'
import { run } from '../packages/cli/src/run.ts'
import { startPostgres } from '../packages/server/test/postgres.ts'
import { startService } from '../packages/server/test/service.ts'

const kind = process.argv[2] ?? 'sqlite'
const count = Number(process.argv[3] ?? 10_000)
if (!['sqlite', 'postgres'].includes(kind) || !Number.isInteger(count))
  throw new Error('sqlite|postgres [USERS]')

const postgres = kind === 'postgres' ? await startPostgres() : undefined
const database = await postgres?.createDatabase()
const service = await startService(database === undefined ? {} : { database })
const folder = mkdtempSync(join(tmpdir(), 'keyward-apply-'))
const file = join(folder, 'world.yaml')
const user = (i: number) => `      - name: user-${String(i).padStart(5, '0')}
        displayName: User ${i}
        tags: [{ key: team, value: t${i % 20} }]
        policies: { ram: [AliyunKMSCryptoUserAccess] }
        accessKeys: [{ generate: laptop }]
`
writeFileSync(
  file,
  `accounts:\n  - name: main\n    users:\n${Array.from({ length: count }, (_, i) => user(i)).join('')}`,
)
const less = join(folder, 'less.yaml')
writeFileSync(less, 'accounts:\n  - name: main\n')

/** Runs one command line, its standard output thrown away, and says how long it took. */
async function timed(what: string, ...line: string[]): Promise<void> {
  let size = 0
  const out = (text: string) => {
    size += text.length
  }
  const io = { ...processIo(), folder, out }
  const begun = performance.now()
  const code = await run([...line, '--data', service.data], io, 'bench')
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  process.stdout.write(`${what.padEnd(28)} ${seconds.padStart(6)} s, exit code ${code}, ${size} characters\n`)
}

try {
  process.stdout.write(`${kind}, ${count} users, a file of ${readFileSync(file).length} bytes\n`)
  await timed('apply --diff', 'apply', file, '--diff')
  await timed('apply', 'apply', file)
  await timed('apply again', 'apply', file)
  await timed('export', 'export')
  await timed('export --secrets', 'export', '--secrets')
  await timed('apply --prune --yes', 'apply', less, '--prune', '--yes')
} finally {
  await service.close()
  await postgres?.close()
  rmSync(folder, { recursive: true, force: true })
}
