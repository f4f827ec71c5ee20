// `npm start`: installs what serving needs when it is not there, then runs `keyward serve` with the flags given.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureInstalled } from './install.mjs'
import { root } from './node.mjs'

// Without a listener this signal opens a debugger in the process that will stand before the service.
process.on('SIGUSR1', () => {})

await ensureInstalled('serving')
process.argv.splice(2, 0, 'serve')
await import(pathToFileURL(join(root, 'packages', 'cli', 'bin', 'keyward.mjs')).href)
