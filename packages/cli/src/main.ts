import { readFileSync } from 'node:fs'
import './no-debugger.ts'
import { processIo } from './io.ts'
import { run } from './run.ts'

// A reader that closes the pipe early (`keyward ... | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
process.exitCode = await run(process.argv.slice(2), processIo(), version)
