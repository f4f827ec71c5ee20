// Runs a TypeScript file of this checkout with the pinned Node: `node scripts/run.mjs FILE [ARGUMENTS]`.
import { ensureInstalled } from './install.mjs'
import { runNode } from './node.mjs'

await ensureInstalled('everything')
process.exitCode = runNode(process.argv.slice(2))
