import type { TestClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/serve/log.ts'
import { startServer } from '../../src/serve/server.ts'
import { readSettings } from '../../src/serve/settings-read.ts'

// A server in a process of its own, for tests that kill it: it asks its parent before each step of a rotation, and
// moves its clock when it is told to.
// `node process.ts '{"flags": {...}, "folder": "..."}'`

const { flags, folder } = JSON.parse(process.argv[2] ?? '') as {
  readonly flags: Readonly<Record<string, string>>
  readonly folder: string
}
const given = new Map(Object.entries(flags).map(([name, value]) => [name, [value]]))
const { settings, problems } = readSettings({ flags: given, environment: {}, folder })
if (problems) throw new Error(problems.join('\n'))

const waiting = new Map<number, () => void>()
let asked = 0
process.on('message', ({ advance, go }: { readonly go?: number; readonly advance?: number }) => {
  if (go !== undefined) waiting.get(go)?.()
  if (advance === undefined) return
  ;(service.clock as TestClock).advance(advance)
  process.send?.({ moved: true })
})
process.on('disconnect', () => process.exit())
const service = await startServer(settings, {
  log: createLog('fatal'),
  onRotationStep: ({ secretId }, step) =>
    new Promise((resolve) => {
      asked += 1
      waiting.set(asked, resolve)
      process.send?.({ asked, secretId, step })
    }),
})
process.send?.({ url: service.url })
