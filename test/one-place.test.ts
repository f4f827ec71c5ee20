import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

/** What has one place in the product, by a text that whoever writes a second one can hardly avoid. */
const places: [what: string, sign: RegExp, files: string[]][] = [
  ['addresses and networks', /ipaddr|BlockList/, ['policy/src/match/address.ts']],
  ['loopback addresses', /startsWith\('127\.|'127\.0\.0\.0\/8'/, ['server/src/base/addresses.ts']],
  [
    'waiting for a turn',
    /\b(waiting|queue|queued|line|turns)\.shift\(/,
    // The second hands jobs to threads.
    ['server/src/base/gate.ts', 'server/src/crypto/pool/worker-pool.ts'],
  ],
  ['files that are there whole', /\b(rename|link)(Sync)?\(/, ['server/src/base/files.ts']],
  ['depth of JSON text', /[^\w]depth(\+\+| \+= 1)\n/, ['policy/src/document/json-survey.ts']],
  ['tags as text', /JSON\.stringify\(Object\.fromEntries\(.*tags/, ['server/src/base/tags.ts']],
  ['a value that may be ready', /instanceof Promise(?!\s*\? await)/, ['server/src/base/when-ready.ts']],
]

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const product = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'packages/*/src/*.ts'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|\/testing\//.test(file))
  .filter((file) => existsSync(join(root, file)))
const texts = product.map((file) => [file, readFileSync(join(root, file), 'utf8')] as const)

it.each(places)('%s have one place', (_what, sign, files) => {
  const found = texts.filter(([, text]) => sign.test(text)).map(([file]) => file.replace('packages/', ''))
  expect(found).toEqual(files)
})
