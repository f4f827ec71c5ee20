import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { readPrivateKey } from '../src/keypairs/formats/read-private-key.ts'
import { offeredMethods } from '../src/keypairs/hosts/connection.ts'
import { type Entry, stepsOf } from '../src/keypairs/hosts/job.ts'
import { canLogIn, foreignLines, byKey as loginKey } from '../src/keypairs/hosts/testing/jobs.ts'
import { noSshd, startHost, type TestHost } from '../src/keypairs/hosts/testing/sshd.ts'
import type { RootCredentials } from '../src/serve/credentials.ts'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { associate, byKey, byPassword, endOf, exportKey, hostKeyLine, task } from './kps-kit.ts'
import { callOver } from './service.ts'

// kill -9 of the server at each step of a replacement on a real host: the next server goes on from the journal.

const CLI = new URL('../../cli/src/main.ts', import.meta.url).pathname
const data = mkdtempSync(join(tmpdir(), 'keyward-kps-crash-'))
const hosts: TestHost[] = []
let child: ChildProcess | undefined
afterAll(async () => {
  child?.kill('SIGKILL')
  for (const host of hosts) await host.stop()
  rmSync(data, { recursive: true, force: true })
})

let starts = 0
/** A server of its own process over the one folder, by whose clock the lease of the one that died is over. */
async function start(): Promise<{ url: string; root: RootCredentials; kps: KpsClient }> {
  const flags = ['--listen', '127.0.0.1:0', '--data', data, '--log-level', 'fatal', '--test-clock']
  child = spawn(process.execPath, [CLI, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] })
  const output = child.stdout as NonNullable<ChildProcess['stdout']>
  const url = await new Promise<string>((resolve, reject) => {
    output.once('data', (line) => resolve(String(line).trim()))
    child?.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as RootCredentials
  starts += 1
  await callOver(url, root, 'keyward:AdvanceClock', { Milliseconds: starts * 60_000 })
  return { url, root, kps: kpsClient({ url, ...root }) }
}

async function killHard(): Promise<void> {
  const gone = new Promise((resolve) => child?.once('exit', resolve))
  child?.kill('SIGKILL')
  await gone
}

async function makeHost(url: string, root: RootCredentials, id: string): Promise<TestHost> {
  const host = await startHost()
  hosts.push(host)
  host.setKeys(foreignLines)
  const { address, setup } = host
  await callOver(url, root, 'keyward:PutHost', {
    HostId: id,
    Address: address.host,
    Port: address.port,
    User: address.user,
    HostKey: hostKeyLine(address.hostKey),
    SshdConfig: setup.config,
    SshdReload: setup.reload,
  })
  return host
}

const custody = { key_protection: { encryption: { type: 'default' } }, algorithm: 'SSH_ED25519' }
const steps = stepsOf({ id: '0', add: 'a b', remove: 'a c', passwords: 'off' })

/** Waits until the task has begun a step, as its journal says. */
async function begun(taskId: string, step: string): Promise<void> {
  const db = new DatabaseSync(join(data, 'keyward.db'), { readOnly: true })
  const journal = db.prepare('select journal from keypair_tasks where id = ?')
  try {
    for (let left = 5000; left > 0; left -= 1) {
      const row = journal.get(taskId) as { journal: string } | undefined
      const entries = JSON.parse(row?.journal ?? '[]') as Entry[]
      if (entries.some((entry) => entry.step === step)) return
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  } finally {
    db.close()
  }
  throw new Error(`${step} does not begin`)
}

describe.skipIf(noSshd)('kill -9', () => {
  it('in any step of a replacement, and the next server ends it well', async () => {
    let server = await start()
    for (const [i, step] of steps.entries()) {
      const id = `ecs-${i}`
      const host = await makeHost(server.url, server.root, id)
      await server.kps.createKeypair({ name: `old-${i}`, ...custody })
      await server.kps.createKeypair({ name: `new-${i}`, ...custody })
      const bound = await associate(server.kps, `old-${i}`, { id, auth: byPassword(host.password) })
      expect(await endOf(server.kps, bound)).toMatchObject({ status: 'SUCCESS_BIND' })
      const old = await exportKey(server.kps, `old-${i}`)
      const submitted = await associate(server.kps, `new-${i}`, {
        id,
        auth: byKey(old),
        disable_password: true,
      })
      await begun(submitted.task_id, step)
      await killHard()

      server = await start()
      expect(await endOf(server.kps, submitted)).toEqual({ status: 'SUCCESS_REPLACE', code: '', message: '' })
      const next = await exportKey(server.kps, `new-${i}`)
      const enters = async (key: string) => canLogIn(host, loginKey(await readPrivateKey(key)))
      expect([step, await enters(next), await enters(old)]).toEqual([step, true, false])
      expect(host.keys().startsWith(foreignLines)).toBe(true)
      expect(host.keys().trim().split('\n')).toHaveLength(foreignLines.trim().split('\n').length + 1)
      expect(await offeredMethods(host.address)).toEqual(['publickey'])
      const { body } = await callOver(server.url, server.root, 'keyward:GetHost', { HostId: id })
      expect(body.Host).toMatchObject({ KeypairName: `new-${i}` })
      expect((await task(server.kps, submitted.task_id)).task_status).toBe('SUCCESS_REPLACE')
    }
  }, 90_000)

  it('in the changing steps of a bind by password, and the next server ends it well', async () => {
    if (child) await killHard()
    let server = await start()
    const bindSteps = ['add-key', 'set-passwords', 'prove-passwords']
    for (const [i, step] of bindSteps.entries()) {
      const [id, name] = [`bind-${i}`, `by-password-${i}`]
      const host = await makeHost(server.url, server.root, id)
      await server.kps.createKeypair({ name, ...custody })
      const auth = byPassword(host.password)
      const submitted = await associate(server.kps, name, { id, auth, disable_password: true })
      await begun(submitted.task_id, step)
      await killHard()

      server = await start()
      expect([step, await endOf(server.kps, submitted)]).toEqual([
        step,
        { status: 'SUCCESS_BIND', code: '', message: '' },
      ])
      const key = await readPrivateKey(await exportKey(server.kps, name))
      expect([step, await canLogIn(host, loginKey(key))]).toEqual([step, true])
      expect(await offeredMethods(host.address)).toEqual(['publickey'])
      const { body } = await callOver(server.url, server.root, 'keyward:GetHost', { HostId: id })
      expect(body.Host).toMatchObject({ KeypairName: name })
    }
  }, 90_000)
})
