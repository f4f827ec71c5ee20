// `npm test`: everything that must hold, in one command. `npm test -- path` runs the tests of a path alone.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled } from './install.mjs'
import { root, runNode } from './node.mjs'

const arguments_ = process.argv.slice(2)
await ensureInstalled('everything')

const packages = spawnSync('sh', [join(root, 'scripts', 'debian-packages.sh')], {
  cwd: root,
  stdio: 'inherit',
})
if (packages.status !== 0 && process.env.CI === 'true') process.exit(packages.status ?? 1)
const nodes = spawnSync(process.execPath, [join(root, 'scripts', 'other-nodes.mjs')], { stdio: 'inherit' })
if (nodes.status !== 0 && process.env.CI === 'true') process.exit(nodes.status ?? 1)

const modules = (path) => join(root, 'node_modules', path)
const checks =
  arguments_.length > 0
    ? []
    : [
        // Biome is a native program behind a small launcher, and so is the compiler.
        ['format and lint', [modules('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']],
        ['types', [modules('@typescript/native/bin/tsc'), '-p', 'tsconfig.json']],
        ['types without Node', [modules('@typescript/native/bin/tsc'), '-p', 'tsconfig.policy.json']],
        [
          'layers',
          [
            modules('dependency-cruiser/bin/dependency-cruiser.mjs'),
            '--config',
            '.dependency-cruiser.mjs',
            'packages',
          ],
        ],
      ]

const failedChecks = checks.filter(([name, command]) => {
  const started = Date.now()
  const code = runNode(command)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  return code !== 0
})

const { code, passed, failed, skipped } = runTests()
for (const [name] of failedChecks) console.log(`FAILED check: ${name}`)
// A failed check counts as a failed test, and so does a run that failed outside any test.
const failures = failedChecks.length + (code !== 0 && failed === 0 ? 1 : failed)
process.exitCode = failures > 0 ? 1 : 0
console.log(`${passed} passed, ${failures} failed, ${skipped} skipped`)

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-test-'))
  const file = join(folder, 'totals.json')
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts', 'totals.mjs')}`]
  const code = runNode([modules('vitest/vitest.mjs'), 'run', ...reporters, ...arguments_], {
    env: { ...process.env, TOTALS_FILE: file },
  })
  const none = { passed: 0, failed: 0, skipped: 0 }
  const totals = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : none
  rmSync(folder, { recursive: true, force: true })
  return { code, ...totals }
}
