import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALLOW_ALL, assume, makeAccount, statement, type TestAccount } from './identity-kit.ts'
import { startPostgres } from './postgres.ts'
import { type Credential, startService, type TestService } from './service.ts'

// Two servers over one PostgreSQL: what binds an account, and whether a session lives, is the same on both within the
// bound, and at once on the one that changed it.

/** The cache's bound of one second, with room for a slow machine around it. */
const BOUND_MS = 1000 + 250

const postgres = await startPostgres()

describe.skipIf(!postgres)('an organization over two processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-organization-'))
  let one: TestService
  let two: TestService
  let prod: TestAccount
  let session: Credential

  const role = () => ({
    name: 'worker',
    trust: {
      ram: statement.ram({
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { RAM: `acs:ram::${prod.uid}:root` },
      }),
    },
    policies: { ram: ['AliyunKMSFullAccess'] },
  })
  const organize = (...attached: string[]) =>
    one.apply({
      accounts: [],
      organization: {
        managementAccount: 'main',
        policies: [
          {
            name: 'NoLists',
            language: 'ram',
            document: statement.ram({ Effect: 'Deny', Action: 'kms:ListKeys', Resource: '*' }),
          },
        ],
        root: { folders: [{ name: 'f', policies: { ram: attached }, accounts: [{ account: 'prod' }] }] },
      },
    })
  const list = async (service: TestService, who: Credential) =>
    (await service.call(who, 'kms:ListKeys', {})).status
  /** Waits, no longer than the bound, until the other process answers so. */
  async function untilOther(who: Credential, status: number) {
    const changed = performance.now()
    while ((await list(two, who)) !== status) {
      expect(performance.now() - changed).toBeLessThan(BOUND_MS)
      await sleep(20)
    }
  }

  beforeAll(async () => {
    const database = await postgres?.createDatabase()
    if (database === undefined) return
    for (const name of ['one', 'two']) mkdirSync(join(folder, name), { mode: 0o700 })
    one = await startService({ database, data: join(folder, 'one') })
    cpSync(join(folder, 'one', 'root.key'), join(folder, 'two', 'root.key'))
    two = await startService({ database, data: join(folder, 'two'), root: one.root })
    prod = await makeAccount(one, 'prod')
    await one.apply({ accounts: [{ uid: prod.uid, roles: [role()] }] })
    await organize('FullAliyunAccess')
    session = await assume(one, prod.admin, `acs:ram::${prod.uid}:role/worker`)
  })
  afterAll(async () => {
    await one?.close()
    await two?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('serves on both what it allows, also to a session that the other has opened', async () => {
    for (const service of [one, two]) {
      expect([await list(service, prod.admin), await list(service, session)]).toEqual([200, 200])
    }
  })

  it('a policy that is attached binds there at once, and on the other within the bound', async () => {
    await organize('FullAliyunAccess', 'NoLists')
    expect(await list(one, prod.admin)).toBe(403)
    await untilOther(prod.admin, 403)
    expect(await list(two, session)).toBe(403)
  })

  it('so does one that is detached', async () => {
    await organize('FullAliyunAccess')
    expect(await list(one, prod.admin)).toBe(200)
    await untilOther(prod.admin, 200)
  })

  it('an account that is closed is closed there at once, and on the other within the bound', async () => {
    const call = async (action: string, input: Record<string, unknown> = {}) =>
      (await one.call(one.root, `resourcemanager:${action}`, input)).body as Record<string, never>
    const sts = statement.ram({ Effect: 'Allow', Action: 'sts:*', Resource: '*' })
    const enterer = await one.user('enterer', { ram: [sts] })
    const { AccountId } = (await call('CreateResourceAccount', { DisplayName: 'to-close' })).Account!
    const arn = `acs:ram::${AccountId}:role/ResourceDirectoryAccountAccessRole`
    const inside = await assume(one, enterer, arn)
    expect(await list(two, inside)).toBe(200)
    await call('SetMemberDeletionPermission', { Status: 'Enabled' })
    expect(await call('DeleteAccount', { AccountId })).toMatchObject({ DeletionType: '1' })
    expect(await list(one, inside)).toBe(400)
    await untilOther(inside, 400)
    await expect(assume(two, enterer, arn)).rejects.toThrow()
  })

  it('a session is over on both with its role', async () => {
    const { accessKeyId: id, accessKeySecret: secret } = prod.admin
    const all = { name: 'all', language: 'ram', document: ALLOW_ALL.ram }
    const admin = { name: 'admin', policies: { ram: ['all'] }, accessKeys: [{ id, secret }] }
    await one.apply({ accounts: [{ uid: prod.uid, policies: [all], users: [admin] }] }, { Prune: true })
    expect(await list(one, session)).toBe(400)
    await untilOther(session, 400)
    expect(await list(two, prod.admin)).toBe(200)
  })
})
