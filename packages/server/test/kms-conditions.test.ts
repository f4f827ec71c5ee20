import { readFileSync } from 'node:fs'
import { parsePolicy } from '@keyward/policy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestClock } from '../src/base/clock.ts'
import { type Do, exampleKeys } from '../src/operations/kms/testing/example-keys.ts'
import { operations } from '../src/operations/table.ts'
import { type ExampleWorld, exampleInput } from '../src/operations/testing/example-world.ts'
import { type Credential, startService, type TestService } from './service.ts'

// One test per condition key, operation and policy type of the seed: the operation's example call, over the wire, is
// refused while the condition is not met and goes through once it is. What a key decides on comes from a transcription of
// the seed, and so does what it should hold; the resources come from the transcription of what calls are decided on.

interface Row {
  readonly key: string
  readonly operations: readonly string[]
  readonly policies: readonly ('ram' | 'key' | 'secret')[]
  readonly operator: string
  readonly met: string
  readonly metBy?: Readonly<Record<string, string>>
  readonly unmet: string
  readonly unmetBy?: Readonly<Record<string, string>>
  readonly input?: object
}
const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../cases/${name}.json`, import.meta.url), 'utf8'))
const seed = read('kms-condition-keys')
const resources: Record<string, { checks: { action: string; resource: string }[] }> = {
  ...read('operations').operations,
  ...read('kms-operations').operations,
}
const refused: Record<string, string> = read('kms-operations').refused
/** Those have a test of their own. */
const ofSecrets = new Set(Object.keys(read('secret-operations').operations))

const expand = (names: readonly string[]): string[] =>
  names.flatMap((name) => (Array.isArray(seed[name]) ? expand(seed[name]) : [name]))

interface Cell {
  readonly row: Row
  readonly key: string
  readonly operation: string
  readonly policy: 'ram' | 'key' | 'secret'
  readonly met: string
  readonly unmet: string
}
const all: readonly Cell[] = (seed.rows as Row[]).flatMap((row) =>
  expand(row.operations).flatMap((operation) =>
    row.policies.map((policy) => ({
      row,
      key: row.key,
      operation,
      policy,
      met: row.metBy?.[operation] ?? row.met,
      unmet: row.unmetBy?.[operation] ?? row.unmet,
    })),
  ),
)
const impossible = ({ operation, policy }: Cell) =>
  (seed.cannotOccur as { operations: string[]; policy: string }[]).some(
    (one) => one.policy === policy && (one.operations.includes('*') || one.operations.includes(operation)),
  )

let service: TestService
/** A user without a RAM policy: key policies alone speak for it. */
let keyed: Credential
/** The same, but free to use every alias: an alias has no policy of its own. */
let aliased: Credential
let count = 0
beforeAll(async () => {
  service = await startService({ flags: { 'test-clock': 'true' } })
  keyed = await service.user('keyed')
  aliased = await service.user('aliased', {
    ram: [
      {
        Version: '1',
        Statement: [
          { Effect: 'Allow', Action: 'kms:*', Resource: `acs:kms:*:${service.root.accountUid}:alias/*` },
        ],
      },
    ],
  })
})
afterAll(() => service.close())

const act: Do = async (action, input) => {
  const { body, status } = await service.call(service.root, `kms:${action}`, input as Record<string, unknown>)
  if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`)
  return body
}
const advance = (days: number) => (service.service.clock as TestClock).advance(days * 86_400_000)
const tagged = { Tags: JSON.stringify([{ TagKey: 'Project', TagValue: 'ProjectA' }]) }

type KeyWorld = Pick<ExampleWorld, 'accountUid' | 'projectId' | 'keyId' | 'ciphertextBlob' | 'kms'>
const worlds = new Map<string, Promise<KeyWorld>>()
/** Calls that only read share a world. */
function worldOf(operation: string): Promise<KeyWorld> {
  const known = worlds.get(operation)
  if (known) return known
  const world = makeWorld(operation)
  if (recordOf(operation).effect === 'read') worlds.set(operation, world)
  return world
}

async function makeWorld(operation: string): Promise<KeyWorld> {
  const { KeyMetadata } = await act('CreateKey', tagged)
  const keyId = KeyMetadata.KeyId as string
  const context = { Project: 'ProjectA' }
  const sealed = await act('Encrypt', { KeyId: keyId, Plaintext: 'aGVsbG8=', EncryptionContext: context })
  // Examples of KMS calls look at nothing else.
  return {
    accountUid: service.root.accountUid,
    projectId: service.root.projectId,
    keyId,
    ciphertextBlob: sealed.CiphertextBlob,
    kms: await exampleKeys(operation, keyId, act, advance, tagged),
  }
}

const recordOf = (operation: string) => {
  const record = operations.find(({ name }) => name === `kms:${operation}`)
  if (!record) throw new Error(`no operation \`${operation}\``)
  return record
}

function call(who: Credential, { operation, row }: Cell, world: KeyWorld) {
  return service.call(who, `kms:${operation}`, { ...exampleInput(recordOf(operation), world), ...row.input })
}

/** Keys that a call is decided on. */
function keysOf(operation: string, world: KeyWorld): string[] {
  return (resources[`kms:${operation}`]?.checks ?? []).flatMap(({ resource }) => {
    const name = /:key\/\{(\w+)\}$/.exec(resource)?.[1]
    if (name === undefined) return []
    return [name === 'keyId' ? world.keyId : world.kms[name as keyof typeof world.kms]]
  })
}

const condition = ({ key, row }: Cell, value: string) => ({ [row.operator]: { [key]: value } })

/** What a call that is allowed answers. */
const wellEnded = ({ operation }: Cell) => {
  const code = refused[`kms:${operation}`]
  return code === undefined ? { status: 200 } : { status: 400, body: { Code: code } }
}

async function userFor(cell: Cell, value: string): Promise<Credential> {
  count += 1
  const statement = {
    Effect: 'Allow',
    Action: `kms:${cell.operation}`,
    Resource: '*',
    Condition: condition(cell, value),
  }
  return service.user(`user-${count}`, { ram: [{ Version: '1', Statement: [statement] }] })
}

async function setPolicies(cell: Cell, world: KeyWorld, name: string, value: string) {
  const statement = {
    Effect: 'Allow',
    Principal: { RAM: [`acs:ram::${world.accountUid}:user/${name}`] },
    Action: [`kms:${cell.operation}`],
    Resource: ['*'],
    Condition: condition(cell, value),
  }
  const Policy = JSON.stringify({ Version: '1', Statement: [statement] })
  for (const KeyId of keysOf(cell.operation, world)) await act('SetKeyPolicy', { KeyId, Policy })
}

describe('condition keys of the seed, over the wire', () => {
  const possible = all.filter((cell) => !impossible(cell))
  it.each(possible.filter(({ policy }) => policy === 'ram'))(
    '$key on $operation in a RAM policy: $row.operator $met',
    async (cell) => {
      const world = await worldOf(cell.operation)
      const unmet = await call(await userFor(cell, cell.unmet), cell, world)
      expect(unmet).toMatchObject({ status: 403, body: { Code: 'Forbidden.NoPermission' } })
      expect(await call(await userFor(cell, cell.met), cell, world)).toMatchObject(wellEnded(cell))
    },
  )

  it.each(possible.filter(({ policy }) => policy === 'key'))(
    '$key on $operation in a key policy: $row.operator $met',
    async (cell) => {
      const world = await worldOf(cell.operation)
      const [who, name] = cell.operation.includes('Alias') ? [aliased, 'aliased'] : [keyed, 'keyed']
      await setPolicies(cell, world, name, cell.unmet)
      const unmet = await call(who, cell, world)
      expect(unmet).toMatchObject({ status: 403, body: { Code: 'Forbidden.NoPermission' } })
      await setPolicies(cell, world, name, cell.met)
      expect(await call(who, cell, world)).toMatchObject(wellEnded(cell))
    },
  )

  it.each(all.filter(impossible))(
    '$key on $operation in a $policy policy cannot occur, and is accepted',
    (cell) => {
      const statement = {
        Effect: 'Allow',
        Principal: { RAM: ['acs:ram::1234567890123456:root'] },
        Action: [`kms:${cell.operation}`],
        Resource: ['*'],
        Condition: condition(cell, cell.met),
      }
      const text = JSON.stringify({ Version: '1', Statement: [statement] })
      const { findings } = parsePolicy(text, { language: 'ram', type: cell.policy as 'key' | 'secret' })
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
    },
  )

  it('closes every tag call with a Deny on the spec of a key', async () => {
    const Deny = (KeySpec: string) => ({
      Effect: 'Deny',
      Action: ['kms:*Tag*'],
      Resource: '*',
      Condition: { StringEquals: { 'kms:KeySpec': KeySpec } },
    })
    const allow = { Effect: 'Allow', Action: 'kms:*', Resource: '*' }
    const user = (name: string, spec: string) =>
      service.user(name, { ram: [{ Version: '1', Statement: [allow, Deny(spec)] }] })
    const held = await user('held', 'Aliyun_AES_256')
    const free = await user('free', 'Aliyun_SM4')
    for (const operation of seed.tagOperations as string[]) {
      const world = await makeWorld(operation)
      const input = exampleInput(recordOf(operation), world)
      const { status, body } = await service.call(held, `kms:${operation}`, input)
      expect([operation, status, body.Code]).toEqual([operation, 403, 'Forbidden.NoPermission'])
      expect([operation, (await service.call(free, `kms:${operation}`, input)).status]).toEqual([
        operation,
        200,
      ])
    }
  })

  it('has a cell for every operation on keys', () => {
    const meaningful = operations.filter(
      ({ name, refuses }) => name.startsWith('kms:') && refuses !== 'UnsupportedOperation',
    )
    const names = meaningful
      .map(({ name }) => name.slice('kms:'.length))
      .filter((name) => name !== 'DescribeRegions' && !ofSecrets.has(`kms:${name}`))
    expect([...new Set(all.map(({ operation }) => operation))].sort()).toEqual(names.sort())
  })
})
