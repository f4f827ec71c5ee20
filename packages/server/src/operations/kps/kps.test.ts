import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../base/clock.ts'
import { Refusal } from '../../base/problem.ts'
import type { Caller } from '../../identity/principal.ts'
import { writePublicLine } from '../../keypairs/formats/public-line.ts'
import { readPrivateKey } from '../../keypairs/formats/read-private-key.ts'
import { generateKey } from '../../keypairs/generate.ts'
import type { Check, ExampleWorld, Operation, Scope } from '../../pipeline/operation.ts'
import { validateInput } from '../../pipeline/validate.ts'
import { openStore } from '../../store/open.ts'
import type { Store } from '../../store/store.ts'
import { createKeypair } from './create-keypair.ts'
import { deleteKeypair } from './delete-keypair.ts'
import { kpsOperations } from './index.ts'
import { listKeypairs } from './list-keypairs.ts'
import { showKeypair } from './show-keypair.ts'

let store: Store
const folder = mkdtempSync(join(tmpdir(), 'keyward-kps-'))
beforeAll(async () => {
  store = await openStore(`sqlite:${join(folder, 'db')}`)
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() =>
  store.write(async (tx) => {
    await tx.deleteFrom('keypairs').execute()
    await tx.deleteFrom('keypair_numbers').execute()
  }),
)

const account = {
  uid: '1000000000000001',
  domainId: 'd'.repeat(32),
  projectId: 'p'.repeat(32),
  name: 'example',
}
const callerOf = (name: string): Caller => ({
  account,
  kind: name === 'root' ? 'root' : 'user',
  name,
  ramId: '2'.repeat(18),
  iamId: name.padEnd(32, '0'),
  arn: `acs:ram::${account.uid}:user/${name}`,
  urn: `iam::${account.domainId}:user:${name}`,
  accessKeyId: 'AK',
})
const [alice, bob, root] = [callerOf('alice'), callerOf('bob'), callerOf('root')]

const scopeOf = (caller: Caller): Scope => ({
  caller,
  connection: {} as Scope['connection'],
  clock: systemClock,
  cache: {} as Scope['cache'],
  store,
  rootKey: {} as Scope['rootKey'],
  asymmetric: {} as Scope['asymmetric'],
  regions: { alibaba: 'cn-hangzhou', huawei: 'cn-north-4' },
})

/** Takes an allowed call through its record, as the pipeline does, and checks both schemas on the way. */
async function call(caller: Caller, operation: Operation, input: object) {
  const scope = scopeOf(caller)
  const whole = { project_id: account.projectId, ...input }
  const problem = validateInput(operation, whole)
  if (problem) throw new Refusal(problem)
  const targets = await operation.resolve(scope, whole)
  const checks = operation.checks(scope, whole, targets)
  let output: Record<string, unknown>
  if (operation.effect === 'read') output = await operation.work(scope, whole, targets)
  else {
    const prepared = await operation.prepare(scope, whole, targets)
    output = await store.write((tx) => operation.work(tx, { ...scope, warn() {} }, whole, targets, prepared))
  }
  expect(Value.Check(operation.output, output)).toBe(true)
  // biome-ignore lint/suspicious/noExplicitAny: answers of four shapes
  return { checks: checks as readonly Check[], output: output as any }
}
const problemOf = (caller: Caller, operation: Operation, input: object) =>
  call(caller, operation, input).then(
    () => 'done',
    (error: Refusal) => error.problem,
  )
const create = (caller: Caller, keypair: object) => call(caller, createKeypair, { keypair })
const createProblem = (caller: Caller, keypair: object) => problemOf(caller, createKeypair, { keypair })

describe('creating a key pair', () => {
  it('generates rsa 2048 and answers the private key once', async () => {
    const { output, checks } = await create(alice, { name: 'web-01', type: 'ssh' })
    const { private_key, public_key, fingerprint, ...rest } = output.keypair
    expect(rest).toEqual({ name: 'web-01', type: 'ssh', user_id: alice.iamId })
    expect(private_key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/)
    expect(fingerprint).toMatch(/^([0-9a-f]{2}:){15}[0-9a-f]{2}$/)
    const key = await readPrivateKey(private_key)
    expect(public_key).toBe(writePublicLine(key.public, 'Generated-by-Keyward'))
    expect(checks).toEqual([
      {
        language: 'iam',
        action: 'kps:SSHKeyPair:create',
        resource: `kps:cn-north-4:${account.domainId}:SSHKeyPair:web-01`,
        owner: account.uid,
        facts: { 'kps:Algorithm': 'SSH_RSA_2048' },
      },
    ])
    const rows = await store.read.selectFrom('keypairs').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain('PRIVATE')
  })

  it('takes a public key in, as it is, and decides on its algorithm', async () => {
    const line = writePublicLine((await generateKey('SSH_ED25519')).public, 'me@laptop')
    const { output, checks } = await create(alice, { name: 'imported', public_key: `${line}\n` })
    expect(output.keypair.public_key).toBe(line)
    expect(output.keypair).not.toHaveProperty('private_key')
    expect(checks[0]?.facts).toEqual({ 'kps:Algorithm': 'SSH_ED25519' })
    expect(
      await createProblem(alice, { name: 'x', public_key: line, algorithm: 'SSH_RSA_2048' }),
    ).toMatchObject({
      name: 'keypair.algorithm',
    })
  })

  it('generates other algorithms by the extension field', async () => {
    const { output } = await create(alice, { name: 'ec', algorithm: 'ECDSA_SHA2_NISTP256' })
    expect(output.keypair.public_key).toMatch(/^ecdsa-sha2-nistp256 /)
    expect((await call(alice, showKeypair, { keypair_name: 'ec' })).output.keypair.algorithm).toBe(
      'ECDSA_SHA2_NISTP256',
    )
  })

  it.each([
    [{}, { code: 'MissingParameter', name: 'keypair.name' }],
    [{ name: '' }, { code: 'InvalidParameter', name: 'keypair.name' }],
    [{ name: 'a b' }, { code: 'InvalidParameter', name: 'keypair.name' }],
    [{ name: 'n'.repeat(256) }, { code: 'InvalidParameter', name: 'keypair.name' }],
    [
      { name: 'a', type: 'x509' },
      { code: 'InvalidParameter', name: 'keypair.type' },
    ],
    [
      { name: 'a', type: 'pgp' },
      { code: 'InvalidParameter', name: 'keypair.type' },
    ],
    [
      { name: 'a', scope: 'all' },
      { code: 'InvalidParameter', name: 'keypair.scope' },
    ],
    [
      { name: 'a', user_id: 'someone-else' },
      { code: 'InvalidParameter', name: 'keypair.user_id' },
    ],
    [
      { name: 'a', algorithm: 'SSH_DSS' },
      { code: 'InvalidParameter', name: 'keypair.algorithm' },
    ],
    [
      { name: 'a', public_key: 'ssh-rsa AAAA' },
      { code: 'InvalidParameter', name: 'keypair.public_key' },
    ],
    [
      { name: 'a', public_key: 7 },
      { code: 'InvalidParameter', name: 'keypair.public_key' },
    ],
    [
      { name: 'a', surprise: 1 },
      { code: 'InvalidParameter', name: 'keypair.surprise' },
    ],
  ])('refuses %j', async (keypair, problem) => {
    expect(await createProblem(alice, keypair)).toMatchObject(problem)
    expect((await call(alice, listKeypairs, {})).output.keypairs).toEqual([])
  })

  it('accepts the longest name', async () => {
    await expect(create(alice, { name: 'n'.repeat(255), algorithm: 'SSH_ED25519' })).resolves.toBeDefined()
  })
})

describe('names and who sees them', () => {
  const pair = (name: string, scope?: string) => ({
    name,
    algorithm: 'SSH_ED25519',
    ...(scope ? { scope } : {}),
  })
  const exists = { code: 'KeypairExists', name: 'n' }

  it('two users may hold private pairs of one name, one user may not', async () => {
    const mine = await create(alice, pair('n'))
    const other = await create(bob, pair('n', 'user'))
    expect(await createProblem(alice, pair('n'))).toEqual(exists)
    const shown = async (caller: Caller) =>
      (await call(caller, showKeypair, { keypair_name: 'n' })).output.keypair
    expect((await shown(alice)).fingerprint).toBe(mine.output.keypair.fingerprint)
    expect((await shown(bob)).fingerprint).toBe(other.output.keypair.fingerprint)
  })

  it("a private name and the account's own exclude each other", async () => {
    await create(alice, pair('n'))
    expect(await createProblem(bob, pair('n', 'domain'))).toEqual(exists)
    await call(alice, deleteKeypair, { keypair_name: 'n' })
    await create(bob, pair('n', 'domain'))
    expect(await createProblem(alice, pair('n'))).toEqual(exists)
    expect(await createProblem(alice, pair('n', 'domain'))).toEqual(exists)
  })

  it('of two creations at one time, one wins', async () => {
    const results = await Promise.all([createProblem(alice, pair('n')), createProblem(alice, pair('n'))])
    expect(results).toContainEqual(exists)
    expect(results).toContain('done')
  })

  it("another's private pair is missing, to root too; the account's is everyone's", async () => {
    await create(alice, pair('mine'))
    await create(alice, pair('ours', 'domain'))
    const missing = { code: 'KeypairNotFound', name: 'mine' }
    for (const caller of [bob, root]) {
      expect(await problemOf(caller, showKeypair, { keypair_name: 'mine' })).toEqual(missing)
      expect(await problemOf(caller, deleteKeypair, { keypair_name: 'mine' })).toEqual(missing)
      const { output } = await call(caller, listKeypairs, {})
      expect(output.keypairs.map((one: { keypair: { name: string } }) => one.keypair.name)).toEqual(['ours'])
    }
    expect((await call(bob, showKeypair, { keypair_name: 'ours' })).output.keypair).toMatchObject({
      scope: 'domain',
      user_id: alice.iamId,
    })
  })
})

describe('showing and listing', () => {
  it('types every field as the clients expect it', async () => {
    const before = Date.now()
    const { output } = await create(alice, { name: 'a', algorithm: 'SSH_ED25519' })
    const { public_key, fingerprint } = output.keypair
    const same = { name: 'a', type: 'ssh', scope: 'user', public_key, fingerprint, is_key_protection: false }
    const detail = (await call(alice, showKeypair, { keypair_name: 'a' })).output.keypair
    const { create_time, update_time, ...rest } = detail
    expect(rest).toEqual({
      ...same,
      id: 1,
      user_id: alice.iamId,
      description: '',
      deleted: false,
      frozen_state: 0,
      algorithm: 'SSH_ED25519',
    })
    expect(create_time).toBeGreaterThanOrEqual(before)
    expect(create_time).toBeLessThanOrEqual(Date.now())
    expect(update_time).toBe(create_time)
    expect((await call(alice, listKeypairs, {})).output).toEqual({
      keypairs: [{ keypair: { ...same, frozen_state: '0' } }],
      page_info: { current_count: 1 },
    })
  })

  it('pages forth and back, over what is deleted meanwhile', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await create(alice, { name, algorithm: 'SSH_ED25519' })
    await create(bob, { name: 'hidden', algorithm: 'SSH_ED25519' })
    const page = async (input: object) => {
      const { keypairs, page_info } = (await call(alice, listKeypairs, { limit: 2, ...input })).output
      return {
        names: keypairs.map((one: { keypair: { name: string } }) => one.keypair.name).join(''),
        ...page_info,
      }
    }
    const first = await page({ marker: '' })
    expect(first).toEqual({ names: 'ab', current_count: 2, next_marker: '3' })
    const second = await page({ marker: first.next_marker })
    expect(second).toEqual({ names: 'cd', current_count: 2, next_marker: '5', previous_marker: '1' })
    const last = await page({ marker: second.next_marker })
    expect(last).toEqual({ names: 'e', current_count: 1, previous_marker: '3' })
    expect(await page({ marker: last.previous_marker })).toEqual(second)
    await call(alice, deleteKeypair, { keypair_name: 'c' })
    expect((await page({ marker: first.next_marker })).names).toBe('de')
    expect(await page({ marker: '99' })).toEqual({ names: '', current_count: 0, previous_marker: '4' })
  })

  it('decides on every pair at once', async () => {
    const { checks } = await call(alice, listKeypairs, {})
    expect(checks.map(({ action, resource }) => [action, resource])).toEqual([
      ['kps:SSHKeyPair:list', `kps:cn-north-4:${account.domainId}:SSHKeyPair:*`],
    ])
  })

  it.each([{ limit: 0 }, { limit: 1001 }, { limit: '5' }, { marker: 'web-01' }, { marker: '-1' }])(
    'refuses %j',
    async (input) => {
      expect(await problemOf(alice, listKeypairs, input)).toMatchObject({ code: 'InvalidParameter' })
    },
  )
})

describe('deleting', () => {
  it('removes the pair, and its number does not come back', async () => {
    await create(alice, { name: 'a', algorithm: 'SSH_ED25519' })
    const { output, checks } = await call(alice, deleteKeypair, { keypair_name: 'a' })
    expect(output).toEqual({})
    expect(checks[0]).toMatchObject({ action: 'kps:SSHKeyPair:delete' })
    expect(await problemOf(alice, deleteKeypair, { keypair_name: 'a' })).toMatchObject({
      code: 'KeypairNotFound',
    })
    await create(alice, { name: 'a', algorithm: 'SSH_ED25519' })
    expect((await call(alice, showKeypair, { keypair_name: 'a' })).output.keypair.id).toBe(2)
  })

  it('holds the row it was decided on', async () => {
    await create(alice, { name: 'a', algorithm: 'SSH_ED25519' })
    const targets = await deleteKeypair.resolve(scopeOf(alice), {
      project_id: account.projectId,
      keypair_name: 'a',
    })
    expect(deleteKeypair.decided(targets)).toEqual([{ table: 'keypairs', id: targets.pair?.id, version: 1 }])
    expect(deleteKeypair.decided({ pair: undefined })).toEqual([])
  })
})

it.each(kpsOperations.map((one) => [one.name, one] as const))(
  '%s refuses a foreign project first',
  async (_name, one) => {
    const world = {
      accountUid: account.uid,
      projectId: 'q'.repeat(32),
      keyId: '',
      ciphertextBlob: '',
      keypairName: 'a',
    }
    const input = one.example(world)
    await expect((async () => one.resolve(scopeOf(alice), input))()).rejects.toMatchObject({
      problem: { code: 'ProjectMismatch' },
    })
  },
)
