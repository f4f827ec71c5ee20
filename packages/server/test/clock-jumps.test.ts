import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, type TestContext } from 'vitest'
import { openStore } from '../src/store/open.ts'
import type { ReadHandle } from '../src/store/store.ts'
import {
  DAY,
  HOUR,
  MINUTE,
  type MovingServer,
  movingServer,
  noFaketime,
  type Signed,
} from './moving-clock.ts'
import { startPostgres } from './postgres.ts'
import { serviceRole } from './rotation-kit.ts'

// The wall clock of a server is set to other times while it runs, and while it is dead. Nothing is destroyed before its
// time, no request counts twice, and what comes by the clock goes on when the clock is right again. Each test has servers of
// its own and mostly waits for them: they run beside each other.

const postgres = await startPostgres()

function server(test: TestContext, options: Parameters<typeof movingServer>[0]): MovingServer {
  const made = movingServer(options)
  test.onTestFinished(() => made.close())
  return made
}

async function read<T>(
  of: MovingServer,
  database: string | undefined,
  query: (db: ReadHandle) => Promise<T>,
) {
  const url = database ?? `sqlite:${of.data}/keyward.db`
  const store = await openStore(url, database === undefined ? { readOnly: true } : { migrate: false })
  try {
    return await query(store.read)
  } finally {
    await store.close()
  }
}

async function until(true_: () => Promise<boolean>, what: string): Promise<void> {
  for (let left = 200; left > 0; left -= 1) {
    if (await true_()) return
    await sleep(50)
  }
  throw new Error(`it does not come that ${what}`)
}

async function makeKey(of: MovingServer): Promise<{ KeyId: string; signed: Signed }> {
  const signed = of.sign('kms:CreateKey')
  const { status, body } = await of.send(signed)
  expect(status).toBe(200)
  return { KeyId: body.KeyMetadata.KeyId, signed }
}

const used = { status: 400, body: { Code: 'SignatureNonceUsed' } }

const databases = [
  ['SQLite', async (): Promise<string | undefined> => undefined],
  ['PostgreSQL', async (): Promise<string | undefined> => postgres?.createDatabase()],
] as const

const OLD_KEY = { id: 'LTAIrobot', secret: 'secret-of-robot' }

/** A secret with an access key that was rotated, so that the old one goes when its window ends. */
async function rotatedSecret(one: MovingServer): Promise<string> {
  const world = {
    accounts: [{ name: 'main', users: [{ name: 'robot', accessKeys: [OLD_KEY] }], ...serviceRole() }],
  }
  const answers = [
    await one.call('keyward:ApplyWorld', { World: JSON.stringify(world) }),
    await one.call('kms:CreateSecret', {
      SecretName: '$Auto',
      VersionId: 'v0',
      SecretType: 'RAMCredentials',
      SecretData: JSON.stringify({
        AccessKeys: [{ AccessKeyId: OLD_KEY.id, AccessKeySecret: OLD_KEY.secret }],
      }),
      ExtendedConfig: { SecretSubType: 'RamUserAccessKey', UserName: 'robot' },
    }),
    await one.call('kms:RotateSecret', { SecretName: 'acs/ram/user/robot', VersionId: 'v1' }),
  ]
  for (const { body, status } of answers) if (status !== 200) throw new Error(JSON.stringify(body))
  return 'acs/ram/user/robot'
}

describe.skipIf(noFaketime).each(databases)(
  'a wall clock that jumps, on %s',
  { concurrent: true },
  (kind, makeDatabase) => {
    const missing = kind === 'PostgreSQL' && !postgres
    const jobTimes = (of: MovingServer, database: string | undefined) =>
      read(of, database, (db) => db.selectFrom('jobs').select(['name', 'next_at', 'lease_until']).execute())
    const keysLeft = (of: MovingServer, database: string | undefined) =>
      read(of, database, (db) => db.selectFrom('kms_keys').select('id').execute()).then((rows) =>
        rows.map(({ id }) => id),
      )

    it.skipIf(missing)(
      'a month ahead and back destroys nothing, opens no replay and stops no job; not over kill -9 either',
      async (test) => {
        const database = await makeDatabase()
        const one = server(test, { database, flags: ['--test-clock'] })
        await one.start()
        const { KeyId, signed } = await makeKey(one)
        const doomed = await one.call('kms:ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 30 })
        expect(doomed.status).toBe(200)
        const imported = (await one.call('kms:CreateKey', { Origin: 'EXTERNAL' })).body.KeyMetadata.KeyId
        const SecretName = await rotatedSecret(one)
        const gone = { SecretName: 'gone', SecretData: 'x', VersionId: 'v0' }
        expect((await one.call('kms:CreateSecret', gone)).status).toBe(200)
        const deleted = await one.call('kms:DeleteSecret', { SecretName: 'gone', RecoveryWindowInDays: '30' })
        expect([deleted.status, deleted.body.Code]).toEqual([200, undefined])

        one.jump(31 * DAY)
        await one.untilDoubted(true)
        // The jobs have come by this time, and the key is past its window by this clock.
        await sleep(1500)
        expect((await one.call('keyward:GetClock')).body).toMatchObject({
          Trusted: false,
          KeysToDestroy: 1,
          SecretsToDelete: 1,
          OldValuesToRetire: 1,
        })
        const waits = await read(one, database, (db) =>
          db.selectFrom('secret_rotations').select(['state', 'attempts']).execute(),
        )
        expect(waits).toEqual([{ state: 'moved', attempts: 0 }])
        await one.kill()
        await one.start()
        await one.untilDoubted(true)
        await sleep(1500)
        expect(await keysLeft(one, database)).toEqual(expect.arrayContaining([KeyId, imported]))

        // A month behind: a deadline that is set now is none of a month ago.
        one.jump(-31 * DAY)
        await one.untilDoubted(true)
        await one.call('kms:ScheduleKeyDeletion', { KeyId: imported, PendingWindowInDays: 7 })
        await one.kill()

        one.jump(0)
        await one.start()
        await one.untilDoubted(false)
        for (const key of [KeyId, imported]) {
          const { body } = await one.call('kms:DescribeKey', { KeyId: key })
          expect(body.KeyMetadata).toMatchObject({ KeyState: 'PendingDeletion' })
          expect(Date.parse(body.KeyMetadata.DeleteDate)).toBeGreaterThan(Date.now() + 6 * DAY)
        }
        expect(await one.send(signed)).toMatchObject(used)
        await until(async () => {
          const rows = await jobTimes(one, database)
          // The longest pause is a minute, the longest lease four.
          return rows.every(
            (row) => row.next_at < Date.now() + 2 * MINUTE && row.lease_until < Date.now() + 5 * MINUTE,
          )
        }, 'no job stands in the future')
        // A clock that is moved on purpose is right, and the jobs run.
        await one.call('keyward:AdvanceClock', { Milliseconds: 40 * DAY })
        await until(async () => {
          const left = await keysLeft(one, database)
          return !left.includes(KeyId) && !left.includes(imported)
        }, 'the keys are destroyed in their time')
        await until(async () => {
          const rows = await read(one, database, (db) =>
            db.selectFrom('secret_rotations').select('id').execute(),
          )
          return rows.length === 0
        }, 'the old access key goes in its time')
        const { body } = await one.call('kms:GetSecretValue', { SecretName })
        expect(JSON.parse(body.SecretData).AccessKeyId).not.toBe(OLD_KEY.id)
      },
      180_000,
    )

    it.skipIf(missing)(
      'and is trusted by an operator releases what waits; what its nonces were forgotten of is refused for good',
      async (test) => {
        const database = await makeDatabase()
        const one = server(test, { database })
        await one.start()
        const { KeyId, signed } = await makeKey(one)
        await one.call('kms:ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 })
        one.jump(8 * DAY)
        await one.untilDoubted(true)
        const now = await one.call('keyward:TrustClock', { Time: new Date().toISOString() })
        expect(now).toMatchObject({ status: 400, body: { Code: 'InvalidParameter' } })
        const said = new Date(Date.now() + 8 * DAY).toISOString()
        expect((await one.call('keyward:TrustClock', { Time: said })).status).toBe(200)
        await until(async () => !(await keysLeft(one, database)).includes(KeyId), 'the key is destroyed')
        expect((await one.call('keyward:GetClock')).body).toMatchObject({ Trusted: true, Reason: '' })

        // The next purge goes by the trusted time, where the database's clock and all others agree: on PostgreSQL the
        // database itself is still in the present, and nothing is forgotten.
        one.jump(8 * DAY + 2 * MINUTE)
        const nonces = () => read(one, database, (db) => db.selectFrom('nonces').select('bucket').execute())
        const of = Math.floor(Date.parse(String(signed.headers['x-acs-date'])) / MINUTE)
        if (kind === 'SQLite') {
          await until(
            async () => (await nonces()).every(({ bucket }) => bucket > of + 60),
            'nonces are forgotten',
          )
        }
        one.jump(0)
        await one.untilDoubted(true)
        expect(await one.send(signed)).toMatchObject(used)
        await one.kill()
        await one.start()
        expect(await one.send(signed)).toMatchObject(used)
      },
      180_000,
    )

    it.skipIf(missing)(
      'by hours, forward and back, at random, between kills, loses nothing that was acknowledged and takes nothing twice',
      async (test) => {
        const database = await makeDatabase()
        const one = server(test, { database })
        const keys = new Map<string, Signed>()
        const offsets = [0, 2 * HOUR, -2 * HOUR, 31 * DAY, -31 * DAY, 40 * MINUTE]
        const cycles = Number(process.env.CLOCK_CYCLES ?? 2)
        await one.start()
        for (let cycle = 0; cycle < cycles; cycle += 1) {
          let stop = false
          const writers = Array.from({ length: 3 }, async () => {
            while (!stop) {
              const signed = one.sign('kms:CreateKey')
              const answer = await one.send(signed).catch(() => undefined)
              if (answer?.status !== 200) continue
              const { KeyId } = answer.body.KeyMetadata
              keys.set(KeyId, signed)
              await one.call('kms:ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }).catch(() => {})
              // At once, by whatever clock holds now: never accepted again.
              const again = await one.send(signed).catch(() => undefined)
              if (again?.status === 200) throw new Error('a request counted twice')
            }
          })
          for (let jumps = 0; jumps < 3; jumps += 1) {
            await sleep(150 + Math.random() * 300)
            one.jump(offsets[Math.floor(Math.random() * offsets.length)] as number)
          }
          await sleep(Math.random() * 300)
          await one.kill()
          stop = true
          await Promise.all(writers)
          one.jump(cycle === cycles - 1 ? 0 : (offsets[Math.floor(Math.random() * offsets.length)] as number))
          await one.start()
        }
        expect(keys.size).toBeGreaterThan(cycles)
        const left = await keysLeft(one, database)
        expect([...keys.keys()].filter((id) => !left.includes(id))).toEqual([])
        for (const [id, signed] of keys) {
          const { status } = await one.send(signed)
          expect([id, status]).toEqual([id, 400])
        }
        expect(await keysLeft(one, database)).toHaveLength(left.length)
      },
      180_000 + 60_000 * Number(process.env.CLOCK_CYCLES ?? 0),
    )
  },
)

describe.skipIf(noFaketime || !postgres)(
  'two processes whose clocks differ, on one PostgreSQL',
  { concurrent: true },
  () => {
    it('take no request twice, whichever of them forgets nonces, and neither stops the work of the other', async (test) => {
      const database = await postgres?.createDatabase()
      const right = server(test, { database })
      await right.start()
      const ahead = server(test, { database, like: right })
      ahead.jump(2 * HOUR)
      await ahead.start()
      await ahead.untilDoubted(true)
      const { KeyId, signed } = await makeKey(right)
      const hoursAhead = await makeKey(ahead)
      await right.kill()
      // Alone now: its purge comes again when its clock goes on by a minute.
      ahead.jump(2 * HOUR + 2 * MINUTE)
      await sleep(2000)
      const bucketOf = (one: Signed) => Math.floor(Date.parse(String(one.headers['x-acs-date'])) / MINUTE)
      const rows = await read(right, database, (db) => db.selectFrom('nonces').select('bucket').execute())
      expect(rows.map(({ bucket }) => bucket)).toEqual(
        expect.arrayContaining([bucketOf(signed), bucketOf(hoursAhead.signed)]),
      )
      ahead.jump(0)
      await ahead.untilDoubted(false)
      await right.start()
      for (const one of [right, ahead]) expect(await one.send(signed)).toMatchObject(used)
      right.jump(2 * HOUR)
      expect(await right.send(hoursAhead.signed)).toMatchObject(used)
      expect((await ahead.call('kms:DescribeKey', { KeyId })).status).toBe(200)
    }, 120_000)

    it('by minutes share ids, jobs and leases as if they did not differ', async (test) => {
      const database = await postgres?.createDatabase()
      const behind = server(test, { database })
      behind.jump(-5 * MINUTE)
      await behind.start()
      const ahead = server(test, { database, like: behind })
      ahead.jump(5 * MINUTE)
      await ahead.start()
      const both = [behind, ahead]
      const made = both.flatMap((one) => Array.from({ length: 20 }, () => makeKey(one)))
      const keys = (await Promise.all(made)).map(({ KeyId }) => KeyId)
      expect(new Set(keys).size).toBe(40)
      for (const one of both)
        for (const KeyId of [keys[0], keys.at(-1)])
          expect((await one.call('kms:DescribeKey', { KeyId })).status).toBe(200)
      // Each takes what is due once, however often the other looks.
      const jobs = () =>
        read(behind, database, (db) => db.selectFrom('jobs').select(['name', 'owner', 'fence']).execute())
      await sleep(1500)
      const before = await jobs()
      await sleep(2500)
      const taken = (await jobs()).map(({ name, fence }) => ({
        name,
        times: fence - (before.find((row) => row.name === name)?.fence ?? 0),
      }))
      expect(taken.filter(({ times }) => times > 1)).toEqual([])
      const lasting = (rows: Awaited<ReturnType<typeof jobs>>) => rows.filter(({ owner }) => owner !== '')
      expect(lasting(before)).not.toEqual([])
    }, 120_000)
  },
)
