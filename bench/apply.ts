// `npm run bench:apply [-- sqlite|postgres [USERS]] [--json]`: a file of 10,000 users with an access key and a policy each, through the
// command line: compared, applied, applied again, written back, and pruned. Beside it somebody calls DescribeKey twenty
// times a second: what is refused meanwhile, and how long the slowest answer took, is the price for all others.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Database, startInstallation } from './installation.ts'

const CLI = new URL('../packages/cli/src/main.ts', import.meta.url).pathname
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
})
const kind = (positionals[0] ?? 'sqlite') as Database
const count = Number(positionals[1] ?? 10_000)
if (!['sqlite', 'postgres'].includes(kind) || !Number.isInteger(count))
  throw new Error('sqlite|postgres [USERS]')

const say = (line: string) => values.json || process.stdout.write(`${line}\n`)
const steps: object[] = []
const installation = await startInstallation(kind, { accounts: 1 })
const [caller] = installation.accounts
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

/** Calls as another user, one after the other, until it is told to stop. */
function others() {
  const seen = { calls: 0, refused: 0, slowest: 0 }
  let going = true
  const calling = (async () => {
    for (; going; await sleep(50)) {
      const begun = performance.now()
      await installation.call(caller!, 'DescribeKey', { KeyId: caller!.keyId }).catch(() => {
        seen.refused += 1
      })
      seen.calls += 1
      seen.slowest = Math.max(seen.slowest, performance.now() - begun)
    }
  })()
  return async () => {
    going = false
    await calling
    return seen
  }
}

/** Runs one command line, its standard output thrown away, and says how long it took. */
async function timed(what: string, ...line: string[]): Promise<void> {
  const end = others()
  const begun = performance.now()
  const words = [CLI, ...line, '--data', join(installation.folder, 'data-0')]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  const seconds = (performance.now() - begun) / 1000
  const { calls, refused, slowest } = await end()
  steps.push({ what, seconds, code, calls, refused, slowest })
  say(
    `${what.padEnd(20)} ${seconds.toFixed(1).padStart(6)} s, exit code ${code}; of others ${calls} calls, ${refused} refused, the slowest ${Math.round(slowest)} ms`,
  )
}

try {
  say(`${kind}, ${count} users, a file of ${readFileSync(file).length} bytes`)
  await timed('apply --diff', 'apply', file, '--diff')
  await timed('apply', 'apply', file)
  await timed('apply again', 'apply', file)
  await timed('export', 'export')
  await timed('export --secrets', 'export', '--secrets')
  await timed('apply --prune --yes', 'apply', less, '--prune', '--yes')
} finally {
  await installation.stop()
  rmSync(folder, { recursive: true, force: true })
}
if (values.json) process.stdout.write(`${JSON.stringify({ kind, users: count, steps }, undefined, 2)}\n`)
