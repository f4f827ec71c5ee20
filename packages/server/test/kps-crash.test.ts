import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, type TestContext } from 'vitest'
import { readPrivateKey } from '../src/keypairs/formats/read-private-key.ts'
import { offeredMethods } from '../src/keypairs/hosts/connection.ts'
import { type Entry, stepsOf } from '../src/keypairs/hosts/job.ts'
import { canLogIn, foreignLines, byKey as loginKey } from '../src/keypairs/hosts/testing/jobs.ts'
import { noSshd, startHost, type TestHost } from '../src/keypairs/hosts/testing/sshd.ts'
import { type KpsClient, kpsClient } from './clients/huaweiKpsClient.ts'
import { associate, byKey, byPassword, endOf, exportKey, hostKeyLine, task } from './kps-kit.ts'
import { mortalServer } from './mortal-server.ts'

// kill -9 of the server at each step of a replacement on a real host: the next server goes on from the journal. Each test has
// a folder of its own and mostly waits: they run beside each other.

/** A server, its hosts, and what its tasks say. */
function crashing({ onTestFinished }: TestContext) {
  // By a test clock, so that the lease of a server that died is over at once.
  const server = mortalServer(['--test-clock'])
  const hosts: TestHost[] = []
  let starts = 0
  onTestFinished(async () => {
    server.close()
    for (const host of hosts) await host.stop()
  })
  return {
    server,
    async start(): Promise<KpsClient> {
      await server.start()
      starts += 1
      await server.call('keyward:AdvanceClock', { Milliseconds: starts * 60_000 })
      return kpsClient({ url: server.url, ...server.root })
    },
    async makeHost(id: string): Promise<TestHost> {
      const host = await startHost()
      hosts.push(host)
      host.setKeys(foreignLines)
      const { address, setup } = host
      await server.call('keyward:PutHost', {
        HostId: id,
        Address: address.host,
        Port: address.port,
        User: address.user,
        HostKey: hostKeyLine(address.hostKey),
        SshdConfig: setup.config,
        SshdReload: setup.reload,
      })
      return host
    },
    /** Waits until the task has begun a step, as its journal says, and kills the server. */
    async killIn(step: string, taskId: string): Promise<void> {
      const db = new DatabaseSync(join(server.data, 'keyward.db'), { readOnly: true })
      const journal = db.prepare('select journal from keypair_tasks where id = ?')
      try {
        for (let left = 5000; left > 0; left -= 1) {
          const row = journal.get(taskId) as { journal: string } | undefined
          const entries = JSON.parse(row?.journal ?? '[]') as Entry[]
          if (entries.some((entry) => entry.step === step)) return await server.kill()
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
      } finally {
        db.close()
      }
      throw new Error(`${step} does not begin`)
    },
  }
}

const custody = { key_protection: { encryption: { type: 'default' } }, algorithm: 'SSH_ED25519' }
const steps = stepsOf({ id: '0', add: 'a b', remove: 'a c', passwords: 'off' })
/** Every step, in two tests. */
const halves = [0, 1].map((half) => steps.filter((_, i) => i % 2 === half))

describe.skipIf(noSshd)('kill -9', { concurrent: true }, () => {
  it.for(halves)(
    'in each step of a replacement (%$ of 2), and the next server ends it well',
    { timeout: 240_000 },
    async (half, test) => {
      const crash = crashing(test)
      let kps = await crash.start()
      for (const [i, step] of half.entries()) {
        const id = `ecs-${i}`
        const host = await crash.makeHost(id)
        await kps.createKeypair({ name: `old-${i}`, ...custody })
        await kps.createKeypair({ name: `new-${i}`, ...custody })
        const bound = await associate(kps, `old-${i}`, { id, auth: byPassword(host.password) })
        expect(await endOf(kps, bound)).toMatchObject({ status: 'SUCCESS_BIND' })
        const old = await exportKey(kps, `old-${i}`)
        const submitted = await associate(kps, `new-${i}`, {
          id,
          auth: byKey(old),
          disable_password: true,
        })
        await crash.killIn(step, submitted.task_id)

        kps = await crash.start()
        expect(await endOf(kps, submitted)).toEqual({
          status: 'SUCCESS_REPLACE',
          code: '',
          message: '',
        })
        const next = await exportKey(kps, `new-${i}`)
        const enters = async (key: string) => canLogIn(host, loginKey(await readPrivateKey(key)))
        expect([step, await enters(next), await enters(old)]).toEqual([step, true, false])
        expect(host.keys().startsWith(foreignLines)).toBe(true)
        expect(host.keys().trim().split('\n')).toHaveLength(foreignLines.trim().split('\n').length + 1)
        expect(await offeredMethods(host.address)).toEqual(['publickey'])
        const { body } = await crash.server.call('keyward:GetHost', { HostId: id })
        expect(body.Host).toMatchObject({ KeypairName: `new-${i}` })
        expect((await task(kps, submitted.task_id)).task_status).toBe('SUCCESS_REPLACE')
      }
    },
  )

  it('in the changing steps of a bind by password, and the next server ends it well', async (test) => {
    const crash = crashing(test)
    let kps = await crash.start()
    const bindSteps = ['add-key', 'set-passwords', 'prove-passwords']
    for (const [i, step] of bindSteps.entries()) {
      const [id, name] = [`bind-${i}`, `by-password-${i}`]
      const host = await crash.makeHost(id)
      await kps.createKeypair({ name, ...custody })
      const auth = byPassword(host.password)
      const submitted = await associate(kps, name, { id, auth, disable_password: true })
      await crash.killIn(step, submitted.task_id)

      kps = await crash.start()
      expect([step, await endOf(kps, submitted)]).toEqual([
        step,
        { status: 'SUCCESS_BIND', code: '', message: '' },
      ])
      const key = await readPrivateKey(await exportKey(kps, name))
      expect([step, await canLogIn(host, loginKey(key))]).toEqual([step, true])
      expect(await offeredMethods(host.address)).toEqual(['publickey'])
      const { body } = await crash.server.call('keyward:GetHost', { HostId: id })
      expect(body.Host).toMatchObject({ KeypairName: name })
    }
  }, 240_000)
})
