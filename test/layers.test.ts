import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

/**
 * The layer rules are only worth their name if they fail. This builds a small tree of files in which every import below is
 * wrong (or right), runs the real rules over it, and compares.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const server = 'packages/server/src'
const policy = 'packages/policy/src'

const wrong: [file: string, text: string, rule: string][] = [
  [
    `${policy}/reads-a-file.ts`,
    "import { readFileSync } from 'node:fs'\nreadFileSync('x')",
    'policy-is-pure',
  ],
  [`${policy}/old-name.ts`, "import { join } from 'path'\njoin('x')", 'policy-is-pure'],
  [
    `${policy}/type-of-node.ts`,
    "import type { Stats } from 'node:fs'\nexport type S = Stats",
    'policy-is-pure',
  ],
  [`${policy}/uses-a-server-package.ts`, "import { fastify } from 'fastify'\nfastify()", 'policy-is-pure'],
  [`${policy}/reaches-up.ts`, "import { a } from '../../server/src/base/a.ts'\na()", 'policy-is-pure'],
  [`${server}/base/reaches-up.ts`, "import { a } from '../store/a.ts'\na()", 'base-points-down'],
  [`${server}/crypto/reads-rows.ts`, "import { a } from '../store/a.ts'\na()", 'crypto-points-down'],
  [`${server}/store/knows-keys.ts`, "import { a } from '../kms/a.ts'\na()", 'store-points-down'],
  [`${server}/audit/knows-people.ts`, "import { a } from '../identity/a.ts'\na()", 'audit-points-down'],
  [`${server}/kms/answers-itself.ts`, "import { a } from '../pipeline/a.ts'\na()", 'kms-points-down'],
  [`${server}/kms/has-an-operation.ts`, "import { a } from '../operations/a.ts'\na()", 'kms-points-down'],
  [`${server}/kms/speaks-a-wire.ts`, "import { a } from '../wire/a.ts'\na()", 'kms-points-down'],
  [`${server}/kms/knows-key-pairs.ts`, "import { a } from '../keypairs/a.ts'\na()", 'kms-points-down'],
  [`${server}/identity/knows-keys.ts`, "import { a } from '../kms/a.ts'\na()", 'identity-points-down'],
  [`${server}/keypairs/knows-people.ts`, "import { a } from '../identity/a.ts'\na()", 'keypairs-points-down'],
  [
    `${server}/pipeline/knows-operations.ts`,
    "import { a } from '../operations/a.ts'\na()",
    'pipeline-points-down',
  ],
  [
    `${server}/operations/speaks-a-wire.ts`,
    "import { a } from '../wire/a.ts'\na()",
    'operations-points-down',
  ],
  [`${server}/wire/knows-how-it-is-served.ts`, "import { a } from '../serve/a.ts'\na()", 'wire-points-down'],
  [`${server}/wire/loads-on-demand.ts`, "export const a = () => import('../serve/a.ts')", 'wire-points-down'],
  [`${server}/wire/hands-on.ts`, "export { a } from '../serve/a.ts'", 'wire-points-down'],
  [`${server}/kms/serves-http.ts`, "import { fastify } from 'fastify'\nfastify()", 'domain-knows-no-wire'],
  [
    `${server}/operations/serves-http.ts`,
    "import http from 'node:http'\nhttp.get('')",
    'domain-knows-no-wire',
  ],
  [
    'packages/cli/src/goes-round-the-door.ts',
    "import { a } from '../../server/src/serve/a.ts'\na()",
    'server-by-its-front-doors',
  ],
  [
    `${server}/serve/runs-a-command.ts`,
    "import { a } from '../../../cli/src/a.ts'\na()",
    'server-knows-no-command',
  ],
  [
    `${server}/kms/reaches-into-policy.ts`,
    "import { a } from '../../../policy/src/a.ts'\na()",
    'policy-by-its-front-door',
  ],
  [`${server}/kms/needs-a-test.ts`, "import { a } from './a.test.ts'\na()", 'product-needs-no-test'],
  [`${server}/kms/is-lost.ts`, "import { a } from './nowhere.ts'\na()", 'everything-resolves'],
  [`${server}/kms/round.ts`, "import { b } from './trip.ts'\nexport const c = () => b", 'no-cycle'],
]

const right: [file: string, text: string][] = [
  [
    `${server}/kms/type-of-an-operation.ts`,
    "import type { a } from '../operations/a.ts'\nexport type A = typeof a",
  ],
  [`${server}/keypairs/asks-for-a-data-key.ts`, "import { a } from '../kms/a.ts'\na()"],
  [
    `${server}/operations/does-work.ts`,
    "import { a } from '../kms/a.ts'\nimport { a as p } from '../pipeline/a.ts'\na(p)",
  ],
  [`${server}/kms/a.test.ts`, "import { a } from '../serve/a.ts'\nexport { a }"],
  [`${policy}/a.test.ts`, "import { readFileSync } from 'node:fs'\nreadFileSync('x')"],
  [
    'packages/cli/src/asks-the-server.ts',
    "import { bindings } from '../../server/src/client.ts'\nbindings.at(0)",
  ],
]

const folders = [
  'base',
  'crypto',
  'store',
  'audit',
  'identity',
  'kms',
  'keypairs',
  'pipeline',
  'operations',
  'wire',
  'serve',
]
const blank: [file: string, text: string][] = [
  ...folders.map((folder): [string, string] => [
    `${server}/${folder}/a.ts`,
    'export const a = (..._: unknown[]) => 1',
  ]),
  [`${server}/client.ts`, 'export const bindings = [1]'],
  [`${policy}/a.ts`, 'export const a = () => 1'],
  ['packages/cli/src/a.ts', 'export const a = () => 1'],
]

interface Violation {
  readonly from: string
  readonly rule: { readonly name: string }
}

let fixture: string
const found = new Map<string, string[]>()

beforeAll(async () => {
  fixture = await mkdtemp(join(tmpdir(), 'keyward-layers-'))
  await write('package.json', JSON.stringify({ dependencies: { fastify: '*' } }))
  await write('node_modules/fastify/package.json', JSON.stringify({ name: 'fastify', main: 'a.js' }))
  await write('node_modules/fastify/a.js', 'exports.fastify = () => 1')
  for (const [file, text] of [...blank, ...wrong, ...right]) await write(file, text)
  await write(`${server}/kms/trip.ts`, "import { c } from './round.ts'\nexport const b = () => c")
  const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const config = join(root, '.dependency-cruiser.mjs')
  const report = await promisify(execFile)(
    process.execPath,
    [cruiser, '--config', config, '--output-type', 'json', 'packages'],
    { cwd: fixture, maxBuffer: 1 << 24 },
  )
  const { violations } = JSON.parse(report.stdout).summary as { violations: Violation[] }
  for (const { from, rule } of violations) found.set(from, [...(found.get(from) ?? []), rule.name])
})

afterAll(() => rm(fixture, { recursive: true, force: true }))

async function write(file: string, text: string) {
  await mkdir(dirname(join(fixture, file)), { recursive: true })
  await writeFile(join(fixture, file), `${text}\n`)
}

test.each(wrong)('%s is refused', (file, _, rule) => {
  expect(found.get(file)).toContain(rule)
})

test.each([...right, ...blank])('%s is accepted', (file) => {
  expect(found.get(file)).toBeUndefined()
})
