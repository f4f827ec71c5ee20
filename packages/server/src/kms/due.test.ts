import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditLog } from '../audit/audit.ts'
import { createResting } from '../base/resting.ts'
import { JobLost } from '../jobs/job.ts'
import { createJobRunner } from '../jobs/runner.ts'
import { type KmsFixture, openKmsFixture } from '../operations/kms/testing/kms-fixture.ts'
import type { ClockWatch } from '../store/clock/watch.ts'
import { watchedClock } from '../store/clock/watched.ts'
import { openStore } from '../store/open.ts'
import { testDatabases } from '../store/testing/databases.ts'
import { dueKeyWork, type KeyWorkParts, waitingKeyWork } from './due.ts'
import { keyWorkJob } from './job.ts'

for (const database of await testDatabases()) {
  describe.skipIf(database.missing)(`what the clock asks of keys, on ${database.name}`, () => {
    let url: string
    let fixture: KmsFixture
    beforeEach(async () => {
      url = await database.fresh()
      fixture = await openKmsFixture({ url })
    })
    afterEach(() => fixture.close())
    const rotating = { EnableAutomaticRotation: true, RotationInterval: '7d' }
    /** As the job does it: remembers what failed. On this clock no rest ends. */
    const worker = (parts: KeyWorkParts) => {
      const resting = createResting({ monotonic: () => 0 })
      return () => dueKeyWork(parts, resting)
    }
    const versions = async (KeyId: string) => (await fixture.ok('ListKeyVersions', { KeyId })).TotalCount

    it('happens once, however many workers find it', async () => {
      const keys = await Promise.all([1, 2, 3, 4, 5].map(() => fixture.key(rotating)))
      const doomed = await fixture.key()
      await fixture.ok('ScheduleKeyDeletion', { KeyId: doomed, PendingWindowInDays: 7 })
      fixture.days(7.1)
      // A store of one file has one process; PostgreSQL has the second worker on a store of its own.
      const other = database.name === 'postgres' ? await openStore(url) : fixture.store
      const parts = fixture.worker({ store: other })
      await Promise.all([fixture.work(), dueKeyWork(parts), fixture.work(), dueKeyWork(parts)])
      if (other !== fixture.store) await other.close()
      for (const key of keys) expect(await versions(key)).toBe(2)
      expect(await fixture.work()).toBe(0)
      const left = await fixture.store.read.selectFrom('kms_key_versions').select('key_id').execute()
      expect(left.map((row) => row.key_id)).not.toContain(doomed)
    })

    it('is done by the job, more of it than fits one round', async () => {
      const keys: string[] = []
      while (keys.length < 103) keys.push(await fixture.key(rotating))
      fixture.days(7.1)
      const job = keyWorkJob(fixture.worker())
      const errors: unknown[] = []
      const runner = createJobRunner({
        store: fixture.store,
        clock: fixture.clock,
        jobs: [job],
        tickMs: 1_000_000,
        onError: (_, error) => void errors.push(error),
      })
      expect(await runner.runDue()).toEqual(['kms-keys'])
      await runner.close()
      expect(errors).toEqual([])
      const { total } = await fixture.store.read
        .selectFrom('kms_key_versions')
        .select((e) => e.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow()
      expect(Number(total)).toBe(keys.length * 2)
    })

    it('is done for all others, however many rows fail for ever', async () => {
      const bad: string[] = []
      while (bad.length < 120) bad.push(await fixture.key())
      const change = { state: 'PendingDeletion', delete_at: fixture.clock.now() + 1000 }
      await fixture.store.write((tx) => tx.updateTable('kms_keys').set(change).execute())
      const good = await fixture.key()
      await fixture.ok('ScheduleKeyDeletion', { KeyId: good, PendingWindowInDays: 7 })
      const turning = await fixture.key(rotating)
      fixture.days(7.1)
      let tried = 0
      const audit: AuditLog = {
        record: async () => {},
        assertWritable() {},
        close: async () => {},
        recordIn: async (_: unknown, entry: { input?: Record<string, unknown> | undefined }) => {
          if (!bad.includes(String(entry.input?.KeyId))) return
          tried += 1
          throw new Error('this row is broken')
        },
      }
      const work = worker(fixture.worker({ audit }))
      await expect(work()).rejects.toMatchObject({ problem: { code: 'Internal' } })
      expect(fixture.defects.splice(0).map(String)).toEqual(bad.map(() => 'Error: this row is broken'))
      const left = await fixture.store.read.selectFrom('kms_keys').select('id').execute()
      expect(left.map(({ id }) => id).sort()).toEqual([...bad, turning].sort())
      expect(await versions(turning)).toBe(2)
      // And they are not tried again at once.
      expect(tried).toBe(120)
      await work()
      expect(tried).toBe(120)
    })

    it('is not put off by a clock that was a month ahead', async () => {
      const KeyId = await fixture.key(rotating)
      const month = { next_rotation_at: fixture.clock.now() + 40 * 86_400_000 }
      await fixture.store.write((tx) =>
        tx.updateTable('kms_keys').set(month).where('id', '=', KeyId).execute(),
      )
      expect(await fixture.work()).toBe(1)
      expect(await fixture.work()).toBe(0)
      expect(await versions(KeyId)).toBe(1)
      fixture.days(7.1)
      expect(await fixture.work()).toBe(1)
      expect(await versions(KeyId)).toBe(2)
    })

    it('destroys nothing while the clock is in doubt, and all that is due once it is trusted', async () => {
      const doomed = await fixture.key()
      await fixture.ok('ScheduleKeyDeletion', { KeyId: doomed, PendingWindowInDays: 7 })
      const turning = await fixture.key(rotating)
      const external = await fixture.key({ Origin: 'EXTERNAL' })
      const expired = { state: 'Enabled', material_expires_at: fixture.clock.now() + 1000 }
      await fixture.store.write((tx) =>
        tx.updateTable('kms_keys').set(expired).where('id', '=', external).execute(),
      )
      fixture.days(7.1)
      const state: { doubt: 'moved' | undefined } = { doubt: 'moved' }
      const look = async () => ({ ...state, now: fixture.clock.now() })
      const watch = { look, doubted: true } as unknown as ClockWatch
      const parts = fixture.worker({ clock: watchedClock(fixture.clock, watch) })
      const row = (id: string) =>
        fixture.store.read.selectFrom('kms_keys').select('state').where('id', '=', id)
      // The rotation alone is done.
      expect(await dueKeyWork(parts)).toBe(1)
      expect(await versions(turning)).toBe(2)
      expect(await row(doomed).execute()).toEqual([{ state: 'PendingDeletion' }])
      expect(await row(external).execute()).toEqual([{ state: 'Enabled' }])
      expect(await waitingKeyWork(parts)).toEqual({ keys: 1, materials: 1 })
      // What waits is reported once.
      const reported: unknown[] = []
      const job = keyWorkJob({ ...parts, onWaiting: (waiting) => reported.push(waiting) })
      const work = { fence: 1, step: fixture.store.write }
      await job.run(work)
      await job.run(work)
      expect(reported).toEqual([{ keys: 1, materials: 1 }])
      state.doubt = undefined
      expect(await dueKeyWork(parts)).toBe(2)
      expect(await row(doomed).execute()).toEqual([])
      expect(await row(external).execute()).toEqual([{ state: 'PendingImport' }])
    })

    it('is not done by a worker that lost its job', async () => {
      const KeyId = await fixture.key(rotating)
      fixture.days(7.1)
      const parts = fixture.worker()
      const before = fixture.audited.length
      const act = parts.actIn(() => Promise.reject(new JobLost('kms-keys')))
      await expect(dueKeyWork({ ...parts, act })).rejects.toThrow(JobLost)
      // It says nothing either: whoever has the job now does.
      expect(fixture.audited.length).toBe(before)
      expect(fixture.defects).toEqual([])
      expect(await versions(KeyId)).toBe(1)
    })

    it('does not stop at a key that moves meanwhile', async () => {
      const KeyId = await fixture.key()
      await fixture.ok('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
      const other = await fixture.key(rotating)
      fixture.days(6.95)
      const parts = fixture.worker()
      let first = true
      fixture.days(0.1)
      const act = parts.actIn(async (body) => {
        // Between the look and the step someone takes the key out of its window, by a clock that runs behind.
        if (first) {
          first = false
          const change = { state: 'Enabled', delete_at: null, version: 9 }
          await fixture.store.write((tx) =>
            tx.updateTable('kms_keys').set(change).where('id', '=', KeyId).execute(),
          )
        }
        return fixture.store.write(body)
      })
      await dueKeyWork({ ...parts, act })
      const row = await fixture.store.read
        .selectFrom('kms_keys')
        .select('state')
        .where('id', '=', KeyId)
        .execute()
      expect(row).toEqual([{ state: 'Enabled' }])
      expect(await versions(other)).toBe(2)
    })
  })
}
