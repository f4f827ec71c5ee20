import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestClock } from '../src/base/clock.ts'
import type { Engine } from '../src/secrets/engines/engine.ts'
import { engineOf } from '../src/secrets/engines/load.ts'
import type { TestServer } from '../src/secrets/engines/testing/server.ts'
import { testEngines } from '../src/secrets/engines/testing/servers.ts'
import type { Value } from '../src/secrets/rotation/place.ts'
import { ROTATIONS, runClient, secretKit } from './rotation-kit.ts'
import { startService, type TestService } from './service.ts'

// Secrets that rotate on real databases, under clients that log in all the time.

let service: TestService
/** Milliseconds from the change on the target to the stages, of each rotation, as the service sees them. */
const windows: number[] = []
const begun = new Map<string, number>()
beforeAll(async () => {
  service = await startService({
    switches: ['test-clock'],
    onRotationStep({ id }, step) {
      if (step === 'prepared') begun.set(id, performance.now())
      if (step === 'rotated') windows.push(performance.now() - (begun.get(id) ?? 0))
    },
  })
})
afterAll(() => service?.close())

const advance = (ms: number) => (service.service.clock as TestClock).advance(ms)

describe.each(testEngines)('on $name', (kind) => {
  describe.skipIf(kind.missing)('a secret', () => {
    let server: TestServer
    let engine: Engine
    const target = `db-${kind.name}`
    const logIn = (value: Value) =>
      engine.logIn(server.at, { name: value.AccountName ?? '', password: value.AccountPassword ?? '' })
    const accounts = ['single', 'turn', 'turn_clone', 'down', 'polar', 'polar_clone']
    beforeAll(async () => {
      engine = await engineOf(kind.name)
      server = await kind.start()
      for (const name of [...accounts, 'unlisted'])
        await kind.makeAccount(server, { name, password: `${name}-password` })
      const { status, body } = await service.call(service.root, 'keyward:PutTarget', {
        TargetId: target,
        Engine: kind.name,
        Address: server.at.host,
        Port: server.at.port,
        Tls: 'off',
        Administrator: kind.administrator.name,
        AdministratorPassword: kind.administrator.password,
        Accounts: accounts,
      })
      if (status !== 200) throw new Error(JSON.stringify(body))
    })
    afterAll(() => server?.close())

    const create = async (name: string, account: string, mode: 'SingleUser' | 'DoubleUsers') => {
      const kit = secretKit(service, `${kind.name}/${name}`)
      const redis = {
        SecretType: 'Redis',
        SecretData: '$Auto',
        ExtendedConfig: {
          SecretSubType: 'DoubleUsers',
          RegionId: 'cn-hangzhou',
          InstanceId: target,
          AccountName: account,
          CloneAccountName: `${account}_clone`,
          AccountPrivilege: 'RoleReadWrite',
        },
      }
      const rds = {
        SecretType: 'Rds',
        SecretData: JSON.stringify({
          Accounts: [{ AccountName: account, AccountPassword: `${account}-password` }],
        }),
        ExtendedConfig: { SecretSubType: mode, DBInstanceId: target },
      }
      const answer = await kit.call('CreateSecret', {
        VersionId: 'v0',
        ...(kind.name === 'redis' ? redis : rds),
      })
      return { kit, answer }
    }

    it('in two-user mode rotates without one login that fails', async () => {
      const { kit, answer } = await create('turn', 'turn', 'DoubleUsers')
      expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ VersionId: 'v0' })])
      await logIn((await kit.value()) as Value)
      const clients = [1, 2, 3].map(() => runClient(kit, logIn))
      const names = new Set<string>()
      for (let i = 1; i <= ROTATIONS; i += 1) {
        const before = await kit.value()
        await kit.rotate(`v${i}`)
        const after = await kit.value()
        names.add(String(after?.AccountName))
        expect(after?.AccountName).not.toBe(before?.AccountName)
        expect(await kit.value('ACSPrevious')).toEqual(before)
        // A value lasts until the next rotation but one: a client that sleeps over two has to read again.
        await Promise.all(clients.map((client) => client.readsAgain()))
        if (i % 40 === 0) advance(3_600_000)
      }
      const reports = await Promise.all(clients.map((client) => client.stop()))
      for (const report of reports) expect([report.failures, report.logins > 0]).toEqual([0, true])
      expect([...names].sort()).toEqual(['turn', 'turn_clone'])
      tell(`${kind.name}, two users`, reports)
    }, 300_000)

    it('gives no new password to an account that another secret manages', async () => {
      const before = (await secretKit(service, `${kind.name}/turn`).value()) as Value
      const polar = {
        SecretType: 'PolarDB',
        SecretData: '$Auto',
        ExtendedConfig: {
          SecretSubType: 'DoubleUsers',
          RegionId: 'cn-hangzhou',
          DBClusterId: target,
          DBType: kind.name === 'mariadb' ? 'MySQL' : 'PostgreSQL',
          AccountName: 'turn',
          CloneAccountName: 'turn_clone',
          AccountType: 'Normal',
        },
      }
      const thief = secretKit(service, `${kind.name}/thief`)
      const { body } =
        kind.name === 'redis'
          ? (await create('thief', 'turn', 'DoubleUsers')).answer
          : await thief.call('CreateSecret', { VersionId: 'v0', ...polar })
      expect([body.Code, body.Message]).toEqual([
        'Rejected.InvalidRequest',
        expect.stringContaining('managed by another secret'),
      ])
      await logIn(before)
    })

    it.skipIf(kind.name === 'redis')(
      'in single-user mode leaves its clients without a login only for a moment',
      async () => {
        advance(3_600_000)
        const { kit, answer } = await create('single', 'single', 'SingleUser')
        expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ VersionId: 'v0' })])
        const clients = [1, 2].map(() => runClient(kit, logIn))
        windows.length = 0
        for (let i = 1; i <= ROTATIONS; i += 1) {
          await kit.rotate(`v${i}`)
          await logIn((await kit.value()) as Value)
          if (i % 40 === 0) advance(3_600_000)
        }
        // What the way itself takes: the shortest of few, so that a machine that is busy with other things fails nothing,
        // and half of many.
        const sorted = [...windows].sort((a, b) => a - b)
        expect(sorted).toHaveLength(ROTATIONS)
        expect(sorted[ROTATIONS < 50 ? 0 : 25]).toBeLessThan(200)
        if (ROTATIONS >= 50) {
          const [median, most] = [sorted[25], sorted.at(-1)].map((ms) => Math.round(ms ?? 0))
          console.log(`${kind.name}: from the change to the stages ${median} ms, ${most} ms at most`)
        }
        const reports = await Promise.all(clients.map((client) => client.stop()))
        for (const { logins, failures } of reports) expect(failures).toBeLessThan(logins)
        tell(`${kind.name}, single user`, reports)
      },
      300_000,
    )

    it('takes no account that the target does not list, and not its administrator', async () => {
      const { administrator } = kind
      for (const account of ['unlisted', administrator.name, 'ghost']) {
        const { answer } = await create(`no-${account}`, account, 'SingleUser')
        expect([account, answer.status, answer.body.Code]).toEqual([
          account,
          404,
          'Forbidden.ResourceNotFound',
        ])
      }
      await engine.logIn(server.at, { name: 'unlisted', password: 'unlisted-password' })
      await engine.logIn(server.at, administrator)
    })

    it.skipIf(kind.name === 'redis')(
      'says why it does not go on, and goes on by itself',
      async () => {
        const { kit } = await create('down', 'down', 'SingleUser')
        const policy = { EnableAutomaticRotation: true, RotationInterval: '6h' }
        expect((await kit.call('UpdateSecretRotationPolicy', policy)).status).toBe(200)
        await server.stop()
        expect((await kit.call('RotateSecret', { VersionId: 'now' })).body.Code).toBe(
          'Rejected.InvalidRequest',
        )
        expect(await kit.describe()).toMatchObject({ AutomaticRotation: 'Enabled', LastRotationDate: '' })
        advance(6 * 3_600_000)
        await until(async () => (await kit.describe()).AutomaticRotation === 'Invalid')
        expect((await kit.describe()).RotationError).toMatch(/^TargetUnreachable: /)
        await server.start()
        advance(3_600_000)
        await until(async () => (await kit.describe()).AutomaticRotation === 'Enabled')
        const described = await kit.describe()
        expect(described.RotationError).toBeUndefined()
        expect(described.LastRotationDate).not.toBe('')
        await logIn((await kit.value()) as Value)
      },
      60_000,
    )

    it.skipIf(kind.name === 'redis')(
      'serves PolarDB as the engine that it is compatible with',
      async () => {
        const types = { postgresql: 'PostgreSQL', mariadb: 'MySQL' } as Record<string, string>
        const made = (name: string, DBType: string) => {
          const kit = secretKit(service, `${kind.name}/${name}`)
          const ExtendedConfig = {
            SecretSubType: 'DoubleUsers',
            RegionId: 'cn-hangzhou',
            DBClusterId: target,
            DBType,
            AccountName: 'polar',
            CloneAccountName: 'polar_clone',
            AccountType: 'Normal',
          }
          const input = { VersionId: 'v0', SecretType: 'PolarDB', SecretData: '$Auto', ExtendedConfig }
          return { kit, answer: kit.call('CreateSecret', input) }
        }
        for (const [name, DBType] of Object.entries({ ...types, oracle: 'Oracle' })) {
          if (name === kind.name) continue
          const { body } = await made(`polar-${name}`, DBType).answer
          expect([name, body.Code]).toEqual([name, 'Forbidden.ResourceNotFound'])
        }
        const { answer, kit } = made('polar', types[kind.name] ?? '')
        expect([(await answer).status, (await answer).body.Code]).toEqual([200, undefined])
        const first = (await kit.value()) as Value
        await logIn(first)
        await kit.rotate('v1')
        const second = (await kit.value()) as Value
        expect([first.AccountName, second.AccountName]).toEqual(['polar', 'polar_clone'])
        await logIn(first)
        await logIn(second)
      },
      60_000,
    )

    it('asks for a password that does let in', async () => {
      if (kind.name === 'redis') return
      const kit = secretKit(service, `${kind.name}/wrong`)
      const { status, body } = await kit.call('CreateSecret', {
        VersionId: 'v0',
        SecretType: 'Rds',
        SecretData: '{"Accounts":[{"AccountName":"single","AccountPassword":"wrong"}]}',
        ExtendedConfig: { SecretSubType: 'SingleUser', DBInstanceId: target },
      })
      expect([status, body.Code]).toEqual([400, 'InvalidParameter'])
    })
  })
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let left = 200; left > 0; left -= 1) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it does not come')
}

/** The figures of the long run go to docs/reliability.md. */
function tell(what: string, reports: readonly { logins: number; failures: number; longest: number }[]): void {
  if (ROTATIONS < 50) return
  const sum = (pick: (one: (typeof reports)[number]) => number) =>
    reports.reduce((all, one) => all + pick(one), 0)
  const longest = Math.round(Math.max(...reports.map((one) => one.longest)))
  console.log(
    `${what}: ${ROTATIONS} rotations, ${sum((one) => one.logins)} logins, ${sum((one) => one.failures)} failed, longest ${longest} ms`,
  )
}
