import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installedPackages } from '../test/testing/built.ts'

// `npm run bench:ready [-- TIMES]`: how long the published packages take until they are ready, from an empty folder.
const times = Number(process.argv[2] ?? 7)
const folder = mkdtempSync(join(tmpdir(), 'keyward-start-'))
const bin = join(folder, 'node_modules/keyward/bin/keyward.mjs')

const ways: Readonly<Record<string, (round: number) => readonly string[]>> = {
  'keyward --version': () => ['--version'],
  'keyward serve': (round) => ['serve', '--listen', '127.0.0.1:0', '--data', join(folder, `data-${round}`)],
  'keyward dev': () => ['dev'],
}

/** Milliseconds until the first line. */
async function start(words: readonly string[]): Promise<number> {
  const began = performance.now()
  const child = spawn(process.execPath, [bin, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
  const end = once(child, 'exit')
  await once(child.stdout, 'data')
  const took = performance.now() - began
  child.kill('SIGTERM')
  await end
  return took
}

try {
  await installedPackages(folder)
  for (const [name, words] of Object.entries(ways)) {
    const took: number[] = []
    for (let round = 0; round < times; round += 1) took.push(await start(words(round)))
    took.sort((a, b) => a - b)
    const [fastest, median, slowest] = [took[0]!, took[times >> 1]!, took.at(-1)!].map(Math.round)
    console.log(`${name}: ready after ${median} ms (${fastest} to ${slowest}, ${times} times)`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
