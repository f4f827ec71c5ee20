// Brings node_modules into the state that package-lock.json asks for. Plain JavaScript for any Node since 18.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './node.mjs'

/**
 * Makes sure that what is needed is installed, exactly as locked.
 *
 * @param {'serving' | 'everything'} scope `serving` leaves development packages out, but never takes them away
 */
export async function ensureInstalled(scope) {
  const state = installState(scope)
  if (state.complete) return
  const everything = scope === 'everything' || state.development
  const what = everything ? 'everything that development needs' : 'what serving needs'
  const npm = process.env.npm_execpath
  const args = [
    'ci',
    everything ? '--include=dev' : '--omit=dev',
    '--loglevel=error',
    '--no-audit',
    '--no-fund',
  ]
  const done = progress(`installing ${what}`)
  const started = Date.now()
  const result = await run(
    // npm says which Node runs it: not the pinned one, which lies in the folder that is about to be replaced.
    npm ? (process.env.npm_node_execpath ?? process.execPath) : 'npm',
    npm ? [npm, ...args] : args,
  )
  done()
  if (result.code !== 0) {
    process.stderr.write(`${result.output}\nkeyward: \`npm ${args.join(' ')}\` failed; its output is above\n`)
    process.exit(1)
  }
  process.stderr.write(
    `${result.errors}keyward: installed in ${seconds(started)}; from now on this is quick\n`,
  )
}

/**
 * Compares the lock file with the record that npm leaves at the end of every install, so an interrupted install
 * counts as none and one made by hand counts as well as ours.
 */
export function installState(scope, folder = root) {
  const locked = packagesOf(join(folder, 'package-lock.json'))
  const present = packagesOf(join(folder, 'node_modules', '.package-lock.json'))
  if (!locked) throw new Error('package-lock.json is missing or is not JSON')
  if (!present) return { complete: false, development: false }
  const complete = Object.entries(locked).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true
    if (scope === 'serving' && (wanted.dev || wanted.devOptional)) return true
    const found = present[path]
    if (!found) return wanted.optional === true && !meantForThisMachine(wanted)
    const same = found.version === wanted.version && found.integrity === wanted.integrity
    return same && existsSync(join(folder, path))
  })
  return { complete, development: Object.values(present).some((one) => one.dev) }
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Whether an optional package is one that this very platform needs, such as its Node. */
function meantForThisMachine({ os, cpu, libc }) {
  if (!os && !cpu) return false
  const matches = (list, value) => !list || [list].flat().includes(value)
  return matches(os, process.platform) && matches(cpu, process.arch) && (!libc || matches(libc, thisLibc()))
}

function thisLibc() {
  return process.report?.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (text) => {
      output += text
    })
    child.stderr.on('data', (text) => {
      output += text
      errors += text
    })
    child.on('error', (error) => resolve({ code: 1, output: String(error), errors: '' }))
    child.on('close', (code) => resolve({ code: code ?? 1, output, errors }))
  })
}

/** Shows that something is going on: a moving line on a terminal, a line now and then elsewhere. */
function progress(text) {
  const started = Date.now()
  const terminal = process.stderr.isTTY
  const frames = ['-', '\\', '|', '/']
  let turn = 0
  if (!terminal) process.stderr.write(`keyward: ${text}\n`)
  const timer = setInterval(
    () => {
      turn += 1
      if (terminal)
        process.stderr.write(`\r${frames[turn % frames.length]} keyward: ${text}  ${seconds(started)} `)
      else process.stderr.write(`keyward: still installing, ${seconds(started)}\n`)
    },
    terminal ? 120 : 10_000,
  )
  return () => {
    clearInterval(timer)
    if (terminal) process.stderr.write('\r\x1b[K')
  }
}

const seconds = (since) => `${Math.round((Date.now() - since) / 1000)} s`
