import { setTimeout as pause } from 'node:timers/promises'
import { type SqlBool, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBell } from '../base/bell.ts'
import { testClock } from '../base/clock.ts'
import { readMeta, writeMeta } from '../store/meta.ts'
import { NONCE_MINUTES, useNonces } from '../store/nonces.ts'
import { openStore } from '../store/open.ts'
import type { Store } from '../store/store.ts'
import { testDatabases } from '../store/testing/databases.ts'
import { type HandClock, handClock } from '../store/testing/seams.ts'
import { claimJob, declareJob, releaseJob, runOf } from './claim.ts'
import { type Job, JobLost } from './job.ts'
import { purgeNoncesJob } from './purge-nonces.ts'
import { createJobRunner, type JobRunner } from './runner.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`jobs on ${database.name}`, () => {
    let url: string
    let store: Store
    let clock: HandClock
    const runners: JobRunner[] = []
    beforeEach(async () => {
      url = await database.fresh()
      store = await openStore(url)
      clock = handClock()
    })
    afterEach(async () => {
      await Promise.all(runners.splice(0).map((runner) => runner.close()))
      await store.close()
    })
    const start = (
      jobs: readonly Job[],
      over = store,
      onError = (_: string, error: unknown) => void errors.push(error),
    ) => {
      // Ticks never come by themselves here: the tests say when.
      const runner = createJobRunner({ store: over, clock, jobs, tickMs: 1_000_000, onError })
      runners.push(runner)
      return runner
    }
    const errors: unknown[] = []
    const increment = async (work: { step: (body: never) => Promise<unknown> }) => {
      await work.step((async (tx: never) => {
        await writeMeta(tx, 'count', String(Number((await readMeta(tx, 'count')) ?? 0) + 1))
      }) as never)
    }
    const count = async () => Number((await readMeta(store.read, 'count')) ?? 0)

    it('run when they are due, and not again before their time', async () => {
      const runner = start([{ name: 'job', everyMs: 60_000, run: increment }])
      expect(await runner.runDue()).toEqual(['job'])
      expect(await runner.runDue()).toEqual([])
      clock.move(59_000)
      expect(await runner.runDue()).toEqual([])
      clock.move(1_000)
      expect(await runner.runDue()).toEqual(['job'])
      expect(await count()).toBe(2)
    })

    it('are run by one of many runners', async () => {
      const job: Job = { name: 'job', everyMs: 60_000, run: increment }
      const other = store.kind === 'postgres' ? await openStore(url) : store
      const all = [start([job]), start([job]), start([job], other), start([job], other)]
      const ran = await Promise.all(all.map((runner) => runner.runDue()))
      expect(ran.flat()).toEqual(['job'])
      expect(await count()).toBe(1)
      if (other !== store) await other.close()
    })

    /** Moves the clock that leases go by. On PostgreSQL that is the database's own: there the lease moves instead. */
    const passes = async (milliseconds: number) => {
      clock.move(milliseconds)
      if (store.kind === 'sqlite') return
      await store.write((tx) =>
        tx
          .updateTable('jobs')
          .set((eb) => ({ lease_until: eb('lease_until', '-', milliseconds) }))
          .execute(),
      )
    }

    it('are taken over from a worker whose lease ran out, and it can do nothing more', async () => {
      const job: Job = { name: 'job', everyMs: 1000, leaseMs: 5000, run: increment }
      await declareJob(store, job)
      const first = await claimJob(store, job, 'stalled', clock.now())
      const stalled = runOf(store, job, 'stalled', first!, clock.now)
      await stalled.step((tx) => writeMeta(tx, 'half', 'stalled'))
      expect(await claimJob(store, job, 'eager', clock.now())).toBeUndefined()
      await passes(4000)
      // A step renews the lease.
      await stalled.step((tx) => writeMeta(tx, 'half', 'stalled still'))
      await passes(4000)
      expect(await claimJob(store, job, 'eager', clock.now())).toBeUndefined()
      await passes(1000)
      const second = await claimJob(store, job, 'eager', clock.now())
      expect(second).toBe(first! + 1)
      await expect(stalled.step((tx) => writeMeta(tx, 'half', 'late'))).rejects.toThrow(JobLost)
      await expect(releaseJob(store, job, 'stalled', first!, clock.now())).rejects.toThrow(JobLost)
      expect(await readMeta(store.read, 'half')).toBe('stalled still')
      await runOf(store, job, 'eager', second!, clock.now).step((tx) => writeMeta(tx, 'half', 'done'))
      await releaseJob(store, job, 'eager', second!, clock.now())
      // The same worker, come back, is told apart by the fencing number alone.
      clock.move(1000)
      expect(await claimJob(store, job, 'stalled', clock.now())).toBe(second! + 1)
      await expect(stalled.step((tx) => writeMeta(tx, 'half', 'later'))).rejects.toThrow(JobLost)
      expect(await readMeta(store.read, 'half')).toBe('done')
    })

    it('come again when they are due after a clock that was a month ahead, also after a start', async () => {
      const job: Job = { name: 'job', everyMs: 60_000, run: increment }
      const month = 31 * 86_400_000
      clock.move(month)
      expect(await start([job]).runDue()).toEqual(['job'])
      clock.move(-month)
      expect(await start([job]).runDue()).toEqual(['job'])
      expect(await start([job]).runDue()).toEqual([])
      clock.move(59_000)
      expect(await start([job]).runDue()).toEqual([])
      clock.move(1000)
      expect(await start([job]).runDue()).toEqual(['job'])
      expect(await count()).toBe(3)
    })

    it('are taken over from a worker that died while the clock was a month ahead', async () => {
      const job: Job = { name: 'job', everyMs: 1000, leaseMs: 5000, run: increment }
      await declareJob(store, job)
      const first = await claimJob(store, job, 'dead', clock.now())
      const ahead = { lease_until: (store.kind === 'sqlite' ? clock.now() : Date.now()) + 31 * 86_400_000 }
      await store.write((tx) => tx.updateTable('jobs').set(ahead).execute())
      expect(await claimJob(store, job, 'alive', clock.now())).toBe(first! + 1)
    })

    it.skipIf(database.name === 'sqlite')(
      'stay with their worker when the clock of another process is hours ahead',
      async () => {
        const job: Job = { name: 'job', everyMs: 10 * 3600_000, leaseMs: 5000, run: increment }
        await declareJob(store, job)
        await claimJob(store, job, 'slow', clock.now())
        expect(await claimJob(store, job, 'ahead', clock.now() + 2 * 3600_000)).toBeUndefined()
      },
    )

    it('come again after a run that failed', async () => {
      let fails = true
      errors.length = 0
      const runner = start([
        {
          name: 'job',
          everyMs: 1000,
          run: async (work) => {
            if (fails) throw new Error('not today')
            await increment(work as never)
          },
        },
      ])
      expect(await runner.runDue()).toEqual([])
      expect(errors).toMatchObject([{ message: 'not today' }])
      fails = false
      expect(await runner.runDue()).toEqual([])
      clock.move(1000)
      expect(await runner.runDue()).toEqual(['job'])
    })

    it('that have nothing to do are not claimed, but for once a minute', async () => {
      let works = true
      const waits = () => sql<SqlBool>`${sql.lit(works ? 1 : 0)} = 1`
      const runner = start([{ name: 'job', everyMs: 1000, waits, run: increment }])
      const fence = async () =>
        (await store.read.selectFrom('jobs').select('fence').executeTakeFirst())?.fence ?? 0
      expect(await runner.runDue()).toEqual(['job'])
      clock.move(1000)
      expect(await runner.runDue()).toEqual(['job'])
      works = false
      clock.move(1000)
      expect(await runner.runDue()).toEqual([])
      clock.move(58_000)
      expect(await runner.runDue()).toEqual([])
      expect(await fence()).toBe(2)
      clock.move(2000)
      expect(await runner.runDue()).toEqual(['job'])
      works = true
      clock.move(1000)
      expect(await runner.runDue()).toEqual(['job'])
    })

    it('that last are woken when there is work for them, by the query that finds what is due', async () => {
      let works = false
      const lasting = createBell()
      let looks = 0
      let over = false
      const job: Job = {
        name: 'job',
        everyMs: 1000,
        lasting: true,
        waits: () => sql<SqlBool>`${sql.lit(works ? 1 : 0)} = 1`,
        wake: () => {
          looks += 1
          lasting.ring()
        },
        run: async () => {
          while (!over) await lasting.wait(3_600_000)
        },
      }
      const runner = start([job])
      const ended = runner.runDue()
      const taken = () => store.read.selectFrom('jobs').select('name').where('owner', '!=', '').execute()
      while ((await taken()).length === 0) await pause(5)
      await runner.runDue()
      expect(looks).toBe(0)
      works = true
      await runner.runDue()
      expect(looks).toBe(1)
      runner.wake('job')
      expect(looks).toBe(2)
      over = true
      runner.wake('job')
      await ended
    })

    it('are done at once when someone in the process tells of work', async () => {
      const runner = start([{ name: 'job', everyMs: 1000, run: increment }])
      runner.wake('job')
      while ((await count()) === 0) await pause(5)
    })

    it("purge nonces by the machine's clock, whatever the test clock says", async () => {
      const machine = testClock()
      const minute = Math.floor(machine.wall() / 60_000)
      await store.write((tx) =>
        useNonces(tx, [
          { bucket: minute - NONCE_MINUTES - 2, id: Buffer.alloc(16, 1) },
          { bucket: minute - NONCE_MINUTES + 1, id: Buffer.alloc(16, 2) },
        ]),
      )
      machine.advance(24 * 3600_000)
      const job = purgeNoncesJob({ clock: machine, read: store.read })
      expect(await start([job]).runDue()).toEqual(['purge-nonces'])
      const left = await store.read.selectFrom('nonces').select('bucket').execute()
      expect(left.map((row) => row.bucket)).toEqual([minute - NONCE_MINUTES + 1])
    })
  })
}
