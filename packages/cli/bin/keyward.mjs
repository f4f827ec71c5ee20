#!/usr/bin/env node
// The `keyward` command. Plain JavaScript that any Node since 18 can read, because its first task is to find a Node
// that can run the rest: this one if it is new enough, else the one that a checkout has pinned through npm.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const OLDEST = 24
const here = dirname(fileURLToPath(import.meta.url))

/** The program: built JavaScript in a published package, TypeScript in a checkout. */
const built = join(here, '..', 'lib', 'main.js')
const program = existsSync(built) ? built : join(here, '..', 'src', 'main.ts')

/** The Node that a checkout pins as an optional dependency, or undefined. */
function pinnedNode() {
  const arch =
    process.platform === 'darwin' && process.arch === 'arm64'
      ? 'bin-darwin-arm64'
      : `${process.platform}-${process.arch}`
  const path = join(here, '..', '..', '..', 'node_modules', `node-${arch}`, 'bin', 'node')
  return existsSync(path) ? path : undefined
}

/** Requests leave little behind: with room for their waste a server collects it a tenth cheaper (`npm run bench`). */
const FLAGS = ['--max-semi-space-size=64']

/** Runs the program in a child and takes its place: same streams, same signals, same exit code. */
function become(node) {
  const child = spawn(node, [...FLAGS, program, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to the child as well; passing it on would count as a second, impatient one.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  child.on('error', (error) => {
    process.stderr.write(`keyward: could not start ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}

if (Number.parseInt(process.versions.node, 10) >= OLDEST) {
  process.argv[1] = program
  await import(pathToFileURL(program).href)
} else {
  const node = program === built ? undefined : pinnedNode()
  if (node) become(node)
  else {
    process.stderr.write(
      `keyward needs Node ${OLDEST} or newer; this is Node ${process.versions.node}.\n` +
        (program === built
          ? 'Install a newer Node (https://nodejs.org) and run the command again.\n'
          : 'Run `npm start` or `npm ci` once in this checkout: it brings the Node it needs.\n'),
    )
    process.exitCode = 1
  }
}
