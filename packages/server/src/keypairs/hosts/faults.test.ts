import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Login, offeredMethods } from './connection.ts'
import { type Entry, type HostJob, type Step, stepsOf } from './job.ts'
import type { HostRun } from './run-job.ts'
import { cuttingProxy } from './testing/cutting-proxy.ts'
import { byKey, byPassword, canLogIn, foreignLines, lineOf, newKey, runJob } from './testing/jobs.ts'
import { noSshd, startHost, type TestHost } from './testing/sshd.ts'

/** A host bound to one key, about to be given another, with password login to go. Every step of a job occurs. */
async function replacing() {
  const host = await startHost()
  const [old, key] = [await newKey(), await newKey()]
  host.setKeys(`${foreignLines}${lineOf(old)}\n`)
  const before = { keys: host.keys(), config: readFileSync(host.config, 'utf8') }
  const job = { add: lineOf(key), remove: lineOf(old), passwords: 'off' } as const
  return { host, old, key, before, job }
}
type Replacing = Awaited<ReturnType<typeof replacing>>

const steps = stepsOf({ id: '0', add: 'a b', remove: 'a c', passwords: 'off' })

async function expectReplaced({ host, old, key }: Replacing) {
  expect(host.keys()).toBe(`${foreignLines}${lineOf(key)}\n`)
  expect(await offeredMethods(host.address)).toEqual(['publickey'])
  expect(await canLogIn(host, byKey(key))).toBe(true)
  expect(await canLogIn(host, byKey(old))).toBe(false)
}

async function expectUntouched({ host, old, before }: Replacing) {
  expect(host.keys()).toBe(before.keys)
  expect(readFileSync(host.config, 'utf8')).toBe(before.config)
  expect(await canLogIn(host, byKey(old))).toBe(true)
  expect(await canLogIn(host, byPassword(host))).toBe(true)
}

/** False also while sshd starts again. */
const onlyKeys = (host: TestHost) =>
  offeredMethods(host.address).then(
    (methods) => methods.join() === 'publickey',
    () => false,
  )

async function until(condition: () => Promise<boolean>) {
  while (!(await condition())) await pause(50)
}

/** Whatever happened: lines of others are there, and a key that worked or the new one lets in. */
async function expectReachable({ host, old, key }: Replacing) {
  expect(host.keys().startsWith(foreignLines)).toBe(true)
  expect((await canLogIn(host, byKey(old))) || (await canLogIn(host, byKey(key)))).toBe(true)
}

describe.skipIf(noSshd)('a connection that is cut', () => {
  const cut = async (step: Step, bytes: number, thenRefuse: boolean) => {
    const world = await replacing()
    const proxy = await cuttingProxy(world.host.address)
    const journal: Entry[] = []
    const save = async (entry: Entry) => {
      journal.push(entry)
      if (entry.step === step && entry.event === 'started') proxy.cutAfter(bytes, thenRefuse)
    }
    try {
      const { outcome } = await runJob(world.host, byKey(world.old), world.job, { host: proxy.address, save })
      if (outcome.ok) await expectReplaced(world)
      else if (outcome.left.length === 0) await expectUntouched(world)
      await expectReachable(world)
      return outcome
    } finally {
      await proxy.close()
      await world.host.stop()
    }
  }

  it.concurrent.each(steps)('once, in %s, is opened again and the job ends well', async (step) => {
    expect(await cut(step, 700, false)).toEqual({ ok: true })
  })

  it.concurrent.each(steps)('for good, in %s, leaves a host that lets in', async (step) => {
    const outcome = await cut(step, 0, true)
    expect(outcome).toMatchObject({ ok: false, code: /ConnectionLost|HostUnreachable/ })
  })
})

describe.skipIf(noSshd)('a server that dies', () => {
  /** Dies after a step has had its effect and before it is written down, then goes on from its journal. */
  const dieIn = async (world: Replacing, step: Step, login: Login, more: Partial<HostRun> = {}) => {
    const journal: Entry[] = []
    const save = async (entry: Entry) => {
      if (entry.step === step && entry.event === 'done') throw new Error('killed')
      journal.push(entry)
    }
    const job: Omit<HostJob, 'id'> = world.job
    await expect(runJob(world.host, login, job, { ...more, save })).rejects.toThrow('killed')
    if (step === 'set-passwords') await until(() => onlyKeys(world.host))
    return runJob(world.host, login, job, { ...more, journal })
  }
  const within = async (body: (world: Replacing) => Promise<void>) => {
    const world = await replacing()
    try {
      await body(world)
    } finally {
      await world.host.stop()
    }
  }

  it.concurrent.each(steps)('in %s goes on and ends well', (step) =>
    within(async (world) => {
      const { outcome } = await dieIn(world, step, byKey(world.old), { newKey: world.key })
      expect(outcome).toEqual({ ok: true })
      await expectReplaced(world)
    }),
  )

  it.concurrent('in remove-key, with its own way in closed and no other, sees that all is done', () =>
    within(async (world) => {
      const { outcome, journal } = await dieIn(world, 'remove-key', byKey(world.old))
      expect(outcome).toEqual({ ok: true })
      expect(journal.at(-1)).toEqual({ step: 'prove-removal', event: 'done' })
      await expectReplaced(world)
    }))

  it.concurrent('in set-passwords, with the password that let it in switched off, says what is left', () =>
    within(async (world) => {
      const { outcome } = await dieIn(world, 'set-passwords', byPassword(world.host))
      expect(outcome).toMatchObject({ ok: false, code: 'LoginRefused', left: ['add-key', 'set-passwords'] })
      await expectReachable(world)
    }))

  it.concurrent('while it takes back, goes on taking back', () =>
    within(async (world) => {
      const sshd = { ...world.host.setup, reload: 'false' }
      const journal: Entry[] = []
      const save = async (entry: Entry) => {
        if (entry.event === 'undone') throw new Error('killed')
        journal.push(entry)
      }
      const login = byKey(world.old)
      await expect(runJob(world.host, login, world.job, { sshd, save })).rejects.toThrow('killed')
      const { outcome } = await runJob(world.host, login, world.job, { sshd, journal })
      expect(outcome).toMatchObject({ ok: false, code: 'SshdConfigRefused', left: [] })
      await expectUntouched(world)
    }))
})

describe.skipIf(noSshd)('several hosts', () => {
  it('are replaced at one time', async () => {
    const worlds = await Promise.all(Array.from({ length: 5 }, replacing))
    const stop = (host: TestHost) => host.stop()
    try {
      const runs = worlds.map((world) =>
        runJob(world.host, byKey(world.old), world.job, { newKey: world.key }),
      )
      for (const { outcome } of await Promise.all(runs)) expect(outcome).toEqual({ ok: true })
      for (const world of worlds) await expectReplaced(world)
    } finally {
      await Promise.all(worlds.map(({ host }) => stop(host)))
    }
  })
})
