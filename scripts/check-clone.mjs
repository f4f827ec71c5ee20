// `npm run check:clone`: what a person does first. Clones HEAD into a temporary folder, runs `npm start` there as the
// very first command, asks the service whether it is ready, and stops it. Slow, and needs the registry.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from './node.mjs'

const MINUTE = 60_000
const folder = mkdtempSync(join(tmpdir(), 'keyward-clone-'))
const clone = join(folder, 'keyward')
try {
  execFileSync('git', ['clone', '--quiet', root, clone])
  await startOnce('first start')
  await startOnce('second start')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function startOnce(what) {
  const started = Date.now()
  // The npm and Node of the machine, not those that run this script.
  const path = process.env.PATH.split(':').filter((one) => !one.includes('node_modules'))
  const environment = Object.entries(process.env).filter(([name]) => !/^(npm_|KEYWARD_)/.test(name))
  const child = spawn('npm', ['start', '--', '--listen', '127.0.0.1:0'], {
    cwd: clone,
    env: { ...Object.fromEntries(environment), PATH: path.join(':') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const url = await Promise.race([
    addressOf(child.stdout),
    ended.then(([code]) => fail(`npm start ended with ${code}`)),
    new Promise((_, reject) => setTimeout(reject, MINUTE, new Error('not ready within a minute')).unref()),
  ])
  const { status } = await fetch(`${url}/readyz`)
  if (status !== 200) fail(`/readyz answered ${status}`)
  console.log(`ok     ${what}: ready after ${((Date.now() - started) / 1000).toFixed(1)} s`)
  child.kill('SIGTERM')
  await ended
  if (child.exitCode !== 0) fail(`SIGTERM ended it with ${child.exitCode ?? child.signalCode}`)
}

async function addressOf(output) {
  for await (const line of createInterface(output)) if (line.startsWith('http')) return line
  return fail('no address was printed')
}

function fail(message) {
  throw new Error(message)
}
