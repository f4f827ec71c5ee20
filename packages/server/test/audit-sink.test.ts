import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { exportAudit, exportedLine } from '../src/audit/export.ts'
import { fileSink } from '../src/audit/sink/file.ts'
import { syslogSink } from '../src/audit/sink/syslog.ts'
import { openStore } from '../src/store/open.ts'
import { startService, type TestService } from './service.ts'

// Every entry of the audit reaches the sink, as the line that `keyward audit export` writes.

let folder: string
let kit: TestService | undefined
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-sink-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(async () => {
  await kit?.close()
  kit = undefined
})

async function exported(data: string): Promise<string[]> {
  const store = await openStore(`sqlite:${data}/keyward.db`, { readOnly: true })
  const lines: string[] = []
  for await (const one of exportAudit(store.read)) lines.push(exportedLine(one))
  await store.close()
  return lines
}

async function eventually(met: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 15_000; Date.now() < end; ) {
    if (await met()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what} did not come`)
}

const linesIn = (file: string) =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []

describe('a file', () => {
  it('gets every entry, in order, also after it was renamed and after a restart', async () => {
    const file = join(folder, 'audit.jsonl')
    const data = join(folder, 'data')
    kit = await startService({ data, flags: { 'audit-sink': `file:${file}` } })
    const { root } = kit
    await kit.call(root, 'kms:ListKeys', {})
    const all = await exported(data)
    await eventually(() => linesIn(file).length >= all.length, 'the entries')
    renameSync(file, `${file}.1`)
    await kit.call(root, 'kms:ListAliases', {})
    await eventually(() => linesIn(file).some((line) => line.includes('kms:ListAliases')), 'the entry')
    await kit.close()
    kit = await startService({ data, root, flags: { 'audit-sink': `file:${file}` } })
    await kit.call(root, 'kms:ListSecrets', {})
    await eventually(() => linesIn(file).some((line) => line.includes('kms:ListSecrets')), 'the entry')
    expect([...linesIn(`${file}.1`), ...linesIn(file)]).toEqual(await exported(data))
  })

  it('gets a line break after a line that was cut in two', async () => {
    const file = join(folder, 'cut.jsonl')
    const entry = { chain: 'main', batch: 1, entry: 1, hash: 'ab', text: '{}' }
    await fileSink(file).send([entry])
    writeFileSync(file, `${exportedLine(entry)}\n{"chain":"ma`)
    await fileSink(file).send([entry, { ...entry, entry: 2 }])
    const lines = linesIn(file)
    expect(lines).toHaveLength(4)
    expect([lines[0], lines[2]]).toEqual([exportedLine(entry), exportedLine(entry)])
  })
})

const rsyslogd = ['/usr/sbin/rsyslogd', '/sbin/rsyslogd'].find((path) => existsSync(path))
if (rsyslogd === undefined) {
  const sentence = 'rsyslog is not installed: see scripts for the packages that the tests use'
  if (process.env.CI === 'true') throw new Error(sentence)
  console.warn(`${sentence}; its tests are skipped`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A real rsyslog that writes what it receives to a file. */
async function startRsyslog(port: number, file: string) {
  const config = join(folder, `rsyslog-${port}.conf`)
  writeFileSync(
    config,
    `global(workDirectory="${folder}" maxMessageSize="64k")
module(load="imtcp")
template(name="plain" type="string" string="%app-name% %msgid% %pri% %msg%\\n")
input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="keep")
ruleset(name="keep") { action(type="omfile" file="${file}" template="plain") }
`,
  )
  const child = spawn(rsyslogd!, ['-n', '-f', config, '-i', join(folder, `rsyslog-${port}.pid`)], {
    stdio: 'ignore',
  })
  return {
    stop: () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

describe.skipIf(rsyslogd === undefined)('rsyslog', () => {
  it('gets every entry, also those of the time when it was away', async () => {
    const port = await freePort()
    const file = join(folder, 'syslog.txt')
    const url = `syslog+tcp://127.0.0.1:${port}`
    const data = join(folder, 'syslog-data')
    kit = await startService({ data, flags: { 'audit-sink': url } })
    await kit.call(kit.root, 'kms:ListKeys', {})
    const server = await startRsyslog(port, file)
    try {
      await eventually(() => linesIn(file).some((line) => line.includes('kms:ListKeys')), 'the entry')
      await eventually(async () => linesIn(file).length >= (await exported(data)).length, 'every entry')
    } finally {
      await server.stop()
    }
    const all = await exported(data)
    const messages = linesIn(file).map((line) => /^keyward audit 110 \ufeff?(\{.*\})$/.exec(line)?.[1])
    expect(messages).toEqual(all)
  })
})

it.each([
  ['is not there', undefined],
  ['closes the connection without reading', (socket: import('node:net').Socket) => socket.destroy()],
  ['resets it', (socket: import('node:net').Socket) => socket.resetAndDestroy()],
])('entries are not sent where the syslog server %s', async (_how, answer) => {
  const server = answer && createServer({ pauseOnConnect: true }, answer).listen(0, '127.0.0.1')
  if (server) await new Promise((resolve) => server.once('listening', resolve))
  const port = server ? (server.address() as { port: number }).port : await freePort()
  const sink = syslogSink({ name: 'x', host: '127.0.0.1', port, tls: false })
  const entry = {
    chain: 'main',
    batch: 1,
    entry: 1,
    hash: 'ab',
    text: `{"time":"t","x":"${'y'.repeat(200_000)}"}`,
  }
  await expect(sink.send([entry])).rejects.toThrow()
  server?.close()
})
