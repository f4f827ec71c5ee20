import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SecretExamples } from '../src/operations/secrets/testing/example-secrets.ts'
import { exampleSecrets } from '../src/operations/secrets/testing/example-secrets.ts'
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
import { openTarget } from './rotation-kit.ts'
import { type Credential, startService, type TestService } from './service.ts'

// As kms-conditions.test.ts, for secrets: one test per condition key, operation and policy type of the seed, over the wire,
// refused while the condition is not met and through once it is. What is expected comes from a transcription kept apart.

const seed = readCase('kms-secret-condition-keys')
const cells = cellsOf(seed)
const resources: Record<string, { checks: { resource: string }[] }> = readCase('secret-operations').operations

/** What using the key of a secret needs besides: no condition of a secret bears on it. */
const KEY_USE = { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: '*' }

let service: TestService
/** A user whom secret policies alone speak for. */
let guest: Credential
let count = 0
beforeAll(async () => {
  service = await startService()
  guest = await service.user('guest', { ram: [{ Version: '1', Statement: [KEY_USE] }] })
})
afterAll(() => service.close())

const act = actAsRoot(() => service)

/** Calls on tags name a key in their examples: here a secret. */
const TAG_CALLS: Readonly<Record<string, (name: string) => Record<string, unknown>>> = {
  TagResource: (name) => ({ SecretName: name, Tags: [{ TagKey: 'a' }] }),
  UntagResource: (name) => ({ SecretName: name, TagKeys: ['a'] }),
  TagResources: (name) => ({ ...several(name), Tag: [{ Key: 'a' }] }),
  UntagResources: (name) => ({ ...several(name), TagKey: ['a'] }),
  ListTagResources: (name) => several(name),
}
const several = (name: string) => ({
  RegionId: 'cn-hangzhou',
  ResourceType: 'secret',
  ResourceId: [name],
})

type SecretWorld = Pick<ExampleWorld, 'accountUid' | 'secrets'>
const worldOf = sharedByReads(makeWorld)

async function makeWorld(operation: string): Promise<SecretWorld> {
  const as = operation in TAG_CALLS ? 'DescribeSecret' : operation
  return {
    accountUid: service.root.accountUid,
    secrets: await exampleSecrets(as, act, () => openTarget(service), tagged),
  }
}

const actionOf = (operation: string) => `kms:${seed.actions[operation] ?? operation}`

function call(who: Credential, { operation }: Cell, world: SecretWorld) {
  const input = TAG_CALLS[operation]?.(world.secrets.secretName) ?? exampleInput(recordOf(operation), world)
  return service.call(who, `kms:${operation}`, input)
}

/** Secrets that a call names. */
function secretsOf(operation: string, { secrets }: SecretWorld): string[] {
  if (operation in TAG_CALLS) return [secrets.secretName]
  return resources[`kms:${operation}`]!.checks.flatMap(({ resource }) => {
    const name = /:secret\/\{(\w+)\}$/.exec(resource)?.[1]
    return name === undefined ? [] : [secrets[name as keyof SecretExamples]]
  })
}

const condition = ({ key, row }: Cell, value: string, { secrets }: SecretWorld) => ({
  [row.operator]: { [key]: value.replace('{secretKeyId}', secrets.secretKeyId) },
})

/** Two users: one has the condition of a cell met, the other has not. */
async function usersFor(cell: Cell, world: SecretWorld): Promise<readonly Credential[]> {
  count += 1
  const grants = (value: string) => {
    const Condition = condition(cell, value, world)
    const statement = { Effect: 'Allow', Action: actionOf(cell.operation), Resource: '*', Condition }
    return { ram: [{ Version: '1', Statement: [statement, KEY_USE] }] }
  }
  return service.users({
    [`unmet-${count}`]: grants(cell.unmet),
    [`met-${count}`]: grants(cell.met),
  })
}

async function setPolicies(cell: Cell, world: SecretWorld, value: string) {
  const statement = {
    Effect: 'Allow',
    Principal: { RAM: [`acs:ram::${world.accountUid}:user/guest`] },
    Action: [actionOf(cell.operation)],
    Resource: ['*'],
    Condition: condition(cell, value, world),
  }
  const Policy = JSON.stringify({ Version: '1', Statement: [statement] })
  for (const SecretName of secretsOf(cell.operation, world))
    await act('SetSecretPolicy', { SecretName, Policy })
}

describe('condition keys of the seed on secrets, over the wire', () => {
  it.each(cells.possible('ram'))('$key on $operation in a RAM policy: $row.operator $met', async (cell) => {
    const world = await worldOf(cell.operation)
    const [unmet, met] = await usersFor(cell, world)
    expect(await call(unmet!, cell, world)).toMatchObject(REFUSED)
    expect(await call(met!, cell, world)).toMatchObject({ status: 200 })
  })

  it.each(cells.possible('secret'))(
    '$key on $operation in a secret policy: $row.operator $met',
    async (cell) => {
      const world = await worldOf(cell.operation)
      await setPolicies(cell, world, cell.unmet)
      expect(await call(guest, cell, world)).toMatchObject(REFUSED)
      await setPolicies(cell, world, cell.met)
      expect(await call(guest, cell, world)).toMatchObject({ status: 200 })
    },
  )

  it.each(cells.impossible)(
    '$key on $operation in a $policy policy cannot occur, and is accepted',
    (cell) => {
      expect(errorsOf(cell, actionOf(cell.operation))).toEqual([])
    },
  )

  it('let a Deny on stages close what names a version alone', async () => {
    const world = await makeWorld('GetSecretValue')
    const { keyedName: SecretName } = world.secrets
    const statement = (Effect: string, operator: string) => ({
      Effect,
      Action: 'kms:GetSecretValue',
      Resource: '*',
      Condition: { [operator]: { 'kms:SecretVersionStage': 'ACSCurrent' } },
    })
    const allow = { Effect: 'Allow', Action: 'kms:GetSecretValue', Resource: '*' }
    const users = [
      await service.user('allowed-stage', {
        ram: [{ Version: '1', Statement: [statement('Allow', 'StringEquals'), KEY_USE] }],
      }),
      await service.user('denied-others', {
        ram: [{ Version: '1', Statement: [allow, statement('Deny', 'StringNotEquals'), KEY_USE] }],
      }),
    ]
    for (const who of users) {
      const get = (more: object) => service.call(who, 'kms:GetSecretValue', { SecretName, ...more })
      expect(await get({})).toMatchObject({ status: 200 })
      expect(await get({ VersionStage: 'ACSCurrent', VersionId: 'v1' })).toMatchObject({ status: 200 })
      expect(await get({ VersionId: 'v0' })).toMatchObject(REFUSED)
      expect(await get({ VersionStage: 'ACSPrevious' })).toMatchObject(REFUSED)
    }
  })

  it('have a cell for every operation on secrets', () => {
    const names = Object.keys(resources).map((name) => name.slice('kms:'.length))
    expect(cells.operations).toEqual([...names, ...Object.keys(TAG_CALLS)].sort())
  })
})
