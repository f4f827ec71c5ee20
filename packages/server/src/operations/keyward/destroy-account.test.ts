import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CLOSING_WINDOW } from '../../identity/closing.ts'
import { dueClosingWork } from '../../identity/closing-job.ts'
import { type KmsFixture, OWN, openKmsFixture } from '../kms/testing/kms-fixture.ts'
import { holdingsOf } from '../organizations/holdings.ts'
import { accountDestroyer } from './destroy-account.ts'

// The end of a closed account: after its window and not before, step by step, and gone on with after a crash.

let fixture: KmsFixture
beforeEach(async () => {
  fixture = await openKmsFixture()
})
afterEach(() => fixture.close())

const BOUND = {
  server_id: 'web',
  name: 'web',
  address: '127.0.0.1',
  port: 22,
  login_user: 'root',
  host_key: '',
  power: 'on',
  offline_hook: '',
  sshd_config: '',
  sshd_reload: '',
  keypair_id: 'p',
  keypair_name: 'p',
  bound_line: 'ssh-ed25519 AAAA',
  bound_at: 1,
  created_at: 1,
  updated_at: 1,
  version: 1,
}

/** The account, closed, with many copies of one key. */
async function closedAccount(keys: number) {
  await fixture.key()
  const row = await fixture.store.read.selectFrom('kms_keys').selectAll().executeTakeFirstOrThrow()
  const now = fixture.clock.now()
  const names = { domain_id: OWN.domainId, project_id: OWN.projectId, name: `~${OWN.uid}` }
  await fixture.store.write(async (tx) => {
    const account = { ...names, id: OWN.uid, created_at: 1, closed_at: now, declared_by: 'api', version: 1 }
    await tx.insertInto('accounts').values(account).execute()
    const copies = Array.from({ length: keys - 1 }, (_, i) => ({ ...row, id: `${row.id}-${i}` }))
    await tx.insertInto('kms_keys').values(copies).execute()
    const closure = {
      id: OWN.uid,
      organization_id: 'x',
      name: 'own',
      folder_id: 'f',
      attached: '[]',
      description: '',
      tags: '{}',
      joined_at: 1,
      closed_at: now,
      ends_at: now + CLOSING_WINDOW,
      destroyed_at: 0,
      version: 1,
    }
    await tx.insertInto('account_closures').values(closure).execute()
  })
}
const left = async () => (await fixture.store.read.selectFrom('kms_keys').select('id').execute()).length
const closure = () => fixture.store.read.selectFrom('account_closures').selectAll().executeTakeFirstOrThrow()
const steps = () => fixture.audited.filter(({ operation }) => operation === 'keyward:DestroyAccount')

describe('a closed account', () => {
  it('keeps what it holds until its window ends', async () => {
    await closedAccount(2)
    fixture.days(44)
    expect(await dueClosingWork({ ...fixture, destroy: accountDestroyer(fixture.act)() })).toBe(0)
    const early = await accountDestroyer(fixture.act)()(OWN.uid)
    expect(early).toMatchObject({ code: 'AccessDenied' })
    expect(await left()).toBe(2)
    expect(steps()).toEqual([])
  })

  it('is destroyed step by step, also after it was cut off in the middle', async () => {
    await closedAccount(250)
    fixture.days(46)
    const destroy = accountDestroyer(fixture.act)()
    let count = 0
    const cut = dueClosingWork({
      ...fixture,
      destroy: async (uid) => {
        count += 1
        if (count > 1) throw new Error('the process is gone')
        return destroy(uid)
      },
    })
    await expect(cut).rejects.toThrow('the process is gone')
    expect(await left()).toBe(150)
    expect(Number((await closure()).destroyed_at)).toBe(0)
    // Two workers at once: each step happens once.
    const both = await Promise.all([1, 2].map(() => dueClosingWork({ ...fixture, destroy })))
    expect(Math.max(...both)).toBe(1)
    expect(await left()).toBe(0)
    expect(Number((await closure()).destroyed_at)).toBeGreaterThan(0)
    expect(steps().map(({ outcome }) => outcome)).toEqual(['Continues', 'Continues', 'Continues', 'Success'])
    expect((await fixture.store.read.selectFrom('accounts').select('id').execute()).length).toBe(1)
  })

  it('that a host still lets in keeps its keys', async () => {
    await closedAccount(2)
    fixture.days(46)
    await fixture.store.write((tx) =>
      tx
        .insertInto('keypair_hosts')
        .values({ ...BOUND, id: 'h', account_uid: OWN.uid })
        .execute(),
    )
    expect(await dueClosingWork({ ...fixture, destroy: accountDestroyer(fixture.act)() })).toBe(0)
    expect(await left()).toBe(2)
  })
})

describe('what keeps an account from being closed', () => {
  it('is told with what would be lost with it', async () => {
    await fixture.key()
    const held = async () =>
      (await holdingsOf(fixture.store.read, OWN.uid)).map(({ id, blocks }) => [id, blocks])
    expect(await held()).toEqual([['KMS_Keys', false]])
    await fixture.store.write(async (tx) => {
      await tx
        .insertInto('keypair_hosts')
        .values({ ...BOUND, id: 'h', account_uid: OWN.uid })
        .execute()
      await tx.updateTable('kms_keys').set({ deletion_protection: 1 }).execute()
    })
    expect(await held()).toEqual([
      ['KMS_ProtectedKeys', true],
      ['KPS_BoundHosts', true],
      ['KMS_Keys', false],
    ])
    expect(await holdingsOf(fixture.store.read, '9'.repeat(16))).toEqual([])
  })
})
