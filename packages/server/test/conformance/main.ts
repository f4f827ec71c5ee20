import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exampleWorlds } from '../example-worlds.ts'
import { startService } from '../service.ts'
import { listed, listedOf } from './differences.ts'
import { type Subject, subjects } from './plan.ts'
import { type Finding, makeWalk } from './walk.ts'

// npm run test:conformance [-- CALLS]: sends every variant of every call (or of those that the regular expression names) and
// holds the answers against the models.

const hooks = mkdtempSync(join(tmpdir(), 'keyward-hooks-'))
writeFileSync(join(hooks, 'true'), '#!/bin/sh\nexit 0\n', { mode: 0o755 })
const only = new RegExp(process.argv[2] ?? '')
const began = Date.now()
const chosen = subjects().filter(({ name }) => only.test(name))
let variants = 0
let sent = 0
let wrong = 0
// A service for each product: what its calls leave behind must not use up what those of another may have.
for (const ofProduct of Map.groupBy(chosen, ({ name }) => name.split(' ', 1)[0]!).values()) {
  const service = await startService({ switches: ['test-clock'], flags: { 'offline-hooks': hooks } })
  const { walk, close } = await makeWalk(service, exampleWorlds(service))
  for (const subject of ofProduct) report(subject, await walk(subject))
  close()
  await service.close()
}

const served = new Set(subjects().map(({ name }) => name))
for (const name of listed.flatMap(({ of }) => Object.keys(of)))
  if (!served.has(name)) {
    wrong += 1
    console.log(`   listed, but not served: ${name}`)
  }
const seconds = Math.round((Date.now() - began) / 1000)
console.log(
  `${sent} variants (of ${variants} sets of parameters, each in a form and as a caller) of ${chosen.length} calls in ${seconds} s: ${wrong} differences that are not as they are listed`,
)
rmSync(hooks, { recursive: true })
process.exitCode = wrong > 0 ? 1 : 0

function report(subject: Subject, found: Finding): void {
  variants += found.variants
  sent += found.sent
  const known = listedOf(subject.name)
  const lines = [
    ...[...found.differences].filter((one) => !known.has(one)).map((one) => `   not listed: ${one}`),
    ...[...known].filter((one) => !found.differences.has(one)).map((one) => `   does not occur: ${one}`),
  ]
  wrong += lines.length
  // Of one kind a few are enough to see.
  const kinds = Map.groupBy(lines, (line) => line.split(': ').slice(0, 2).join())
  const few = [...kinds.values()].flatMap((of) =>
    of.length > 6 ? [...of.slice(0, 6), `   and ${of.length - 6} more like the last`] : of,
  )
  console.log(
    [`${found.name}: ${found.variants} sets of parameters, ${found.sent} variants`, ...few].join('\n'),
  )
}
