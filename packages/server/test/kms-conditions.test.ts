import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestClock } from '../src/base/clock.ts'
import { exampleKeys } from '../src/operations/kms/testing/example-keys.ts'
import { operations } from '../src/operations/table.ts'
import { type ExampleWorld, exampleInput } from '../src/operations/testing/example-world.ts'
import {
  actAsRoot,
  type Cell,
  cellsOf,
  errorsOf,
  REFUSED,
  readCase,
  recordOf,
  sharedByReads,
  tagged,
} from './condition-cells.ts'
import { type Credential, startService, type TestService } from './service.ts'

// One test per condition key, operation and policy type of the seed: the operation's example call, over the wire, is
// refused while the condition is not met and goes through once it is. What a key decides on comes from a transcription of
// the seed, and so does what it should hold; the resources come from the transcription of what calls are decided on.

const seed = readCase('kms-condition-keys')
const cells = cellsOf(seed)
const resources: Record<string, { checks: { action: string; resource: string }[] }> = {
  ...readCase('operations').operations,
  ...readCase('kms-operations').operations,
}
const refused: Record<string, string> = readCase('kms-operations').refused
/** Those have a test of their own. */
const ofSecrets = new Set(Object.keys(readCase('secret-operations').operations))

let service: TestService
/** A user without a RAM policy: key policies alone speak for it. */
let keyed: Credential
/** The same, but free to use every alias: an alias has no policy of its own. */
let aliased: Credential
/** For each condition in a RAM policy, a user who has it met and one who has not. */
let users: Readonly<Record<string, Credential>>
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
  const conditions = cells.possible('ram').flatMap((cell): [Cell, string][] => [
    [cell, cell.met],
    [cell, cell.unmet],
  ])
  const made = await service.users(
    Object.fromEntries(conditions.map(([cell, value], i) => [`user-${i}`, grants(cell, value)])),
  )
  users = Object.fromEntries(conditions.map(([cell, value], i) => [userOf(cell, value), made[i]!]))
})
afterAll(() => service.close())

const grants = (cell: Cell, value: string) => {
  const Action = `kms:${cell.operation}`
  const statement = { Effect: 'Allow', Action, Resource: '*', Condition: condition(cell, value) }
  return { ram: [{ Version: '1', Statement: [statement] }] }
}
const userOf = ({ key, operation, row }: Cell, value: string) =>
  `${operation} ${key} ${row.operator} ${value}`

const act = actAsRoot(() => service)
const advance = (days: number) => (service.service.clock as TestClock).advance(days * 86_400_000)
type KeyWorld = Pick<ExampleWorld, 'accountUid' | 'projectId' | 'keyId' | 'ciphertextBlob' | 'kms'>
const worldOf = sharedByReads(makeWorld)

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
  it.each(cells.possible('ram'))('$key on $operation in a RAM policy: $row.operator $met', async (cell) => {
    const world = await worldOf(cell.operation)
    const callAs = (value: string) => call(users[userOf(cell, value)]!, cell, world)
    expect(await callAs(cell.unmet)).toMatchObject(REFUSED)
    expect(await callAs(cell.met)).toMatchObject(wellEnded(cell))
  })

  it.each(cells.possible('key'))('$key on $operation in a key policy: $row.operator $met', async (cell) => {
    const world = await worldOf(cell.operation)
    const [who, name] = cell.operation.includes('Alias') ? [aliased, 'aliased'] : [keyed, 'keyed']
    await setPolicies(cell, world, name, cell.unmet)
    expect(await call(who, cell, world)).toMatchObject(REFUSED)
    await setPolicies(cell, world, name, cell.met)
    expect(await call(who, cell, world)).toMatchObject(wellEnded(cell))
  })

  it.each(cells.impossible)(
    '$key on $operation in a $policy policy cannot occur, and is accepted',
    (cell) => {
      expect(errorsOf(cell, `kms:${cell.operation}`)).toEqual([])
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
      expect([operation, status, body.Code]).toEqual([operation, REFUSED.status, REFUSED.body.Code])
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
    expect(cells.operations).toEqual(names.sort())
  })
})
