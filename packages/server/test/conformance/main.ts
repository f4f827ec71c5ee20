import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exampleWorlds } from '../example-worlds.ts'
import { startService } from '../service.ts'
import { listed, listedOf } from './differences.ts'
import { subjects } from './plan.ts'
import { makeWalk } from './walk.ts'

// npm run test:conformance [-- CALLS]: sends every variant of every call (or of those that the regular expression names) and
// holds the answers against the models.

const hooks = mkdtempSync(join(tmpdir(), 'keyward-hooks-'))
writeFileSync(join(hooks, 'true'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
const service = await startService({ switches: ['test-clock'], flags: { 'offline-hooks': hooks } })
const { walk, close } = await makeWalk(service, exampleWorlds(service))
const only = new RegExp(process.argv[2] ?? '')
const began = Date.now()
const chosen = subjects().filter(({ name }) => only.test(name))
let requests = 0
let wrong = 0
for (const subject of chosen) {
  const found = await walk(subject)
  requests += found.requests
  const known = listedOf(subject.name)
  const lines = [
    ...[...found.differences].filter((one) => !known.has(one)).map((one) => `   not listed: ${one}`),
    ...[...known].filter((one) => !found.differences.has(one)).map((one) => `   does not occur: ${one}`),
  ]
  wrong += lines.length
  console.log([`${found.name}: ${found.requests} requests`, ...lines.sort()].join('\n'))
}
const served = new Set(subjects().map(({ name }) => name))
for (const name of listed.flatMap(({ of }) => Object.keys(of)))
  if (!served.has(name)) {
    wrong += 1
    console.log(`   listed, but not served: ${name}`)
  }
const seconds = Math.round((Date.now() - began) / 1000)
console.log(
  `${requests} requests to ${chosen.length} calls in ${seconds} s: ${wrong} differences that are not as they are listed`,
)
close()
await service.close()
rmSync(hooks, { recursive: true })
process.exitCode = wrong > 0 ? 1 : 0
