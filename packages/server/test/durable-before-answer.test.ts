import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { RootCredentials } from '../src/serve/credentials.ts'
import { callOver } from './service.ts'
import { readTrace } from './trace.ts'

// A kill -9 cannot see a sync that is missing: what a process wrote is the kernel's. So the server runs under strace, and
// the order of its system calls is looked at: the entry of a call is written to the log, a sync of the log that began
// after that has ended, and only then bytes of the answer go to the socket.

const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname

const strace = (() => {
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'pipe' })
    return true
  } catch {
    const sentence =
      'strace is not installed or may not trace: see scripts for the packages that the tests use'
    if (process.env.CI === 'true') throw new Error(sentence)
    console.warn(`${sentence}; its tests are skipped`)
    return false
  }
})()

const folder = mkdtempSync(join(tmpdir(), 'keyward-durable-'))
const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** Takes the sync out: the log is never made durable, and the server does not know. */
const WITHOUT_SYNC = `
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
fs.fdatasync = (_, done) => void setImmediate(done, null)
syncBuiltinESMExports()
`

describe.skipIf(!strace)('an answer', () => {
  it('leaves only after the sync that makes its audit entry durable, for reads and writes', async () => {
    const { answers, early, syncs } = await traced('with', [])
    expect(answers).toBeGreaterThan(100)
    expect(syncs).toBeGreaterThan(10)
    expect(early).toEqual([])
  })

  it('that leaves without it is found: with the sync taken out of the server this test fails', async () => {
    const preload = join(folder, 'without-sync.mjs')
    writeFileSync(preload, WITHOUT_SYNC)
    const { answers, early } = await traced('without', ['--import', preload])
    expect(answers).toBeGreaterThan(100)
    expect(early.length).toBeGreaterThan(answers / 2)
  })
})

/** Runs a server under strace and calls it. */
async function traced(name: string, flags: readonly string[]) {
  const data = join(folder, name)
  const trace = join(folder, `${name}.trace`)
  const calls = 'trace=fdatasync,pwrite64,write,writev,sendto,sendmsg'
  const child = spawn(
    'strace',
    [
      '-f',
      '--seccomp-bpf',
      '-y',
      '-s',
      '5000',
      '-e',
      calls,
      '-o',
      trace,
      process.execPath,
      ...flags,
      CLI,
    ].concat(['serve', '--listen', '127.0.0.1:0', '--data', data, '--log-level', 'fatal']),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  running.add(child)
  const url = await new Promise<string>((resolve, reject) => {
    let seen = ''
    child.stdout?.on('data', (chunk) => {
      seen += chunk
      const found = /https?:\/\/[^\s/]+:\d+/.exec(seen)
      if (found) resolve(found[0])
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as RootCredentials
  const ids = await callAll(url, root)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  // The server itself, whose parent is strace: strace lets it end and then ends.
  const server = execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' })
  process.kill(Number(server.trim().split(/\s+/)[0]), 'SIGTERM')
  await ended
  running.delete(child)
  return readTrace(readFileSync(trace, 'latin1'), ids)
}

/** Calls that read and calls that write, one after another and many at once. Returns their request ids. */
async function callAll(url: string, root: RootCredentials): Promise<readonly string[]> {
  const ids: string[] = []
  const call = async (operation: string, input: Record<string, unknown>) => {
    const { status, body } = await callOver(url, root, operation, input)
    expect(status).toBe(200)
    ids.push(String(body.RequestId))
    return body
  }
  const { KeyMetadata } = await call('kms:CreateKey', {})
  const { KeyId } = KeyMetadata as { KeyId: string }
  for (let i = 0; i < 10; i += 1) await call('kms:DescribeKey', { KeyId })
  for (let round = 0; round < 8; round += 1) {
    await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        i % 2 === 0
          ? call('kms:Encrypt', { KeyId, Plaintext: 'c2VjcmV0' })
          : call('kms:UpdateKeyDescription', { KeyId, Description: `${round} ${i}` }),
      ),
    )
  }
  return ids
}
