import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decide, type RequestPrincipal } from '@keyward/policy'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFailureCounter } from '../src/audit/failures.ts'
import { rootCaller, serviceCaller } from '../src/identity/callers.ts'
import { acts, actsForUsers } from '../src/operations/acts.ts'
import { failureWriter } from '../src/operations/keyward/failed-authentications.ts'
import { NO_KEYS } from '../src/operations/kms/testing/example-keys.ts'
import { type KmsFixture, OWN, openKmsFixture } from '../src/operations/kms/testing/kms-fixture.ts'
import { operations } from '../src/operations/table.ts'
import { exampleInput } from '../src/operations/testing/example-world.ts'
import type { Operation } from '../src/pipeline/operation.ts'
import { systemLayer } from '../src/pipeline/system-layer.ts'
import { alibabaBindings } from '../src/wire/alibaba/bindings.ts'
import { huaweiBindings } from '../src/wire/huawei/bindings.ts'

// What the service does of itself: by the same pipeline as every call, allowed by its own layer, and by nobody else.

const world = { accountUid: OWN.uid, keyId: 'key', kms: NO_KEYS, kps: { failedTaskId: 't', serverId: 's' } }
const example = (act: Operation) => exampleInput(act, world)
const names = acts.map(({ name }) => name).sort()

describe('the table of acts', () => {
  it('is what it is', () => {
    expect(names).toEqual([
      'keyward:CountKeyUses',
      'keyward:DestroyAccount',
      'keyward:DestroyKey',
      'keyward:DestroySecret',
      'keyward:EndKeypairTask',
      'keyward:ExpireKeyMaterial',
      'keyward:FailedAuthentications',
      'keyward:MoveSecretStages',
      'keyward:NoteRotationFailure',
      'keyward:RemoveAuditSegment',
      'keyward:RestoreBackup',
      'keyward:RetireSecretValue',
      'keyward:RotateKey',
      'keyward:SettleHostInDoubt',
      'keyward:StartSecretRotation',
      'keyward:StoreNextSecretValue',
    ])
    for (const act of acts)
      expect([act.name, act.by, act.authorization]).toEqual([act.name, 'service', undefined])
    for (const one of [...operations, ...actsForUsers])
      expect([one.name, one.by]).toEqual([one.name, undefined])
  })

  it('holds every record of an act, and no wire serves one', () => {
    const served = new Set<Operation>(
      [...alibabaBindings, ...huaweiBindings].map(({ operation }) => operation),
    )
    for (const one of [...acts, ...actsForUsers]) {
      expect([one.name, served.has(one), operations.includes(one)]).toEqual([one.name, false, false])
    }
    const listed = new Set<unknown>([...acts, ...actsForUsers, ...operations])
    for (const module of modules) {
      for (const one of Object.values(module as object))
        if (isRecord(one)) expect([one.name, listed.has(one)]).toEqual([one.name, true])
    }
  })

  it('is exactly what the system layer allows, on what is due', () => {
    const system = systemLayer(acts)
    const principal: RequestPrincipal = { kind: 'service', account: OWN.uid, id: 'keyward' }
    const allowed = (action: string, due: string | undefined) =>
      decide(
        'ram',
        {
          principal,
          action,
          resource: '*',
          context: { get: (key) => (key === 'keyward:due' ? due : undefined) },
        },
        { system },
      ).allowed
    for (const name of names) {
      expect([name, allowed(name, 'true'), allowed(name, 'false'), allowed(name, undefined)]).toEqual([
        name,
        true,
        false,
        false,
      ])
    }
    for (const { name } of [...operations, ...actsForUsers])
      expect([name, allowed(name, 'true')]).toEqual([name, false])
    for (const name of ['keyward:*', 'keyward:DestroyKeys', 'kms:Decrypt', '*'])
      expect(allowed(name, 'true')).toBe(false)
  })
})

describe('an act', () => {
  let fixture: KmsFixture
  beforeEach(async () => {
    fixture = await openKmsFixture({
      findLayers: () => {
        throw new Error('no policy of an account is looked at')
      },
    })
  })
  afterEach(() => fixture.close())
  const connection = () => ({
    requestId: 'R',
    sourceAddress: '127.0.0.1',
    tlsVersion: '0',
    userAgent: undefined,
    referer: undefined,
    receivedAt: fixture.clock.now(),
  })

  it.each(names)('%s is no caller’s, whatever its policies say', async (name) => {
    const operation = acts.find((one) => one.name === name)!
    const caller = rootCaller(OWN, 'AK')
    const answer = await fixture.pipeline({
      operation,
      caller,
      connection: connection(),
      input: example(operation),
    })
    expect(answer).toEqual({ ok: false, problem: { code: 'Internal' } })
    expect(fixture.defects.map(String)).toEqual([`Error: ${name} is not for a caller of kind root`])
    expect(fixture.audited).toMatchObject([{ operation: name, outcome: 'Internal', caller: caller.arn }])
  })

  it('is the only entity that the service does', async () => {
    const caller = serviceCaller(OWN.uid)
    for (const operation of [...operations.slice(0, 20), ...actsForUsers]) {
      const answer = await fixture.pipeline({ operation, caller, connection: connection(), input: {} })
      expect([operation.name, answer.ok]).toEqual([operation.name, false])
    }
    expect(fixture.defects.length).toBeGreaterThanOrEqual(20)
    expect(fixture.audited.every(({ outcome }) => outcome === 'Internal')).toBe(true)
  })

  it.each(names)('%s does nothing, and leaves no entry, where nothing is due', async (name) => {
    const operation = acts.find((one) => one.name === name)!
    const input = { ...example(operation), ...(name.endsWith('FailedAuthentications') && { total: 0 }) }
    const answer = await fixture.act({ operation, account: OWN.uid, input })
    expect(answer).toMatchObject({ ok: false, problem: { code: 'AccessDenied', denial: { action: name } } })
    expect(fixture.audited).toEqual([])
    expect(fixture.defects).toEqual([])
  })

  it('that is due is done and audited like a call, with its decision', async () => {
    const now = fixture.clock.now()
    const id = await storedKey(fixture, { state: 'PendingDeletion', delete_at: now - 1 })
    expect(await fixture.work()).toBe(1)
    expect(fixture.audited).toMatchObject([
      {
        operation: 'keyward:DestroyKey',
        account: OWN.uid,
        caller: 'keyward',
        accessKeyId: '',
        source: '',
        outcome: 'Success',
        input: { KeyId: id },
        checks: [
          {
            action: 'keyward:DestroyKey',
            resource: `acs:kms:cn-hangzhou:${OWN.uid}:key/${id}`,
            decision: 'Allow',
            by: 'system/system/acts of the service',
            facts: { 'keyward:due': 'true' },
          },
        ],
      },
    ])
    expect(await fixture.store.read.selectFrom('kms_keys').select('id').execute()).toEqual([])
  })

  it('counts failed authentications, by kind, with a sample', async () => {
    const counter = createFailureCounter({ write: failureWriter(fixture.act) })
    const failure = { code: 'alibaba: SignatureDoesNotMatch', source: '192.0.2.1', accessKeyId: 'LTAI' }
    for (const requestId of ['one', 'two']) counter.count({ requestId, ...failure })
    await counter.close()
    expect(fixture.audited).toMatchObject([
      {
        operation: 'keyward:FailedAuthentications',
        account: '',
        caller: 'keyward',
        outcome: 'Success',
        input: {
          total: 2,
          codes: { 'alibaba: SignatureDoesNotMatch': 2 },
          sample: [
            { requestId: 'one', ...failure },
            { requestId: 'two', ...failure },
          ],
        },
      },
    ])
  })

  it('of one account does not reach a key of another', async () => {
    const now = fixture.clock.now()
    const id = await storedKey(fixture, { state: 'PendingDeletion', delete_at: now - 1 })
    const operation = acts.find(({ name }) => name === 'keyward:DestroyKey')!
    const answer = await fixture.act({ operation, account: '2'.repeat(16), input: { KeyId: id } })
    expect(answer).toMatchObject({ problem: { code: 'AccessDenied' } })
    expect(await fixture.store.read.selectFrom('kms_keys').select('id').execute()).toEqual([{ id }])
  })
})

describe('audit entries', () => {
  it('are made by one function and written by the pipeline alone', () => {
    const source = join(import.meta.dirname, '../src')
    const writes = files(source).filter((file) => /\.record(In)?\(/.test(readFileSync(file, 'utf8')))
    const makes = files(source).filter((file) => /auditEntry\(/.test(readFileSync(file, 'utf8')))
    const short = (list: readonly string[]) => list.map((file) => file.slice(source.length + 1)).sort()
    for (const file of short(writes)) expect(file).toMatch(/^pipeline\/(entry|commit)\.ts$/)
    expect(writes.length).toBeGreaterThan(0)
    for (const file of short(makes)) expect(file).toMatch(/^pipeline\/(entry|commit)\.ts$/)
  })
})

/** Product code, without tests and what they stand on. */
function files(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('testing/'))
    .map((name) => join(folder, name))
}

const modules = await Promise.all(
  files(join(import.meta.dirname, '../src/operations')).map((file) => import(file)),
)

function isRecord(value: unknown): value is Operation {
  return (
    typeof value === 'object' && value !== null && 'effect' in value && 'resolve' in value && 'name' in value
  )
}

/** A key whose policies nobody needs to look at. */
async function storedKey(fixture: KmsFixture, change: object): Promise<string> {
  const other = await openKmsFixture()
  const id = await other.key()
  const row = await other.store.read.selectFrom('kms_keys').selectAll().executeTakeFirstOrThrow()
  await other.close()
  await fixture.store.write((tx) =>
    tx
      .insertInto('kms_keys')
      .values({ ...row, ...change })
      .execute(),
  )
  return id
}
