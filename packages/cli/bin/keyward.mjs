#!/usr/bin/env node
// The `keyward` command. Plain JavaScript that any Node since 18 can read, because its first task is to find a Node
// that can run the rest: this one if it is new enough, else the one that a checkout has pinned through npm.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Without a listener this signal opens a debugger, in which every user of this machine may run code.
process.on('SIGUSR1', () => {})

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

// No debugger on SIGUSR1, from the first moment on. Requests leave little behind: with room for their waste a server
// collects it a tenth cheaper (`npm run bench`).
const FLAGS = ['--disable-sigusr1', '--max-semi-space-size=64']

/**
 * Gives this very process to the program, so that there is nobody in between who could be killed alone. Not under npm,
 * which dies without a word to its child: then this process stays, and watches npm. And not where another program talks
 * to this one over a channel, which would be lost.
 */
const canReplace = process.execve !== undefined && process.platform !== 'win32' && !process.channel

function replace() {
  const line = [process.execPath, ...process.execArgv, ...FLAGS, program, ...process.argv.slice(2)]
  process.execve(process.execPath, line, process.env)
}

/** Signals that the program knows what to do with. It counts one that it gets twice, from us and from a group, once. */
const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGPWR', 'SIGXCPU']
/** Signals that would end this process and leave the program alone. */
const HELD = ['SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO', 'SIGSTKFLT', 'SIGXFSZ']
// Elsewhere than on Linux a look starts a program.
const LOOK_MS = process.platform === 'linux' ? 500 : 5000

/** Runs the program in a child and takes its place: same streams, same signals, same exit code. */
function become(node, npmIsThere) {
  // Over the channel nothing is said: it closes with this process, however that ends, and a server then stops.
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc']
  const child = spawn(node, [...process.execArgv, ...FLAGS, program, ...process.argv.slice(2)], { stdio })
  for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal))
  for (const signal of HELD) process.on(signal, () => {})
  if (npmIsThere !== undefined) {
    const watch = setInterval(() => {
      if (npmIsThere()) return
      clearInterval(watch)
      child.kill('SIGTERM')
    }, LOOK_MS)
  }
  child.on('error', (error) => {
    process.stderr.write(`keyward: could not start ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
}

/**
 * Where npm runs this process (`npm start`, `npx keyward`): a function that says whether it still does. `npx` puts a
 * shell in between, which outlives it. Any other shell may be a script that goes on without us: it is not watched.
 */
function npmAbove() {
  if (process.env.npm_command === undefined || process.platform === 'win32') return undefined
  const parent = process.ppid
  try {
    if (isNpm(parent)) return () => process.ppid === parent
    const above = process.env.npm_lifecycle_event === 'npx' ? parentOf(parent) : undefined
    if (above === undefined || !isNpm(above)) return undefined
    return () => process.ppid === parent && parentOf(parent) === above
  } catch {
    return undefined
  }
}

function isNpm(pid) {
  const command = existsSync('/proc/self/cmdline')
    ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    : ps('command', pid)
  return /^(\S*\/)?(node\s+\S*\/)?(npm|npx)(-cli\.js)?\s/.test(command)
}

/** The parent of a process; undefined when there is no such process. */
function parentOf(pid) {
  try {
    // PID (NAME) STATE PPID: the name may hold anything.
    if (existsSync('/proc/self/stat')) {
      return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1])
    }
    return Number(ps('ppid', pid))
  } catch {
    return undefined
  }
}

function ps(field, pid) {
  return execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' })
}

const isNewEnough = Number.parseInt(process.versions.node, 10) >= OLDEST
const node = isNewEnough ? process.execPath : program === built ? undefined : pinnedNode()
const npmIsThere = npmAbove()
if (isNewEnough && canReplace && npmIsThere === undefined) replace()
else if (node) become(node, npmIsThere)
else {
  process.stderr.write(
    `keyward needs Node ${OLDEST} or newer; this is Node ${process.versions.node}.\n` +
      (program === built
        ? 'Install a newer Node (https://nodejs.org) and run the command again.\n'
        : 'Run `npm start` or `npm ci` once in this checkout: it brings the Node it needs.\n'),
  )
  process.exitCode = 1
}
